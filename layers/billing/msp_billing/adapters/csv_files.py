"""CSV files that people open in spreadsheets and programs read."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Sequence

FORMULA_STARTS = ("=", "+", "-", "@", "\t", "\r")
"""How a text begins that a spreadsheet takes for a formula."""


def csv_file(
    columns: Sequence[str], rows: Iterable[Sequence[str]], *, encoding: str = "utf-8-sig"
) -> bytes:
    """A table as CSV; its lines end in CRLF (RFC 4180).

    Args:
        encoding: with its mark, without which Excel takes accents for two letters each; an importer
            may want it without, because it takes the mark for a part of the first heading.
    """
    buffer = io.StringIO(newline="")
    writer = csv.writer(buffer)
    writer.writerow(columns)
    writer.writerows(rows)
    return buffer.getvalue().encode(encoding)


def inert(text: str) -> str:
    """Text that a spreadsheet does not take for a formula when it opens the file.

    An apostrophe before it is how spreadsheets themselves mark text; numbers are never given here,
    because a negative amount must stay one.
    """
    return f"'{text}" if text.startswith(FORMULA_STARTS) else text
