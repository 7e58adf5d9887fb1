"""Where the rows of a feed wait until all of them were read: by account, outside the memory.

Rows come in the file's order, and a problem in the last of them may make all of them unusable. So
they are put aside as they come, packed, and taken out account by account. What stays in memory is
some thousands of rows, and for each account where its rows lie.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from itertools import groupby
from tempfile import SpooledTemporaryFile
from typing import TYPE_CHECKING, Any

from pydantic import TypeAdapter

from msp_billing.domain.accounts import feed_key
from msp_billing.domain.feeds.tables import FeedTable, Layout

if TYPE_CHECKING:
    from msp_billing.domain.feeds.definitions import FeedRow

MAX_ROWS_IN_MEMORY = 100_000
MAX_BYTES_IN_MEMORY = 8 * 1_048_576
"""What has been put aside goes to a file beyond this."""

MAX_UNKNOWN_NAMES = 10_000
"""How many names of customers that nobody knows are kept; an export of other people has many."""

_LONG_RUN = 16
"""Rows of one account in a row, on average, from which moving them together pays."""

Record = tuple[Any, ...]
_PACKED = TypeAdapter(dict[str, Any])


@dataclass(slots=True)
class SpooledRows:
    """The rows of one account: packed tables, as they are sealed."""

    tables: list[bytes] = field(default_factory=list)
    count: int = 0
    _are_different: bool = True

    @classmethod
    def of(cls, tables: Iterable[FeedTable]) -> SpooledRows:
        """The rows in these tables."""
        found = cls()
        for table in tables:
            found.add(pack(table), len(table), are_different_items(table))
        return found

    def add(self, packed: bytes, count: int, are_different: bool) -> None:
        """Add one packed table."""
        self._are_different &= are_different
        self.tables.append(packed)
        self.count += count

    def are_different_items(self) -> bool:
        """Whether no item id is there twice; if one is, it may be that of two subscribers."""
        if not self._are_different or len(self.tables) <= 1:
            return self._are_different
        return len({item for table in self._tables() for item in table.columns["item_id"]}) == (
            self.count
        )

    def rows(self) -> Iterator[FeedRow]:
        """The rows themselves."""
        for table in self._tables():
            yield from table.rows()

    def _tables(self) -> Iterator[FeedTable]:
        return (FeedTable.unpacked(_PACKED.validate_json(packed)) for packed in self.tables)


def pack(table: FeedTable) -> bytes:
    """A table as it is sealed, in JSON."""
    return _PACKED.dump_json(table.packed())


def are_different_items(table: FeedTable) -> bool:
    """Whether every row has an item id of its own."""
    item_ids = table.columns["item_id"]
    return len(set(item_ids)) == len(item_ids)


class RowSpool:
    """The rows of one export of all accounts."""

    def __init__(self, owners: Mapping[str, str]) -> None:
        """Take by what names exports know accounts: :func:`feed_key` of each, and the account."""
        self._buffers: dict[str, list[Record]] = {}
        self._slices: dict[str, list[FeedTable]] = {}
        self._adders = _Adders(owners, self._buffers)
        self._layout: Layout | None = None
        self._in_memory = 0
        self._file = SpooledTemporaryFile(max_size=MAX_BYTES_IN_MEMORY)  # noqa: SIM115 - close()
        self._size = 0
        self._places: dict[str, list[_Place]] = {}

    @property
    def unknown(self) -> frozenset[str]:
        """Customers that nobody knows, as the export names them."""
        return frozenset(self._adders.unknown)

    def add(self, table: FeedTable) -> None:
        """Put rows aside; those of customers that nobody knows are left out."""
        if table.layout != self._layout:
            self.flush()
            self._layout = table.layout
        runs = [(name, len(list(rows))) for name, rows in groupby(table.columns["account"])]
        if len(runs) * _LONG_RUN <= len(table):
            self._add_runs(table, runs)
        else:
            adders = map(self._adders.__getitem__, table.columns["account"])
            for add, record in zip(adders, table.records(), strict=True):
                add(record)
        self._in_memory += len(table)
        if self._in_memory >= MAX_ROWS_IN_MEMORY:
            self.flush()

    def _add_runs(self, table: FeedTable, runs: Iterable[tuple[str, int]]) -> None:
        """Rows of an export that is in the order of its accounts are moved many at a time."""
        start = 0
        for name, count in runs:
            owner = self._adders.owner_of(name)
            if owner is not None:
                self._slices.setdefault(owner, []).append(table.slice(start, start + count))
            start += count

    def flush(self) -> None:
        """Move what is in memory to the file."""
        if self._layout is None:
            return
        self._file.seek(self._size)
        for account in dict.fromkeys((*self._buffers, *self._slices)):
            tables = self._slices.get(account, [])
            if records := self._buffers.get(account, []):
                tables = [*tables, FeedTable.of_records(records, self._layout)]
            if not tables:
                continue
            table = FeedTable.joined(tables)
            packed = pack(table)
            place = _Place(self._size, len(packed), len(table), are_different_items(table))
            self._places.setdefault(account, []).append(place)
            self._file.write(packed)
            self._size += len(packed)
            records.clear()
        self._slices.clear()
        self._in_memory = 0

    def count(self, account: str) -> int:
        """How many rows an account has, once :meth:`flush` was called after the last."""
        return sum(place.rows for place in self._places.get(account, ()))

    def take(self, account: str) -> SpooledRows:
        """The rows of an account, once :meth:`flush` was called after the last."""
        found = SpooledRows()
        for place in self._places.get(account, ()):
            self._file.seek(place.offset)
            found.add(self._file.read(place.length), place.rows, place.are_different_items)
        return found

    def close(self) -> None:
        """Forget everything."""
        self._file.close()


@dataclass(frozen=True, slots=True)
class _Place:
    offset: int
    length: int
    rows: int
    are_different_items: bool


class _Adders(dict[str, Callable[[Record], None]]):
    """Where the rows of an account go, by each name that the export gives it."""

    def __init__(self, owners: Mapping[str, str], buffers: dict[str, list[Record]]) -> None:
        super().__init__()
        self._owners = owners
        self._buffers = buffers
        self.unknown: set[str] = set()

    def __missing__(self, name: str) -> Callable[[Record], None]:
        owner = self.owner_of(name)
        if owner is not None:
            add = self[name] = self._buffers.setdefault(owner, []).append
            return add
        if len(self) < MAX_UNKNOWN_NAMES:
            self[name] = _leave_out
        return _leave_out

    def owner_of(self, name: str) -> str | None:
        """The account of this name; None when nobody knows it, which is kept in mind."""
        owner = self._owners.get(feed_key(name))
        if owner is None and len(self.unknown) < MAX_UNKNOWN_NAMES:
            self.unknown.add(name)
        return owner


def _leave_out(_record: Record) -> None:
    """Nobody's row."""
