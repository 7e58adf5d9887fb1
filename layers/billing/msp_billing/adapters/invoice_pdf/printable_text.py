"""Text as it is printed: cleaned of what would disturb a page.

Names come from customers' own tools and may hold anything. Nothing here makes text safe from being
read as markup, because it never is: it reaches the templates as data. What is left to do is to keep
it on its line and on the page.
"""

from __future__ import annotations

import unicodedata

MAX_NAME_LENGTH = 160
"""Letters of a name that are printed; what is longer ends in an ellipsis."""

UNBROKEN = 34
"""Letters of a word that stay together. Breaks stay in text that is copied out of a PDF, so that
addresses for mail and payment must not get any."""

_BREAK_AFTER = 12
_ZERO_WIDTH_SPACE = "\u200b"
_NO_BREAK = "\u00a0\u202f"
"""Spaces at which no line ends: between an amount and its currency."""
_MAX_COMBINING_MARKS = 3


def printable(text: str, longest: int = MAX_NAME_LENGTH, unbroken: int = UNBROKEN) -> str:
    """One line of text that stays on its line, whatever was in it.

    Line breaks, tabs and control characters become a space. Invisible format characters, of which
    right-to-left overrides could turn the neighbouring amount around, are left out. Piled-up
    accents are cut to three. Words of more than ``unbroken`` letters get places to break; text
    beyond ``longest`` ends in an ellipsis. Text of which nothing is left is a dash.
    """
    spaced = _visible(text[: longest * 4]).split(" ")
    words = " ".join(word for word in spaced if word.strip(_NO_BREAK))
    if len(words) > longest or len(text) > longest * 4:
        words = words[: longest - 1].rstrip() + "…"
    if len(words) > unbroken:
        words = " ".join(
            word if len(word) <= unbroken else _with_breaks(word) for word in words.split(" ")
        )
    return words or "–"


def _with_breaks(word: str) -> str:
    starts = range(0, len(word), _BREAK_AFTER)
    return _ZERO_WIDTH_SPACE.join(word[start : start + _BREAK_AFTER] for start in starts)


def _visible(text: str) -> str:
    if text.isascii() and text.isprintable():
        return text
    kept: list[str] = []
    marks = 0
    for character in unicodedata.normalize("NFC", text):
        category = unicodedata.category(character)
        marks = marks + 1 if category in {"Mn", "Me"} else 0
        if category in {"Cf", "Cs", "Co", "Cn"} or marks > _MAX_COMBINING_MARKS:
            continue
        space = category in {"Cc", "Zl", "Zp", "Zs"} and character not in _NO_BREAK
        kept.append(" " if space else character)
    return "".join(kept)
