"""Taking one feed at one moment: what it says of each account, or why that is unknown."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING

from msp_billing.domain.accounts import feed_key
from msp_billing.domain.feeds.listed_twice import find_listed_twice
from msp_billing.domain.feeds.lost_rows import KnownRows, LossGuard
from msp_billing.domain.feeds.tables import FeedTable
from msp_billing.domain.problems import Problem
from msp_billing.domain.snapshots import FeedReading
from msp_billing.usecases.row_spool import RowSpool, SpooledRows

if TYPE_CHECKING:
    from msp_billing.domain.cycles import PlannedMoment
    from msp_billing.domain.feeds.definitions import FeedDefinition, FeedExport, FeedSeal
    from msp_billing.domain.periods import Period
    from msp_billing.domain.policy import ProviderPolicy
    from msp_billing.usecases.ports import ExportReading, Feeds

MAX_FILES_NAMED = 100
"""How many of its files a moment's record names; each reading names its own anyway."""


@dataclass(frozen=True)
class MomentContext:
    """What all feeds of a moment are taken with."""

    feeds: Feeds
    policy: ProviderPolicy
    planned: PlannedMoment
    period: Period
    owners: Mapping[str, str]
    """Accounts by the names that exports give them; see :func:`feed_key`."""


@dataclass(frozen=True, slots=True)
class Taken:
    """What a feed says of one account: the reading in JSON, and what there is to sum up."""

    content: bytes
    rows: int
    is_usable: bool


class TakenFeed:
    """One feed, of which every account's reading can be asked for, once."""

    def __init__(self, context: MomentContext, definition: FeedDefinition, before: KnownRows):
        self._context = context
        self._definition = definition
        self._guard = LossGuard(
            definition.title,
            definition.lost_share_limit,
            definition.accept_lost_rows,
            before,
            context.period,
        )
        self.files = 0
        self.seals: list[FeedSeal] = []
        self.unmatched: frozenset[str] = frozenset()

    @property
    def name(self) -> str:
        """The feed's id."""
        return self._definition.feed

    @property
    def known_rows(self) -> KnownRows:
        """What next month is compared with, once every account was asked for."""
        return self._guard.known

    def of(self, account: str) -> Taken:
        """What the feed says of an account."""
        raise NotImplementedError

    def close(self) -> None:
        """Forget the rows."""

    def _exports(self) -> list[FeedExport]:
        policy = self._context.policy
        return self._context.feeds.exports(policy.provider, self._definition, policy.time_zone)

    def _choose(self, exports: list[FeedExport], account: str | None = None) -> FeedExport | None:
        moment_at = self._context.planned.moment_at
        return self._context.feeds.choose(exports, moment_at, self._definition, account)

    def _open(self, export: FeedExport) -> ExportReading:
        provider = self._context.policy.provider
        return self._context.feeds.read(provider, self._definition, export)

    def _seal(self, reading: ExportReading) -> FeedSeal:
        seal = reading.seal_at(self._context.planned.moment_at)
        self.files += 1
        if len(self.seals) < MAX_FILES_NAMED:
            self.seals.append(seal)
        return seal

    def _taken(
        self,
        account: str,
        seal: FeedSeal | None,
        rows: SpooledRows | None = None,
        problems: tuple[Problem, ...] = (),
    ) -> Taken:
        """The reading, if nothing else speaks against its rows."""
        if rows is not None and seal is not None and not problems:
            problems = tuple(self._doubts(account, seal, rows))
        else:
            self._guard.keep_account(account)
        usable = rows if rows is not None and not problems else SpooledRows()
        reading = FeedReading(
            feed=self._definition.feed,
            moment=self._context.planned.moment,
            moment_at=self._context.planned.moment_at,
            seal=seal,
            problems=problems,
        )
        tables = b'"rows":[%s]' % b",".join(usable.tables)
        content = reading.model_dump_json().encode().replace(b'"rows":[]', tables, 1)
        return Taken(content, usable.count, not problems)

    def _doubts(self, account: str, seal: FeedSeal, rows: SpooledRows) -> list[Problem]:
        """What only all rows of an account together can show."""
        if not rows.are_different_items():
            twice = find_listed_twice(rows.rows(), f"feeds/{seal.key}")
            if twice:
                self._guard.keep_account(account)
                return twice
        lost = self._guard.check_account(account, seal.key, rows.count)
        return [] if lost is None else [lost]

    def _missing(self, exports: list[FeedExport]) -> Problem:
        moment_at, zone = self._context.planned.moment_at, self._context.policy.zone
        local: datetime = moment_at.astimezone(zone)
        newest = max(exports, key=lambda entry: entry.as_of_at, default=None)
        there = f"the newest there is {newest.key}" if newest else "there is none"
        return Problem(
            code="feed-missing",
            what=f"No export of '{self._definition.title}' describes {local:%Y-%m-%d %H:%M} and "
            f"is at most {self._definition.max_age_hours} hours old; {there}.",
            fix="Put the export where this feed's exports belong, then run the account again.",
        )


