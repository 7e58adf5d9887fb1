"""Opening a cycle: take the period's lock for ever, pin the versions, work out every date."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, datetime
from typing import TYPE_CHECKING, Literal

from pydantic import Field

from msp_billing.domain.base import Frozen, Identifier
from msp_billing.domain.cycles import (
    Cycle,
    CycleId,
    CyclePlan,
    CycleState,
    first_day_of_charges,
    plan_cycle,
)
from msp_billing.domain.periods import Period
from msp_billing.domain.reports.planning import PlannedReport, ReportPlan, plan_reports
from msp_billing.usecases.context import calendar_around
from msp_billing.usecases.migrating.schema import check_readable

if TYPE_CHECKING:
    from msp_billing.domain.policy import ProviderPolicy
    from msp_billing.domain.run_policy import RunPolicy
    from msp_billing.usecases.ports import Ports
    from msp_billing.usecases.records import CurrentVersions

_SECONDS_PER_DAY = 86_400


class OpenRequest(Frozen):
    """What an execution begins with."""

    provider: Identifier
    run: Identifier
    period: Period
    owner: str = Field(min_length=1, description="The execution's ARN: its token for the lock.")
    started_by: str = ""
    code: str = Field(
        default="", max_length=300, description="The ARN of the function's version: its release."
    )


class Step(Frozen):
    """What the state machine waits for and does: it takes a snapshot, or makes a report."""

    at: str = Field(description="UTC, as a Wait state wants it.")
    moment: str = Field(default="", description="The snapshot to take, if it is one.")
    report: str = Field(default="", description="The report to make, if it is one.")


class OpenResult(Frozen):
    """What the state machine goes by."""

    outcome: Literal["opened", "already_done", "in_progress"]
    message: str
    steps: tuple[Step, ...] = Field(
        default=(), description="Snapshots, each with the reports that follow it."
    )
    reports_on_days: tuple[Step, ...] = ()
    reports_with_comparison: tuple[Step, ...] = ()
    reports_with_invoices: tuple[Step, ...] = ()
    compare_at: str = ""
    issue_at: str = ""
    approval_by: Literal["automatic", "person"] = "automatic"
    approval_seconds: int = 60
    comparison_to_accounts: bool = False


def open_cycle(ports: Ports, request: OpenRequest) -> OpenResult:
    """Take the lock and pin what the cycle bills with.

    Idempotent for its owner: a second call with the same token finds its own lock and gives the
    same plan, also when the first call's answer was lost.

    Raises:
        SchemaTooNewError: when newer code has migrated the table: nothing is billed then by code
            that could misread it.
    """
    check_readable(ports.schemas)
    cycle_id = CycleId(provider=request.provider, run=request.run, period=request.period)
    current = ports.policies.current(request.provider)
    policy, price_book_version = _bills_with(ports, current, cycle_id)
    run = policy.run_policy(request.run)
    calendar = calendar_around(ports, policy, request.period.year)
    first_period = current.begins_with(run.run)
    wanted = Cycle(
        id=cycle_id,
        owner=request.owner,
        state=CycleState.OPEN,
        policy_version=policy.version,
        price_book_version=price_book_version,
        plan=plan_cycle(policy, run, request.period, calendar),
        first_period=first_period,
        charges_from=_charges_from(ports, policy, run, first_period),
        opened_at=ports.clock.now(),
        code=request.code,
    )
    held = ports.cycles.take_lock(wanted)
    if held.state is CycleState.CLOSED:
        return OpenResult(outcome="already_done", message=f"{cycle_id} was billed and closed.")
    if held.owner != request.owner:
        return OpenResult(outcome="in_progress", message=f"{cycle_id} is under way elsewhere.")
    pinned = ports.policies.policy(request.provider, held.policy_version)
    pinned_run = pinned.run_policy(request.run)
    reports = plan_reports(pinned, pinned_run, request.period, calendar, held.plan)
    return _result(held.plan, pinned_run, reports, f"{cycle_id} is open.")


def _bills_with(
    ports: Ports, current: CurrentVersions, cycle_id: CycleId
) -> tuple[ProviderPolicy, str]:
    """The policy, and the version of the price book, that an opening cycle pins: those in force.

    Of a run that was taken out of the policy, a cycle that was begun before ends with what it has
    pinned, also when it counts anew.
    """
    in_force = ports.policies.policy(cycle_id.provider, current.policy_version)
    if any(run.run == cycle_id.run for run in in_force.runs):
        return in_force, current.price_book_version
    begun = ports.cycles.find(cycle_id)
    if begun is None:
        return in_force, current.price_book_version  # which does not have the run, and says so
    pinned = ports.policies.policy(cycle_id.provider, begun.policy_version)
    return pinned, begun.price_book_version


def _charges_from(
    ports: Ports, policy: ProviderPolicy, run: RunPolicy, first_period: Period
) -> date:
    calendar = calendar_around(ports, policy, first_period.year)
    return first_day_of_charges(policy, run, first_period, calendar)


def _result(plan: CyclePlan, run: RunPolicy, reports: ReportPlan, message: str) -> OpenResult:
    return OpenResult(
        outcome="opened",
        message=message,
        steps=tuple(_steps(plan, reports)),
        reports_on_days=_report_steps(reports.on_days),
        reports_with_comparison=_report_steps(reports.with_comparison),
        reports_with_invoices=_report_steps(reports.with_invoices),
        compare_at=wait_timestamp(plan.compare_at),
        issue_at=wait_timestamp(plan.issue_at),
        approval_by=run.approval.by,
        approval_seconds=run.approval.wait_days * _SECONDS_PER_DAY,
        comparison_to_accounts=run.comparison_to_accounts,
    )


def _steps(plan: CyclePlan, reports: ReportPlan) -> Iterator[Step]:
    """Each snapshot, and the reports that are made as soon as it was taken."""
    for entry in plan.moments:
        yield Step(at=wait_timestamp(entry.take_at), moment=entry.moment)
        yield from _report_steps(reports.after_moments[entry.moment])


def _report_steps(reports: tuple[PlannedReport, ...]) -> tuple[Step, ...]:
    return tuple(Step(at=wait_timestamp(entry.at), report=entry.report) for entry in reports)


def wait_timestamp(at: datetime) -> str:
    """An instant as a Wait state's Timestamp wants it: UTC, whole seconds, ending in Z."""
    return at.strftime("%Y-%m-%dT%H:%M:%SZ")
