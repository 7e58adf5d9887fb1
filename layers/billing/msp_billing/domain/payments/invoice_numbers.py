"""Numbers of invoices in what payers and banks write: 'krg 000123', 'Inv KRG000123', 'KRG-12/13'.

A number that is read wrongly puts a customer's money on another customer's account. So whatever
could also be something else (a year, an amount, an address) is told as uncertain, and counts only
when something else speaks for it.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator, Sequence
from functools import lru_cache
from typing import NamedTuple

NUMBER_DIGITS = 6
"""Invoices are numbered 000001 to 999999, and on with more digits."""

_MAX_DIGITS = 12
_DASHES = dict.fromkeys(map(ord, "\u2010\u2011\u2012\u2013\u2014\u2015\u2212"), "-")
_BETWEEN = r"[\s._:#/-]{0,3}(?:(?:NO|NR|NUM)(?![A-Z])[\s.:#-]{0,3})?"
_INVOICE_WORD = r"(?:INVOICES?|INVS?)[\s.:#-]{0,3}(?:(?:NO|NR|NUM|NUMBERS?)(?![A-Z])[\s.:#-]{0,3})?"
_DIGITS = rf"(?P<digits>[0-9]{{1,{_MAX_DIGITS}}})(?![A-Z0-9])"
_FURTHER = re.compile(
    rf"\s*(?:[,;/&+]|AND\b)\s*(?P<digits>[0-9]{{{NUMBER_DIGITS}}})(?![A-Z0-9]|[.,][0-9]{{1,2}}\b)"
)
_DECIMALS_OR_DATE = re.compile(r"[.,/-][0-9]")


class NamedNumber(NamedTuple):
    """A number that a text seems to name, as it is printed on invoices."""

    number: str
    certain: bool


class _Hit(NamedTuple):
    number: NamedNumber
    digits: str
    start: int
    end: int


def numbers_in(texts: Sequence[str], prefixes: Sequence[str]) -> tuple[NamedNumber, ...]:
    """Every number of an invoice that the texts name, in order, each once.

    Args:
        texts: lines of a bank; a number may be cut in two at the end of one.
        prefixes: what numbers begin with, such as ``KRG-``; the first is that of ordinary invoices,
            which 'invoice 123' is taken for.

    Returns:
        Numbers as they are printed. Certain are those with their prefix that are written in full
        (``KRG000123``), with the hyphen (``KRG-123``), or after the word 'invoice'.
    """
    cleaned = [_clean(text) for text in texts]
    found: dict[str, bool] = {}
    for index, text in enumerate(cleaned):
        following = cleaned[index + 1] if index + 1 < len(cleaned) else ""
        cut = following[:1].isdigit()
        for hit in _hits(text, tuple(prefixes)):
            certain = hit.number.certain and not (cut and hit.end == len(text) and _short(hit))
            found[hit.number.number] = found.get(hit.number.number, False) or certain
        for number in _across(text, following, tuple(prefixes)):
            found.setdefault(number, False)
    return tuple(NamedNumber(number, certain) for number, certain in found.items())


def canonical_number(text: str, prefixes: Sequence[str]) -> str:
    """A number that somebody typed into a field for it, as it is printed; unchanged if unclear."""
    found = numbers_in([text], prefixes)
    return found[0].number if len(found) == 1 else text


def _clean(text: str) -> str:
    return unicodedata.normalize("NFKC", text).translate(_DASHES).upper()


def _short(hit: _Hit) -> bool:
    """Whether it is written without all its digits, so that more of them may follow."""
    return len(hit.digits) < NUMBER_DIGITS


@lru_cache(maxsize=64)
def _patterns(prefixes: tuple[str, ...]) -> tuple[tuple[str, re.Pattern[str]], ...]:
    """By prefix, how its numbers are written; last, numbers after the word 'invoice' alone."""
    made = []
    for prefix in prefixes:
        letters = re.escape(prefix.rstrip("-"))
        body = rf"(?<![A-Z0-9])(?P<word>{_INVOICE_WORD})?{letters}(?P<between>{_BETWEEN}){_DIGITS}"
        made.append((prefix, re.compile(body)))
    if prefixes:
        bare = rf"(?<![A-Z0-9])(?P<word>{_INVOICE_WORD})(?P<between>){_DIGITS}"
        made.append((prefixes[0], re.compile(bare)))
    return tuple(made)


def _hits(text: str, prefixes: tuple[str, ...]) -> Iterator[_Hit]:
    patterns = _patterns(prefixes)
    for position, (prefix, pattern) in enumerate(patterns):
        without_prefix = position == len(patterns) - 1
        for match in pattern.finditer(text):
            number = _number(prefix, match["digits"])
            if number is None:
                continue
            certain = not without_prefix and _is_certain(match, text)
            yield _Hit(NamedNumber(number, certain), match["digits"], *match.span())
            if not without_prefix:
                yield from _further(text, match.end(), prefix, certain)


def _further(text: str, behind: int, prefix: str, certain: bool) -> Iterator[_Hit]:
    """Numbers that go on after one, without the prefix: ``KRG-000123/000124, 000125``."""
    while match := _FURTHER.match(text, behind):
        number = f"{prefix}{match['digits']}"
        padded = certain and match["digits"].startswith("0")
        yield _Hit(NamedNumber(number, padded), match["digits"], *match.span())
        behind = match.end()


def _across(text: str, following: str, prefixes: tuple[str, ...]) -> Iterator[str]:
    """Numbers in full that begin at the end of a line and end on the next."""
    if not (text[-1:].isalnum() or text[-1:] == "-") or not following[:1].isalnum():
        return
    border = len(text)
    for hit in _hits(text + following, prefixes):
        if hit.start < border < hit.end and not _short(hit):
            yield hit.number.number


def _number(prefix: str, digits: str) -> str | None:
    """The number as it is printed; None for one that never is: too many zeros, or all zeros."""
    value = int(digits)
    if value == 0 or (len(digits) > NUMBER_DIGITS and digits.startswith("0")):
        return None
    return f"{prefix}{value:0{NUMBER_DIGITS}d}"


def _is_certain(match: re.Match[str], text: str) -> bool:
    digits = match["digits"]
    if len(digits) >= NUMBER_DIGITS:
        return True
    if digits.startswith("0") or _DECIMALS_OR_DATE.match(text, match.end()):
        return False  # cut off, or an amount or a date
    return match["word"] is not None or match["between"] == "-"
