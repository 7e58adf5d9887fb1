"""Billing a provider directory in memory: month after month, by the same rules as a cycle.

No cloud, no numbers, no documents, no mail: exports are read, snapshots are taken and accounts are
built, and nothing is left behind. A dry run and a back-test look at what comes out.
"""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import closing
from dataclasses import dataclass

from msp_billing.adapters.directory.directory_feeds import DirectoryFeeds
from msp_billing.adapters.directory.provider_directory import ProviderDirectory
from msp_billing.adapters.holiday_calendar import business_calendar
from msp_billing.domain.accounts import feed_key
from msp_billing.domain.building.build_context import BuildContext
from msp_billing.domain.calendars import BusinessCalendar
from msp_billing.domain.contracts.billed_before import billed_before
from msp_billing.domain.counting.counted_feeds import feeds_counted_at
from msp_billing.domain.counting.previous_counts import (
    NO_PREVIOUS_COUNTS,
    PreviousCounts,
    previous_counts_of,
)
from msp_billing.domain.cycles import CyclePlan, first_day_of_charges, plan_cycle
from msp_billing.domain.feeds.lost_rows import KnownRows
from msp_billing.domain.invoices import Invoice
from msp_billing.domain.outcomes import AccountOutcome
from msp_billing.domain.periods import Period
from msp_billing.domain.policy import ProviderPolicy
from msp_billing.domain.price_book import PriceBook
from msp_billing.domain.snapshots import AccountSnapshot, FeedReading
from msp_billing.usecases.build_invoices import build_or_park
from msp_billing.usecases.ports import Feeds
from msp_billing.usecases.take_feed import MomentContext, take_feed

NOT_SEALED = "0" * 64
"""Stands where an invoice names the seal of its snapshot: nothing is stored here."""


@dataclass(frozen=True)
class Rules:
    """By what is billed."""

    policy: ProviderPolicy
    price_book: PriceBook


class Snapshots:
    """What the exports of a directory say at each moment, read once by the directory's own policy.

    Two replays share them: a changed policy is tried on the very rows that the old one had.
    """

    def __init__(self, directory: ProviderDirectory, feeds: Feeds | None = None) -> None:
        """Prepare; nothing is read yet.

        Args:
            feeds: where the exports are; in the directory, if left out.
        """
        self.directory = directory
        self._feeds: Feeds = feeds or DirectoryFeeds(directory)
        self._owners = {
            feed_key(name): account.account
            for account in directory.accounts
            for name in (account.account, account.name, *account.known_as)
        }
        self._taken: dict[tuple[str, Period], dict[str, tuple[FeedReading, ...]]] = {}
        self._known: dict[tuple[str, str, str], KnownRows] = {}

    def of(self, run: str, period: Period) -> dict[str, tuple[FeedReading, ...]]:
        """The readings by account. Ask for the months of a run in their order.

        An export that lost rows is told by the month that was asked for before.
        """
        if (run, period) not in self._taken:
            self._taken[run, period] = self._take(run, period)
        return self._taken[run, period]

    def _take(self, run: str, period: Period) -> dict[str, tuple[FeedReading, ...]]:
        policy = self.directory.policy
        readings: dict[str, list[FeedReading]] = {
            account.account: [] for account in self.directory.accounts
        }
        for planned in plan_of(policy, run, period).moments:
            here = MomentContext(
                feeds=self._feeds,
                policy=policy,
                planned=planned,
                period=period,
                owners=self._owners,
            )
            for definition in feeds_counted_at(policy, policy.run_policy(run), planned.moment):
                key = (run, planned.moment, definition.feed)
                before = self._known.get(key, KnownRows())
                with closing(take_feed(here, definition, before)) as feed:
                    for account, entries in readings.items():
                        content = feed.of(account).content
                        entries.append(FeedReading.model_validate_json(content))
                    self._known[key] = feed.known_rows
        return {account: tuple(entries) for account, entries in readings.items()}


