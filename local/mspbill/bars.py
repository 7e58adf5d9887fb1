"""Small bars of amounts, month by month: where each stands in a picture of a few pixels."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from decimal import Decimal

BAR_WIDTH, BAR_GAP, BAR_HEIGHT = 14, 4, 30
_LEAST = 2


@dataclass(frozen=True)
class Bar:
    """One month. Lengths are pixels; ``height`` is 0 when nothing was billed."""

    label: str
    value: str
    x: int
    y: int
    height: int


def bars(months: Iterable[tuple[str, str, Decimal | None]]) -> tuple[Bar, ...]:
    """Bars for label, value in words, and amount; the largest amount is as high as there is room.

    Bars begin at zero: the difference between two of them is the difference in money.
    """
    known = list(months)
    largest = max((amount for _, _, amount in known if amount), default=Decimal(0))
    result = []
    for index, (label, value, amount) in enumerate(known):
        height = 0
        if amount and amount > 0:
            height = max(_LEAST, int(amount * BAR_HEIGHT / largest))
        x = index * (BAR_WIDTH + BAR_GAP)
        result.append(Bar(label=label, value=value, x=x, y=BAR_HEIGHT - height, height=height))
    return tuple(result)
