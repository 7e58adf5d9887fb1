"""From which service month on each run bills.

The daily sweep starts every cycle that should have opened and has not. A run that a provider gets
later, or that gets another name, has no cycles at all: without a month of its own to begin with, it
would bill every month again since the provider began.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from msp_billing.domain.cycles import opening_at
from msp_billing.domain.periods import Period
from msp_billing.usecases.applying.changes import NextOpening

if TYPE_CHECKING:
    from datetime import datetime

    from msp_billing.domain.policy import ProviderPolicy
    from msp_billing.domain.run_policy import RunPolicy
    from msp_billing.usecases.records import CurrentVersions


def later_runs(
    current: CurrentVersions | None,
    was: ProviderPolicy | None,
    becomes: ProviderPolicy,
    now: datetime,
    first_period: Period | None = None,
) -> dict[str, Period]:
    """The first service months of the runs that came after their provider.

    Args:
        current: what is in force; None for a new provider, whose runs begin with it.
        was: the policy that is in force.
        first_period: what somebody wants for the runs that come now; their next one, if left out.
    """
    if current is None or was is None:
        return {}
    there = {run.run for run in was.runs}
    begins = {}
    for run in becomes.runs:
        if run.run not in there:
            next_one = first_period or next_period(becomes, run, current.first_period, now)
            begins[run.run] = max(current.first_period, next_one)
        elif run.run in current.later_runs:
            begins[run.run] = current.later_runs[run.run]
    return begins


def next_period(
    policy: ProviderPolicy, run: RunPolicy, first_period: Period, now: datetime
) -> Period:
    """The first service month, from one on, whose cycle opens by itself from now on."""
    period = max(first_period, Period.of(now.date()).shifted(-run.opens.month - 2))
    while opening_at(policy, run, period) <= now:
        period = period.shifted(1)
    return period


def next_openings(
    policy: ProviderPolicy,
    first_period: Period,
    now: datetime,
    later: Mapping[str, Period] | None = None,
) -> tuple[NextOpening, ...]:
    """For each run, the first service month whose cycle opens by itself from now on.

    Args:
        later: the first service months of runs that do not begin with ``first_period``.
    """
    found = []
    for run in policy.runs:
        period = next_period(policy, run, (later or {}).get(run.run, first_period), now)
        at = opening_at(policy, run, period)
        found.append(NextOpening(run=run.run, title=run.title, period=period, opens_at=at))
    return tuple(found)
