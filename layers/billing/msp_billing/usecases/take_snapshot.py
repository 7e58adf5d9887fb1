"""Taking a snapshot: what the feeds said at one moment, per account, written once."""

from __future__ import annotations

import gzip
from collections.abc import Iterator, Sequence
from datetime import datetime

from pydantic import Field, TypeAdapter

from msp_billing.domain.accounts import Account, feed_key
from msp_billing.domain.base import Frozen, Identifier
from msp_billing.domain.counted_feeds import feeds_counted_at
from msp_billing.domain.cycles import Cycle, PlannedMoment
from msp_billing.domain.feeds import FeedDefinition, FeedExport, FeedRow, FeedSeal
from msp_billing.domain.policy import ProviderPolicy
from msp_billing.domain.problems import Problem
from msp_billing.domain.run_policy import RunPolicy
from msp_billing.domain.snapshots import FeedReading
from msp_billing.usecases.context import CycleRequest, count_prefix, load_context
from msp_billing.usecases.ports import Ports, UnusableRows


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


class MomentReadings(Frozen):
    """The stored readings of one moment, by account."""

    schema_version: int = 1
    moment: Identifier
    unmatched: tuple[str, ...] = Field(description="Accounts in feeds that the book lacks.")
    readings: dict[str, tuple[FeedReading, ...]]


_READINGS = TypeAdapter(MomentReadings)


def take_snapshot(ports: Ports, request: SnapshotRequest) -> SnapshotResult:
    """Read every feed that the moment needs and store what it said of each account.

    A moment that was taken before is not taken again, whatever the feeds say by now: a retry
    must not mix two states of the world.
    """
    context = load_context(ports, request)
    key = moment_key(context.cycle, request.moment)
    stored = ports.records.find(key)
    already_taken = stored is not None
    if stored is None:
        planned = next(m for m in context.cycle.plan.moments if m.moment == request.moment)
        taken = _take(ports, context.policy, context.run, planned)
        stored = gzip.compress(_READINGS.dump_json(taken), mtime=0)
        ports.records.put_once(key, stored, "application/gzip")
    readings = [r for entries in load_moment(stored).readings.values() for r in entries]
    return SnapshotResult(
        moment=request.moment,
        key=key,
        rows=sum(len(reading.rows) for reading in readings),
        unusable=sum(1 for reading in readings if reading.problems),
        already_taken=already_taken,
    )


def moment_key(cycle: Cycle, moment: str) -> str:
    """Where a moment's readings are stored."""
    return f"{count_prefix(cycle)}/snapshot/moment-{moment}.json.gz"


def load_moment(content: bytes) -> MomentReadings:
    """Read what :func:`take_snapshot` stored."""
    return _READINGS.validate_json(gzip.decompress(content))


def moment_readings(
    ports: Ports, cycle: Cycle, moment: str, accounts: Sequence[str]
) -> dict[str, tuple[FeedReading, ...]]:
    """What the feeds said of these accounts at a moment that was taken.

    Reports that go out before the snapshot is sealed are made from this (COL-03).
    """
    taken = load_moment(ports.records.get(moment_key(cycle, moment)))
    return {account: taken.readings.get(account, ()) for account in accounts}


def _take(
    ports: Ports, policy: ProviderPolicy, run: RunPolicy, planned: PlannedMoment
) -> MomentReadings:
    accounts = [entry.account for entry in ports.book.entries(policy.provider)]
    readings: dict[str, list[FeedReading]] = {account.account: [] for account in accounts}
    unmatched: set[str] = set()
    for definition in feeds_counted_at(policy, run, planned.moment):
        exports = ports.feeds.exports(policy.provider, definition, policy.time_zone)
        taker = _FeedTaker(ports, policy, planned, definition, exports)
        if definition.scope == "provider":
            for account, reading in taker.for_all(accounts):
                readings[account].append(reading)
            unmatched |= taker.unmatched
        else:
            for owner in accounts:
                readings[owner.account].append(taker.for_one(owner))
    return MomentReadings(
        moment=planned.moment,
        unmatched=tuple(sorted(unmatched)),
        readings={account: tuple(entries) for account, entries in readings.items()},
    )


