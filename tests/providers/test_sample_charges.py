"""The sample account with minimums, steps, an allowance, credits and tax, worked out by hand."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

import pytest

from msp_billing.domain.charging.price_lookup import list_price
from msp_billing.domain.charging.pricing import price_quantity
from msp_billing.domain.invoices import Invoice
from msp_billing.domain.outcomes import AccountOutcome
from msp_billing.domain.periods import Period
from tests.providers.sample_billing import MONTHS, billed, sample_book

SEPTEMBER, OCTOBER, NOVEMBER, DECEMBER = MONTHS


@pytest.mark.rule("KR-07")
@pytest.mark.parametrize(
    ("users", "amount"),
    [
        (1, "100.00"),
        (24, "2400.00"),  # the last of $100
        (25, "2375.00"),  # all 25 at $95
        (49, "4655.00"),
        (50, "4500.00"),  # all 50 at $90
        (99, "8910.00"),
        (100, "8500.00"),  # all 100 at $85, the lowest
        (101, "8585.00"),
    ],
)
def test_the_sample_price_per_user_falls_from_100_to_85_dollars(users: int, amount: str) -> None:
    book = sample_book("kr-group").price_book
    product = book.find("USER-FT")
    assert product is not None
    price = list_price(product, book, date(2026, 12, 1), "USD").price
    assert str(price_quantity(price, Decimal(users), "USD").amount.amount) == amount


def lodge(run: str, period: Period) -> AccountOutcome:
    return billed("kr-group", run, period)["tamarack-lodge"]


def only(outcome: AccountOutcome) -> Invoice:
    assert not outcome.parked, outcome.problems
    (invoice,) = outcome.invoices
    return invoice


def charged(invoice: Invoice) -> list[tuple[str, str]]:
    return [(line.product, str(line.amount.amount)) for line in invoice.lines]


# 12 users at the price of 1 to 24 are 12 x 100.00 = 1,200.00; 10% for the term are 120.00. To the
# minimum of 1,500.00 there are 1,500.00 - 1,080.00 = 420.00 missing.
AGREEMENT = [("USER-FT", "1200.00"), ("TERM-3Y", "-120.00"), ("MINIMUM", "420.00")]


@pytest.mark.rule("MSA-04")
@pytest.mark.rule("KR-09")
@pytest.mark.parametrize("period", [OCTOBER, DECEMBER])
def test_an_agreement_comes_to_its_minimum_after_its_discount(period: Period) -> None:
    invoice = only(lodge("agreement", period))
    assert charged(invoice) == AGREEMENT
    assert invoice.total.amount == Decimal("1500.00")
    assert invoice.lines[2].reason.clause == "volume-minimum"


def test_a_credit_goes_on_the_next_invoice_once_and_does_not_fill_up_the_minimum() -> None:
    # Of 22 September: too late for October's invoice, which is compared on 13 September; on
    # November's, which is compared on 13 October.
    assert charged(only(lodge("agreement", NOVEMBER))) == [*AGREEMENT, ("CREDIT", "-75.00")]
    assert only(lodge("agreement", NOVEMBER)).total.amount == Decimal("1425.00")


def test_a_credit_above_the_limit_waits_for_a_second_person_and_is_listed() -> None:
    # Of 26 October, 600.00 is above 250.00: December's invoice is the first that it is in time for.
    assert lodge("agreement", NOVEMBER).findings == ()
    (finding,) = lodge("agreement", DECEMBER).findings
    assert finding.code == "adjustment-unapproved"
    assert [item.item_id for item in finding.items] == ["late-goodwill"]


# Mail filter: 25 x 3.00 + 15 x 2.40 = 111.00. Cloud fax: 30.00 for five lines, 3 x 4.00 = 12.00.
SUBSCRIPTIONS = [("MAIL-FILTER", "111.00"), ("FAX-LINE", "30.00"), ("FAX-LINE", "12.00")]


def test_steps_and_allowances_show_how_they_come_about() -> None:
    invoice = only(lodge("recurring-charges", NOVEMBER))
    assert charged(invoice) == SUBSCRIPTIONS
    assert [line.reason.arithmetic for line in invoice.lines] == [
        "25 x 3.00 + 15 x 2.40 = 111.00",
        "flat 30.00, 5 included",
        "8 counted, 5 included, 3 x 4.00 = 12.00",
    ]


def test_hardware_that_is_sold_is_taxed_and_services_are_not() -> None:
    # Two switches at 480.00 are 960.00; 6% of it are 57.60.
    invoice = only(lodge("recurring-charges", OCTOBER))
    assert charged(invoice) == [
        *SUBSCRIPTIONS,
        ("SWITCH-24", "960.00"),
        ("TAX-MICHIGAN", "57.60"),
    ]
    assert invoice.lines[-1].description == "Michigan sales tax, Michigan, 6% of 960.00 USD"
    assert invoice.total.amount == Decimal("1170.60")
