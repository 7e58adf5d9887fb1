"""Minimums of an agreement whose lines orders bring: from when on, and what counts (MSA-04)."""

from __future__ import annotations

from typing import Any

import pytest

from msp_billing.domain.accounts import Account
from tests.unit.domain.builders import (
    TERM_DISCOUNTS,
    Data,
    account,
    agreement_data,
    line_data,
    policy,
)
from tests.unit.domain.contracts.order_samples import (
    FEBRUARY,
    JANUARY,
    MARCH,
    bill,
    charges,
    item_data,
    order_data,
    order_policy_data,
    people,
)

USERS = line_data("USER", subscriber="maple")


def new_customer(ordered: int) -> Data:
    """Ordered on 10 January: the first invoice is that of 10 February, for January."""
    item = item_data("users", line="user", quantity=ordered)
    return order_data(item, kind="new-customer", ordered_on="2026-01-10", subscriber="maple")


def promising(minimum: Data, ordered: int = 2, **changes: Any) -> Account:
    """A first invoice of January for users, of an agreement that promises something."""
    of = agreement_data(USERS | changes, minimums=[{"minimum": "least"} | minimum])
    return account(of, sites=["maple"], orders=[new_customer(ordered)])


@pytest.mark.rule("COL-09")
@pytest.mark.rule("MSA-04")
@pytest.mark.parametrize(
    ("promised", "lines"),
    [
        # 2 ordered and 1 more counted are the 3 that were promised: 126.00, and nothing is missing.
        (3, [("USER", 2, "84.00"), ("USER", 1, "42.00")]),
        (5, [("USER", 2, "84.00"), ("USER", 1, "42.00"), ("USER", 2, "84.00")]),
    ],
)
def test_what_is_reconciled_is_not_missing_to_a_minimum_quantity(
    promised: int, lines: list[tuple[str, int, str]]
) -> None:
    of = promising({"quantity": promised, "product": "USER"})
    assert charges(bill(of, JANUARY, people(3))) == lines


@pytest.mark.parametrize(
    ("ordered", "counted", "lines"),
    [
        # 26 at 95.00 are 2,470.00, of which 20 at 100.00 are billed as ordered: 26 are there.
        (20, 26, [("USER", 20, "2000.00"), ("USER", 1, "470.00")]),
        # 26 at 95.00 are less than the 25 at 100.00 that were ordered: 26 are there all the same.
        (25, 26, [("USER", 25, "2500.00")]),
    ],
)
def test_a_difference_of_two_amounts_stands_for_the_units_that_it_brings(
    ordered: int, counted: int, lines: list[tuple[str, int, str]]
) -> None:
    tiers = {"tiers": [{"up_to": 25, "each": "100.00"}, {"up_to": None, "each": "95.00"}]}
    of = promising({"quantity": 26, "product": "USER"}, ordered=ordered, price=tiers)
    assert charges(bill(of, JANUARY, people(counted))) == lines


@pytest.mark.rule("COL-09")
@pytest.mark.rule("MSA-04")
@pytest.mark.parametrize(
    ("promised", "missing"),
    [("126.00", []), ("130.00", [("MINIMUM", 1, "4.00")])],  # 3 x 42.00 are billed
)
def test_what_is_reconciled_fills_up_a_minimum_amount(
    promised: str, missing: list[tuple[str, int, str]]
) -> None:
    of = promising({"amount": promised, "categories": ["support"]})
    outcome = bill(of, JANUARY, people(3))
    assert charges(outcome) == [("USER", 2, "84.00"), ("USER", 1, "42.00"), *missing]


