"""The clock of a trial: the time is what somebody has set, in an item of the stack's own table.

For trial stacks only (docs/deploying.md, "A trial without AWS"). It takes three things together, so
that no stack that bills has it by accident: the template's parameter ``TrialClock``, with it
``RecordsRetentionDays`` of 1, and a time that somebody has set. A trial plays in the past. All that
Step Functions waits for is over then, and months of billing take minutes.
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

from msp_billing.adapters.clock import NoPauses, SystemClock, SystemPauses

if TYPE_CHECKING:
    from msp_billing.adapters.dynamodb.table import Key, Table
    from msp_billing.usecases.ports import Clock, Pauses

_KEY: Key = ("trial", "clock")
_LOOK_AGAIN = timedelta(seconds=3)


class TrialClockError(RuntimeError):
    """The clock of a trial cannot be read, or set to such a time."""


class TrialClock:
    """The time that was set, read anew each time it is asked for."""

    def __init__(self, table: Table) -> None:
        self._table = table

    def now(self) -> datetime:
        """The time that was set. Raises TrialClockError when nobody has set one."""
        item = self._table.get(_KEY)
        if item is None:
            raise TrialClockError(
                f"The stack of {self._table.name} runs on a trial clock, and nobody has set it. A "
                "stack that bills has the parameter TrialClock off."
            )
        return datetime.fromisoformat(item["now"])

    def set(self, instant: datetime, real: Clock) -> None:
        """Set the time. Raises TrialClockError for one that is still to come."""
        if instant >= real.now():
            raise TrialClockError(f"A trial plays in the past: {instant} is still to come.")
        pk, sk = _KEY
        self._table.put({"pk": pk, "sk": sk, "now": instant.astimezone(UTC).isoformat()})


class TrialPauses(NoPauses):
    """Whoever waits for a time of the trial looks again in a few seconds of real time."""

    def __init__(self, trial: Clock, real: Clock) -> None:
        self._trial = trial
        self._real = real

    def wake_at(self, instant: datetime) -> datetime:
        """At once when the instant has come on the trial's clock; else in a few real seconds."""
        if instant <= self._trial.now():
            return instant
        return self._real.now() + _LOOK_AGAIN


def pauses_by(clock: Clock) -> Pauses:
    """How to wait by a clock."""
    if isinstance(clock, SystemClock):
        return SystemPauses()
    if isinstance(clock, TrialClock):
        return TrialPauses(clock, SystemClock())
    return NoPauses()
