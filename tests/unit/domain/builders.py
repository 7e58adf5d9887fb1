"""A small provider to bill with: one feed of devices, counted on the 1st at midnight.

Everything is given as the plain data that a provider directory has, so that a test can change one
key of it, for the good or for the bad.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Any

from hypothesis import settings

from msp_billing.domain.accounts import Account
from msp_billing.domain.building.build_context import BuildContext
from msp_billing.domain.building.building import build_account
from msp_billing.domain.calendars import BusinessCalendar
from msp_billing.domain.counting.previous_counts import NO_PREVIOUS_COUNTS, PreviousCounts
from msp_billing.domain.cycles import plan_cycle
from msp_billing.domain.feeds.definitions import FeedRow, FeedSeal
from msp_billing.domain.invoices import Invoice, InvoiceLine
from msp_billing.domain.money import Money
from msp_billing.domain.outcomes import AccountOutcome
from msp_billing.domain.periods import Period
from msp_billing.domain.policy import ProviderPolicy
from msp_billing.domain.price_book import PriceBook
from msp_billing.domain.problems import Problem
from msp_billing.domain.snapshots import AccountSnapshot, FeedReading

Data = dict[str, Any]

FEBRUARY, MARCH, APRIL = (Period(year=2026, month=month) for month in (2, 3, 4))
NO_HOLIDAYS = BusinessCalendar()
SEAL = "5" * 64

PROPERTY = settings(deadline=None, max_examples=80)
"""For tests with examples that are drawn: no time limit, which busy machines would break."""


def usd(amount: str) -> Money:
    return Money(amount=Decimal(amount), currency="USD")


# --- Policy ------------------------------------------------------------------------------------


def run_data(**changes: Any) -> Data:
    """In advance: counted on the 1st at 00:00, issued on the 2nd, due on the 15th."""
    data: Data = {
        "run": "monthly",
        "title": "Monthly invoice",
        "label": "Managed services",
        "categories": ["support", "flat", "backup", "one-time"],
        "opens": {"day": 1, "at": "06:00"},
        "moments": [{"moment": "inventory", "at": {"day": 1, "at": "00:00"}, "wait_hours": 8}],
        "compare": {"day": 1, "at": "12:00"},
        "approval": {"by": "automatic"},
        "issue": {"day": 2, "at": "12:30"},
        "due": {"day": 15},
        "clause": "calendar",
    }
    return data | changes


def policy_data(**changes: Any) -> Data:
    data: Data = {
        "provider": "lantern",
        "version": "2026-01",
        "name": "Lantern & Pike",
        "address": ["400 Harbor Street"],
        "mail_from": "billing@lantern.example",
        "reply_to": "billing@lantern.example",
        "remittance": ["Bank, account 1"],
        "time_zone": "America/Chicago",
        "holidays": {"country": "US"},
        "currency": "USD",
        "invoice_number_prefix": "LP-",
        "parked_share_limit": "0.25",
        "clauses": [
            {"clause": "calendar", "title": "Calendar", "text": "Billed in advance."},
            {"clause": "inventory", "title": "Inventory", "text": "Counted on the first."},
            {"clause": "covered", "title": "All or nothing", "text": "Every device is covered."},
            {"clause": "term", "title": "Term", "text": "A longer term costs less."},
        ],
        "feeds": [feed_data()],
        "count_rules": [
            count_rule_data("pcs", "PCs", {"kind": ["PC", "Laptop"]}),
            count_rule_data("servers", "Servers", {"kind": ["Server"]}),
            count_rule_data("backups", "Devices with backup", {"backup": ["yes"]}),
        ],
        "runs": [run_data()],
    }
    return data | changes


def feed_data(**changes: Any) -> Data:
    data: Data = {
        "feed": "devices",
        "title": "Device inventory",
        "scope": "provider",
        "columns": {
            "item_id": "Id",
            "name": "Name",
            "account": "Customer",
            "subscriber": "Site",
            "online_on": "Online",
            "offboarded_on": "Offboarded",
            "attributes": {"kind": "Kind", "backup": "Backup"},
        },
    }
    return data | changes


def count_rule_data(rule: str, title: str, where: dict[str, list[str]], **changes: Any) -> Data:
    data: Data = {
        "rule": rule,
        "title": title,
        "feed": "devices",
        "moment": "inventory",
        "where": where,
        "clause": "inventory",
    }
    return data | changes


MUST_BE_PRICED = {
    "feed": "devices",
    "moment": "inventory",
    "attribute": "kind",
    "clause": "covered",
}
TERM_DISCOUNTS = [
    {"years": 3, "percent": "10", "categories": ["support"], "clause": "term"},
    {"years": 5, "percent": "15", "categories": ["support"], "clause": "term"},
]


def policy(**changes: Any) -> ProviderPolicy:
    return ProviderPolicy.model_validate(policy_data(**changes))


# --- Price book --------------------------------------------------------------------------------


def product_data(code: str, category: str, price: Data | None, **changes: Any) -> Data:
    prices = [] if price is None else [{"from_on": "2026-01-01", "price": price}]
    data: Data = {"code": code, "name": code.title(), "category": category, "prices": prices}
    return data | changes


def price_book_data(**changes: Any) -> Data:
    data: Data = {
        "version": "2026-01",
        "currency": "USD",
        "categories": [
            {"category": category, "title": category.title()}
            for category in ("support", "flat", "backup", "one-time")
        ],
        "products": [
            product_data("SERVER", "support", {"each": "120"}, count_rule="servers", unit="server"),
            product_data("PC", "support", {"each": "45.50"}, count_rule="pcs", unit="PC"),
            product_data("SITE", "flat", {"flat": "250"}),
            product_data("BACKUP", "backup", {"each": "8.25"}, count_rule="backups"),
            product_data("SETUP", "one-time", {"flat": "500"}),
            product_data("OWN", "support", None, count_rule="pcs"),
        ],
    }
    return data | changes


def price_book(**changes: Any) -> PriceBook:
    return PriceBook.model_validate(price_book_data(**changes))


# --- Accounts ----------------------------------------------------------------------------------


def line_data(product: str, **changes: Any) -> Data:
    return {"line": product.lower(), "product": product, **changes}


def agreement_data(*lines: Data, **changes: Any) -> Data:
    data: Data = {
        "agreement": "main",
        "title": "Managed services",
        "starts_on": "2025-01-01",
        "lines": list(lines) or [line_data("PC"), line_data("SERVER")],
    }
    return data | changes


def account_data(*agreements: Data, sites: Iterable[str] = (), **changes: Any) -> Data:
    data: Data = {
        "account": "tern-harbor",
        "name": "Tern Harbor",
        "address": ["1 Pier Road"],
        "currency": "USD",
        "billing_contacts": ["ap@tern.example"],
        "subscribers": [{"subscriber": site, "name": site.title()} for site in sites],
        "agreements": list(agreements) or [agreement_data()],
    }
    return data | changes


def account(*agreements: Data, sites: Iterable[str] = (), **changes: Any) -> Account:
    return Account.model_validate(account_data(*agreements, sites=sites, **changes))


# --- Feeds and snapshots -----------------------------------------------------------------------


def device(
    name: str,
    kind: str = "PC",
    *,
    site: str | None = None,
    online: str | None = None,
    offboarded: str | None = None,
    backup: str = "no",
    row: int = 2,
) -> FeedRow:
    return FeedRow(
        item_id=f"id-{name}",
        name=name,
        account="Tern Harbor",
        subscriber=site,
        online_on=None if online is None else date.fromisoformat(online),
        offboarded_on=None if offboarded is None else date.fromisoformat(offboarded),
        attributes={"kind": kind, "backup": backup},
        row=row,
    )


def reading(
    moment_at: datetime,
    rows: Iterable[FeedRow],
    *,
    feed: str = "devices",
    moment: str = "inventory",
    problems: tuple[Problem, ...] = (),
) -> FeedReading:
    known = tuple(rows)
    seal = FeedSeal(
        feed=feed,
        key=f"feeds/{feed}/{moment_at:%Y-%m-%d}.csv",
        sha256="a" * 64,
        rows=len(known),
        as_of_at=moment_at - timedelta(hours=2),
        age_hours=2,
    )
    return FeedReading(
        feed=feed, moment=moment, moment_at=moment_at, seal=seal, rows=known, problems=problems
    )


def context(
    period: Period,
    in_policy: ProviderPolicy | None = None,
    book: PriceBook | None = None,
    run: str | None = None,
    calendar: BusinessCalendar = NO_HOLIDAYS,
) -> BuildContext:
    known = in_policy or policy()
    of_run = known.run_policy(run) if run else known.runs[0]
    plan = plan_cycle(known, of_run, period, calendar)
    return BuildContext(
        policy=known,
        run=of_run,
        price_book=book or price_book(),
        period=period,
        invoice_on=plan.invoice_on,
        due_on=plan.due_on,
        charges_until=plan.charges_until,
        snapshot_sha256=SEAL,
        calendar=calendar,
    )


def snapshot(of: Account, where: BuildContext, rows: Iterable[FeedRow]) -> AccountSnapshot:
    """The same rows at every moment of the run."""
    known = tuple(rows)
    plan = plan_cycle(where.policy, where.run, where.period, NO_HOLIDAYS)
    readings = tuple(reading(p.moment_at, known, moment=p.moment) for p in plan.moments)
    return AccountSnapshot(account=of, readings=readings)


def build(
    of: Account,
    rows: Iterable[FeedRow] = (),
    period: Period = MARCH,
    *,
    where: BuildContext | None = None,
    previous: PreviousCounts = NO_PREVIOUS_COUNTS,
) -> AccountOutcome:
    here = where or context(period)
    return build_account(here, snapshot(of, here, rows), previous)


def only_invoice(outcome: AccountOutcome) -> Invoice:
    assert not outcome.parked, outcome.problems
    (invoice,) = outcome.invoices
    return invoice


def charged(lines: Iterable[InvoiceLine]) -> list[tuple[str, str | None, int, str]]:
    """Product, section, quantity and amount of every line, in order."""
    return [
        (line.product, line.subscriber, int(line.quantity), str(line.amount.amount))
        for line in lines
    ]


def item_names(invoice: Invoice, product: str) -> list[str]:
    """The items that the lines of a product are made of, in order."""
    lines = [line for line in invoice.lines if line.product == product]
    counts = [invoice.evidence(line) for line in lines]
    return [item.name for entry in counts if entry for item in entry.count.items]
