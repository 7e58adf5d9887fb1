"""Pre-invoices (COL-27), worked out by hand.

The account's invoice of October 2026, dated 10 November:

    internal   STREAMLINE   1 x 47.25               the account's own cost
    oakdale    COM4003     11 x  6.75 =  74.25
               SEC1153      1 x 31.50 =  31.50
               SITE         flat 250.00 for 2 sites = 250.00     (2 x 250.00 is not the amount)
    fairview   COM4003      3 x  6.75 =  20.25
               tax                       1.42                    never resold
    itself     discount                -10.00                    the account's own

Resold at cost + 40%, unit prices rounded to the cent:
    COM4003   6.75 x 1.40 =  9.45        11 x 9.45 = 103.95       3 x 9.45 = 28.35
    SEC1153  31.50 x 1.40 = 44.10
    SITE    250.00 x 1.40 = 350.00 as a whole
    oakdale: 103.95 + 44.10 + 350.00 = 498.05       fairview: 28.35
    cost: 74.25 + 31.50 + 250.00 + 20.25 = 376.00   resold: 526.40
"""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from msp_billing.domain.accounts import Account
from msp_billing.domain.invoices import (
    Invoice,
    InvoiceId,
    InvoiceLine,
    InvoiceSection,
    LineKind,
    LineReason,
    PriceBasis,
)
from msp_billing.domain.money import total
from msp_billing.domain.periods import Period, ServicePeriod
from msp_billing.domain.reports.pre_invoices import PreInvoices, pre_invoices
from msp_billing.domain.reports.resale import Resale
from tests.unit.domain.builders import PROPERTY, SEAL, account_data, usd

OCTOBER = Period(year=2026, month=10)
RESALE: dict[str, Any] = {
    "name": "Prairie IT",
    "address": ["64 Prairie Avenue"],
    "payment": ["Bank, account 2"],
    "terms": "net 30",
    "markup_percent": "40",
}


def line(
    subscriber: str | None,
    product: str,
    quantity: str,
    unit_price: str,
    amount: str,
    *,
    category: str = "support",
    kind: LineKind = LineKind.RECURRING,
) -> InvoiceLine:
    return InvoiceLine(
        line=1,
        kind=kind,
        subscriber=subscriber,
        product=product,
        description=product.title(),
        category=category,
        quantity=Decimal(quantity),
        unit="unit",
        unit_price=usd(unit_price),
        amount=usd(amount),
        service_period=ServicePeriod.of_month(OCTOBER),
        reason=LineReason(
            clause="c1",
            agreement="main",
            agreement_line=None,
            quantity_from="fixed",
            price_basis=PriceBasis.EACH,
            price_from="price book",
            arithmetic="by hand",
        ),
    )


LINES = (
    line("inside", "STREAMLINE", "1", "47.25", "47.25"),
    line("oakdale", "COM4003", "11", "6.75", "74.25", category="communications"),
    line("oakdale", "SEC1153", "1", "31.50", "31.50", category="security"),
    line("oakdale", "SITE", "2", "250.00", "250.00"),
    line("fairview", "COM4003", "3", "6.75", "20.25", category="communications"),
    line("fairview", "TAX", "1", "1.42", "1.42", kind=LineKind.TAX),
    line(None, "TERM-3Y", "1", "-10.00", "-10.00", kind=LineKind.DISCOUNT),
)


def invoice(lines: tuple[InvoiceLine, ...] = LINES) -> Invoice:
    numbered = tuple(
        entry.model_copy(update={"line": number}) for number, entry in enumerate(lines, start=1)
    )
    return Invoice(
        id=InvoiceId(
            provider="lantern", run="monthly", period=OCTOBER, account="tern-harbor", part="all"
        ),
        number="LP-000001",
        label="Monthly services",
        account_name="Tern Harbor",
        bill_to=("Tern Harbor",),
        invoice_on=date(2026, 11, 10),
        due_on=date(2026, 12, 5),
        service_period=ServicePeriod.of_month(OCTOBER),
        currency="USD",
        sections=tuple(
            InvoiceSection(subscriber=name, title=(name or "Tern Harbor").title())
            for name in dict.fromkeys(entry.subscriber for entry in lines)
        ),
        lines=numbered,
        counts=(),
        total=total((entry.amount for entry in lines), "USD"),
        policy_version="1",
        price_book_version="1",
        snapshot_sha256=SEAL,
    )


def partner(**changes: Any) -> Account:
    data = account_data()
    data["subscribers"] = [
        {"subscriber": "inside", "name": "Tern Harbor (internal)", "internal": True},
        {"subscriber": "oakdale", "name": "Oakdale Vets", "address": ["9 Barn Lane"]},
        {"subscriber": "fairview", "name": "Fairview"},
        {"subscriber": "empty", "name": "Nothing Billed"},
    ]
    data["resale"] = RESALE | changes
    return Account.model_validate(data)


def made(**changes: Any) -> PreInvoices:
    found = pre_invoices(partner(**changes), (invoice(),))
    assert found is not None
    return found


def amounts(found: PreInvoices) -> dict[str, list[tuple[str, str, str]]]:
    return {
        entry.subscriber: [
            (line.product, str(line.unit_price.amount), str(line.amount.amount))
            for line in entry.lines
        ]
        for entry in found.invoices
    }


