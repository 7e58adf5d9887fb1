"""What is said of an export that cannot be read: its header, its quotes, its end."""

from __future__ import annotations

from collections.abc import Iterator
from difflib import get_close_matches
from typing import TYPE_CHECKING

from msp_billing.domain.problems import Problem

if TYPE_CHECKING:
    from msp_billing.domain.feeds.definitions import FeedColumns

MAX_COLUMNS_NAMED = 20
"""How many of the columns that a file has are named when one is missing."""

_LIKENESS = 0.5  # of a missing column and one it may be called now: "Device Class" and "Class"
NOT_ENDED = "unexpected end of data"
"""How the CSV module says that a value goes on after the end of the text."""

EXPORT_AGAIN = "Export it again and wait until the export has finished."


def header_problems(
    columns: FeedColumns, header: list[str], file: str, line: int
) -> Iterator[Problem]:
    """Columns that the header lacks or has more than once."""
    mapped = dict.fromkeys(columns.headers())
    by_lower_case = {name.casefold(): name for name in header if name not in mapped}
    for wanted in mapped:
        times = header.count(wanted)
        if times == 1:
            continue
        if times > 1:
            yield Problem(
                code="feed-column-twice",
                what=f"The column '{wanted}' is there {times} times.",
                fix="Export it once, or rename one of them.",
                file=file,
                line=line,
            )
            continue
        near = get_close_matches(wanted.casefold(), by_lower_case, n=1, cutoff=_LIKENESS)
        hint = f"Is it '{by_lower_case[near[0]]}' now? " if near else ""
        yield Problem(
            code="feed-column-missing",
            what=f"The column '{wanted}' is missing; the file has {_listed(header)}.",
            fix=f"{hint}Export the column '{wanted}', or name the right one under the feed's "
            "'columns' in provider.yaml.",
            file=file,
            line=line,
        )


def unreadable(reason: str, file: str, line: int) -> Problem:
    """A row that the CSV module cannot read, and why; ``line`` is where the row begins."""
    if NOT_ENDED in reason or "field larger" in reason:
        code = "feed-half-written"
        what = "A value that begins on this line does not end: a closing quote is missing, or "
        what += "the file was not written to its end."
        fix = EXPORT_AGAIN
    elif "new-line character" in reason:
        code = "feed-line-ends"
        what = "The lines do not end in a line feed."
        fix = "Export the file with the line ends of Windows (CRLF) or Unix (LF)."
    else:
        code = "feed-quotes"
        what = "There is something after the closing quote of a value."
        fix = "Write a double quote inside a value as two double quotes, or export the file again."
    return Problem(code=code, what=what, fix=fix, file=file, line=line)


def _listed(header: list[str]) -> str:
    shown = ", ".join(f"'{name}'" for name in header[:MAX_COLUMNS_NAMED])
    more = len(header) - MAX_COLUMNS_NAMED
    return f"{shown} and {more} more" if more > 0 else shown
