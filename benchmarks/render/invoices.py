"""Invoices of two shapes and any length, each of another account.

``sections``: a section of its own for each line, as a co-managed provider bills its customers'
customers. ``sites``: a few sites with many kinds of charges at different prices, as most invoices
are. Both name the devices that they count.
"""

from __future__ import annotations

import io
from collections.abc import Callable
from datetime import UTC, date, datetime
from decimal import Decimal

from benchmarks import books
from msp_billing.adapters.feeds.csv_feed import read_feed
from msp_billing.domain.accounts import Account, Subscriber
from msp_billing.domain.building.build_context import BuildContext
from msp_billing.domain.building.building import build_account
from msp_billing.domain.contracts.agreements import Agreement, AgreementLine
from msp_billing.domain.counting.previous_counts import NO_PREVIOUS_COUNTS
from msp_billing.domain.feeds.definitions import FeedRow, FeedSeal
from msp_billing.domain.invoices import Invoice
from msp_billing.domain.price_book import Price, PriceBook, PriceFrom, Product
from msp_billing.domain.snapshots import AccountSnapshot, FeedReading

MOMENT_AT = datetime(2026, 11, 1, 5, tzinfo=UTC)
DEVICES_PER_SITE = 20
PRODUCTS = (
    "Managed server",
    "Endpoint detection and response",
    "Hosted mailbox, Exchange plan 1",
    "Cloud backup, per server, 500 GB",
    "Firewall care",
    "Password manager",
    "Security awareness training",
    "Office licence, business standard",
    "Managed switch",
    "Managed wireless access point",
    "Website hosting",
)


def context() -> BuildContext:
    """What the invoices are built with; the price book has the products of both shapes."""
    policy = books.policy()
    return BuildContext(
        policy=policy,
        run=policy.runs[0],
        price_book=_price_book(),
        period=books.PERIOD,
        invoice_on=books.PERIOD.day(2),
        due_on=books.PERIOD.day(20),
        charges_until=books.PERIOD.day(1),
        snapshot_sha256="0" * 64,
    )


def invoice(shape: str, number: int, lines: int) -> Invoice:
    """The invoice of the account with the number, as issued."""
    built = build_account(context(), SHAPES[shape](number, lines), NO_PREVIOUS_COUNTS)
    (made,) = built.invoices
    if len(made.lines) != lines:
        raise ValueError(f"{len(made.lines)} lines in place of {lines}")
    return made.numbered(f"BM-{number:06d}")


def snapshot(account: Account, devices: bytes) -> AccountSnapshot:
    """An account with its devices read from an export, as a cycle seals them."""
    definition = books.policy().feed("rmm-devices")
    rows = tuple(
        row
        for row in read_feed(definition, io.BytesIO(devices), books.FEED_KEY)
        if isinstance(row, FeedRow)
    )
    reading = FeedReading(
        feed="rmm-devices",
        moment="inventory",
        moment_at=MOMENT_AT,
        seal=FeedSeal(
            feed="rmm-devices",
            key=books.FEED_KEY,
            sha256="0" * 64,
            rows=len(rows),
            as_of_at=MOMENT_AT,
            age_hours=0,
        ),
        rows=rows,
    )
    return AccountSnapshot(account=account, readings=(reading,))


def _sections(number: int, lines: int) -> AccountSnapshot:
    return snapshot(books.account(number, lines), books.feed([number], lines))


def _sites(number: int, lines: int) -> AccountSnapshot:
    """Sites with a counted line each, and lines of agreed quantities for the rest."""
    sites = min(lines, max(3, lines // 30))
    name = f"account-{number:05d}"
    kinds = len(PRODUCTS)
    agreed = [
        AgreementLine(
            line=f"agreed-{index}",
            product=f"SVC-{index % kinds:02d}",
            subscriber=f"site-{index % sites:04d}",
            quantity=1 + (number * 31 + index * 17) % 90,
            price=Price(each=Decimal(250 + (number * 101 + index * 379) % 29_000) / 100),
            note=f"contract {number}-{index}",
        )
        for index in range(lines - sites)
    ]
    counted = AgreementLine(line="ws", product="WS", subscriber="each")
    account = Account(
        account=name,
        name=f"Sample account {number}",
        address=("1 Sample Street", "Sampleton"),
        currency="USD",
        billing_contacts=(f"billing@{name}.example",),
        subscribers=tuple(
            Subscriber(subscriber=f"site-{site:04d}", name=f"Sample site {number}-{site}")
            for site in range(sites)
        ),
        agreements=(
            Agreement(
                agreement="support",
                title="Managed services",
                starts_on=date(2026, 1, 1),
                lines=(counted, *agreed),
            ),
        ),
    )
    text = "id,name,account,site,type\n" + "".join(
        f"d{number}-{site}-{device},WS-{number:05d}-{site:04d}-{device:02d},"
        f"{name},site-{site:04d},workstation\n"
        for site in range(sites)
        for device in range(DEVICES_PER_SITE)
    )
    return snapshot(account, text.encode())


SHAPES: dict[str, Callable[[int, int], AccountSnapshot]] = {
    "sites": _sites,
    "sections": _sections,
}


def _price_book() -> PriceBook:
    book = books.price_book()
    agreed = tuple(
        Product(
            code=f"SVC-{index:02d}",
            name=name,
            category="devices",
            unit="piece",
            prices=(
                PriceFrom(from_on=date(2026, 1, 1), price=Price(each=Decimal(9 + 13 * index))),
            ),
        )
        for index, name in enumerate(PRODUCTS)
    )
    return book.model_copy(update={"products": (*book.products, *agreed)})
