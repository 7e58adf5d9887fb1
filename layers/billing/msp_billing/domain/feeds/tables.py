"""Rows of a feed by column: the shape in which many rows are read, kept and sealed.

A million rows are too many to make an object of each. By column they are read and written by the
interpreter's own loops, and a sealed table says its column names once. Values are as JSON has
them: a day is ``2026-11-30``.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from itertools import chain, repeat
from typing import Any

from msp_billing.domain.feeds.definitions import FeedRow

ATTRIBUTES = "attributes"
DAYS = frozenset(
    {
        "online_on",
        "offboarded_on",
        "last_seen_on",
        "offboard_requested_on",
        "change_received_on",
    }
)
"""The columns that hold days."""

PLAIN_COLUMNS = tuple(name for name in FeedRow._fields if name != ATTRIBUTES)
Layout = tuple[tuple[str, ...], tuple[str, ...]]
"""Names of a table's columns: those of rows, and those of their attributes."""

_DEFAULTS: Mapping[str, Any] = {"account": None, "subscriber": None, **FeedRow._field_defaults}


@dataclass(frozen=True, slots=True)
class FeedTable:
    """Some rows of one export.

    A column that is not there has its default in every row. All columns are of one length, and
    ``row``, the line in the file, is always there.
    """

    columns: Mapping[str, Sequence[Any]]
    attributes: Mapping[str, Sequence[str | None]] = field(default_factory=dict)

    def __len__(self) -> int:
        return len(self.columns["row"])

    @classmethod
    def of_rows(cls, rows: Sequence[FeedRow], layout: Layout | None = None) -> FeedTable:
        """The table of these rows; with exactly these columns when a layout is given."""
        if layout is None:
            names = dict.fromkeys(name for entry in rows for name in entry.attributes)
            layout = (PLAIN_COLUMNS, tuple(names))
        columns = {name: [getattr(entry, name) for entry in rows] for name in layout[0]}
        for name in DAYS & columns.keys():
            columns[name] = [None if day is None else day.isoformat() for day in columns[name]]
        attributes = {name: [entry.attributes.get(name) for entry in rows] for name in layout[1]}
        return cls(columns, attributes)

    @property
    def layout(self) -> Layout:
        """Which columns there are."""
        return tuple(self.columns), tuple(self.attributes)

    def records(self) -> Iterator[tuple[Any, ...]]:
        """The values row by row, in the layout's order."""
        return zip(*self.columns.values(), *self.attributes.values(), strict=True)

    @classmethod
    def of_records(cls, records: Iterable[tuple[Any, ...]], layout: Layout) -> FeedTable:
        """The table of what :meth:`records` gave."""
        values = list(zip(*records, strict=True))
        plain = len(layout[0])
        return cls(
            dict(zip(layout[0], values[:plain], strict=True)),
            dict(zip(layout[1], values[plain:], strict=True)),
        )

    def slice(self, start: int, end: int) -> FeedTable:
        """Some consecutive rows."""
        return FeedTable(
            {name: values[start:end] for name, values in self.columns.items()},
            {name: values[start:end] for name, values in self.attributes.items()},
        )

    @classmethod
    def joined(cls, tables: Sequence[FeedTable]) -> FeedTable:
        """The rows of tables of one layout, one table after the other."""
        if len(tables) == 1:
            return tables[0]
        return cls(
            {name: _chained(table.columns[name] for table in tables) for name in tables[0].columns},
            {
                name: _chained(table.attributes[name] for table in tables)
                for name in tables[0].attributes
            },
        )

    def rows(self) -> Iterator[FeedRow]:
        """The rows as counting knows them."""
        count = len(self)
        columns: list[Iterable[Any]] = []
        for name in FeedRow._fields:
            if name == ATTRIBUTES:
                columns.append(self._attributes_of_rows(count))
            elif name not in self.columns:
                columns.append(repeat(_DEFAULTS[name], count))
            elif name in DAYS:
                columns.append(map(_Days().__getitem__, self.columns[name]))
            else:
                columns.append(self.columns[name])
        return map(FeedRow._make, zip(*columns, strict=True))

    def _attributes_of_rows(self, count: int) -> Iterable[Mapping[str, str]]:
        """Rows of equal attributes share one mapping: there are few kinds and many rows."""
        if not self.attributes:
            return repeat({}, count)
        kinds = _Kinds(tuple(self.attributes))
        return map(kinds.__getitem__, zip(*self.attributes.values(), strict=True))

    def packed(self) -> dict[str, Any]:
        """The table as it is stored: without defaults, and once what all rows have alike."""
        packed: dict[str, Any] = {}
        for name, values in self.columns.items():
            value = _packed(values)
            if name == "row":
                packed[name] = values
            elif name not in _DEFAULTS or value != _DEFAULTS[name]:
                packed[name] = value
        if self.attributes:
            packed[ATTRIBUTES] = {name: _packed(entry) for name, entry in self.attributes.items()}
        return packed

    @classmethod
    def unpacked(cls, stored: Mapping[str, Any]) -> FeedTable:
        """The table of what :meth:`packed` gave."""
        count = len(stored["row"])
        attributes = stored.get(ATTRIBUTES, {})
        return cls(
            {name: _unpacked(stored[name], count) for name in stored if name != ATTRIBUTES},
            {name: _unpacked(values, count) for name, values in attributes.items()},
        )


def _packed(values: Sequence[Any]) -> Any:
    """The one value that all rows have, or the list of them."""
    first = values[0]
    same = values[-1] == first and values.count(first) == len(values)
    return first if same else values


def _chained(columns: Iterable[Sequence[Any]]) -> list[Any]:
    return list(chain.from_iterable(columns))


def _unpacked(value: Any, count: int) -> Sequence[Any]:
    return value if isinstance(value, list | tuple) else [value] * count


class _Days(dict[str | None, date | None]):
    """Days by their text; the same few days stand in many rows."""

    def __missing__(self, text: str | None) -> date | None:
        day = None if text is None else date.fromisoformat(text)
        self[text] = day
        return day


class _Kinds(dict[tuple[str | None, ...], Mapping[str, str]]):
    """Attributes by their values."""

    def __init__(self, names: tuple[str, ...]) -> None:
        super().__init__()
        self._names = names

    def __missing__(self, values: tuple[str | None, ...]) -> Mapping[str, str]:
        pairs = zip(self._names, values, strict=True)
        self[values] = {name: value for name, value in pairs if value is not None}
        return self[values]
