"""Text that stays readable on the colours a provider chooses."""

from __future__ import annotations

LIGHT = "#ffffff"
DARK = "#1a1a1a"
_BRIGHT_FROM = 150_000  # of 255,000; where dark text begins to read better than light text


def text_on(background: str) -> str:
    """The text colour that reads well on ``#rrggbb``, by the perceived brightness of that colour.

    Weights are those of ITU-R BT.601, in thousandths, so that no float is needed.
    """
    red, green, blue = (int(background[start : start + 2], 16) for start in (1, 3, 5))
    brightness = 299 * red + 587 * green + 114 * blue
    return DARK if brightness >= _BRIGHT_FROM else LIGHT
