"""Amounts from quantities and prices, each worked out by hand."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from msp_billing.domain.charging.pricing import (
    PartRole,
    apply_term_discount,
    price_parts,
    price_quantity,
)
from msp_billing.domain.invoices import PriceBasis
from msp_billing.domain.money import Money
from msp_billing.domain.policy import TermDiscount
from msp_billing.domain.price_book import Price
from tests.unit.domain.builders import PROPERTY, TERM_DISCOUNTS, usd

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


# --- Graduated tiers, allowances and minimums -----------------------------------------------------

# $100 for each of the first 24, $95 for each of the next 25, $85 for each beyond.
STEPS = {
    "graduated": [
        {"up_to": 24, "each": "100"},
        {"up_to": 49, "each": "95"},
        {"up_to": None, "each": "85"},
    ]
}


@pytest.mark.parametrize(
    ("users", "amount", "arithmetic", "unit_price"),
    [
        (1, "100.00", "1 x 100 = 100.00", "100"),
        (24, "2400.00", "24 x 100 = 2400.00", "100"),
        (25, "2495.00", "24 x 100 + 1 x 95 = 2495.00", "99.8"),
        (49, "4775.00", "24 x 100 + 25 x 95 = 4775.00", "97.44898"),  # 4775 / 49
        (50, "4860.00", "24 x 100 + 25 x 95 + 1 x 85 = 4860.00", "97.2"),
        (60, "5710.00", "24 x 100 + 25 x 95 + 11 x 85 = 5710.00", "95.166667"),
    ],
)
def test_each_unit_is_at_the_price_of_its_own_step(
    users: int, amount: str, arithmetic: str, unit_price: str
) -> None:
    charge = price_quantity(price(STEPS), Decimal(users), "USD")
    assert (charge.amount, charge.arithmetic) == (usd(amount), arithmetic)
    assert charge.basis is PriceBasis.GRADUATED
    assert charge.unit_price == usd(unit_price)  # the average, for orientation


def test_graduated_steps_are_rounded_once_in_their_sum() -> None:
    # 0.125 + 0.125 = 0.25; each step alone would be 0.13.
    cents = {"graduated": [{"up_to": 1, "each": "0.125"}, {"up_to": None, "each": "0.125"}]}
    charge = price_quantity(price(cents), Decimal(2), "USD")
    assert (charge.amount, charge.arithmetic) == (usd("0.25"), "1 x 0.125 + 1 x 0.125 = 0.25")


def parts(data: dict[str, Any], quantity: int, minimum: int = 0) -> list[tuple[str, str, str, str]]:
    """Role, quantity, amount and arithmetic of each part."""
    found = price_parts(price(data), Decimal(quantity), "USD", minimum)
    return [(p.role.value, str(p.quantity), str(p.amount.amount), p.arithmetic) for p in found]


FLAT_WITH_20 = {"flat": "500", "included": 20, "each": "4.00"}
FREE_20 = {"included": 20, "each": "4.00"}


@pytest.mark.parametrize(
    ("data", "quantity", "expected"),
    [
        (FLAT_WITH_20, 0, []),
        (FLAT_WITH_20, 1, [("base", "1", "500.00", "flat 500.00, 20 included")]),
        (FLAT_WITH_20, 20, [("base", "1", "500.00", "flat 500.00, 20 included")]),
        (
            FLAT_WITH_20,
            21,
            [
                ("base", "1", "500.00", "flat 500.00, 20 included"),
                ("overage", "1", "4.00", "21 counted, 20 included, 1 x 4.00 = 4.00"),
            ],
        ),
        (
            FLAT_WITH_20,
            23,
            [
                ("base", "1", "500.00", "flat 500.00, 20 included"),
                ("overage", "3", "12.00", "23 counted, 20 included, 3 x 4.00 = 12.00"),
            ],
        ),
        (FREE_20, 20, [("base", "20", "0.00", "20 of 20 included = 0.00")]),
        (FREE_20, 7, [("base", "7", "0.00", "7 of 20 included = 0.00")]),
        (
            FREE_20,
            23,
            [
                ("base", "20", "0.00", "20 of 20 included = 0.00"),
                ("overage", "3", "12.00", "23 counted, 20 included, 3 x 4.00 = 12.00"),
            ],
        ),
        # Overage by volume: 12 beyond, all at the price of the step that 12 is in.
        (
            {
                "included": 20,
                "tiers": [{"up_to": 10, "each": "4"}, {"up_to": None, "each": "3"}],
            },
            32,
            [
                ("base", "20", "0.00", "20 of 20 included = 0.00"),
                (
                    "overage",
                    "12",
                    "36.00",
                    "32 counted, 20 included, 12 x 3 (tier 11 and more) = 36.00",
                ),
            ],
        ),
        # Overage by steps: 10 at 4, then 2 at 3.
        (
            {
                "flat": "100",
                "included": 20,
                "graduated": [{"up_to": 10, "each": "4"}, {"up_to": None, "each": "3"}],
            },
            32,
            [
                ("base", "1", "100.00", "flat 100.00, 20 included"),
                ("overage", "12", "46.00", "32 counted, 20 included, 10 x 4 + 2 x 3 = 46.00"),
            ],
        ),
    ],
)
def test_what_is_beyond_an_allowance_is_a_part_of_its_own(
    data: dict[str, Any], quantity: int, expected: list[tuple[str, str, str, str]]
) -> None:
    assert parts(data, quantity) == expected


def test_an_allowance_comes_to_more_than_one_amount() -> None:
    with pytest.raises(ValueError, match="several parts"):
        price_quantity(price(FREE_20), Decimal(3), "USD")


@pytest.mark.rule("MSA-04")
@pytest.mark.parametrize(
    ("data", "quantity", "minimum", "expected"),
    [
        # At the minimum and above it nothing is missing.
        ({"each": "45"}, 20, 20, [("base", "20", "900.00", "20 x 45 = 900.00")]),
        ({"each": "45"}, 21, 20, [("base", "21", "945.00", "21 x 45 = 945.00")]),
        (
            {"each": "45"},
            19,
            20,
            [
                ("base", "19", "855.00", "19 x 45 = 855.00"),
                ("shortfall", "1", "45.00", "minimum 20, counted 19: 1 x 45 = 45.00"),
            ],
        ),
        (
            {"each": "45"},
            0,
            20,
            [("shortfall", "20", "900.00", "minimum 20, counted 0: 20 x 45 = 900.00")],
        ),
        # Volume: who pays for 25 has the price of 25, for those that are there too.
        (
            USER_TIERS,
            14,
            26,
            [
                ("base", "14", "1260.00", "14 x 90 (tier 26 to 50) = 1260.00"),
                (
                    "shortfall",
                    "12",
                    "1080.00",
                    "minimum 26, counted 14: 12 x 90 (tier 26 to 50) = 1080.00",
                ),
            ],
        ),
        # Steps: units 24 to 26 are missing, one of them in the first step.
        (
            STEPS,
            23,
            26,
            [
                ("base", "23", "2300.00", "23 x 100 = 2300.00"),
                (
                    "shortfall",
                    "3",
                    "290.00",
                    "minimum 26, counted 23: 1 x 100 + 2 x 95 = 290.00",
                ),
            ],
        ),
        # A flat price is the same for any number, so that only nothing at all is too few.
        ({"flat": "500"}, 3, 20, [("base", "1", "500.00", "flat 500.00, whatever the 3")]),
        (
            {"flat": "500"},
            0,
            20,
            [("shortfall", "1", "500.00", "flat 500.00, by the minimum of 20")],
        ),
        # 25 promised, of which 20 are included: 5 are billed whatever is counted.
        (
            FLAT_WITH_20,
            22,
            25,
            [
                ("base", "1", "500.00", "flat 500.00, 20 included"),
                ("overage", "2", "8.00", "22 counted, 20 included, 2 x 4.00 = 8.00"),
                (
                    "shortfall",
                    "3",
                    "12.00",
                    "minimum 25, counted 22, 20 included: 3 x 4.00 = 12.00",
                ),
            ],
        ),
    ],
)
def test_what_is_missing_to_a_minimum_quantity_is_a_part_of_its_own(
    data: dict[str, Any], quantity: int, minimum: int, expected: list[tuple[str, str, str, str]]
) -> None:
    assert parts(data, quantity, minimum) == expected


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


# --- Whatever the price and the quantity ----------------------------------------------------------

AMOUNTS = st.decimals(0, 500, places=4).map(lambda each: format(each, "f"))
LADDERS = st.lists(st.integers(1, 60), unique=True, max_size=5).flatmap(
    lambda bounds: st.tuples(*[AMOUNTS for _ in range(len(bounds) + 1)]).map(
        lambda prices: [
            {"up_to": bound, "each": each}
            for bound, each in zip([*sorted(bounds), None], prices, strict=True)
        ]
    )
)
PER_UNIT = st.one_of(
    AMOUNTS.map(lambda each: {"each": each}),
    LADDERS.map(lambda steps: {"tiers": steps}),
    LADDERS.map(lambda steps: {"graduated": steps}),
)
ANY_PRICE = st.one_of(
    PER_UNIT,
    AMOUNTS.map(lambda flat: {"flat": flat}),
    st.builds(lambda unit, n: unit | {"included": n}, PER_UNIT, st.integers(1, 40)),
    st.builds(
        lambda unit, n, flat: unit | {"included": n, "flat": flat},
        PER_UNIT,
        st.integers(1, 40),
        AMOUNTS,
    ),
)


@PROPERTY
@given(steps=LADDERS, quantity=st.integers(1, 200))
def test_a_graduated_amount_is_the_sum_of_its_units(
    steps: list[dict[str, Any]], quantity: int
) -> None:
    each = [
        next(s["each"] for s in steps if s["up_to"] is None or unit <= s["up_to"])
        for unit in range(1, quantity + 1)
    ]
    charge = price_quantity(price({"graduated": steps}), Decimal(quantity), "USD")
    assert charge.amount == usd(str(sum(map(Decimal, each)))).rounded()


@PROPERTY
@given(steps=LADDERS, quantity=st.integers(1, 200))
def test_falling_prices_cost_no_more_by_volume_than_by_steps(
    steps: list[dict[str, Any]], quantity: int
) -> None:
    prices = sorted((entry["each"] for entry in steps), key=Decimal, reverse=True)
    falling = [entry | {"each": each} for entry, each in zip(steps, prices, strict=True)]
    volume = price_quantity(price({"tiers": falling}), Decimal(quantity), "USD")
    steps_too = price_quantity(price({"graduated": falling}), Decimal(quantity), "USD")
    assert volume.amount.amount <= steps_too.amount.amount


@PROPERTY
@given(
    data=ANY_PRICE,
    quantity=st.integers(0, 120),
    minimum=st.integers(0, 120),
    currency=st.sampled_from(["USD", "JPY", "KWD"]),
)
def test_parts_are_rounded_never_negative_and_come_to_the_minimum(
    data: dict[str, Any], quantity: int, minimum: int, currency: str
) -> None:
    found = price_parts(price(data), Decimal(quantity), currency, minimum)
    assert all(part.amount == part.amount.rounded() for part in found)
    assert all(part.amount.amount >= 0 and part.quantity > 0 for part in found)
    if quantity >= minimum:
        assert all(part.role is not PartRole.SHORTFALL for part in found)
    whole = price_parts(price(data), Decimal(max(quantity, minimum)), currency)
    split, unsplit = (sum((p.amount.amount for p in parts), Decimal(0)) for parts in (found, whole))
    difference = split - unsplit
    smallest = {"USD": "0.01", "JPY": "1", "KWD": "0.001"}[currency]
    # Each line is rounded for itself, so that what is split can differ by the smallest unit.
    assert abs(difference) <= Decimal(smallest)


@PROPERTY
@given(
    percent=st.decimals("0.01", "99.99", places=2),
    amounts=st.lists(st.decimals(0, 5000, places=2), min_size=1, max_size=5),
)
def test_a_discount_is_never_more_than_what_it_is_a_share_of(
    percent: Decimal, amounts: list[Decimal]
) -> None:
    discount = TermDiscount.model_validate(TERM_DISCOUNTS[0] | {"percent": str(percent)})
    result = apply_term_discount(discount, [usd(str(entry)) for entry in amounts], "USD")
    assert -result.base.amount <= result.amount.amount <= 0
