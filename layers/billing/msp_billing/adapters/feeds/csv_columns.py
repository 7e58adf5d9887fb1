"""Reading many rows at once, column by column, when there is nothing odd in them.

A row of Python objects costs more than the CSV module takes to read it. Nearly all rows of a feed
are plain, and what stands in most columns stands in many rows: so whole columns are looked at, and
each different cell once. Whatever is not plain (a fault, a value over several lines, a second
header) is left to :class:`~msp_billing.adapters.feeds.csv_rows.RowReader`, row by row, which alone
says what is wrong. The two give the same rows: tests/unit/adapters/test_csv_columns.py.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any

from msp_billing.adapters.feeds.csv_rows import RowFault, read_day, read_quantity
from msp_billing.domain.feeds.tables import DAYS, FeedTable, Layout

if TYPE_CHECKING:
    from msp_billing.domain.feeds.definitions import FeedColumns

MAX_REMEMBERED = 65_536
"""Different cells of a column that are kept; beyond, a column is not one of few values."""

Cells = Sequence[str]


class _NotPlainError(Exception):
    """There is something among these rows that has to be looked at row by row."""


class ColumnReader:
    """Reads blocks of plain rows of one file."""

    def __init__(self, columns: FeedColumns, header: list[str], delimiter: str) -> None:
        self._delimiter = delimiter
        self._width = len(header)
        self._header = header
        place = {name: index for index, name in enumerate(header)}
        self._item_id = place[columns.item_id]
        self._name = None if columns.name is None else place[columns.name]
        self._remembered: dict[str, tuple[int, _Remembered]] = {}
        for field, read in (("account", _account), ("subscriber", _one_line_or_none)):
            if (column := getattr(columns, field)) is not None:
                self._remembered[field] = (place[column], _Remembered(read))
        for field in sorted(DAYS):
            if (column := getattr(columns, field)) is not None:
                self._remembered[field] = (place[column], _Remembered(_day))
        if columns.quantity is not None:
            self._remembered["quantity"] = (place[columns.quantity], _Remembered(_quantity))
        self._attributes = {
            name: (place[column], _Remembered(str.strip))
            for name, column in columns.attributes.items()
        }
        self.layout: Layout = (
            ("item_id", "name", *self._remembered, "row"),
            tuple(self._attributes),
        )

    def read(self, block: str, first_line: int) -> FeedTable | None:
        """The rows of a block of whole lines; None when something in it is not plain."""
        cells = _split(block, self._delimiter, self._width)
        if cells is None:
            return None
        try:
            return self._table(cells, first_line)
        except _NotPlainError:
            return None

    def _table(self, cells: list[Cells], first_line: int) -> FeedTable:
        item_ids = list(map(str.strip, cells[self._item_id]))
        if "" in item_ids or self._header[self._item_id] in item_ids:
            raise _NotPlainError
        columns: dict[str, Sequence[Any]] = {
            "item_id": item_ids,
            "name": item_ids if self._name is None else _names(cells[self._name], item_ids),
        }
        for field, (index, remembered) in self._remembered.items():
            columns[field] = list(map(remembered.__getitem__, cells[index]))
        columns["row"] = list(range(first_line, first_line + len(item_ids)))
        _check_order(columns)
        return FeedTable(
            columns,
            {
                name: list(map(remembered.__getitem__, cells[index]))
                for name, (index, remembered) in self._attributes.items()
            },
        )


class _Remembered(dict[str, Any]):
    """What cells mean, each different one worked out once."""

    def __init__(self, read: Callable[[str], Any]) -> None:
        super().__init__()
        self._read = read

    def __missing__(self, cell: str) -> Any:
        if len(self) >= MAX_REMEMBERED:
            self.clear()
        value = self[cell] = self._read(cell)
        return value


def _split(block: str, delimiter: str, width: int) -> list[Cells] | None:
    """The cells by column; None when the lines are not rows of so many cells."""
    if not block.endswith("\n"):
        return None
    if '"' in block:
        return _split_quoted(block, delimiter, width)
    if "\r" in block:
        block = block.replace("\r\n", "\n")
        if "\r" in block:
            return None
    lines = block.count("\n")
    # A line end of its own between any two lines: if every so-manieth cell is one, and there are
    # no others, then every line has as many cells as the header.
    cells = block.replace("\n", f"{delimiter}\n{delimiter}").split(delimiter)
    if len(cells) != lines * (width + 1) + 1 or cells[width :: width + 1].count("\n") != lines:
        return None
    if len(block) > csv.field_size_limit() and max(map(len, cells)) > csv.field_size_limit():
        return None
    return [cells[index : -1 : width + 1] for index in range(width)]


def _split_quoted(block: str, delimiter: str, width: int) -> list[Cells] | None:
    lines = io.StringIO(block, newline="\n")
    try:
        rows = list(csv.reader(lines, delimiter=delimiter, strict=True))
    except csv.Error:
        return None
    if len(rows) != block.count("\n") or set(map(len, rows)) != {width}:
        return None
    return list(zip(*rows, strict=True))


def _names(cells: Cells, item_ids: Sequence[str]) -> Cells:
    """The names on one line each; an item without a name is shown by its id."""
    together = "|".join(cells)
    if together.isprintable() and "  " not in together:
        names = list(map(str.strip, cells))
    else:
        names = [_one_line(cell) for cell in cells]
    if "" in names:
        return [name or item_id for name, item_id in zip(names, item_ids, strict=True)]
    return names


def _check_order(columns: dict[str, Sequence[Any]]) -> None:
    """Days as text are in the order of their days."""
    online_on, offboarded_on = columns.get("online_on"), columns.get("offboarded_on")
    if online_on is None or offboarded_on is None or not any(offboarded_on):
        return
    for begun, ended in zip(online_on, offboarded_on, strict=True):
        if begun is not None and ended is not None and ended < begun:
            raise _NotPlainError


def _one_line(cell: str) -> str:
    return " ".join(cell.split())


def _one_line_or_none(cell: str) -> str | None:
    return _one_line(cell) or None


def _account(cell: str) -> str:
    account = _one_line(cell)
    if not account:
        raise _NotPlainError
    return account


def _day(cell: str) -> str | None:
    faults: list[RowFault] = []
    day = read_day([cell], 0, None, faults)
    if faults:
        raise _NotPlainError
    return None if day is None else day.isoformat()


def _quantity(cell: str) -> int:
    faults: list[RowFault] = []
    quantity = read_quantity([cell], 0, None, faults)
    if faults:
        raise _NotPlainError
    return quantity