@pytest.mark.rule("COL-27")
def test_each_customer_gets_its_section_at_cost_and_mark_up() -> None:
    found = made()
    assert amounts(found) == {
        "oakdale": [
            ("COM4003", "9.45", "103.95"),
            ("SEC1153", "44.10", "44.10"),
            ("SITE", "350.00", "350.00"),
        ],
        "fairview": [("COM4003", "9.45", "28.35")],
    }
    assert [str(entry.total.amount) for entry in found.invoices] == ["498.05", "28.35"]
    assert (str(found.cost.amount), str(found.total.amount)) == ("376.00", "526.40")


@pytest.mark.rule("COL-27")
def test_a_mark_up_may_be_by_product_category_or_subscriber_and_the_closest_wins() -> None:
    found = made(
        markups=[
            {"percent": "10", "category": "communications"},  # 6.75 x 1.10 = 7.425 -> 7.43
            {"percent": "100", "product": "SEC1153"},  # 31.50 x 2 = 63.00
            {"percent": "20", "subscriber": "fairview"},  # 6.75 x 1.20 = 8.10
        ]
    )
    assert amounts(found) == {
        "oakdale": [
            ("COM4003", "7.43", "81.73"),  # 11 x 7.43
            ("SEC1153", "63.00", "63.00"),
            ("SITE", "350.00", "350.00"),
        ],
        "fairview": [("COM4003", "8.10", "24.30")],  # a subscriber comes before a category
    }


@pytest.mark.rule("COL-27")
def test_a_price_of_its_own_stands_whatever_the_product_costs() -> None:
    found = made(
        prices=[
            {"product": "COM4003", "each": "12.00"},
            {"product": "COM4003", "each": "11.00", "subscriber": "fairview"},
        ]
    )
    assert amounts(found)["oakdale"][0] == ("COM4003", "12.00", "132.00")
    assert amounts(found)["fairview"] == [("COM4003", "11.00", "33.00")]


@pytest.mark.rule("COL-27")
@pytest.mark.parametrize(
    ("terms", "due_on"),
    # The source: invoices by the 20th; net 10 is due at the end of the month, net 30 by the 20th
    # of the following month.
    [("net 10", date(2026, 11, 30)), ("net 30", date(2026, 12, 20))],
)
def test_terms_are_net_10_or_net_30_from_the_20th(terms: str, due_on: date) -> None:
    for entry in made(terms=terms).invoices:
        assert (entry.terms, entry.invoice_on) == (terms, date(2026, 11, 20))
        assert entry.due_on == due_on


def test_a_pre_invoice_is_never_dated_before_the_invoice_it_is_made_from() -> None:
    assert {entry.invoice_on for entry in made(invoice_day=5).invoices} == {date(2026, 11, 10)}


def test_unit_prices_are_rounded_to_the_step_that_the_service_provider_wants() -> None:
    # 6.75 x 1.40 = 9.45 -> 9.50; 31.50 x 1.40 = 44.10 -> 44.00
    found = amounts(made(round_to="0.50"))
    assert found["oakdale"][0] == ("COM4003", "9.50", "104.50")
    assert found["oakdale"][1] == ("SEC1153", "44.00", "44.00")


def test_a_customer_s_address_is_on_its_pre_invoice() -> None:
    assert made().invoices[0].bill_to == ("Oakdale Vets", "9 Barn Lane")


def test_an_account_that_resells_nothing_gets_none() -> None:
    plain = partner().model_copy(update={"resale": None})
    assert pre_invoices(plain, (invoice(),)) is None
    assert pre_invoices(partner(), (invoice(LINES[:1]),)) is None
    assert pre_invoices(partner(), ()) is None


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"terms": "net 15"}, "net 10"),
        ({"markups": [{"percent": "10"}]}, "for which subscriber, product or category"),
        (
            {"markups": [{"percent": "1", "product": "A", "category": "b"}]},
            "for a product or for a category",
        ),
        ({"markups": [{"percent": "1", "product": "A"}] * 2}, "two mark-ups are for the same"),
        ({"prices": [{"product": "A", "each": "1"}] * 2}, "two resale prices"),
    ],
)
def test_resale_that_can_be_read_in_two_ways_is_refused(
    changes: dict[str, Any], message: str
) -> None:
    with pytest.raises(ValidationError, match=message):
        Resale.model_validate(RESALE | changes)


@PROPERTY
@given(
    units=st.lists(st.integers(0, 100_000), min_size=1, max_size=6),
    quantities=st.lists(st.integers(1, 500), min_size=6, max_size=6),
    percent=st.integers(-100, 300),
)
def test_lines_always_sum_to_the_totals(
    units: list[int], quantities: list[int], percent: int
) -> None:
    lines = tuple(
        line("oakdale", f"P{index}", str(quantity), str(price), str(price * quantity))
        for index, (unit, quantity) in enumerate(zip(units, quantities, strict=False))
        for price in [Decimal(unit) / 100]
    )
    found = pre_invoices(partner(markup_percent=str(percent)), (invoice(lines),))
    assert found is not None
    summed = sum(entry.amount.amount for made in found.invoices for entry in made.lines)
    assert summed == found.total.amount == sum(made.total.amount for made in found.invoices)
    for entry in found.invoices[0].lines:
        assert entry.amount == entry.unit_price.times(entry.quantity).rounded()
