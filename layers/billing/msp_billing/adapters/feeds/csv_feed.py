"""Reading an export: rows in the one shape that counting knows, or what is wrong with them."""

from __future__ import annotations

import csv
import hashlib
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass

from msp_billing.adapters.feeds.csv_columns import ColumnReader
from msp_billing.adapters.feeds.csv_faults import (
    EXPORT_AGAIN,
    NOT_ENDED,
    header_problems,
    unreadable,
)
from msp_billing.adapters.feeds.csv_rows import RowFault, RowReader
from msp_billing.adapters.feeds.feed_text import ByteSource, FeedTextError, lines_of, text_blocks
from msp_billing.domain.accounts import feed_key
from msp_billing.domain.feeds.definitions import FeedDefinition, FeedRow
from msp_billing.domain.feeds.listed_twice import item_key, listed_twice
from msp_billing.domain.feeds.tables import FeedTable
from msp_billing.domain.problems import Problem

MAX_PROBLEMS_PER_ACCOUNT = 20
"""After so many an account's rows are not complained about any more: it is unusable anyway."""


@dataclass(frozen=True, slots=True)
class RowProblem:
    """Something that makes rows unusable, and whose.

    ``account`` is the name that the feed gives the account; the rows of that account are then no
    count at all. None means the whole file: what is missing from it may be anybody's.
    """

    problem: Problem
    account: str | None


def read_feed(
    definition: FeedDefinition,
    stream: ByteSource,
    file: str,
    *,
    checksum_announced: bool = False,
) -> Iterator[FeedRow | RowProblem]:
    """Read an export row by row. Unknown never bills as zero: see :class:`RowProblem`.

    The file is read as a stream; what grows with it is a fingerprint per item, to find items that
    are listed twice (fault 26).

    Args:
        definition: encoding, delimiter and columns.
        stream: the bytes.
        file: the file's name, for problems.
        checksum_announced: the caller compares the file with an announced checksum, so that a
            last line without a line end is no sign of a cut.

    Yields:
        Rows and problems in the order of the file. A problem may come after rows that it
        concerns: use rows only after the last one was read.
    """
    seen: dict[bytes, int] = {}
    said: Counter[str | None] = Counter()
    entries = read_tables(definition, stream, file, checksum_announced=checksum_announced)
    for entry in entries:
        if isinstance(entry, RowProblem):
            yield entry
            continue
        for row in entry.rows():
            first = seen.setdefault(_fingerprint(row), row.row)
            if first == row.row:
                yield row
            elif said[row.account] < MAX_PROBLEMS_PER_ACCOUNT:
                said[row.account] += 1
                yield RowProblem(listed_twice(row, first, file), row.account)


def read_tables(
    definition: FeedDefinition,
    stream: ByteSource,
    file: str,
    *,
    checksum_announced: bool = False,
) -> Iterator[FeedTable | RowProblem]:
    """Read an export many rows at a time, in constant memory.

    As :func:`read_feed`, but items that are listed twice are left to the caller, who has the rows
    of one account together. A file that does not end in a line end was cut (fault 24), unless its
    checksum says that it is whole; one that was cut exactly between two rows can be told from a
    whole one by its checksum only.
    """
    reader = _Reader(definition, file, checksum_announced)
    try:
        yield from reader.read(text_blocks(stream, definition.encoding, file))
    except FeedTextError as error:
        yield RowProblem(error.problem, None)


