"""Starting cycles: by schedule, by the daily sweep for what was missed, or by a person."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Literal

from pydantic import Field

from msp_billing.domain.base import Frozen, Identifier
from msp_billing.domain.cycles import Cycle, CycleId, CycleState, due_periods
from msp_billing.domain.periods import Period
from msp_billing.usecases.context import MAX_FAILURE_LENGTH
from msp_billing.usecases.errors import LockLostError

if TYPE_CHECKING:
    from msp_billing.domain.policy import ProviderPolicy
    from msp_billing.usecases.errors import CycleUnreadableError
    from msp_billing.usecases.ports import Ports

_MAX_NAMES_TRIED = 20
_HOUR = timedelta(hours=1)
_KNOWN_WITHIN = timedelta(minutes=15)

StartOutcome = Literal["started", "already_done", "in_progress", "before_first_period"]


class StartRequest(Frozen):
    """A cycle to start; the period is given, or follows from when the schedule fired."""

    provider: Identifier
    run: Identifier
    period: Period | None = None
    scheduled_at: datetime | None = Field(
        default=None, description="When the schedule was to fire, by EventBridge Scheduler."
    )
    started_by: str = Field(default="schedule", max_length=100)


class StartResult(Frozen):
    """What became of it, in words for the person or the log."""

    provider: Identifier
    run: Identifier
    period: Period
    outcome: StartOutcome
    message: str


def start_cycle(ports: Ports, request: StartRequest) -> StartResult:
    """Start a cycle's execution, unless its period is done or under way.

    The execution's name keeps a second start out; the permanent lock, taken by the cycle's first
    step, does so for ever. A failed cycle may be started again: its steps are idempotent.

    Raises:
        UnknownProviderError: for a provider that was never applied.
        UnknownRunError: for a run that the policy does not have, unless the cycle was begun before.
    """
    current = ports.policies.current(request.provider)
    policy = ports.policies.policy(request.provider, current.policy_version)
    period = request.period or _scheduled_period(policy, request, ports.clock.now())
    cycle_id = CycleId(provider=request.provider, run=request.run, period=period)
    existing = ports.cycles.find(cycle_id)
    if existing is None:  # one that was begun goes on, whatever became of its run since
        run = policy.run_policy(request.run)
        first_period = current.begins_with(run.run)
        if period < first_period:
            return _result(
                cycle_id,
                "before_first_period",
                f"{request.provider}/{request.run} bills with this system from {first_period} on; "
                "nothing was started.",
            )
    return _start(ports, cycle_id, existing, request.started_by)


def _start(ports: Ports, cycle_id: CycleId, existing: Cycle | None, started_by: str) -> StartResult:
    attempt = 1
    if existing is not None:
        if existing.state is CycleState.CLOSED:
            return _result(
                cycle_id,
                "already_done",
                f"{cycle_id} was billed and closed; nothing was started.",
            )
        if existing.state is CycleState.OPEN and not _gave_up(ports, existing):
            return _result(
                cycle_id, "in_progress", f"{cycle_id} is under way; nothing was started."
            )
        attempt = existing.attempt + 1
    payload = {
        "provider": cycle_id.provider,
        "run": cycle_id.run,
        "period": str(cycle_id.period),
        "started_by": started_by,
    }
    for number in range(attempt, attempt + _MAX_NAMES_TRIED):
        name = cycle_id.execution_name if number == 1 else f"{cycle_id.execution_name}_{number}"
        if ports.executions.start(name, payload):
            return _result(cycle_id, "started", f"{cycle_id} was started.")
        if ports.executions.is_running(name):
            return _result(cycle_id, "in_progress", f"{cycle_id} was started before.")
        # That one ended before it had the lock: its name is used up, the period is not.
    raise RuntimeError(f"{cycle_id} failed {_MAX_NAMES_TRIED} times before it was open")


def _gave_up(ports: Ports, cycle: Cycle) -> bool:
    """Mark an open cycle as failed whose execution ended without saying so (docs/faults.md, 19).

    An execution that is stopped, or that fails while nothing can be stored, leaves its lock open,
    and the period would be under way for ever. The cycle is read again once its execution is known
    to be over: what its last step has stored must not be undone.
    """
    how = ports.executions.how_it_ended(cycle.owner)
    if how is None:
        return False
    found = ports.cycles.find(cycle.id)
    if found is None or found.owner != cycle.owner or found.state is not CycleState.OPEN:
        return False  # it was closed, or taken over, since it was read
    failure = f"the execution ended without recording why ({how})"[:MAX_FAILURE_LENGTH]
    failed = {"state": CycleState.FAILED, "failure": found.failure or failure}
    try:
        ports.cycles.update(found.model_copy(update=failed))
    except LockLostError:
        return False
    return True


def _result(cycle_id: CycleId, outcome: StartOutcome, message: str) -> StartResult:
    return StartResult(
        provider=cycle_id.provider,
        run=cycle_id.run,
        period=cycle_id.period,
        outcome=outcome,
        message=message,
    )


def _scheduled_period(policy: ProviderPolicy, request: StartRequest, now: datetime) -> Period:
    """The service month that a monthly schedule fired for."""
    run = policy.run_policy(request.run)
    fired_at = request.scheduled_at or now
    return Period.of(fired_at.astimezone(policy.zone).date()).shifted(-run.opens.month)


class SweepResult(Frozen):
    """What the daily sweep of cycles found, and did about it."""

    started: tuple[StartResult, ...] = ()
    healed: tuple[str, ...] = Field(
        default=(), description="Cycles that were marked as failed: their execution had died."
    )
    open_hours: tuple[int, ...] = Field(
        default=(), description="Of each cycle that is under way, for how long it has been."
    )
    handed_on: int = Field(default=0, description="Providers that calls of their own look at.")


def start_missed_cycles(ports: Ports, provider: str) -> SweepResult:
    """Start every cycle that should have opened by now and has not (schedules can fail to fire).

    A cycle that failed is left to a person: the bus was told, alarms hang on that, and starting it
    again each day would hide it. One whose execution died without a word is marked as failed, and
    the bus is told (docs/faults.md, 19).

    Raises:
        UnknownProviderError: for a provider that was never applied.
        CycleUnreadableError: for a cycle whose lock somebody changed, once all others were seen to.
    """
    now = ports.clock.now()
    current = ports.policies.current(provider)
    policy = ports.policies.policy(provider, current.policy_version)
    due = [
        CycleId(provider=provider, run=run.run, period=period)
        for run in policy.runs
        for period in due_periods(policy, run, now, current.begins_with(run.run))
    ]
    unreadable: dict[CycleId, CycleUnreadableError] = {}
    known = ports.cycles.find_many(due, unreadable.__setitem__)
    there = known.keys() | unreadable.keys()
    started = [_start(ports, entry, None, "sweep") for entry in due if entry not in there]
    # What the calendar does not lead to: cycles of runs that were taken out of the policy.
    under_way = ports.cycles.unsettled(provider, open_only=True)
    others = [entry for entry in under_way if entry not in due]
    known |= ports.cycles.find_many(others, unreadable.__setitem__)
    dead = {str(c.id) for c in known.values() if _heal(ports, c)}
    open_hours = [
        int((now - c.opened_at) / _HOUR)
        for c in known.values()
        if c.state is CycleState.OPEN and str(c.id) not in dead
    ]
    for error in unreadable.values():
        raise error
    return SweepResult(
        started=tuple(started), healed=tuple(sorted(dead)), open_hours=tuple(open_hours)
    )


def _heal(ports: Ports, cycle: Cycle) -> bool:
    """Mark a cycle as failed that nobody works on, and tell the bus.

    One that opened a moment ago is left alone: Step Functions may not know its execution yet.
    """
    is_new = ports.clock.now() - cycle.opened_at < _KNOWN_WITHIN
    if cycle.state is not CycleState.OPEN or is_new or not _gave_up(ports, cycle):
        return False
    failed = ports.cycles.find(cycle.id)
    failure = "" if failed is None else failed.failure
    ports.bus.publish("CycleFailed", {"cycle": str(cycle.id), "failure": failure or ""})
    return True
