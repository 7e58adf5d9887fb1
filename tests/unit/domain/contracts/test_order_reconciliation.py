"""Ordered fewer than counted, and more (COL-09)."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest

from msp_billing.domain.invoices import InvoiceLine, LineKind
from msp_billing.domain.outcomes import AccountOutcome
from tests.unit.domain.builders import Data, line_data, policy, price_book, product_data
from tests.unit.domain.contracts.order_samples import (
    CATEGORIES,
    FEBRUARY,
    JANUARY,
    MARCH,
    ORDER_RULES,
    bill,
    charges,
    item_data,
    lines_of,
    order_data,
    order_policy_data,
    ordering,
    people,
    through,
)

USERS = line_data("USER", subscriber="maple")


def new_customer(ordered: int, **changes: Any) -> Data:
    """Ordered on 10 January: the first invoice is that of 10 February, for January."""
    item = item_data("users", line="user", quantity=ordered)
    return order_data(
        item,
        kind="new-customer",
        ordered_on="2026-01-10",
        subscriber="maple",
        traits=["migration"],
        **changes,
    )


def only_reconciliation(outcome: AccountOutcome) -> InvoiceLine:
    (line,) = (e for e in lines_of(outcome) if e.kind is LineKind.RECONCILIATION)
    return line


@pytest.mark.rule("COL-09")
def test_ordered_20_and_counted_23_is_20_as_ordered_and_one_line_of_3() -> None:
    outcome = bill(ordering(new_customer(20), lines=[USERS]), JANUARY, people(23))
    recurring, reconciliation = lines_of(outcome)
    assert charges(outcome) == [
        ("USER", 20, "840.00"),  # 20 x 42.00, as contracted
        ("USER", 3, "126.00"),  # 3 x 42.00
    ]
    assert (recurring.kind, recurring.charge) == (LineKind.RECURRING, None)
    assert reconciliation.kind is LineKind.RECONCILIATION
    assert reconciliation.charge == "reconciliation:o-1:users"
    assert reconciliation.description == "User, MRR reconciliation"
    assert reconciliation.reason.arithmetic == "3 x 42.00 = 126.00"
    assert "counted 23, ordered 20" in reconciliation.reason.quantity_from
    assert (recurring.reason.clause, reconciliation.reason.clause) == (
        "new-orders",
        "mrr-reconciliation",
    )


@pytest.mark.rule("COL-09")
def test_a_first_invoice_that_is_issued_late_reconciles_as_if_in_time() -> None:
    of = ordering(new_customer(20), lines=[USERS])
    first = bill(of, JANUARY, people(23), issued_late_on=date(2026, 4, 20))
    assert charges(first) == [("USER", 20, "840.00"), ("USER", 3, "126.00")]


@pytest.mark.rule("COL-09")
def test_later_invoices_bill_what_was_counted_and_reconcile_nothing_again() -> None:
    of = ordering(new_customer(20), lines=[USERS])
    billed = {p: charges(outcome) for p, outcome in through(of, [JANUARY, FEBRUARY], people(23))}
    assert billed[FEBRUARY] == [("USER", 23, "966.00")]  # 23 x 42.00


@pytest.mark.rule("COL-09")
@pytest.mark.parametrize(
    ("counted", "first", "afterwards"),
    [
        # 25 ordered; no refund for what was ordered too many: 25 x 42.00, then the count.
        (24, [("USER", 25, "1050.00")], [("USER", 24, "1008.00")]),
        (1, [("USER", 25, "1050.00")], [("USER", 1, "42.00")]),
        (0, [("USER", 25, "1050.00")], []),
        (25, [("USER", 25, "1050.00")], [("USER", 25, "1050.00")]),
        # One more than ordered.
        (26, [("USER", 25, "1050.00"), ("USER", 1, "42.00")], [("USER", 26, "1092.00")]),
    ],
)
def test_ordered_more_gives_nothing_back(
    counted: int, first: list[tuple[str, int, str]], afterwards: list[tuple[str, int, str]]
) -> None:
    of = ordering(new_customer(25), lines=[USERS])
    billed = {p: charges(o) for p, o in through(of, [JANUARY, FEBRUARY], people(counted))}
    assert billed == {JANUARY: first, FEBRUARY: afterwards}


@pytest.mark.rule("COL-09")
def test_a_first_invoice_that_is_built_again_reconciles_the_same() -> None:
    of = ordering(new_customer(20), lines=[USERS])
    first = bill(of, JANUARY, people(23))
    claims = {"reconciliation:o-1:users": "monthly/2026-01"}
    assert bill(of, JANUARY, people(23), claims=claims) == first


@pytest.mark.rule("COL-09")
def test_the_names_of_all_that_were_counted_stand_behind_the_line_as_ordered() -> None:
    outcome = bill(ordering(new_customer(2), lines=[USERS]), JANUARY, people(3))
    (invoice,) = outcome.invoices
    recurring = next(line for line in invoice.lines if line.product == "USER")
    evidence = invoice.evidence(recurring)
    assert evidence is not None
    assert evidence.count.quantity == 3
    assert "as ordered with order o-1 of 2026-01-10" in recurring.reason.quantity_from


@pytest.mark.rule("COL-09")
def test_a_new_service_is_reconciled_in_its_first_month_too() -> None:
    item = item_data("users", line="user", quantity=2)
    of = ordering(order_data(item, subscriber="maple"), lines=[USERS])
    billed = {p: charges(outcome) for p, outcome in through(of, [JANUARY, FEBRUARY], people(3))}
    assert billed == {
        JANUARY: [("USER", 2, "84.00"), ("USER", 1, "42.00")],
        FEBRUARY: [("USER", 3, "126.00")],
    }


def test_two_lines_of_an_order_are_reconciled_each_by_itself() -> None:
    items = [item_data("users", line="user", quantity=1), item_data("phones", line="mobile")]
    order = new_customer(1) | {"items": items}
    mobile = line_data("MOBILE", subscriber="maple")
    outcome = bill(
        ordering(order, lines=[USERS, mobile]), JANUARY, [*people(2), *people(4, "Mobile")]
    )
    assert charges(outcome) == [
        ("USER", 1, "42.00"),
        ("USER", 1, "42.00"),
        ("MOBILE", 1, "14.50"),
        ("MOBILE", 3, "43.50"),  # 3 x 14.50
    ]


def test_with_volume_tiers_the_difference_of_the_two_amounts_is_reconciled() -> None:
    """20 ordered at 100.00 are 2,000.00; 26 counted cost 95.00 each, 2,470.00: 470.00 more."""
    tiers = {"tiers": [{"up_to": 24, "each": "100.00"}, {"up_to": None, "each": "95.00"}]}
    book = _book_with_tiers(tiers)
    of = ordering(new_customer(20), lines=[USERS])
    outcome = bill(of, JANUARY, people(26), book=book)
    assert charges(outcome) == [("USER", 20, "2000.00"), ("USER", 1, "470.00")]
    line = only_reconciliation(outcome)
    assert line.reason.arithmetic == "2470.00 for 26 - 2000.00 for 20 = 470.00"


def test_units_beyond_an_allowance_are_what_is_reconciled() -> None:
    """5 included in 200.00, then 42.00 each. 6 ordered are 242.00, 9 counted 368.00."""
    allowance = {"flat": "200.00", "each": "42.00", "included": 5}
    of = ordering(new_customer(6), lines=[USERS])
    outcome = bill(of, JANUARY, people(9), book=_book_with_tiers(allowance))
    line = only_reconciliation(outcome)
    assert line.reason.arithmetic == "368.00 for 9 - 242.00 for 6 = 126.00"


def test_with_volume_tiers_a_cheaper_count_gives_nothing_back() -> None:
    """24 ordered at 100.00 are 2,400.00; 25 counted cost 95.00 each, 2,375.00."""
    tiers = {"tiers": [{"up_to": 24, "each": "100.00"}, {"up_to": None, "each": "95.00"}]}
    of = ordering(new_customer(24), lines=[USERS])
    outcome = bill(of, JANUARY, people(25), book=_book_with_tiers(tiers))
    assert charges(outcome) == [("USER", 24, "2400.00")]


@pytest.mark.parametrize(
    ("minimum", "lines"),
    [
        # 2 ordered, 5 counted: 2 x 42.00 as ordered, what is missing to the minimum, and the rest.
        (2, [("USER", 2, "84.00"), ("USER", 3, "126.00")]),
        # The minimum bills 4 already, so that one more makes five: 210.00 - 168.00.
        (4, [("USER", 2, "84.00"), ("USER", 2, "84.00"), ("USER", 1, "42.00")]),
        (5, [("USER", 2, "84.00"), ("USER", 3, "126.00")]),
    ],
)
def test_what_a_minimum_bills_already_is_not_reconciled_again(
    minimum: int, lines: list[tuple[str, int, str]]
) -> None:
    line = line_data("USER", subscriber="maple", minimum_quantity=minimum)
    outcome = bill(ordering(new_customer(2), lines=[line]), JANUARY, people(5))
    assert sorted(charges(outcome)) == sorted(lines)
    (invoice,) = outcome.invoices
    assert str(invoice.section_total("maple").amount) == "210.00"  # 5 x 42.00 in any case


def test_a_policy_that_reconciles_nothing_bills_the_first_invoice_as_counted() -> None:
    rules = [{key: v for key, v in rule.items() if key != "reconcile"} for rule in ORDER_RULES]
    plain = policy(**order_policy_data(order_rules=rules))
    of = ordering(new_customer(20), lines=[USERS])
    assert charges(bill(of, JANUARY, people(23), in_policy=plain)) == [("USER", 23, "966.00")]


def test_a_customer_without_an_ordered_quantity_is_billed_as_counted() -> None:
    order = new_customer(1) | {"items": []}
    of = ordering(order, lines=[USERS])
    assert charges(bill(of, JANUARY, people(23))) == [("USER", 23, "966.00")]
    assert charges(bill(of, MARCH, people(23))) == [("USER", 23, "966.00")]


def _book_with_tiers(tiers: Data) -> Any:
    return price_book(
        categories=[{"category": name, "title": name} for name in CATEGORIES],
        products=[
            product_data("USER", "support", tiers, count_rule="users"),
            product_data("STREAMLINE", "licenses", {"each": "47.25"}),
            product_data("MAILBOX-MIGRATION", "fees", {"each": "25.00"}),
            product_data("VPN-SETUP", "fees", {"each": "95.00"}),
        ],
    )
