"""A provider's colours, dark enough to be read on white paper."""

from __future__ import annotations

LEAST_CONTRAST = 5.0
"""Contrast with white that text has at least; WCAG 2.2 asks for 4.5 (success criterion 1.4.3)."""

_DARKEN = 0.94


def readable_on_white(colour: str) -> str:
    """The colour ``#rrggbb``, darkened as far as it takes to read it as text on white.

    A provider's yellow is a fine logo and a bad heading: the invoice stays readable with any brand.
    """
    channels = [int(colour[start : start + 2], 16) / 255 for start in (1, 3, 5)]
    while 1.05 / (_luminance(channels) + 0.05) < LEAST_CONTRAST:
        channels = [channel * _DARKEN for channel in channels]
    return "#" + "".join(f"{round(channel * 255):02x}" for channel in channels)


def _luminance(channels: list[float]) -> float:
    """Relative luminance as WCAG 2.2 defines it."""
    linear = [
        channel / 12.92 if channel <= 0.04045 else ((channel + 0.055) / 1.055) ** 2.4
        for channel in channels
    ]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]