@pytest.mark.rule("COL-09")
@pytest.mark.rule("KR-09")
def test_what_is_reconciled_is_discounted_as_the_count_would_be() -> None:
    """10% of 3 x 42.00 = 126.00, whether ordered or counted: 113.40 is left."""
    of = account(agreement_data(USERS, term_years=3), sites=["maple"], orders=[new_customer(2)])
    discounting = policy(**order_policy_data(term_discounts=TERM_DISCOUNTS))
    outcome = bill(of, JANUARY, people(3), in_policy=discounting)
    assert charges(outcome)[-1] == ("TERM-3Y", 1, "-12.60")
    assert str(outcome.invoices[0].total.amount) == "113.40"


LATER = order_data(
    item_data("users", line="user", quantity=2), ordered_on="2026-02-10", subscriber="maple"
)
"""Ordered on 10 February, a month before the first invoice: that of 10 March, for February."""
PROMISED_USERS = {"minimum": "seats", "quantity": 3, "product": "USER"}
PROMISED_AMOUNT = {"minimum": "volume", "amount": "200.00", "categories": ["support"]}


@pytest.mark.rule("COL-08")
@pytest.mark.rule("MSA-04")
@pytest.mark.parametrize("promised", [PROMISED_USERS, PROMISED_AMOUNT])
def test_no_minimum_bills_before_the_first_invoice_of_what_was_promised(promised: Data) -> None:
    licenses = line_data("STREAMLINE", quantity=1)
    of = account(
        agreement_data(USERS, licenses, minimums=[promised]), sites=["maple"], orders=[LATER]
    )
    assert charges(bill(of, JANUARY, people(2))) == []
    # 3 x 42.00 - 84.00, or 200.00 - 84.00
    missing = "42.00" if promised is PROMISED_USERS else "116.00"
    assert {amount for _, _, amount in charges(bill(of, FEBRUARY, people(2)))} == {"84.00", missing}


@pytest.mark.rule("MSA-04")
@pytest.mark.parametrize("promised", [PROMISED_USERS, PROMISED_AMOUNT])
def test_no_minimum_bills_or_parks_before_its_line_starts(promised: Data) -> None:
    users = USERS | {"starts_on": "2026-02-01"}
    of = account(
        agreement_data(users, line_data("STREAMLINE", quantity=1), minimums=[promised]),
        sites=["maple"],
    )
    assert charges(bill(of, JANUARY, people(3))) == []
    assert ("USER", 3, "126.00") in charges(bill(of, FEBRUARY, people(3)))


@pytest.mark.rule("MSA-04")
def test_one_line_that_has_begun_brings_the_minimum_of_its_product() -> None:
    """1 x 42.00 at oak, none yet at maple: 2 x 42.00 are missing to the 3, at oak's price."""
    oak = line_data("USER", line="oak", subscriber="oak")
    later = USERS | {"price": {"each": "40.00"}}
    of = account(
        agreement_data(later, oak, minimums=[PROMISED_USERS]),
        sites=["maple", "oak"],
        orders=[LATER],
    )
    billed = charges(bill(of, JANUARY, people(1, site="Oak")))
    assert billed == [("USER", 1, "42.00"), ("USER", 2, "84.00")]


@pytest.mark.rule("MSA-04")
def test_a_minimum_amount_counts_what_has_begun() -> None:
    """A line of the category bills already: what the other lines wait for is missing."""
    tunnel = line_data("VPN", quantity=1)
    of = account(
        agreement_data(USERS, tunnel, minimums=[PROMISED_AMOUNT]), sites=["maple"], orders=[LATER]
    )
    billed = charges(bill(of, JANUARY, people(2)))
    assert billed == [("VPN", 1, "12.00"), ("MINIMUM", 1, "188.00")]


@pytest.mark.rule("MSA-04")
def test_a_minimum_whose_lines_have_ended_still_needs_a_price() -> None:
    users = USERS | {"ends_on": "2026-01-31"}
    of = account(
        agreement_data(users, line_data("STREAMLINE", quantity=1), minimums=[PROMISED_USERS]),
        sites=["maple"],
    )
    outcome = bill(of, MARCH, people(3))
    assert [problem.code for problem in outcome.problems] == ["minimum-price"]