class _FeedTaker:
    """Reads one feed at one moment."""

    def __init__(
        self,
        ports: Ports,
        policy: ProviderPolicy,
        planned: PlannedMoment,
        definition: FeedDefinition,
        exports: list[FeedExport],
    ) -> None:
        self._ports = ports
        self._policy = policy
        self._planned = planned
        self._definition = definition
        self._exports = exports
        self._exports_of: dict[str | None, list[FeedExport]] = {}
        for export in exports:
            self._exports_of.setdefault(export.account, []).append(export)
        self.unmatched: set[str] = set()

    def for_one(self, account: Account) -> FeedReading:
        """The reading of an account's own export."""
        own = self._exports_of.get(account.account, [])
        export = self._ports.feeds.choose(
            own, self._planned.moment_at, self._definition, account.account
        )
        if export is None:
            return self._reading(None, problems=(self._missing(own),))
        rows, problems, seal = self._read(export)
        every = tuple(problem.problem for problem in problems)
        return self._reading(seal, rows=() if every else tuple(rows), problems=every)

    def for_all(self, accounts: list[Account]) -> Iterator[tuple[str, FeedReading]]:
        """The readings of all accounts out of the one export.

        A file that is unusable is so for every account, a row that is unusable for its own.
        """
        export = self._ports.feeds.choose(self._exports, self._planned.moment_at, self._definition)
        if export is None:
            missing = self._reading(None, problems=(self._missing(self._exports),))
            yield from ((account.account, missing) for account in accounts)
            return
        names = {
            feed_key(name): account.account
            for account in accounts
            for name in (account.account, account.name, *account.known_as)
        }
        rows, problems, seal = self._read(export)
        by_account: dict[str, list[FeedRow]] = {}
        for row in rows:
            owner = names.get(feed_key(row.account or ""))
            if owner is None:
                self._note_unknown(row.account or "")
            else:
                by_account.setdefault(owner, []).append(row)
        for problem in problems:
            if problem.account is not None and feed_key(problem.account) not in names:
                self._note_unknown(problem.account)
        for account in accounts:
            own = tuple(
                problem.problem
                for problem in problems
                if problem.account is None
                or names.get(feed_key(problem.account)) == account.account
            )
            usable = () if own else tuple(by_account.get(account.account, ()))
            yield account.account, self._reading(seal, rows=usable, problems=own)

    def _note_unknown(self, customer: str) -> None:
        """Keep the name of a customer that the book does not know, for a person to look at."""
        elsewhere = {feed_key(name) for name in self._definition.not_billed_here}
        if feed_key(customer) not in elsewhere:
            self.unmatched.add(customer)

    def _read(self, export: FeedExport) -> tuple[list[FeedRow], list[UnusableRows], FeedSeal]:
        rows: list[FeedRow] = []
        problems: list[UnusableRows] = []
        reading = self._ports.feeds.read(self._policy.provider, self._definition, export)
        for entry in reading:
            if isinstance(entry, FeedRow):
                rows.append(entry)
            else:
                problems.append(entry)
        return rows, problems, reading.seal_at(self._planned.moment_at)

    def _reading(
        self,
        seal: FeedSeal | None,
        *,
        rows: tuple[FeedRow, ...] = (),
        problems: tuple[Problem, ...] = (),
    ) -> FeedReading:
        return FeedReading(
            feed=self._definition.feed,
            moment=self._planned.moment,
            moment_at=self._planned.moment_at,
            seal=seal,
            rows=rows,
            problems=problems,
        )

    def _missing(self, exports: list[FeedExport]) -> Problem:
        local: datetime = self._planned.moment_at.astimezone(self._policy.zone)
        newest = max(exports, key=lambda entry: entry.as_of_at, default=None)
        there = f"the newest there is {newest.key}" if newest else "there is none"
        return Problem(
            code="feed-missing",
            what=f"No export of '{self._definition.title}' describes {local:%Y-%m-%d %H:%M} and "
            f"is at most {self._definition.max_age_hours} hours old; {there}.",
            fix="Put the export where this feed's exports belong, then run the account again.",
        )
