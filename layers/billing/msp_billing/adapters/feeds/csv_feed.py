"""Reading an export: rows in the one shape that counting knows, or what is wrong with them."""

from __future__ import annotations

import csv
import hashlib
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from difflib import get_close_matches

from msp_billing.adapters.feeds.csv_rows import RowFault, RowReader
from msp_billing.adapters.feeds.feed_text import ByteSource, FeedTextError, text_lines
from msp_billing.domain.accounts import feed_key
from msp_billing.domain.feeds import FeedDefinition, FeedRow
from msp_billing.domain.problems import Problem

MAX_PROBLEMS_PER_ACCOUNT = 20
"""After so many an account's rows are not complained about any more: it is unusable anyway."""

MAX_COLUMNS_NAMED = 20
"""How many of the columns that a file has are named when one is missing."""

_LIKENESS = 0.5  # of a missing column and one it may be called now: "Device Class" and "Class"
_EXPORT_AGAIN = "Export it again and wait until the export has finished."


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
    are listed twice (fault 26). A file that does not end in a line end was cut (fault 24), unless
    its checksum says that it is whole; one that was cut exactly between two rows can be told from
    a whole one by its checksum only.

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
    reader = _Reader(definition, file, checksum_announced)
    try:
        yield from reader.read(text_lines(stream, definition.encoding, file))
    except FeedTextError as error:
        yield RowProblem(error.problem, None)


class _Reader:
    def __init__(self, definition: FeedDefinition, file: str, checksum_announced: bool) -> None:
        self._definition = definition
        self._file = file
        self._may_lack_line_end = checksum_announced
        self._seen: dict[bytes, int] = {}
        self._problems: Counter[str | None] = Counter()

    def read(self, lines: Iterable[str]) -> Iterator[FeedRow | RowProblem]:
        last = _LastLine(lines)
        rows = csv.reader(last, delimiter=self._definition.delimiter, strict=True)
        header: list[str] | None = None
        columns: RowReader | None = None
        data_rows = 0
        while True:
            line = rows.line_num + 1
            try:
                cells = next(rows, None)
            except csv.Error as error:
                yield self._unreadable(str(error), line, last)
                return
            if cells is None:
                break
            if not last.is_complete and not self._may_lack_line_end:
                yield self._whole(
                    "feed-half-written",
                    "The last line has no line end: the file was not written to its end.",
                    f"{_EXPORT_AGAIN} If the program never writes a line end there, put a "
                    ".sha256 file beside the export.",
                    line,
                )
                return
            if not cells:
                continue
            if columns is None or header is None:
                header = [cell.strip() for cell in cells]
                if problems := list(self._header_problems(header, line)):
                    yield from problems
                    return
                columns = RowReader(self._definition.columns, header)
                continue
            data_rows += 1
            yield from self._row(columns, header, cells, line)
        yield from self._emptiness(header, data_rows)

    def _row(
        self, columns: RowReader, header: list[str], cells: list[str], line: int
    ) -> Iterator[FeedRow | RowProblem]:
        if [cell.strip() for cell in cells] == header:
            yield self._whole(
                "feed-header-twice",
                "The header stands here once more: two exports were written into one file.",
                _EXPORT_AGAIN,
                line,
            )
            return
        if len(cells) != len(header):
            yield self._whole(
                "feed-cells",
                f"The row has {len(cells)} cells, the header has {len(header)}.",
                "Put a value that contains the delimiter into double quotes, or export the file "
                "again; until then it is unknown whose row this is.",
                line,
            )
            return
        row = columns.read(cells, line)
        if not isinstance(row, FeedRow):
            for fault in row:
                yield from self._problem_of(fault, line)
            return
        first = self._seen.setdefault(_fingerprint(row), line)
        if first != line:
            whose = f" of '{row.account}'" if row.account is not None else ""
            yield from self._problem_of(
                RowFault(
                    "feed-item-twice",
                    f"The item '{row.item_id}'{whose} is listed twice, here and on line {first}.",
                    "Remove one of the two at the source, or choose a column that tells them "
                    "apart as 'item_id'.",
                    row.account,
                ),
                line,
            )
            return
        yield row

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

    def _header_problems(self, header: list[str], line: int) -> Iterator[RowProblem]:
        mapped = dict.fromkeys(self._definition.columns.headers())
        by_lower_case = {name.casefold(): name for name in header if name not in mapped}
        for wanted in mapped:
            times = header.count(wanted)
            if times == 1:
                continue
            if times > 1:
                yield self._whole(
                    "feed-column-twice",
                    f"The column '{wanted}' is there {times} times.",
                    "Export it once, or rename one of them.",
                    line,
                )
                continue
            near = get_close_matches(wanted.casefold(), by_lower_case, n=1, cutoff=_LIKENESS)
            hint = f"Is it '{by_lower_case[near[0]]}' now? " if near else ""
            yield self._whole(
                "feed-column-missing",
                f"The column '{wanted}' is missing; the file has {_listed(header)}.",
                f"{hint}Export the column '{wanted}', or name the right one under the feed's "
                "'columns' in provider.yaml.",
                line,
            )

    def _emptiness(self, header: list[str] | None, data_rows: int) -> Iterator[RowProblem]:
        if header is None:
            yield self._whole("feed-empty", "The file is empty.", _EXPORT_AGAIN, 1)
        elif not data_rows and self._definition.scope == "provider":
            yield self._whole(
                "feed-without-rows",
                "The file has a header and no rows, for any account.",
                "Check the export's filter and rights at the source, then export it again.",
                1,
            )

    def _unreadable(self, reason: str, line: int, last: _LastLine) -> RowProblem:
        if last.is_at_end or "field larger" in reason:
            return self._whole(
                "feed-half-written",
                "A value that begins on this line does not end: a closing quote is missing, or "
                "the file was not written to its end.",
                _EXPORT_AGAIN,
                line,
            )
        if "new-line character" in reason:
            return self._whole(
                "feed-line-ends",
                "The lines do not end in a line feed.",
                "Export the file with the line ends of Windows (CRLF) or Unix (LF).",
                line,
            )
        return self._whole(
            "feed-quotes",
            "There is something after the closing quote of a value.",
            "Write a double quote inside a value as two double quotes, or export the file again.",
            line,
        )

    def _whole(self, code: str, what: str, fix: str, line: int) -> RowProblem:
        return RowProblem(Problem(code=code, what=what, fix=fix, file=self._file, line=line), None)


class _LastLine:
    """Hands lines on and remembers how the last one ended."""

    def __init__(self, lines: Iterable[str]) -> None:
        self._lines = iter(lines)
        self.is_complete = True
        self.is_at_end = False

    def __iter__(self) -> Iterator[str]:
        return self

    def __next__(self) -> str:
        line = next(self._lines, None)
        if line is None:
            self.is_at_end = True
            raise StopIteration
        self.is_complete = line.endswith("\n")
        return line


def _fingerprint(row: FeedRow) -> bytes:
    """The item's natural key: its id within its account and subscriber."""
    key = f"{feed_key(row.account or '')}\0{feed_key(row.subscriber or '')}\0{row.item_id}"
    return hashlib.blake2b(key.encode(), digest_size=16).digest()


def _listed(header: list[str]) -> str:
    shown = ", ".join(f"'{name}'" for name in header[:MAX_COLUMNS_NAMED])
    more = len(header) - MAX_COLUMNS_NAMED
    return f"{shown} and {more} more" if more > 0 else shown
