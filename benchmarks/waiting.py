"""Waiting for tokens, and durations in words."""

from __future__ import annotations

from dataclasses import dataclass, field

DAY = 86_400.0
"""Seconds."""


@dataclass
class Bucket:
    """Tokens that come at a rate, up to a size; whoever takes more than there are, waits."""

    size: float
    rate: float
    level: float = field(init=False)
    at: float = 0.0

    def __post_init__(self) -> None:
        self.level = self.size

    def take(self, tokens: float, at: float) -> float:
        """When so many tokens have come, asked for at a time not before the last one."""
        at = max(at, self.at)
        self.level = min(self.size, self.level + (at - self.at) * self.rate) - tokens
        self.at = at
        return at if self.level >= 0 else at - self.level / self.rate


def in_words(took: float) -> str:
    """A duration: "12 s", "8 min", "5.3 h", "2.1 days"."""
    for limit, divisor, unit in ((120, 1, "s"), (7200, 60, "min"), (2 * DAY, 3600, "h")):
        if took < limit:
            return f"{took / divisor:.{0 if unit != 'h' else 1}f} {unit}"
    return f"{took / DAY:.1f} days"