class Replay:
    """Bills the months of a directory one after the other, from a first one on."""

    def __init__(self, snapshots: Snapshots, first: Period, rules: Rules | None = None) -> None:
        """Prepare; nothing is read yet.

        Args:
            first: the first service month that is billed; it has nothing to compare with.
            rules: in place of the directory's own policy and prices.
        """
        directory = snapshots.directory
        self._snapshots = snapshots
        self._first = first
        self.rules = rules or Rules(directory.policy, directory.price_book)
        self._outcomes: dict[tuple[str, Period], dict[str, AccountOutcome]] = {}
        self._claims: dict[str, dict[str, str]] = {
            account.account: {} for account in directory.accounts
        }

    def outcomes(self, run: str, period: Period) -> Mapping[str, AccountOutcome]:
        """How every account of the book ends the month, after all the months before it."""
        month = self._first
        while month <= period:
            if (run, month) not in self._outcomes:
                self._outcomes[run, month] = self._bill(run, month)
            month = month.shifted(1)
        return self._outcomes[run, period]

    def previous(self, run: str, period: Period) -> dict[str, tuple[Invoice, ...]]:
        """The invoices of the month before, of the accounts of which they are known."""
        if period <= self._first:
            return {}
        before = self.outcomes(run, period.shifted(-1))
        return {
            account: outcome.invoices for account, outcome in before.items() if not outcome.parked
        }

    def _bill(self, run: str, period: Period) -> dict[str, AccountOutcome]:
        policy = self.rules.policy
        if policy.run_policy(run).informational and period > self._first:
            self._bill_what_came_before(period)
        plan = plan_of(policy, run, period)
        context = BuildContext(
            policy=policy,
            run=policy.run_policy(run),
            price_book=self.rules.price_book,
            period=period,
            invoice_on=plan.invoice_on,
            due_on=plan.due_on,
            charges_until=plan.charges_until,
            charges_from=first_day_of_charges(
                policy, policy.run_policy(run), self._first, calendar_of(policy, self._first)
            ),
            first_period=self._first,
            snapshot_sha256=NOT_SEALED,
            calendar=calendar_of(policy, period),
        )
        readings = self._snapshots.of(run, period)
        counts = self._counts(run, period)
        outcomes: dict[str, AccountOutcome] = {}
        for account in self._snapshots.directory.accounts:
            name = account.account
            snapshot = AccountSnapshot(
                account=account, readings=readings[name], claims=self._claims_of(name, context)
            )
            outcome = build_or_park(context, snapshot, counts.get(name, NO_PREVIOUS_COUNTS))
            self._claims[name] |= dict.fromkeys(outcome.charges, context.claimant)
            outcomes[name] = outcome
        return outcomes

    def _bill_what_came_before(self, period: Period) -> None:
        """What is billed already is not shown once more for information."""
        for other in self.rules.policy.runs:
            if other.work is not None and not other.informational:
                self.outcomes(other.run, period.shifted(-1))

    def _claims_of(self, account: str, context: BuildContext) -> dict[str, str]:
        """What is billed already. An informational run comes before the regular one of its month.

        Months are asked for run by run here, and not in the order of the calendar.
        """
        claims = self._claims[account]
        if not context.run.informational:
            return dict(claims)
        month = str(context.period)
        return {charge: by for charge, by in claims.items() if by.rpartition("/")[2] < month}

    def _counts(self, run: str, period: Period) -> dict[str, PreviousCounts]:
        before = period.shifted(-1)
        found = {
            account: previous_counts_of(invoices, before)
            for account, invoices in self.previous(run, period).items()
        }
        for account in self._snapshots.directory.accounts:
            if account.account not in found:
                found[account.account] = self._last_counts(run, before, account.account)
        return found

    def _last_counts(self, run: str, month: Period, account: str) -> PreviousCounts:
        """Of an account whose last month is not known: what its last invoice billed, if any."""
        while month >= self._first:
            outcome = self.outcomes(run, month)[account]
            if outcome.invoices:
                billed = billed_before(outcome.invoices)
                return PreviousCounts(period=None, items={}, billed=billed)
            month = month.shifted(-1)
        return NO_PREVIOUS_COUNTS


def plan_of(policy: ProviderPolicy, run: str, period: Period) -> CyclePlan:
    """Every date of a cycle. Raises CyclePlanError."""
    return plan_cycle(policy, policy.run_policy(run), period, calendar_of(policy, period))


def calendar_of(policy: ProviderPolicy, period: Period) -> BusinessCalendar:
    """The business days around a month."""
    return business_calendar(policy.holidays, range(period.year - 2, period.year + 3))
