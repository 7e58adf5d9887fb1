"""The table as it is stored, item by item: for what is done to all of it, whoever wrote it.

Functions never look at items; they ask the stores. Migrations and the proof that a table is whole
do, because they are about what is stored and not about what it says.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Protocol

from pydantic import Field

from msp_billing.domain.base import Frozen

Item = dict[str, Any]
"""Attributes by name, the two keys ``pk`` and ``sk`` among them."""

Key = tuple[str, str]


@dataclass(frozen=True)
class Page:
    """Some items, and where the next page begins; None behind the last one."""

    items: tuple[Item, ...]
    cursor: Key | None


class UnderWay(Frozen):
    """A migration that was begun: how far it came, so that it goes on there."""

    number: int
    cursor: tuple[str, str] | None = Field(default=None, description="Behind the last full page.")
    looked_at: int = 0
    changed: int = 0
    started_at: datetime
    started_by: str


class Done(Frozen):
    """A migration that has been through the whole table."""

    number: int
    name: str
    looked_at: int
    changed: int
    done_at: datetime
    done_by: str


class Schema(Frozen):
    """In which shape a table's items are, and how they came into it."""

    version: int = Field(ge=0, description="The number of the last migration that is done.")
    under_way: UnderWay | None = None
    done: tuple[Done, ...] = ()


class SchemaStore(Protocol):
    """The one item that says in which shape the others are."""

    def find(self) -> Schema | None:
        """What the table says; None for one that never said anything."""

    def put(self, before: Schema | None, after: Schema) -> bool:
        """Compare-and-set. False when somebody else was faster."""


class StoredItems(Protocol):
    """Every item of the table."""

    def pages(self, after: Key | None = None) -> Iterator[Page]:
        """All items behind a key, read consistently, a page of at most 1 MB at a time.

        Items of one partition come one after the other; partitions come in no order.
        """

    def get_many(self, keys: Iterable[Key]) -> dict[Key, Item]:
        """Those of the items that exist, read consistently."""

    def document(self, item: Item) -> str | None:
        """The JSON of an item's document, wherever it lies; None for an item without one.

        Raises:
            DamagedItemError: when it is not there or not what was stored.
        """

    def with_document(self, item: Item, document: str) -> Item:
        """The item with another document; one that is too large goes to the records bucket."""

    def replace(self, before: Item, after: Item) -> bool:
        """Change what differs, if all of that is still as it was. False when it is not."""


class DamagedItemError(ValueError):
    """An item's document cannot be read."""
