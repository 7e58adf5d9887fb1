"""An export of the old system as rows of cells: encoding, delimiter and cut files.

The encoding is known from a byte-order mark, or is UTF-8 unless the caller says otherwise; nothing
is guessed. The delimiter is the one with which the header is found.
"""

from __future__ import annotations

import codecs
import csv
import io
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from msp_billing.adapters.feeds.feed_text import FeedTextError, text_blocks
from msp_billing.domain.problems import Problem, ProblemsError

DELIMITERS = (",", ";", "\t")
MOST_ROWS = 200_000
_MOST_BYTES = 64 * 1024 * 1024


@dataclass(frozen=True)
class Line:
    """A row of a file: the number of its first line in the file, and its cells without spaces."""

    number: int
    cells: tuple[str, ...]

    @property
    def is_empty(self) -> bool:
        """Whether nothing stands in it."""
        return not any(self.cells)


@dataclass(frozen=True)
class ExportText:
    """A file that could be decoded.

    Attributes:
        ends_in_line_end: what was written to its end; a report has a total to know it by.
    """

    file: str
    text: str
    ends_in_line_end: bool

    def rows(self, delimiter: str) -> tuple[Line, ...]:
        """All rows, as they are with a delimiter.

        Raises:
            ProblemsError: for a quotation mark that is never closed, or too many rows.
        """
        reader = csv.reader(io.StringIO(self.text, newline=""), delimiter=delimiter, strict=True)
        rows: list[Line] = []
        first = 1
        try:
            for cells in reader:
                rows.append(Line(first, tuple(" ".join(cell.split()) for cell in cells)))
                first = reader.line_num + 1
                if len(rows) > MOST_ROWS:
                    raise csv.Error(f"more than {MOST_ROWS:,} rows")
        except csv.Error as error:
            raise ProblemsError([_broken(self.file, first, str(error))]) from None
        return tuple(rows)


def read_export(path: Path, encoding: str | None) -> ExportText:
    """The text of a file.

    Args:
        encoding: ``utf-8``, ``utf-16`` or ``windows-1252``; by the byte-order mark, else UTF-8, if
            left out.

    Raises:
        ProblemsError: for what cannot be read, is empty, or is of another encoding.
    """
    try:
        content = path.read_bytes()
    except OSError as error:
        fix = "Check the name of the file and its permissions."
        what = f"The file cannot be read: {error.strerror}."
        raise ProblemsError(
            [Problem(code="file-unreadable", what=what, fix=fix, file=str(path))]
        ) from None
    if len(content) > _MOST_BYTES:
        raise ProblemsError([_problem(path, "It is larger than 64 MB.", "Check that it is a CSV.")])
    if content.startswith((b"PK\x03\x04", b"\xd0\xcf\x11\xe0")):
        what = "This is an Excel workbook, no CSV file."
        raise ProblemsError([_problem(path, what, "Open it in Excel and save it as 'CSV UTF-8'.")])
    marked = content.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE))
    chosen = encoding or ("utf-16" if marked else "utf-8")
    try:
        text = "".join(text_blocks(io.BytesIO(content), chosen, path.name))
    except FeedTextError as error:
        fix = (
            "Export it as 'CSV UTF-8', or say what it is with --encoding windows-1252 (Excel's "
            "plain CSV, QuickBooks Desktop) or --encoding utf-16."
        )
        raise ProblemsError([error.problem.model_copy(update={"fix": fix})]) from None
    if not text.strip():
        what = "The file is empty: the export failed or found nothing."
        raise ProblemsError([_problem(path, what, "Export it again.")])
    return ExportText(path.name, text, text.endswith(("\n", "\r")))


def headings(cells: Sequence[str]) -> tuple[str, ...]:
    """Cells of a header as they are compared: case, spaces, stars and full stops do not matter."""
    return tuple(
        " ".join(cell.replace("*", " ").replace(".", " ").split()).casefold() for cell in cells
    )


def candidates(export: ExportText, most: int = 15) -> Iterator[tuple[str, tuple[Line, ...], int]]:
    """Every place where a header may stand: delimiter, rows, index of the row."""
    for delimiter in DELIMITERS:
        try:
            rows = export.rows(delimiter)
        except ProblemsError:
            if delimiter == DELIMITERS[-1]:
                raise
            continue
        for index in range(min(most, len(rows))):
            if sum(1 for cell in rows[index].cells if cell) > 1:
                yield delimiter, rows, index


def _broken(file: str, line: int, why: str) -> Problem:
    return Problem(
        code="file-cut",
        what=f"The row that begins here is no CSV ({why}): the file was cut, or a quotation mark "
        "is missing.",
        fix="Export it again and wait until the export has finished.",
        file=file,
        line=line,
    )


def _problem(path: Path, what: str, fix: str) -> Problem:
    return Problem(code="file-unreadable", what=what, fix=fix, file=path.name)
