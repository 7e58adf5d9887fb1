"""How wide a text is in print, for rows whose height is known before they are laid out.

Typst lays a cell out two or three times to find the height of its row, and once when the height is
given. Of most rows it can be given: their texts are far shorter than their columns. So a width here
need not be exact; it must never be too small, because a row of one line has no room for a second.
"""

from __future__ import annotations

from typing import Final

_ADVANCES = """
    281 288 466 633 642 982 644 300 365 365 501 662 288 460 288 360
    649 649 649 649 649 649 649 649 649 649 288 302 662 662 662 511
    966 690 654 730 722 601 590 746 743 269 571 672 565 903 753 765
    639 765 644 642 646 744 690 985 682 679 629 365 360 365 471 456
    323 562 612 571 612 583 370 613 591 242 242 549 242 876 591 600
    612 612 376 528 327 591 562 818 546 562 552 426 333 426 662
"""
_THOUSANDTHS: Final = {
    chr(code): int(width) for code, width in enumerate(_ADVANCES.split(), start=ord(" "))
}
"""Advance widths of Inter Regular in thousandths of its size; figures as those of one width."""

_OTHER = 1100
"""Wider than all but a few rare letters of Inter, which are found next to narrow ones."""

_KERNING = 1.02
"""What pairs of letters that are set further apart may add."""

_FIRST_OF_ANOTHER_FONT = 0x530
_PUNCTUATION = range(0x2000, 0x2070)
_BREAKS = (" ", "-", "\u200b")


def width_in_ems(text: str) -> float | None:
    """A width that the text does not exceed, in units of its size.

    None when some of it is set in another font than Inter, whose letters may be higher as well.
    """
    thousandths = 0
    for character in text:
        width = _THOUSANDTHS.get(character)
        if width is None:
            code = ord(character)
            if code >= _FIRST_OF_ANOTHER_FONT and code not in _PUNCTUATION:
                return None
            width = _OTHER
        thousandths += width
    return thousandths * _KERNING / 1000


def line_widths(
    code: str, description: str, clause: str, note: str | None, unit: str
) -> list[float] | None:
    """Widths of what may need a second line in a line of charges, in units of the table's size.

    Shape: ``[code, description and clause, note, unit]``; 0 for a word that cannot be broken, since
    it stays on its line in any case. None when a width is not known. The sizes of code, clause and
    note are those of charges.typ.
    """
    widths = (
        width_in_ems(code) if _can_break(code) else 0.0,
        width_in_ems(description),
        width_in_ems(clause),
        width_in_ems(note or ""),
        width_in_ems(unit) if _can_break(unit) else 0.0,
    )
    known = [width for width in widths if width is not None]
    if len(known) < len(widths) or not (code + unit).isascii():
        return None
    of_code, of_description, of_clause, of_note, of_unit = known
    return [
        round(width, 2)
        for width in (
            0.86 * of_code,
            of_description + 0.4 + 0.78 * of_clause,
            0.83 * of_note,
            of_unit,
        )
    ]


def _can_break(text: str) -> bool:
    return any(mark in text for mark in _BREAKS)
