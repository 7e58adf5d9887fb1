"""What a migration is: a number, a name, and a pure function from an item to an item."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

Attributes = Mapping[str, Any]


@dataclass(frozen=True)
class StoredItem:
    """An item as migrations see it: its keys, its plain attributes, and its document as JSON."""

    pk: str
    sk: str
    attributes: Attributes = field(default_factory=dict)
    document: str | None = None

    def with_document(self, document: str, **attributes: Any) -> StoredItem:
        """The same item with another document, and other values of some attributes."""
        return replace(self, document=document, attributes={**self.attributes, **attributes})

    def with_attributes(self, **attributes: Any) -> StoredItem:
        """The same item with other values of some attributes."""
        return replace(self, attributes={**self.attributes, **attributes})


Migrate = Callable[[StoredItem], StoredItem]
"""The item in its new shape; the same item when nothing is to be done. Pure, and done twice it is
as if done once: a migration that broke off goes on with its last page again.

Raises:
    ValueError: for an item that cannot be read; it stays as it is, and is named.
"""


@dataclass(frozen=True)
class Migration:
    """One step of the schema."""

    number: int
    name: str
    changes: str
    """What it changes and why, in a sentence for the person who runs it."""
    migrate: Migrate
    waits_for_cycles: bool
    """Whether cycles that are open must end first: they run the code that they were opened with,
    which may not know what this migration adds. Everything else runs the newest code."""
