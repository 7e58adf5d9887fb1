"""The clock: the one place that reads the wall clock, and the one that waits for it."""

from __future__ import annotations

import time
from datetime import UTC, datetime, timedelta


class SystemClock:
    """The time of the machine."""

    def now(self) -> datetime:
        """The current instant, aware, in UTC."""
        return datetime.now(UTC)


class SystemPauses:
    """Pauses of the process."""

    def wait(self, pause: timedelta) -> None:
        """Let so much time pass."""
        time.sleep(pause.total_seconds())

    def wake_at(self, instant: datetime) -> datetime:
        """The instant itself."""
        return instant


class NoPauses:
    """For a clock that is set by hand: it stands still while a step runs, and so does the wait."""

    def wait(self, pause: timedelta) -> None:
        """Nothing: whoever waits reckons with the pause as if it had passed."""

    def wake_at(self, instant: datetime) -> datetime:
        """The instant itself: the executions go by the same clock."""
        return instant
