"""What checks are made of: an item read as a model, and what must be there beside it."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from typing import TypeVar

from pydantic import BaseModel, ValidationError

from msp_billing.usecases.ports.stored import DamagedItemError, Item, Key, StoredItems
from msp_billing.usecases.wholeness.findings import Finding, FindingKind

Model = TypeVar("Model", bound=BaseModel)


@dataclass(frozen=True)
class Wanted:
    """An item that must be there, and what must be true of it."""

    key: Key
    missing: Finding | None
    """What is wrong when it is not there; None when that is right."""
    then: Callable[[Item], Iterable[Outcome]] | None = None


@dataclass(frozen=True)
class WantedObject:
    """An object that must be in the records bucket, with the hash that it was sealed with."""

    key: str
    sha256: str
    where: str
    is_batch: bool = False
    """Whether it is a batch of accounts, which names the parts of its snapshot by their hashes."""


@dataclass(frozen=True)
class WantedManifest:
    """The manifest of a cycle, which names its batches and their accounts."""

    key: str
    pk: str
    where: str
    with_outcomes: bool
    """Whether every account must have an outcome by now."""


Outcome = Finding | Wanted | WantedObject | WantedManifest


class UnreadableError(ValueError):
    """An item that cannot be read; the finding says why."""

    def __init__(self, finding: Finding) -> None:
        super().__init__(str(finding))
        self.finding = finding


class Looking:
    """Reads items as what they are of."""

    def __init__(self, stored: StoredItems) -> None:
        self._stored = stored

    def document(self, item: Item) -> str:
        """The JSON of an item's document. Raises UnreadableError."""
        try:
            found = self._stored.document(item)
        except DamagedItemError as error:
            raise _unreadable(item, str(error)) from error
        if found is None:
            raise _unreadable(item, "it has no document")
        return found

    def model(self, model: type[Model], item: Item) -> Model:
        """What an item's document says. Raises UnreadableError."""
        return self.text(model, item, self.document(item))

    @staticmethod
    def text(model: type[Model], item: Item, text: str) -> Model:
        """What a JSON text of an item says. Raises UnreadableError."""
        try:
            return model.model_validate_json(text)
        except ValidationError as error:
            first = error.errors()[0]
            place = ".".join(str(part) for part in first["loc"])
            why = f"{place}: {first['msg']}" if place else str(first["msg"])
            raise _unreadable(item, why) from error


def where(item: Item) -> str:
    """The keys of an item, for a person."""
    return f"{item['pk']} {item['sk']}"


def wrong(kind: FindingKind, item: Item, what: str) -> Finding:
    """A finding about an item."""
    return Finding(kind=kind, where=where(item), what=what)


def differing(item: Item, **said: object) -> Iterator[Finding]:
    """Attributes that do not say what the document says."""
    for name, value in said.items():
        if item.get(name) != value:
            what = f"{name} is {item.get(name)}, the document says {value}"
            yield wrong(FindingKind.ATTRIBUTE, item, what)


def _unreadable(item: Item, why: str) -> UnreadableError:
    return UnreadableError(wrong(FindingKind.UNREADABLE, item, why[:300]))