class AccountExports(TakenFeed):
    """A feed of scope "account": each account's export is read when it is its turn."""

    def __init__(self, context: MomentContext, definition: FeedDefinition, before: KnownRows):
        super().__init__(context, definition, before)
        self._exports_of: dict[str | None, list[FeedExport]] = defaultdict(list)
        for export in self._exports():
            self._exports_of[export.account].append(export)

    def of(self, account: str) -> Taken:
        """The reading of the account's own export."""
        own = self._exports_of.get(account, [])
        export = self._choose(own, account)
        if export is None:
            return self._taken(account, None, problems=(self._missing(own),))
        reading = self._open(export)
        tables: list[FeedTable] = []
        problems: list[Problem] = []
        for entry in reading.tables():
            if not isinstance(entry, FeedTable):
                problems.append(entry.problem)
            elif not problems:
                tables.append(entry)
        rows = SpooledRows.of(() if problems else tables)
        return self._taken(account, self._seal(reading), rows, tuple(problems))


class SharedExport(TakenFeed):
    """A feed of scope "provider": the one export is read first, and rows wait by account.

    A file that is unusable is so for every account, a row that is unusable for its own.
    """

    def __init__(self, context: MomentContext, definition: FeedDefinition, before: KnownRows):
        super().__init__(context, definition, before)
        self._spool = RowSpool(context.owners)
        self._file_seal: FeedSeal | None = None
        self._problems: dict[str | None, list[tuple[int, Problem]]] = {}
        self._noted = 0
        exports = self._exports()
        export = self._choose(exports)
        if export is None:
            self._note(None, self._missing(exports))
        else:
            self._read(self._open(export))

    def _read(self, reading: ExportReading) -> None:
        unknown: set[str] = set()
        for entry in reading.tables():
            if isinstance(entry, FeedTable):
                self._spool.add(entry)
                continue
            owner = None
            if entry.account is not None:
                owner = self._context.owners.get(feed_key(entry.account))
                if owner is None:
                    unknown.add(entry.account)
                    continue
            self._note(owner, entry.problem)
        self._spool.flush()
        self._file_seal = self._seal(reading)
        elsewhere = {feed_key(name) for name in self._definition.not_billed_here}
        self.unmatched = frozenset(
            name for name in unknown | self._spool.unknown if feed_key(name) not in elsewhere
        )
        if None not in self._problems:
            self._compare(self._file_seal)

    def _compare(self, seal: FeedSeal) -> None:
        """Look for lost rows, leaving aside the accounts of which it is unknown what they have."""
        unknown = [account for account in self._problems if account is not None]
        rows = seal.rows - sum(self._spool.count(account) for account in unknown)
        lost = self._guard.check_file(seal.key, seal.rows, rows, unknown)
        if lost is not None:
            self._note(None, lost)

    def _note(self, owner: str | None, problem: Problem) -> None:
        self._noted += 1
        self._problems.setdefault(owner, []).append((self._noted, problem))

    def of(self, account: str) -> Taken:
        """The reading of an account out of the one export."""
        noted = [*self._problems.get(None, ()), *self._problems.get(account, ())]
        problems = tuple(problem for _, problem in sorted(noted, key=lambda entry: entry[0]))
        rows = None if problems else self._spool.take(account)
        return self._taken(account, self._file_seal, rows, problems)

    def close(self) -> None:
        """Forget the rows."""
        self._spool.close()


def take_feed(context: MomentContext, definition: FeedDefinition, before: KnownRows) -> TakenFeed:
    """Begin to take a feed."""
    kind = SharedExport if definition.scope == "provider" else AccountExports
    return kind(context, definition, before)
