"""Exports that the next count needs and that are missing or too old, before it is too late."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from msp_billing.domain.attention import Attention, AttentionKind
from msp_billing.domain.counting.counted_feeds import feeds_counted_at
from msp_billing.domain.cycles import (
    Cycle,
    CycleId,
    CyclePlan,
    CyclePlanError,
    CycleState,
    PlannedMoment,
    plan_cycle,
)
from msp_billing.domain.periods import Period
from msp_billing.usecases.attention import commands
from msp_billing.usecases.attention.look import Look, at_most, clipped
from msp_billing.usecases.context import calendar_around

if TYPE_CHECKING:
    from msp_billing.domain.feeds.definitions import FeedDefinition, FeedExport
    from msp_billing.domain.policy import ProviderPolicy
    from msp_billing.domain.run_policy import RunPolicy

LOOK_AHEAD = timedelta(hours=36)
"""The digest comes once a day: what is counted before the next one has to be in this one."""

_EXPORTED_LATELY = timedelta(days=45)
"""An account with a folder of its own is expected to export again when it did so last month."""


def exports(look: Look) -> Iterator[Attention]:
    """What is missing for every count that will be made within ``LOOK_AHEAD``.

    A feed's folder is listed once, and only where a count is near.
    """
    listed: dict[str, list[FeedExport]] = {}
    for cycle, policy, plan in _plans(look):
        for moment in plan.moments:
            if not look.now <= moment.take_at <= look.now + LOOK_AHEAD:
                continue
            for feed in feeds_counted_at(policy, policy.run_policy(cycle.run), moment.moment):
                if feed.feed not in listed:
                    listed[feed.feed] = look.ports.feeds.exports(
                        look.provider, feed, policy.time_zone
                    )
                found = _of_feed(look, cycle, moment, feed, listed[feed.feed])
                yield from at_most(found)


def _plans(look: Look) -> Iterator[tuple[CycleId, ProviderPolicy, CyclePlan]]:
    """The plans of all cycles that may count soon, also of runs that the policy has no more."""
    for run in look.runs:
        yield from _plans_of(look, run)
    there = {run.run for run in look.runs}
    others = [entry for entry in look.unsettled if entry.run not in there]
    unreadable: dict[CycleId, Exception] = {}  # said where cycles are looked at
    for cycle in look.ports.cycles.find_many(others, unreadable.__setitem__).values():
        if cycle.state is CycleState.OPEN:
            yield cycle.id, look.policy_of(cycle.policy_version), cycle.plan


def _plans_of(look: Look, run: RunPolicy) -> Iterator[tuple[CycleId, ProviderPolicy, CyclePlan]]:
    """The plans of the cycles around this month: of open ones as they pinned it."""
    month = Period.of(look.today)
    periods = [month.shifted(by) for by in (-1, 0, 1)]
    wanted = [
        CycleId(provider=look.provider, run=run.run, period=period)
        for period in periods
        if period >= look.current.begins_with(run.run)
    ]
    unreadable: dict[CycleId, Exception] = {}  # said where cycles are looked at
    known = look.ports.cycles.find_many(wanted, unreadable.__setitem__)
    for cycle_id in wanted:
        if cycle_id in unreadable:
            continue
        cycle: Cycle | None = known.get(cycle_id)
        if cycle is not None:
            if cycle.state is CycleState.OPEN:
                yield cycle_id, look.policy_of(cycle.policy_version), cycle.plan
            continue
        calendar = calendar_around(look.ports, look.policy, cycle_id.period.year)
        try:
            yield cycle_id, look.policy, plan_cycle(look.policy, run, cycle_id.period, calendar)
        except CyclePlanError:  # said when the cycle opens; there is nothing to count before
            continue


def _of_feed(
    look: Look,
    cycle: CycleId,
    moment: PlannedMoment,
    feed: FeedDefinition,
    exports_of_feed: Sequence[FeedExport],
) -> Iterator[Attention]:
    """A feed of which the export for a moment is not there: one entry for each account of its own.

    Before the moment itself an export can only be expected. It is named when the newest one is
    older than the feed allows already: whatever exports it has stopped, or is a person.
    """
    for account in _expected(look, feed, exports_of_feed):
        choose = look.ports.feeds.choose
        if choose(exports_of_feed, moment.moment_at, feed, account) is not None:
            continue
        newest = max((e.as_of_at for e in exports_of_feed if e.account == account), default=None)
        missing = look.now >= moment.moment_at
        allowed = timedelta(hours=feed.max_age_hours)
        if not missing and newest is not None and look.now - newest <= allowed:
            continue
        yield _entry(look, cycle, moment, feed, account, newest, missing=missing)


def _expected(
    look: Look, feed: FeedDefinition, exports_of_feed: Sequence[FeedExport]
) -> tuple[str | None, ...]:
    if feed.scope == "provider":
        return (None,)
    lately = look.now - _EXPORTED_LATELY
    return tuple(sorted({e.account for e in exports_of_feed if e.as_of_at >= lately and e.account}))


def _entry(
    look: Look,
    cycle: CycleId,
    moment: PlannedMoment,
    feed: FeedDefinition,
    account: str | None,
    newest: datetime | None,
    *,
    missing: bool,
) -> Attention:
    of = f" of {account}" if account else ""
    known = (
        "there is none at all" if newest is None else f"the newest is as of {look.moment(newest)}"
    )
    if missing:
        kind = AttentionKind.EXPORT_MISSING
        what = f"The export '{feed.title}'{of} for {look.moment(moment.moment_at)} is missing"
    else:
        kind = AttentionKind.EXPORT_EXPECTED
        what = f"The export '{feed.title}'{of} is needed as of {look.moment(moment.moment_at)}"
    return Attention(
        kind=kind,
        provider=look.provider,
        run=cycle.run,
        period=cycle.period,
        account=account,
        since_at=moment.moment_at if missing else None,
        what=clipped(f"{what}; {known}."),
        do=f"Put it there before {look.moment(moment.take_at)}, when it is counted. Accounts that "
        "need it are parked otherwise.",
        command=commands.push_feed(feed.feed),
    )
