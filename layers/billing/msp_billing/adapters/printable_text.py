"""Text as it is printed: cleaned of what would disturb a page.

Names come from customers' own tools and may hold anything. Nothing here makes text safe from being
read as markup, because it never is: it reaches the templates as data. What is left to do is to keep
it on its line and on the page.
"""

from __future__ import annotations

import re
import unicodedata

MAX_NAME_LENGTH = 160
"""Letters of a name that are printed; what is longer ends in an ellipsis."""

BREAK_AFTER = 14
"""Letters after which a word without a break of its own may be broken."""

_LONG_WORD = re.compile(rf"\S{{{BREAK_AFTER + 8},}}")
_ZERO_WIDTH_SPACE = "\u200b"
_MAX_COMBINING_MARKS = 3


def printable(text: str, longest: int = MAX_NAME_LENGTH) -> str:
    """One line of text that stays on its line, whatever was in it.

    Line breaks, tabs and control characters become a space. Invisible format characters, of which
    right-to-left overrides could turn the neighbouring amount around, are left out. Piled-up
    accents are cut to three. Long words get places to break; text beyond ``longest`` ends in an
    ellipsis. Text of which nothing is left is a dash.
    """
    words = " ".join(_visible(text[: longest * 4]).split())
    if len(words) > longest or len(text) > longest * 4:
        words = words[: longest - 1].rstrip() + "…"
    return _LONG_WORD.sub(_with_breaks, words) or "–"


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
        kept.append(" " if category in {"Cc", "Zl", "Zp", "Zs"} else character)
    return "".join(kept)


def _with_breaks(match: re.Match[str]) -> str:
    word = match[0]
    parts = (word[start : start + BREAK_AFTER] for start in range(0, len(word), BREAK_AFTER))
    return _ZERO_WIDTH_SPACE.join(parts)
