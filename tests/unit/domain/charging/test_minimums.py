"""What is missing to a minimum monthly amount (MSA-04)."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from msp_billing.domain.charging.minimums import amount_shortfall
from msp_billing.domain.contracts.minimums import AgreementMinimum
from msp_billing.domain.money import Money
from msp_billing.domain.periods import Period
from tests.unit.domain.builders import PROPERTY, usd

MARCH = Period.parse("2026-03")


@pytest.mark.rule("MSA-04")
@pytest.mark.parametrize(
    ("billed", "missing"),
    [
        (["1900.00", "-190.00"], "290.00"),  # after the discount: 2,000 - 1,710
        (["1999.99"], "0.01"),
        (["2000.00"], None),
        (["2000.01"], None),
        ([], "2000.00"),
    ],
)
def test_the_shortfall_is_what_is_missing_to_the_minimum(
    billed: list[str], missing: str | None
) -> None:
    found = amount_shortfall(usd("2000"), [usd(entry) for entry in billed])
    assert (found and str(found.amount.amount)) == missing


def test_its_arithmetic_can_be_checked_by_hand() -> None:
    found = amount_shortfall(usd("2000"), [usd("1900.00"), usd("-190.00")])
    assert found is not None
    assert found.arithmetic == "minimum 2000.00 - 1710.00 billed = 290.00"


@PROPERTY
@given(
    minimum=st.decimals("0.01", 5000, places=4),
    billed=st.lists(st.decimals(-1000, 3000, places=2), max_size=5),
)
def test_a_shortfall_is_never_negative_and_fills_up_to_the_minimum(
    minimum: Decimal, billed: list[Decimal]
) -> None:
    floor = Money(amount=minimum, currency="USD")
    found = amount_shortfall(floor, [usd(str(entry)) for entry in billed])
    whole = max(sum(billed, Decimal(0)), Decimal(0))
    if found is None:
        assert whole >= floor.rounded().amount
    else:
        assert found.amount.amount > 0
        assert found.amount.amount + whole == floor.rounded().amount


def minimum(**data: Any) -> AgreementMinimum:
    return AgreementMinimum.model_validate({"minimum": "volume"} | data)


@pytest.mark.parametrize(
    ("data", "message"),
    [
        ({}, "either an 'amount' or a 'quantity'"),
        ({"amount": "10", "quantity": 3}, "either an 'amount' or a 'quantity'"),
        ({"amount": "10"}, "list its 'categories'"),
        ({"amount": "10", "categories": ["support"], "product": "PC"}, "and no 'product'"),
        ({"quantity": 3}, "name its 'product'"),
        ({"quantity": 3, "product": "PC", "categories": ["support"]}, "and no 'categories'"),
        ({"amount": "0", "categories": ["support"]}, "greater than 0"),
        (
            {
                "quantity": 3,
                "product": "PC",
                "starts_on": "2026-02-01",
                "ends_on": "2026-01-31",
            },
            "the minimum ends before it starts",
        ),
    ],
)
def test_a_minimum_without_exactly_one_meaning_is_refused(
    data: dict[str, Any], message: str
) -> None:
    with pytest.raises(ValidationError, match=message):
        minimum(**data)


@pytest.mark.parametrize(
    ("dates", "applies"),
    [
        ({}, True),
        ({"starts_on": "2026-03-31"}, True),  # a month of which any day counts, counts whole
        ({"starts_on": "2026-04-01"}, False),
        ({"ends_on": "2026-03-01"}, True),
        ({"ends_on": "2026-02-28"}, False),
    ],
)
def test_a_minimum_applies_in_whole_months(dates: dict[str, str], applies: bool) -> None:
    assert minimum(quantity=3, product="PC", **dates).applies_in(MARCH) is applies
