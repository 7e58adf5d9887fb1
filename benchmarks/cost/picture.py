"""A run's schedule as a picture: a bar for each step, in the colour of what it waits for."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from html import escape

from benchmarks.simulation import Step
from benchmarks.waiting import in_words

_WIDTH, _LEFT, _RIGHT = 960, 170, 250
_ROW, _GAP, _TITLE = 20, 26, 30
_COLOURS = {
    "workers": "#3568a8",
    "one function": "#7a8794",
    "one transaction after the other": "#7a8794",
    "the cycle's partition": "#c2571a",
    "the partition of ledgers' heads": "#c2571a",
    "SES's rate": "#2f7d4f",
    "SES's quota for a day": "#8b2fa0",
    "Step Functions' buckets": "#b8860b",
}
_TOO_LONG = "#c0182b"


def schedule(panels: Mapping[str, Sequence[Step]]) -> str:
    """An SVG of several runs below each other, each on a time axis of its own."""
    height = sum(_TITLE + _ROW * len(steps) + _GAP for steps in panels.values()) + 8
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {_WIDTH} {height}" '
        f'width="{_WIDTH}" height="{height}" font-family="Helvetica, Arial, sans-serif" '
        'font-size="12">',
        f'<rect width="{_WIDTH}" height="{height}" fill="#ffffff"/>',
    ]
    top = 8
    for title, steps in panels.items():
        parts += _panel(title, steps, top)
        top += _TITLE + _ROW * len(steps) + _GAP
    return "\n".join([*parts, "</svg>", ""])


def _panel(title: str, steps: Sequence[Step], top: int) -> list[str]:
    whole = steps[-1].ended
    room = _WIDTH - _LEFT - _RIGHT
    parts = [
        f'<text x="8" y="{top + 15}" font-weight="bold" font-size="13">'
        f"{escape(title)}: {in_words(whole)}</text>"
    ]
    bottom = top + _TITLE + _ROW * len(steps)
    for share in (0, 0.25, 0.5, 0.75, 1):
        x = _LEFT + room * share
        words = in_words(whole * share) if share else "0"
        parts.append(
            f'<line x1="{x:.1f}" y1="{top + _TITLE - 4}" x2="{x:.1f}" y2="{bottom}" '
            'stroke="#d5d9de"/>'
            f'<text x="{x:.1f}" y="{bottom + 13}" fill="#5a646e" font-size="11" '
            f'text-anchor="middle">{words}</text>'
        )
    for number, step in enumerate(steps):
        y = top + _TITLE + number * _ROW
        x = _LEFT + room * step.begun / whole
        width = max(1.5, room * step.took / whole)
        colour = _COLOURS["workers"] if step.bound_by.endswith("workers") else None
        fill = colour or _COLOURS[step.bound_by]
        words = f"{in_words(step.took)}, {step.bound_by}"
        if not step.fits:
            fill, words = _TOO_LONG, f"{in_words(step.took)}: over 15 minutes in one call"
        parts.append(
            f'<text x="{_LEFT - 8}" y="{y + 14}" text-anchor="end">{step.name}</text>'
            f'<rect x="{x:.1f}" y="{y + 3}" width="{width:.1f}" height="{_ROW - 6}" fill="{fill}"/>'
            f'<text x="{_WIDTH - _RIGHT + 12}" y="{y + 14}" fill="#2b3137">{escape(words)}</text>'
        )
    return parts
