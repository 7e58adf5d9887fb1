"""When a cycle makes its reports."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING

from msp_billing.domain.base import Frozen, Identifier
from msp_billing.domain.cycles import CyclePlan, CyclePlanError
from msp_billing.domain.date_rules import resolve_instant

if TYPE_CHECKING:
    from msp_billing.domain.calendars import BusinessCalendar
    from msp_billing.domain.periods import Period
    from msp_billing.domain.policy import ProviderPolicy
    from msp_billing.domain.reports.report_policy import ReportPolicy
    from msp_billing.domain.run_policy import RunPolicy


class PlannedReport(Frozen):
    """A report of a cycle and the instant at which it is made, UTC."""

    report: Identifier
    at: datetime


class ReportPlan(Frozen):
    """The reports of a cycle by the point of it at which they are made, each list in order."""

    after_moments: dict[Identifier, tuple[PlannedReport, ...]]
    on_days: tuple[PlannedReport, ...]
    with_comparison: tuple[PlannedReport, ...]
    with_invoices: tuple[PlannedReport, ...]


def plan_reports(
    policy: ProviderPolicy,
    run: RunPolicy,
    period: Period,
    calendar: BusinessCalendar,
    plan: CyclePlan,
) -> ReportPlan:
    """Work out when each report of a cycle is made.

    Raises:
        CyclePlanError: when a report's day lies before the last snapshot or after the comparison.
    """
    made = [entry for entry in run.reports if entry.made_in(period.month)]
    taken = {entry.moment: entry.take_at for entry in plan.moments}
    on_days = [
        PlannedReport(
            report=entry.report, at=resolve_instant(entry.at, period, calendar, policy.zone)
        )
        for entry in made
        if entry.at is not None
    ]
    for report in on_days:
        if taken and report.at < max(taken.values()):
            what = f"the report {report.report} is made before the last snapshot"
            raise CyclePlanError(run, period, what)
        if report.at > plan.compare_at:
            what = f"the report {report.report} is made after the comparison: say 'goes_with'"
            raise CyclePlanError(run, period, what)
    return ReportPlan(
        after_moments={
            moment: _at(at, [entry for entry in made if entry.after_moment == moment])
            for moment, at in taken.items()
        },
        on_days=tuple(sorted(on_days, key=lambda entry: (entry.at, entry.report))),
        with_comparison=_at(
            plan.compare_at, [entry for entry in made if entry.goes_with == "comparison"]
        ),
        with_invoices=_at(
            plan.issue_at, [entry for entry in made if entry.goes_with == "invoices"]
        ),
    )


def _at(at: datetime, reports: list[ReportPolicy]) -> tuple[PlannedReport, ...]:
    return tuple(PlannedReport(report=entry.report, at=at) for entry in reports)
