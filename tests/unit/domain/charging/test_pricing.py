"""Amounts from quantities and prices, each worked out by hand."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from msp_billing.domain.charging.pricing import apply_term_discount, price_in_force, price_quantity
from msp_billing.domain.contracts.agreements import AgreementLine
from msp_billing.domain.invoices import PriceBasis
from msp_billing.domain.money import Money
from msp_billing.domain.periods import Period
from msp_billing.domain.policy import TermDiscount
from msp_billing.domain.price_book import Price, PriceBook
from tests.unit.domain.builders import (
    PROPERTY,
    TERM_DISCOUNTS,
    line_data,
    price_book,
    product_data,
    usd,
)

# $100 to $85 a user, as The KR Group publishes; the steps are invented.
USER_TIERS = {
    "tiers": [
        {"up_to": 10, "each": "100"},
        {"up_to": 25, "each": "95"},
        {"up_to": 50, "each": "90"},
        {"up_to": None, "each": "85"},
    ]
}
THREE_YEARS, FIVE_YEARS = (TermDiscount.model_validate(entry) for entry in TERM_DISCOUNTS)


def price(data: dict[str, Any]) -> Price:
    return Price.model_validate(data)


@pytest.mark.rule("COL-06")
@pytest.mark.parametrize(
    ("quantity", "each", "amount", "arithmetic"),
    [
        (1, "31.50", "31.50", "1 x 31.50 = 31.50"),  # SEC1153 of the source's sample
        (11, "6.75", "74.25", "11 x 6.75 = 74.25"),  # COM4003 of the source's sample
        (3, "0.125", "0.38", "3 x 0.125 = 0.38"),  # 0.375, rounded once
        (7, "0", "0.00", "7 x 0 = 0.00"),
        (1, "0.005", "0.01", "1 x 0.005 = 0.01"),
        (999, "0.335", "334.67", "999 x 0.335 = 334.67"),  # 334.665
    ],
)
def test_a_price_for_each_is_multiplied_and_rounded_once(
    quantity: int, each: str, amount: str, arithmetic: str
) -> None:
    charge = price_quantity(price({"each": each}), Decimal(quantity), "USD")
    assert (charge.amount, charge.arithmetic) == (usd(amount), arithmetic)
    assert (int(charge.quantity), charge.unit_price, charge.basis) == (
        quantity,
        usd(each),
        PriceBasis.EACH,
    )


@pytest.mark.rule("MSA-01")
@pytest.mark.parametrize("quantity", [1, 5, 400])
def test_a_flat_price_is_billed_whatever_the_quantity(quantity: int) -> None:
    charge = price_quantity(price({"flat": "1250.00"}), Decimal(quantity), "USD")
    assert (int(charge.quantity), charge.amount, charge.basis) == (
        1,
        usd("1250.00"),
        PriceBasis.FLAT,
    )
    said = f", whatever the {quantity}" if quantity > 1 else ""
    assert charge.arithmetic == f"flat 1250.00{said}"


@pytest.mark.rule("KR-07")
@pytest.mark.parametrize(
    ("users", "amount", "arithmetic"),
    [
        (1, "100.00", "1 x 100 (tier 1 to 10) = 100.00"),
        (10, "1000.00", "10 x 100 (tier 1 to 10) = 1000.00"),
        (11, "1045.00", "11 x 95 (tier 11 to 25) = 1045.00"),  # all users at the tier's price
        (25, "2375.00", "25 x 95 (tier 11 to 25) = 2375.00"),
        (26, "2340.00", "26 x 90 (tier 26 to 50) = 2340.00"),  # more users, a smaller bill
        (50, "4500.00", "50 x 90 (tier 26 to 50) = 4500.00"),
        (51, "4335.00", "51 x 85 (tier 51 and more) = 4335.00"),
        (1000, "85000.00", "1000 x 85 (tier 51 and more) = 85000.00"),
    ],
)
def test_the_price_per_user_falls_as_the_users_rise(
    users: int, amount: str, arithmetic: str
) -> None:
    charge = price_quantity(price(USER_TIERS), Decimal(users), "USD")
    assert (charge.amount, charge.arithmetic) == (usd(amount), arithmetic)
    assert charge.basis is PriceBasis.TIER


def test_one_open_tier_is_a_price_for_each() -> None:
    charge = price_quantity(price({"tiers": [{"up_to": None, "each": "9"}]}), Decimal(3), "USD")
    assert (charge.amount, charge.arithmetic) == (usd("27.00"), "3 x 9 (tier 1 and more) = 27.00")


def test_amounts_are_rounded_to_their_currency() -> None:
    charge = price_quantity(price({"each": "33.5"}), Decimal(3), "JPY")
    assert charge.amount == Money(amount=Decimal(101), currency="JPY")  # 100.5


@pytest.mark.rule("KR-09")
@pytest.mark.parametrize(
    ("discount", "amounts", "base", "amount", "arithmetic"),
    [
        (THREE_YEARS, ["2375.00"], "2375.00", "-237.50", "10% of 2375.00 = -237.50"),
        (FIVE_YEARS, ["2375.00"], "2375.00", "-356.25", "15% of 2375.00 = -356.25"),
        # On the sum, rounded once: 10% of 0.10 is 0.01, line by line it would be 0.00 or 0.02.
        (THREE_YEARS, ["0.05", "0.05"], "0.10", "-0.01", "10% of 0.10 = -0.01"),
        (THREE_YEARS, ["0.05"], "0.05", "-0.01", "10% of 0.05 = -0.01"),  # 0.005, half up
        (THREE_YEARS, ["0.04"], "0.04", "0.00", "10% of 0.04 = 0.00"),
        (FIVE_YEARS, ["33.33", "33.33", "33.33"], "99.99", "-15.00", "15% of 99.99 = -15.00"),
    ],
)
def test_a_term_discount_is_a_share_of_the_sum_rounded_once(
    discount: TermDiscount, amounts: list[str], base: str, amount: str, arithmetic: str
) -> None:
    result = apply_term_discount(discount, [usd(entry) for entry in amounts], "USD")
    assert (result.base, result.amount, result.arithmetic) == (usd(base), usd(amount), arithmetic)
    assert str(result.amount.amount) == amount  # never written as -0.00


# --- Which price is in force ----------------------------------------------------------------------


BOOK = price_book(
    categories=[{"category": "support", "title": "Support"}],
    products=[
        product_data(
            "PC",
            "support",
            None,
            prices=[
                {"from_on": "2026-01-01", "price": {"each": "45"}},
                {"from_on": "2026-03-02", "price": {"each": "50"}},
            ],
        ),
        product_data("OWN", "support", None),
    ],
)


def in_force(
    product: str, month: str, book: PriceBook = BOOK, **line: Any
) -> tuple[str, str] | None:
    known = book.find(product)
    assert known is not None
    found = price_in_force(
        AgreementLine.model_validate(line_data(product, **line)),
        known,
        book,
        Period.parse(month),
    )
    return None if found is None else (str(found.price.each), found.found_in)


def test_a_new_price_applies_from_the_first_month_that_begins_with_it() -> None:
    # From 2 March: the month of March began at the old price and is never split.
    assert in_force("PC", "2026-03") == ("45", "price book 2026-01, from 2026-01-01")
    assert in_force("PC", "2026-04") == ("50", "price book 2026-01, from 2026-03-02")


@pytest.mark.rule("INT-02")
def test_the_accounts_own_price_goes_before_the_list_price() -> None:
    own: dict[str, Any] = {"price": {"each": "39"}}
    assert in_force("PC", "2026-03", **own) == ("39", "own price in agreement line pc")
    assert in_force("OWN", "2026-03", **own) == ("39", "own price in agreement line own")


@pytest.mark.rule("INT-02")
def test_without_any_price_there_is_none_rather_than_zero() -> None:
    assert in_force("OWN", "2026-03") is None
    assert in_force("PC", "2025-12") is None


@PROPERTY
@given(quantity=st.integers(1, 5000), each=st.decimals(0, 1000, places=4), more=st.integers(1, 100))
def test_one_more_unit_costs_its_price(quantity: int, each: Decimal, more: int) -> None:
    exact = price({"each": format(each, "f")})
    before, after = (price_quantity(exact, Decimal(n), "USD") for n in (quantity, quantity + more))
    difference = after.amount.amount - before.amount.amount
    assert abs(difference - each * more) <= Decimal("0.01")
    if each == each.quantize(Decimal("0.01")):
        assert difference == each * more


@PROPERTY
@given(quantity=st.integers(1, 200))
def test_all_units_are_at_the_price_of_one_tier(quantity: int) -> None:
    charge = price_quantity(price(USER_TIERS), Decimal(quantity), "USD")
    assert charge.amount.amount == quantity * charge.unit_price.amount
    assert charge.unit_price.amount in {100, 95, 90, 85}
