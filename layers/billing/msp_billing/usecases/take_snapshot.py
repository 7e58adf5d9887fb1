"""Taking a snapshot: what the feeds said at one moment, per account, written once."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack, closing
from typing import TYPE_CHECKING

from pydantic import Field

from msp_billing.domain.accounts import Account, feed_key
from msp_billing.domain.base import Frozen, Identifier
from msp_billing.domain.counting.counted_feeds import feeds_counted_at
from msp_billing.domain.feeds.lost_rows import KnownRows
from msp_billing.domain.snapshots import FeedReading
from msp_billing.usecases.batches import ACCOUNTS_PER_BATCH, in_groups
from msp_billing.usecases.context import CycleContext, CycleRequest, load_context
from msp_billing.usecases.moments import (
    MomentPart,
    MomentRecord,
    find_moment,
    line_of,
    moment_key,
    put_moment,
    put_part,
)
from msp_billing.usecases.take_feed import (
    MAX_FILES_NAMED,
    MomentContext,
    Taken,
    TakenFeed,
    take_feed,
)

if TYPE_CHECKING:
    from msp_billing.domain.cycles import Cycle
    from msp_billing.usecases.ports import Ports

__all__ = ["SnapshotRequest", "SnapshotResult", "read_account", "take_snapshot"]

MONTHS_LOOKED_BACK = 12
"""How far back rows are looked for to compare with: a run may have been left out for some time."""


class SnapshotRequest(CycleRequest):
    """Which of the run's moments to take."""

    moment: Identifier


class SnapshotResult(Frozen):
    """What was taken; the rows themselves are in the records bucket."""

    moment: Identifier
    key: str
    rows: int
    unusable: int = Field(description="Readings that cannot be counted, each with its reasons.")
    already_taken: bool


def take_snapshot(ports: Ports, request: SnapshotRequest) -> SnapshotResult:
    """Read every feed that the moment needs and store what it said of each account.

    A moment that was taken before is not taken again, whatever the feeds say by now: a retry
    must not mix two states of the world. Neither rows nor accounts are ever all in memory.
    """
    context = load_context(ports, request)
    record = find_moment(ports, context.cycle, request.moment)
    already_taken = record is not None
    if record is None:
        record = _take(ports, context, request.moment)
        put_moment(ports, context.cycle, record)
    return SnapshotResult(
        moment=request.moment,
        key=moment_key(context.cycle, request.moment),
        rows=record.rows,
        unusable=record.unusable,
        already_taken=already_taken,
    )


def _take(ports: Ports, context: CycleContext, moment: str) -> MomentRecord:
    policy, cycle = context.policy, context.cycle
    accounts, owners = _names(ports, policy.provider)
    before = _known_before(ports, cycle, moment)
    here = MomentContext(
        feeds=ports.feeds,
        policy=policy,
        planned=next(entry for entry in cycle.plan.moments if entry.moment == moment),
        period=cycle.id.period,
        owners=owners,
    )
    with ExitStack() as stack:
        feeds: list[TakenFeed] = []
        for definition in feeds_counted_at(policy, context.run, moment):
            known = before.get(definition.feed, KnownRows())
            feeds.append(stack.enter_context(closing(take_feed(here, definition, known))))
        parts: list[MomentPart] = []
        rows = unusable = 0
        for number, group in enumerate(in_groups(accounts, ACCOUNTS_PER_BATCH)):
            lines: list[tuple[str, bytes]] = []
            for account, taken in _of_accounts(feeds, group):
                rows += sum(entry.rows for entry in taken)
                unusable += sum(not entry.is_usable for entry in taken)
                lines.append((account, line_of(account, (entry.content for entry in taken))))
            parts.append(put_part(ports, cycle, moment, number, lines))
        return MomentRecord(
            moment=moment,
            parts=tuple(parts),
            rows=rows,
            unusable=unusable,
            files=sum(feed.files for feed in feeds),
            seals=tuple(seal for feed in feeds for seal in feed.seals)[:MAX_FILES_NAMED],
            unmatched=tuple(sorted({name for feed in feeds for name in feed.unmatched})),
            known_rows={feed.name: feed.known_rows for feed in feeds},
        )


def read_account(ports: Ports, context: CycleContext, account: Account) -> tuple[FeedReading, ...]:
    """What the feeds say of one account by now, at every moment of a cycle, stored nowhere.

    For an account that is billed again, after its exports were repaired. Losses that a person has
    accepted since are taken from the policy in force: they say something of a file, and are no
    rule that the cycle could have pinned.
    """
    policy = context.policy
    current = ports.policies.current(policy.provider).policy_version
    accepted = {
        feed.feed: feed.accept_lost_rows
        for feed in ports.policies.policy(policy.provider, current).feeds
    }
    _, owners = _names(ports, policy.provider)
    readings: list[FeedReading] = []
    for planned in context.cycle.plan.moments:
        before = _known_before(ports, context.cycle, planned.moment)
        here = MomentContext(
            feeds=ports.feeds,
            policy=policy,
            planned=planned,
            period=context.cycle.id.period,
            owners=owners | _names_of(account),
        )
        for definition in feeds_counted_at(policy, context.run, planned.moment):
            losses = accepted.get(definition.feed, definition.accept_lost_rows)
            known = before.get(definition.feed, KnownRows())
            feed = take_feed(
                here, definition.model_copy(update={"accept_lost_rows": losses}), known
            )
            with closing(feed):
                content = feed.of(account.account).content
            readings.append(FeedReading.model_validate_json(content))
    return tuple(readings)


def _of_accounts(feeds: list[TakenFeed], accounts: list[str]) -> Iterator[tuple[str, list[Taken]]]:
    for account in accounts:
        yield account, [feed.of(account) for feed in feeds]


def _names(ports: Ports, provider: str) -> tuple[list[str], dict[str, str]]:
    """Every account of the book, and whose each of the names is that exports use."""
    accounts: list[str] = []
    owners: dict[str, str] = {}
    for entry in ports.book.entries(provider):
        account = entry.account
        accounts.append(account.account)
        owners |= _names_of(account)
    return accounts, owners


def _names_of(account: Account) -> dict[str, str]:
    names = (account.account, account.name, *account.known_as)
    return {feed_key(name): account.account for name in names}


def _known_before(ports: Ports, cycle: Cycle, moment: str) -> dict[str, KnownRows]:
    """The rows by feed when this moment of the run was last taken; empty for a first cycle."""
    earlier = [
        cycle.id.model_copy(update={"period": cycle.id.period.shifted(-months)})
        for months in range(1, MONTHS_LOOKED_BACK + 1)
    ]
    found = ports.cycles.find_many(earlier)
    for cycle_id in earlier:
        if cycle_id in found and (record := find_moment(ports, found[cycle_id], moment)):
            return record.known_rows
    return {}
