"""The test clock: the only source of time in the local cloud.

It stands still until somebody moves it, and it only moves forward, so that a run is the same every
time and four months of billing take seconds.
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Protocol


class Clock(Protocol):
    """Anything that knows the time: what `msp_billing.wiring.use_clock` accepts."""

    def now(self) -> datetime:
        """The present instant, aware, in UTC."""
        ...


class ClockMovedBackwardsError(ValueError):
    """Somebody asked the test clock for an instant that is already over."""


class SettableClock:
    """A clock that is set by hand. `now()` is aware and in UTC; it never goes back."""

    #: pytest would take `TestClock` for a class of tests.
    __test__ = False

    def __init__(self, start_at: datetime) -> None:
        self._now = _as_utc(start_at)

    def now(self) -> datetime:
        """The present instant, aware, in UTC."""
        return self._now

    def move_to(self, instant: datetime) -> None:
        """Set the clock to `instant`, which may be now but not earlier."""
        target = _as_utc(instant)
        if target < self._now:
            raise ClockMovedBackwardsError(f"it is {self._now}, cannot go back to {target}")
        self._now = target

    def move_by(self, pause: timedelta) -> None:
        """Set the clock forward by `pause`, which may not be negative."""
        self.move_to(self._now + pause)


TestClock = SettableClock


def _as_utc(instant: datetime) -> datetime:
    if instant.tzinfo is None:
        raise ValueError(f"the test clock wants an aware datetime, got {instant!r}")
    return instant.astimezone(UTC)
