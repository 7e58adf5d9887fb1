"""Which exports a sealed snapshot rests on, and which one each moment to come would take."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from msp_billing.domain.base import Frozen
from msp_billing.domain.counting.counted_feeds import feeds_counted_at
from msp_billing.domain.cycles import (
    Cycle,
    CycleId,
    CyclePlan,
    CyclePlanError,
    CycleState,
    plan_cycle,
)
from msp_billing.domain.feeds.definitions import FeedExport
from msp_billing.domain.periods import Period
from msp_billing.domain.policy import ProviderPolicy
from msp_billing.usecases.context import calendar_around
from msp_billing.usecases.moments import find_moment

if TYPE_CHECKING:
    from msp_billing.usecases.ports import Ports

_MONTHS_AHEAD = 2

ExportsByFeed = Mapping[str, Sequence[FeedExport]]


class Taking(Frozen):
    """A moment at which a cycle takes an export, or took it."""

    cycle: CycleId
    moment: str
    moment_at: datetime
    take_at: datetime

    def __str__(self) -> str:
        return f"{self.cycle.run} {self.cycle.period}, moment {self.moment}"


class _Planned(Frozen):
    """A cycle with its dates, whether it has opened or not, and the policy that it goes by."""

    id: CycleId
    plan: CyclePlan
    policy: ProviderPolicy
    cycle: Cycle | None

    def takings(self) -> tuple[Taking, ...]:
        """Every moment at which it takes exports."""
        return tuple(
            Taking(
                cycle=self.id,
                moment=moment.moment,
                moment_at=moment.moment_at,
                take_at=moment.take_at,
            )
            for moment in self.plan.moments
        )


def taken_exports(
    ports: Ports, policy: ProviderPolicy, exports: ExportsByFeed, months: int = 14
) -> dict[str, Taking]:
    """The exports that snapshots of the last months were taken of, by their keys.

    A snapshot names the first of the files that it read. Where it read more than it names, those
    that it would read of what there is now count as read.
    """
    taken: dict[str, Taking] = {}
    for planned in _planned(ports, policy, back=months):
        if planned.cycle is None:
            continue
        for taking in planned.takings():
            record = find_moment(ports, planned.cycle, taking.moment)
            if record is None:
                continue
            keys = [seal.key for seal in record.seals]
            if record.files > len(keys):
                keys += _chosen(ports, planned.policy, taking, exports)
            for key in keys:
                taken.setdefault(key, taking)  # the newest cycle comes first
    return taken


def next_takings(ports: Ports, policy: ProviderPolicy, exports: ExportsByFeed) -> dict[str, Taking]:
    """By key, the next moment that takes an export as things stand; newer ones may come first."""
    found: dict[str, Taking] = {}
    for taking, pinned in _upcoming(ports, policy):
        for key in _chosen(ports, pinned, taking, exports):
            found.setdefault(key, taking)
    return found


def missing_exports(
    ports: Ports, policy: ProviderPolicy, exports: ExportsByFeed, within: timedelta
) -> dict[str, list[Taking]]:
    """By feed, the moments that come within a time and have no export at all to take of it."""
    until = ports.clock.now() + within
    missing: dict[str, list[Taking]] = {}
    for taking, pinned in _upcoming(ports, policy):
        if taking.take_at > until:
            continue
        taken = {key.split("/", 1)[0] for key in _chosen(ports, pinned, taking, exports)}
        for feed in feeds_counted_at(pinned, pinned.run_policy(taking.cycle.run), taking.moment):
            if feed.feed not in taken:
                missing.setdefault(feed.feed, []).append(taking)
    return missing


def _upcoming(ports: Ports, policy: ProviderPolicy) -> list[tuple[Taking, ProviderPolicy]]:
    """The moments that are still to be taken, in order, each with the policy that it goes by."""
    now = ports.clock.now()
    found = [
        (taking, planned.policy)
        for planned in _planned(ports, policy, back=1)
        if planned.cycle is None or planned.cycle.state is CycleState.OPEN
        for taking in planned.takings()
        if taking.take_at > now
    ]
    return sorted(found, key=lambda entry: entry[0].take_at)


def _chosen(
    ports: Ports, policy: ProviderPolicy, taking: Taking, exports: ExportsByFeed
) -> Iterator[str]:
    """The exports that a moment takes of those that there are."""
    run = policy.run_policy(taking.cycle.run)
    for feed in feeds_counted_at(policy, run, taking.moment):
        listed = exports.get(feed.feed, ())
        for account in sorted({export.account for export in listed}, key=str):
            chosen = ports.feeds.choose(listed, taking.moment_at, feed, account)
            if chosen is not None:
                yield chosen.key


def _planned(ports: Ports, policy: ProviderPolicy, *, back: int) -> Iterator[_Planned]:
    """The cycles around now: those that have opened by what they pinned."""
    current = ports.policies.current(policy.provider)
    newest = Period.of(ports.clock.now().astimezone(policy.zone).date()).shifted(_MONTHS_AHEAD)
    periods = (newest.shifted(-step) for step in range(back + _MONTHS_AHEAD + 1))
    ids = [
        CycleId(provider=policy.provider, run=run.run, period=period)
        for period in periods
        for run in policy.runs
        if period >= current.begins_with(run.run)
    ]
    known = ports.cycles.find_many(ids)
    for entry in ids:
        cycle = known.get(entry)
        if cycle is not None:
            pinned = ports.policies.policy(policy.provider, cycle.policy_version)
            yield _Planned(id=entry, plan=cycle.plan, policy=pinned, cycle=cycle)
            continue
        calendar = calendar_around(ports, policy, entry.period.year)
        try:
            plan = plan_cycle(policy, policy.run_policy(entry.run), entry.period, calendar)
        except CyclePlanError:  # said when the cycle opens; nothing is taken before
            continue
        yield _Planned(id=entry, plan=plan, policy=policy, cycle=None)
