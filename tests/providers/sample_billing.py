"""Bills the sample books in memory, with the real rules and readers and no AWS."""

from __future__ import annotations

import io
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import yaml

from msp_billing.adapters.feeds.csv_feed import RowProblem
from msp_billing.adapters.feeds.export_reader import ExportReader
from msp_billing.adapters.feeds.feed_files import (
    CHECKSUM_SUFFIX,
    choose_export,
    parse_checksum,
    parse_export_key,
)
from msp_billing.adapters.holiday_calendar import business_calendar
from msp_billing.domain.accounts import Account, feed_key
from msp_billing.domain.build_context import BuildContext
from msp_billing.domain.building import build_account
from msp_billing.domain.calendars import BusinessCalendar
from msp_billing.domain.counter import NO_PREVIOUS_COUNTS, PreviousCounts
from msp_billing.domain.cycles import CyclePlan, PlannedMoment, plan_cycle
from msp_billing.domain.feeds import FeedDefinition, FeedExport, FeedRow
from msp_billing.domain.outcomes import AccountOutcome
from msp_billing.domain.periods import Period
from msp_billing.domain.policy import ProviderPolicy
from msp_billing.domain.price_book import PriceBook
from msp_billing.domain.problems import Problem
from msp_billing.domain.snapshots import AccountSnapshot, FeedReading

PROVIDERS = Path(__file__).resolve().parents[2] / "providers"
MONTHS = tuple(Period(year=2026, month=month) for month in (9, 10, 11, 12))


@dataclass(frozen=True)
class SampleBook:
    """A provider directory, read."""

    policy: ProviderPolicy
    price_book: PriceBook
    accounts: tuple[Account, ...]
    feeds: Path


@cache
def sample_book(provider: str) -> SampleBook:
    root = PROVIDERS / provider
    return SampleBook(
        policy=ProviderPolicy.model_validate(_yaml(root / "provider.yaml")),
        price_book=PriceBook.model_validate(_yaml(root / "price-book.yaml")),
        accounts=tuple(
            Account.model_validate(_yaml(path))
            for path in sorted((root / "accounts").glob("*.yaml"))
        ),
        feeds=root / "feeds",
    )


def _yaml(path: Path) -> object:
    return yaml.load(path.read_bytes(), Loader=yaml.CSafeLoader)


def plan_of(provider: str, run: str, period: Period) -> CyclePlan:
    policy = sample_book(provider).policy
    return plan_cycle(policy, policy.run_policy(run), period, _calendar(provider, period))


def _calendar(provider: str, period: Period) -> BusinessCalendar:
    years = range(period.year - 1, period.year + 2)
    return business_calendar(sample_book(provider).policy.holidays, years)


@cache
def billed(provider: str, run: str, period: Period) -> dict[str, AccountOutcome]:
    """The outcome of every account, compared with the month before where the sample has one."""
    book = sample_book(provider)
    before = billed(provider, run, period.shifted(-1)) if period > MONTHS[0] else {}
    plan = plan_of(provider, run, period)
    context = BuildContext(
        policy=book.policy,
        run=book.policy.run_policy(run),
        price_book=book.price_book,
        period=period,
        invoice_on=plan.invoice_on,
        due_on=plan.due_on,
        charges_until=plan.charges_until,
        snapshot_sha256="0" * 64,
        calendar=_calendar(provider, period),
    )
    readings: dict[str, list[FeedReading]] = {entry.account: [] for entry in book.accounts}
    for moment in plan.moments:
        for definition in _feeds_at(book.policy, moment.moment):
            for account, reading in _read(book, definition, moment).items():
                readings[account].append(reading)
    return {
        entry.account: build_account(
            context,
            AccountSnapshot(account=entry, readings=tuple(readings[entry.account])),
            _counts_of(before.get(entry.account), period.shifted(-1)),
        )
        for entry in book.accounts
    }


def _counts_of(outcome: AccountOutcome | None, period: Period) -> PreviousCounts:
    if outcome is None or outcome.parked:
        return NO_PREVIOUS_COUNTS
    evidence = (entry for invoice in outcome.invoices for entry in invoice.counts)
    return PreviousCounts(period=period, items={entry.key: entry.count.items for entry in evidence})


def _feeds_at(policy: ProviderPolicy, moment: str) -> list[FeedDefinition]:
    needed = {rule.feed for rule in policy.count_rules if rule.moment == moment}
    return [feed for feed in policy.feeds if feed.feed in needed]


def _read(
    book: SampleBook, definition: FeedDefinition, moment: PlannedMoment
) -> dict[str, FeedReading]:
    if definition.scope == "provider":
        return _read_one(book, definition, moment, None)
    return {
        entry.account: _read_one(book, definition, moment, entry.account)[entry.account]
        for entry in book.accounts
    }


def _read_one(
    book: SampleBook, definition: FeedDefinition, moment: PlannedMoment, account: str | None
) -> dict[str, FeedReading]:
    """The readings out of one export: of all accounts, or of the one that it is of."""
    export = choose_export(_exports(book, definition), moment.moment_at, definition, account)
    assert export is not None, f"no export of {definition.feed} for {account} at {moment.moment_at}"
    rows: dict[str, list[FeedRow]] = {}
    problems: dict[str | None, list[Problem]] = {}
    names = _names(book.accounts)
    stream = io.BytesIO((book.feeds / export.key).read_bytes())
    reader = ExportReader(definition, export, stream, export.key)
    for entry in reader:
        whose = entry.account if account is None else account
        if isinstance(entry, RowProblem):
            owner = None if whose is None else names[feed_key(whose)]
            problems.setdefault(owner, []).append(entry.problem)
        else:
            assert whose is not None, "a row of a provider-wide feed names its account"
            rows.setdefault(names[feed_key(whose)], []).append(entry)
    wanted = [account] if account else [entry.account for entry in book.accounts]
    return {
        name: FeedReading(
            feed=definition.feed,
            moment=moment.moment,
            moment_at=moment.moment_at,
            seal=reader.seal_at(moment.moment_at),
            rows=tuple(rows.get(name, ())),
            problems=(*problems.get(name, ()), *problems.get(None, ())),
        )
        for name in wanted
    }


def _names(accounts: tuple[Account, ...]) -> dict[str, str]:
    return {
        feed_key(name): entry.account
        for entry in accounts
        for name in (entry.account, entry.name, *entry.known_as)
    }


@cache
def _exports_of(provider: str, feed: str) -> tuple[FeedExport, ...]:
    book = sample_book(provider)
    definition = book.policy.feed(feed)
    found = []
    for path in sorted((book.feeds / feed).rglob("*.csv")):
        checksum = path.with_name(path.name + CHECKSUM_SUFFIX)
        announced = parse_checksum(checksum.read_text()) if checksum.exists() else None
        key = path.relative_to(book.feeds).as_posix()
        found.append(parse_export_key(key, definition, book.policy.zone, announced))
    return tuple(found)


def _exports(book: SampleBook, definition: FeedDefinition) -> tuple[FeedExport, ...]:
    return _exports_of(book.policy.provider, definition.feed)
