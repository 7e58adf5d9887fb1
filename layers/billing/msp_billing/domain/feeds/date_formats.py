"""Dates as a machine's language writes them, read by the format that somebody has named.

03/04/2026 is in March or in April, and nothing in a file says which. The format is written as
Windows shows it, because whoever exports can look it up there: ``M/d/yyyy h:mm:ss tt``.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import date

_TOKENS = re.compile(r"'[^']*'|([A-Za-z])\1*|\s+|[^A-Za-z]")
_PATTERNS = {
    "yyyy": r"(?P<year>\d{4})",
    "MM": r"(?P<month>\d{2})",
    "M": r"(?P<month>\d{1,2})",
    "dd": r"(?P<day>\d{2})",
    "d": r"(?P<day>\d{1,2})",
    "HH": r"\d{2}",
    "H": r"\d{1,2}",
    "hh": r"\d{2}",
    "h": r"\d{1,2}",
    "mm": r"\d{2}",
    "m": r"\d{1,2}",
    "ss": r"\d{2}",
    "s": r"\d{1,2}",
    "tt": r"(?: ?[AaPp]\.? ?[Mm]\.?)?",
}
_KNOWN = "yyyy, M, MM, d, dd, H, HH, h, hh, m, mm, s, ss and tt"


class DateFormatError(ValueError):
    """The format is none that can be read without guessing."""


class DateFormat:
    """Reads dates of one format. A time of day after the date is read over."""

    def __init__(self, text: str) -> None:
        """Take the format.

        Raises:
            DateFormatError: when it has parts that are not known, or does not say year, month
                and day, each once.
        """
        self.text = text
        pattern = "".join(_parts(text))
        for name in ("year", "month", "day"):
            if pattern.count(f"(?P<{name}>") != 1:
                raise DateFormatError(
                    f"'{text}' does not say year (yyyy), month (M) and day (d), each once"
                )
        self._pattern = re.compile(pattern, re.ASCII)

    def read(self, text: str) -> date | None:
        """The day; None when the text is not written so, or names a day that does not exist."""
        match = self._pattern.fullmatch(" ".join(text.split()))
        if match is None:
            return None
        try:
            return date(int(match["year"]), int(match["month"]), int(match["day"]))
        except ValueError:
            return None


def _parts(text: str) -> Iterator[str]:
    tokens = [match[0] for match in _TOKENS.finditer(text.strip())]
    for index, token in enumerate(tokens):
        if token.isspace():
            # Languages without AM and PM write nothing there, not even the space.
            yield "" if tokens[index + 1] == "tt" else " "
        elif token.startswith("'"):
            yield re.escape(token[1:-1])
        elif token in _PATTERNS:
            yield _PATTERNS[token]
        elif token.isalpha():
            raise DateFormatError(f"'{token}' in '{text}' is not known; known are {_KNOWN}")
        else:
            yield re.escape(token)
