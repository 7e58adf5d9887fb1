"""Many rows at once are read as one row at a time is read: the same rows and the same problems."""

from __future__ import annotations

import io
from collections.abc import Iterator
from contextlib import contextmanager
from unittest.mock import patch

import pytest
from hypothesis import given
from hypothesis import strategies as st

from msp_billing.adapters.feeds import csv_columns
from msp_billing.adapters.feeds.csv_columns import ColumnReader
from msp_billing.adapters.feeds.csv_feed import RowProblem, read_tables
from msp_billing.domain.feeds.definitions import FeedColumns, FeedDefinition, FeedRow
from msp_billing.domain.feeds.tables import DAYS

HEADERS = {
    "item_id": "Id",
    "name": "Name",
    "account": "Client",
    "subscriber": "Site",
    "quantity": "Seats",
    **{day: day for day in DAYS},
}
EVERYTHING = FeedDefinition(
    feed="devices",
    title="Devices",
    scope="provider",
    columns=FeedColumns(**HEADERS, attributes={"kind": "Type", "ou": "OU"}),
)
FEW = FeedDefinition(
    feed="users", title="Users", scope="account", columns=FeedColumns(item_id="Id")
)
HEADER = [*HEADERS.values(), "Type", "OU", "Other"]


class Dripping(io.RawIOBase):
    """Bytes that come a few at a time, so that blocks end anywhere."""

    def __init__(self, data: bytes, size: int) -> None:
        self._source = io.BytesIO(data)
        self._size = size

    def read(self, _size: int = -1) -> bytes:
        return self._source.read(self._size)


def entries(
    text: str, definition: FeedDefinition = EVERYTHING, size: int = 65_536
) -> list[FeedRow | RowProblem]:
    found: list[FeedRow | RowProblem] = []
    for entry in read_tables(definition, Dripping(text.encode(), size), "x.csv"):
        found += [entry] if isinstance(entry, RowProblem) else entry.rows()
    return found


@contextmanager
def row_by_row() -> Iterator[None]:
    with patch.object(ColumnReader, "read", lambda *_: None):
        yield


def assert_same(text: str, definition: FeedDefinition = EVERYTHING, size: int = 65_536) -> None:
    with row_by_row():
        expected = entries(text, definition)
    assert entries(text, definition, size) == expected


def line(**cells: str) -> str:
    given_cells = {"Id": "d-1", "Name": "PC", "Client": "Acme", "Seats": "1", **cells}
    return ",".join(given_cells.get(name, "") for name in HEADER)


def text_of(*lines: str, end: str = "\n") -> str:
    return "".join(f"{entry}{end}" for entry in (",".join(HEADER), *lines))


odd_cells = st.sampled_from(
    [
        *(
            "",
            " ",
            "d-1",
            " d-2 ",
            "a  b",
            "a\u00a0b",
            "\u2003",
            "a\tb",
            "Zürich",
            "Id",
            "0",
            "26.0",
        ),
        *("2026-01-31", "2026-02-30", " 2026-01-31 08:15", "0001-01-01", "31.1.26", "1,250", "x"),
        *(
            '"',
            '""',
            '"a"',
            '"a,b"',
            '"two\nlines"',
            'a"b',
            '"open',
            '"a"b',
            "\r",
            "a\x0bb",
            "\x85",
        ),
    ]
)
plain_cells = st.sampled_from(["d-1", "d-2", "2026-01-31", "3", "Acme", "acme ", ""])
odd_lines = st.lists(odd_cells, min_size=len(HEADER), max_size=len(HEADER)).map(",".join)
plain_lines = st.builds(
    lambda cells: line(**cells), st.dictionaries(st.sampled_from(HEADER), plain_cells)
)
lines = st.one_of(plain_lines, plain_lines, plain_lines, odd_lines, st.sampled_from(["", "a,b"]))


@given(st.lists(lines, max_size=8), st.sampled_from(["\n", "\r\n"]), st.integers(1, 400))
def test_whatever_the_rows_both_ways_of_reading_give_the_same(rows, end, size):
    text = text_of(*rows, end=end)
    assert_same(text, EVERYTHING, size)
    assert_same(text, FEW, size)


@given(st.lists(plain_lines, max_size=4), st.data())
def test_wherever_a_file_is_cut_both_ways_of_reading_give_the_same(rows, data):
    text = text_of(*rows)
    assert_same(text[: data.draw(st.integers(0, len(text)))], size=data.draw(st.integers(1, 99)))


def plain_read(text: str, definition: FeedDefinition = EVERYTHING) -> int:
    """How many rows were read without looking at one of them alone."""
    with patch.object(csv_columns.ColumnReader, "_table", autospec=True) as table:
        table.side_effect = lambda *_: None
        list(read_tables(definition, io.BytesIO(text.encode()), "x.csv"))
        return sum(len(call.args[1][0]) for call in table.call_args_list)


@pytest.mark.parametrize("end", ["\n", "\r\n"])
def test_plain_rows_are_read_many_at_a_time_with_quotes_or_without(end):
    plain = text_of(*(line(Id=f"d-{number}") for number in range(9)), end=end)
    assert plain_read(plain) == 9
    cells = [",".join(f'"{cell}"' for cell in ("Id", "Name, first")), *('"d-1","a, ""b"""',) * 9]
    assert plain_read("".join(f"{entry}{end}" for entry in cells), FEW) == 9


def test_a_value_over_several_lines_goes_on_in_the_next_block():
    rows = [line(Id=f"d-{number}", Name='"over\ntwo lines"') for number in range(50)]
    for size in (1, 7, 100, 1_000):
        found = entries(text_of(*rows), size=size)
        assert [row.row for row in found if isinstance(row, FeedRow)] == list(range(2, 102, 2))


def test_a_column_of_very_many_values_is_forgotten_from_time_to_time():
    with patch.object(csv_columns, "MAX_REMEMBERED", 3):
        rows = [line(Id=f"d-{number}", Site=f"site {number}") for number in range(20)]
        found = entries(text_of(*rows))
    assert [row.subscriber for row in found if isinstance(row, FeedRow)] == [
        f"site {number}" for number in range(20)
    ]
