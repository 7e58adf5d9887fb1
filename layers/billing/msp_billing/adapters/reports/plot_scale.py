"""The scale of a plot: round numbers that its lines stand for."""

from __future__ import annotations

from decimal import ROUND_CEILING, Decimal

_STEPS = (Decimal(1), Decimal(2), Decimal("2.5"), Decimal(5), Decimal(10))
_MOST_LINES = 5


def round_steps(highest: Decimal, *, whole: bool) -> tuple[Decimal, ...]:
    """Values from zero to the highest or just above it, in steps of 1, 2, 2.5 or 5 times a power.

    Args:
        whole: whether only whole steps make sense, because something is counted.
    """
    wanted = max(highest, Decimal(1))
    power = Decimal(1).scaleb((wanted / (_MOST_LINES - 1)).adjusted())
    for factor in _STEPS:
        step = factor * power
        if whole and step % 1:
            continue
        if step * (_MOST_LINES - 1) >= wanted:
            lines = int((wanted / step).to_integral_value(ROUND_CEILING))
            return tuple(step * line for line in range(lines + 1))
    raise AssertionError("ten times the power is always enough")


def share(value: Decimal | int | None, steps: tuple[Decimal, ...]) -> float | None:
    """How high a value stands on the scale, 0 to 1; None where it is not known."""
    return None if value is None else round(float(max(Decimal(value), Decimal(0)) / steps[-1]), 4)
