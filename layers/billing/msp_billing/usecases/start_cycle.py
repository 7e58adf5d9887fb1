"""Starting cycles: by schedule, by the daily sweep for what was missed, or by a person."""

from __future__ import annotations

from datetime import datetime
from typing import Literal

from pydantic import Field

from msp_billing.domain.base import Frozen, Identifier
from msp_billing.domain.cycles import Cycle, CycleId, CycleState, due_periods
from msp_billing.domain.periods import Period
from msp_billing.domain.policy import ProviderPolicy
from msp_billing.domain.run_policy import RunPolicy
from msp_billing.usecases.errors import LockLostError
from msp_billing.usecases.ports import Ports

_MAX_NAMES_TRIED = 20

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
    """
    current = ports.policies.current(request.provider)
    policy = ports.policies.policy(request.provider, current.policy_version)
    run = policy.run_policy(request.run)
    period = request.period or _scheduled_period(policy, run, request, ports.clock.now())
    cycle_id = CycleId(provider=request.provider, run=request.run, period=period)
    if period < current.first_period:
        return _result(
            cycle_id,
            "before_first_period",
            f"{request.provider} bills with this system from {current.first_period} on; nothing "
            "was started.",
        )
    return _start(ports, cycle_id, ports.cycles.find(cycle_id), request.started_by)


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
    and the period would be under way for ever.
    """
    if ports.executions.is_running(cycle.owner):
        return False
    failure = "the execution ended without recording why"
    try:
        ports.cycles.update(
            cycle.model_copy(update={"state": CycleState.FAILED, "failure": failure})
        )
    except LockLostError:  # it was closed, or taken over, since it was read
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


def _scheduled_period(
    policy: ProviderPolicy, run: RunPolicy, request: StartRequest, now: datetime
) -> Period:
    """The service month that a monthly schedule fired for."""
    fired_at = request.scheduled_at or now
    return Period.of(fired_at.astimezone(policy.zone).date()).shifted(-run.opens.month)


class SweepResult(Frozen):
    """What the daily sweep found missing and started."""

    started: tuple[StartResult, ...]


def start_missed_cycles(ports: Ports) -> SweepResult:
    """Start every cycle that should have opened by now and has not (schedules can fail to fire).

    A cycle that failed is left to a person: the bus was told, alarms hang on that, and starting it
    again each day would hide it.
    """
    now = ports.clock.now()
    started: list[StartResult] = []
    for provider in ports.policies.providers():
        current = ports.policies.current(provider)
        policy = ports.policies.policy(provider, current.policy_version)
        for run in policy.runs:
            periods = due_periods(policy, run, now, current.first_period)
            due = [CycleId(provider=provider, run=run.run, period=entry) for entry in periods]
            known = ports.cycles.find_many(due)
            started += [_start(ports, entry, None, "sweep") for entry in due if entry not in known]
    return SweepResult(started=tuple(started))
