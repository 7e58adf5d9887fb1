"""Text without characters that are not seen."""

from __future__ import annotations

import unicodedata

_SEPARATORS = frozenset({"Cc", "Zl", "Zp"})
_DIRECTIONS = frozenset("\u200e\u200f\u061c\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069")


def plain_text(text: str, *, keep: str = "") -> str:
    """Control characters become spaces, and marks that turn the direction of writing go away.

    Args:
        keep: control characters that are to stay.
    """
    return "".join(
        character if character in keep or not _breaks(character) else " "
        for character in text
        if character not in _DIRECTIONS
    )


def _breaks(character: str) -> bool:
    return unicodedata.category(character) in _SEPARATORS
