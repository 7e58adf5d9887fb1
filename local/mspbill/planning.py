"""Which cycles to bill, and when each of their steps is due."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta

from msp_billing.adapters.holiday_calendar import business_calendar
from msp_billing.domain.calendars import BusinessCalendar
from msp_billing.domain.cycles import CycleId, CyclePlan, plan_cycle
from msp_billing.domain.periods import Period
from msp_billing.domain.policy import ProviderPolicy

BEFORE_OPENING = timedelta(hours=1)
"""How long before the first cycle opens the clock starts: enough to see its schedule fire."""


@dataclass(frozen=True)
class PlannedCycle:
    """A cycle that is to be billed, with its dates."""

    id: CycleId
    plan: CyclePlan

    def milestones(self) -> tuple[tuple[datetime, str], ...]:
        """When something is due, and what, in order; whether it is done is not known then."""
        run = self.id.run
        taken = [
            (moment.take_at, f"{run} due: snapshot {moment.moment}") for moment in self.plan.moments
        ]
        return (
            (self.plan.opens_at, f"{run} due: opening"),
            *taken,
            (self.plan.compare_at, f"{run} due: building and comparison"),
            (self.plan.issue_at, f"{run} due: numbering, rendering, mail"),
        )


def plan_cycles(
    policy: ProviderPolicy, runs: Iterable[str], periods: Iterable[Period]
) -> tuple[PlannedCycle, ...]:
    """The cycles of these runs for these service months, in the order in which they open.

    Raises:
        CyclePlanError: when the policy's dates contradict each other in one of the months.
    """
    months = tuple(periods)
    planned = [
        PlannedCycle(
            CycleId(provider=policy.provider, run=run, period=period),
            plan_cycle(policy, policy.run_policy(run), period, _calendar(policy, period)),
        )
        for run in runs
        for period in months
    ]
    return tuple(sorted(planned, key=lambda cycle: (cycle.plan.opens_at, str(cycle.id))))


def start_of_clock(cycles: Iterable[PlannedCycle]) -> datetime:
    """Shortly before the first of the cycles opens."""
    return min(cycle.plan.opens_at for cycle in cycles) - BEFORE_OPENING


def _calendar(policy: ProviderPolicy, period: Period) -> BusinessCalendar:
    return business_calendar(policy.holidays, range(period.year - 2, period.year + 3))
