"""Providers of any size, made in code, so that a benchmark says what it measured."""

from __future__ import annotations

import io
from collections.abc import Iterable
from datetime import date, time
from decimal import Decimal

from msp_billing.domain.accounts import Account, Subscriber
from msp_billing.domain.clauses import Clause
from msp_billing.domain.contracts.agreements import Agreement, AgreementLine
from msp_billing.domain.counting.counts import CountRule
from msp_billing.domain.date_rules import DateRule
from msp_billing.domain.feeds.definitions import FeedColumns, FeedDefinition
from msp_billing.domain.periods import Period
from msp_billing.domain.policy import HolidayCalendar, ProviderPolicy
from msp_billing.domain.price_book import Category, Price, PriceBook, PriceFrom, Product
from msp_billing.domain.run_policy import ApprovalPolicy, RunPolicy, SnapshotMoment

PROVIDER = "benchmark"
PERIOD = Period(year=2026, month=11)
FEED_KEY = f"{PROVIDER}/rmm-devices/2026-11-01.csv"
DEVICES_PER_LINE = 3


def policy() -> ProviderPolicy:
    """One run in advance, counted on the 1st and issued on the 2nd."""
    return ProviderPolicy(
        provider=PROVIDER,
        version="1",
        name="Benchmark MSP (sample data)",
        address=("1 Sample Street",),
        mail_from="billing@benchmark.example",
        reply_to="billing@benchmark.example",
        remittance=("Sample Bank, account 000000",),
        time_zone="America/Chicago",
        holidays=HolidayCalendar(country="US"),
        currency="USD",
        invoice_number_prefix="BM-",
        parked_share_limit=Decimal("0.5"),
        clauses=(Clause(clause="monthly", title="Monthly", text="Counted on the 1st."),),
        feeds=(
            FeedDefinition(
                feed="rmm-devices",
                title="RMM devices",
                scope="provider",
                columns=FeedColumns(
                    item_id="id",
                    name="name",
                    account="account",
                    subscriber="site",
                    attributes={"type": "type"},
                ),
                max_age_hours=24,
            ),
        ),
        count_rules=(
            CountRule(
                rule="workstations",
                title="Workstations in the RMM",
                feed="rmm-devices",
                moment="inventory",
                where={"type": ("workstation",)},
                clause="monthly",
            ),
        ),
        runs=(
            RunPolicy(
                run="monthly",
                title="Monthly services",
                label="Monthly services",
                categories=("devices",),
                opens=DateRule(day=1, at=time(6)),
                moments=(
                    SnapshotMoment(
                        moment="inventory", at=DateRule(day=1, at=time(0)), wait_hours=8
                    ),
                ),
                compare=DateRule(day=1, at=time(9)),
                approval=ApprovalPolicy(by="automatic"),
                issue=DateRule(day=2),
                due=DateRule(day=20),
                clause="monthly",
            ),
        ),
    )


def price_book() -> PriceBook:
    """One product, priced per device."""
    return PriceBook(
        version="1",
        currency="USD",
        categories=(Category(category="devices", title="Devices"),),
        products=(
            Product(
                code="WS",
                name="Workstation support",
                category="devices",
                unit="device",
                count_rule="workstations",
                prices=(PriceFrom(from_on=date(2026, 1, 1), price=Price(each=Decimal("41.50"))),),
            ),
        ),
    )


def account(number: int, lines: int) -> Account:
    """An account with a site, and so an invoice line, for each line."""
    name = f"account-{number:05d}"
    return Account(
        account=name,
        name=f"Sample account {number}",
        address=("1 Sample Street", "Sampleton"),
        currency="USD",
        billing_contacts=(f"billing@{name}.example",),
        subscribers=tuple(
            Subscriber(subscriber=f"site-{site:04d}", name=f"Sample site {number}-{site}")
            for site in range(lines)
        ),
        agreements=(
            Agreement(
                agreement="support",
                title="Workstation support",
                starts_on=date(2026, 1, 1),
                lines=(AgreementLine(line="ws", product="WS", subscriber="each"),),
            ),
        ),
    )


def feed(accounts: Iterable[int], lines: int) -> bytes:
    """The export: three workstations at every site of every account."""
    text = io.StringIO()
    text.write("id,name,account,site,type\n")
    for number in accounts:
        for site in range(lines):
            for device in range(DEVICES_PER_LINE):
                item = f"{number:05d}-{site:04d}-{device}"
                text.write(f"d{item},WS-{item},account-{number:05d},site-{site:04d},workstation\n")
    return text.getvalue().encode()