class _Reader:
    def __init__(self, definition: FeedDefinition, file: str, checksum_announced: bool) -> None:
        self._definition = definition
        self._file = file
        self._may_lack_line_end = checksum_announced
        self._problems: Counter[str | None] = Counter()
        self._header: list[str] | None = None
        self._plain: ColumnReader | None = None
        self._single: RowReader | None = None
        self._data_rows = 0
        self._is_over = False
        self._rest = ""  # of a block, behind the header in it

    def read(self, blocks: Iterator[str]) -> Iterator[FeedTable | RowProblem]:
        line = 1
        for block in blocks:
            rest = block
            while rest and not self._is_over:
                table = None if self._plain is None else self._plain.read(rest, line)
                if table is not None:
                    self._data_rows += len(table)
                    line += len(table)
                    yield table
                    break
                whole = self._to_the_end_of_a_row(rest, blocks)
                self._rest = ""
                yield from self._row_by_row(whole, line)
                rest = self._rest
                line += whole.count("\n") - rest.count("\n")
            if self._is_over:
                return
        yield from self._emptiness()

    def _to_the_end_of_a_row(self, block: str, following: Iterator[str]) -> str:
        """The block, with what follows when a value over several lines goes on there.

        The CSV module limits the length of a value, so that this ends soon.
        """
        while '"' in block:
            try:
                for _ in csv.reader(
                    lines_of(block), delimiter=self._definition.delimiter, strict=True
                ):
                    continue
            except csv.Error as error:
                more = next(following, "") if NOT_ENDED in str(error) else ""
                if more:
                    block += more
                    continue
            break
        return block

    def _row_by_row(self, block: str, first_line: int) -> Iterator[FeedTable | RowProblem]:
        """The rows of a block with a problem in place of each that is faulty."""
        rows: list[FeedRow] = []
        for entry in self._entries(block, first_line):
            if isinstance(entry, FeedRow):
                rows.append(entry)
                continue
            yield from self._table_of(rows)
            rows = []
            yield entry
        yield from self._table_of(rows)

    def _table_of(self, rows: list[FeedRow]) -> Iterator[FeedTable]:
        if rows and self._plain is not None:
            yield FeedTable.of_rows(rows, self._plain.layout)

    def _entries(self, block: str, first_line: int) -> Iterator[FeedRow | FeedTable | RowProblem]:
        lines = lines_of(block)
        rows = csv.reader(lines, delimiter=self._definition.delimiter, strict=True)
        while not self._is_over:
            line = first_line + rows.line_num
            try:
                cells = next(rows, None)
            except csv.Error as error:
                self._is_over = True
                yield RowProblem(unreadable(str(error), self._file, line), None)
                return
            if cells is None:
                return
            is_last = rows.line_num == len(lines)
            if is_last and not block.endswith("\n") and not self._may_lack_line_end:
                self._is_over = True
                yield self._whole(
                    "feed-half-written",
                    "The last line has no line end: the file was not written to its end.",
                    f"{EXPORT_AGAIN} If the program never writes a line end there, put a "
                    ".sha256 file beside the export.",
                    line,
                )
                return
            if cells and self._single is None:
                yield from self._begin([cell.strip() for cell in cells], line)
                self._rest = "".join(lines[rows.line_num :])
                return
            elif cells:
                self._data_rows += 1
                yield from self._row(cells, line)

    def _begin(self, header: list[str], line: int) -> Iterator[RowProblem]:
        self._header = header
        if problems := list(header_problems(self._definition.columns, header, self._file, line)):
            self._is_over = True
            yield from (RowProblem(problem, None) for problem in problems)
            return
        columns = self._definition.columns
        self._single = RowReader(columns, header)
        self._plain = ColumnReader(columns, header, self._definition.delimiter)

    def _row(self, cells: list[str], line: int) -> Iterator[FeedRow | RowProblem]:
        assert self._header is not None, "the header was read"
        assert self._single is not None, "the header was accepted"
        if [cell.strip() for cell in cells] == self._header:
            yield self._whole(
                "feed-header-twice",
                "The header stands here once more: two exports were written into one file.",
                EXPORT_AGAIN,
                line,
            )
            return
        if len(cells) != len(self._header):
            yield self._whole(
                "feed-cells",
                f"The row has {len(cells)} cells, the header has {len(self._header)}.",
                "Put a value that contains the delimiter into double quotes, or export the file "
                "again; until then it is unknown whose row this is.",
                line,
            )
            return
        row = self._single.read(cells, line)
        if isinstance(row, FeedRow):
            yield row
            return
        for fault in row:
            yield from self._problem_of(fault, line)

    def _problem_of(self, fault: RowFault, line: int) -> Iterator[RowProblem]:
        self._problems[fault.account] += 1
        if self._problems[fault.account] > MAX_PROBLEMS_PER_ACCOUNT:
            return
        problem = Problem(
            code=fault.code,
            what=fault.what,
            fix=fault.fix,
            file=self._file,
            line=line,
            where=fault.account,
        )
        yield RowProblem(problem, fault.account)

    def _emptiness(self) -> Iterator[RowProblem]:
        if self._header is None:
            yield self._whole("feed-empty", "The file is empty.", EXPORT_AGAIN, 1)
        elif not self._data_rows and self._definition.scope == "provider":
            yield self._whole(
                "feed-without-rows",
                "The file has a header and no rows, for any account.",
                "Check the export's filter and rights at the source, then export it again.",
                1,
            )

    def _whole(self, code: str, what: str, fix: str, line: int) -> RowProblem:
        return RowProblem(Problem(code=code, what=what, fix=fix, file=self._file, line=line), None)


def _fingerprint(row: FeedRow) -> bytes:
    """The item's natural key: its id within its account and subscriber."""
    key = "\0".join((feed_key(row.account or ""), *item_key(row)))
    return hashlib.blake2b(key.encode(), digest_size=16).digest()
