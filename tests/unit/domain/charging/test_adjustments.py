"""Manual credits and charges: what is refused, and when a second person has to agree."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest
from pydantic import ValidationError

from msp_billing.domain.charging.adjustments import (
    Adjustment,
    AdjustmentPolicy,
    adjusted_amount,
)
from msp_billing.domain.money import Money
from tests.unit.domain.builders import usd


def adjustment_data(**changes: Any) -> dict[str, Any]:
    data: dict[str, Any] = {
        "adjustment": "outage-march",
        "dated_on": "2026-03-04",
        "amount": "-50.00",
        "category": "support",
        "description": "Credit for the outage of 4 March",
        "reason": "Ticket 4711",
        "entered_by": "Pat",
    }
    return data | changes


OF_A_PRODUCT = {"amount": None, "category": None, "product": "PC", "quantity": -2}


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"amount": None}, "either an 'amount' or a 'product'"),
        ({"product": "PC"}, "either an 'amount' or a 'product'"),
        ({"category": None}, "give its 'category'"),
        ({"quantity": 2}, "neither 'quantity' nor 'each'"),
        ({"each": "2"}, "neither 'quantity' nor 'each'"),
        (OF_A_PRODUCT | {"quantity": None}, "give its 'quantity'"),
        (OF_A_PRODUCT | {"category": "support"}, "and no 'category'"),
        ({"amount": "0"}, "of nothing is a slip"),
        (OF_A_PRODUCT | {"quantity": 0}, "of nothing is a slip"),
        ({"approved_by": "pat"}, "another person than who entered it"),
        ({"reason": ""}, "at least 1 character"),
    ],
)
def test_an_adjustment_that_is_not_clear_is_refused(changes: dict[str, Any], message: str) -> None:
    with pytest.raises(ValidationError, match=message):
        Adjustment.model_validate(adjustment_data(**changes))


@pytest.mark.parametrize("changes", [{}, OF_A_PRODUCT, OF_A_PRODUCT | {"each": "12.50"}])
def test_an_amount_or_a_quantity_is_accepted(changes: dict[str, Any]) -> None:
    assert Adjustment.model_validate(adjustment_data(**changes)).charge == "adjustment:outage-march"


LIMITS = AdjustmentPolicy(
    clause="credits", approval_above={"USD": Decimal(100), "JPY": Decimal(10000)}
)


@pytest.mark.parametrize(
    ("amount", "needed"),
    [
        (usd("100.00"), False),
        (usd("100.01"), True),
        (usd("-100.00"), False),
        (usd("-100.01"), True),  # a credit as much as a charge
        (Money(amount=Decimal(10000), currency="JPY"), False),
        (Money(amount=Decimal(1), currency="EUR"), True),  # no limit is known
    ],
)
def test_a_second_person_is_needed_above_the_limit_of_the_currency(
    amount: Money, needed: bool
) -> None:
    assert LIMITS.needs_approval(amount) is needed


def test_a_quantity_comes_to_its_price() -> None:
    assert adjusted_amount(-2, Decimal("45.50"), "USD") == (usd("-91.00"), "-2 x 45.50 = -91.00")
    # A credit of 0.125 is rounded as its charge is: both are 0.13.
    assert adjusted_amount(-1, Decimal("0.125"), "USD")[0] == usd("-0.13")
    assert adjusted_amount(1, Decimal("0.125"), "USD")[0] == usd("0.13")
