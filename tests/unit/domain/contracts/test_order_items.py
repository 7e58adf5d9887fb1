"""What orders cost once: items per site, shipping, and whose the hardware is."""

from __future__ import annotations

from typing import Any

import pytest

from msp_billing.domain.comparison import compare
from msp_billing.domain.explaining import explain_line
from msp_billing.domain.invoices import InvoiceLine, LineKind
from msp_billing.domain.outcomes import OutcomeKind
from msp_billing.domain.periods import Period
from tests.unit.domain.builders import Data, account, agreement_data, line_data, policy
from tests.unit.domain.contracts.order_samples import (
    BOOK,
    FEBRUARY,
    JANUARY,
    MARCH,
    POLICY,
    arrears_run,
    bill,
    charges,
    item_data,
    lines_of,
    months,
    order_data,
    order_policy_data,
    ordering,
    through,
)


def change(*items: Data, **changes: Any) -> Data:
    return order_data(*items, **({"kind": "project"} | changes))


def only_line(order: Data, **changes: Any) -> InvoiceLine:
    (line,) = lines_of(bill(ordering(order, **changes), JANUARY))
    return line


# --- Once, and when -----------------------------------------------------------------------------


@pytest.mark.rule("KR-08")
def test_an_audit_is_500_for_each_site_once() -> None:
    """Two sites of one order, each with its own line: 500.00 and 500.00."""
    order = change(
        item_data("audit-maple", product="AUDIT", subscriber="maple"),
        item_data("audit-birch", product="AUDIT", subscriber="birch"),
    )
    of = ordering(order, sites=("maple", "birch"))
    billed = [
        [(line.subscriber, str(line.amount.amount), line.charge) for line in lines_of(outcome)]
        for _, outcome in through(of, months(3))
    ]
    assert billed == [
        [
            ("maple", "500.00", "order:o-1:audit-maple"),
            ("birch", "500.00", "order:o-1:audit-birch"),
        ],
        [],
        [],
    ]
    assert charges(
        bill(ordering(change(item_data("a", product="AUDIT", quantity=2))), JANUARY)
    ) == [("AUDIT", 2, "1000.00")]


@pytest.mark.rule("KR-08")
@pytest.mark.parametrize(
    ("users", "amount", "step"),
    [
        (1, "750.00", "1 to 25"),
        (25, "750.00", "1 to 25"),
        (26, "1250.00", "26 to 75"),
        (75, "1250.00", "26 to 75"),
        (76, "2000.00", "76 and more"),
        (4000, "2000.00", "76 and more"),
    ],
)
def test_a_firewall_costs_by_the_number_of_users_at_its_site(
    users: int, amount: str, step: str
) -> None:
    line = only_line(change(item_data("fw", product="FIREWALL", capacity=users)))
    assert (int(line.quantity), str(line.amount.amount)) == (1, amount)
    price = amount.removesuffix(".00")
    assert line.reason.arithmetic == (
        f"1 x {price} (tier {step}, for {users} users at the site) = {amount}"
    )


@pytest.mark.rule("KR-08")
def test_two_firewalls_for_sites_of_one_size_cost_twice_that_step() -> None:
    """Not the step of two: 2 x 1,250.00."""
    line = only_line(change(item_data("fw", product="FIREWALL", capacity=40, quantity=2)))
    assert (int(line.quantity), str(line.amount.amount)) == (2, "2500.00")


@pytest.mark.rule("KR-08")
def test_a_firewall_without_the_number_of_users_parks_the_account_by_name() -> None:
    (problem,) = bill(ordering(change(item_data("fw", product="FIREWALL"))), JANUARY).problems
    assert problem.code == "capacity-unknown"
    assert "FIREWALL in order o-1 depends on the users at the site" in problem.what


@pytest.mark.rule("KR-08")
def test_a_firewall_in_an_agreement_line_parks_the_account_because_no_site_is_known() -> None:
    line = line_data("FIREWALL", subscriber="maple", quantity=1, bill_once_in="2026-01")
    (problem,) = bill(ordering(lines=[line]), JANUARY).problems
    assert problem.code == "capacity-unknown"
    assert "Line firewall of main" in problem.what


def test_an_agreed_price_of_an_item_stands_in_for_the_list_price() -> None:
    item = item_data("fw", product="FIREWALL", price={"each": "990.00"})
    line = only_line(change(item))
    assert (str(line.amount.amount), line.reason.price_from) == (
        "990.00",
        "own price in order o-1",
    )


@pytest.mark.parametrize(
    ("ordered_on", "billed_in"),
    [
        ("2026-01-01", JANUARY),
        ("2026-01-31", JANUARY),
        ("2026-02-01", FEBRUARY),
        ("2026-03-31", MARCH),
    ],
)
def test_an_item_is_on_the_invoice_of_the_month_in_which_it_was_ordered(
    ordered_on: str, billed_in: Period
) -> None:
    of = ordering(change(item_data("audit", product="AUDIT"), ordered_on=ordered_on))
    found = [period for period, outcome in through(of, months(4)) if charges(outcome)]
    assert found == [billed_in]


def test_an_order_that_was_entered_late_is_billed_by_the_next_cycle() -> None:
    """Ordered in January and entered after January's invoice: on February's, at its price."""
    of = ordering(change(item_data("audit", product="AUDIT")))
    assert charges(bill(of, FEBRUARY)) == [("AUDIT", 1, "500.00")]


def test_an_item_is_left_to_the_run_that_bills_its_category() -> None:
    runs = [
        arrears_run(categories=["support", "licenses"]),
        arrears_run(run="extras", categories=["hardware", "fees"]),
    ]
    two_runs = policy(**order_policy_data(runs=runs))
    of = ordering(change(item_data("audit", product="AUDIT")))
    first = bill(of, JANUARY, in_policy=two_runs, run="monthly")
    second = bill(of, JANUARY, in_policy=two_runs, run="extras")
    assert (charges(first), charges(second)) == ([], [("AUDIT", 1, "500.00")])


def test_an_item_of_an_agreement_that_has_ended_is_billed_after_its_end() -> None:
    ended = agreement_data(line_data("STREAMLINE", quantity=1), ends_on="2025-12-31")
    of = account(ended, sites=["maple"], orders=[change(item_data("audit", product="AUDIT"))])
    assert charges(bill(of, JANUARY)) == [("AUDIT", 1, "500.00")]


def test_a_price_with_a_monthly_allowance_parks_an_order_by_name() -> None:
    price = {"flat": "200.00", "each": "42.00", "included": 5}
    order = change(item_data("x", product="AUDIT", price=price))
    (problem,) = bill(ordering(order), JANUARY).problems
    assert problem.code == "allowance-in-order"
    assert "AUDIT in order o-1 includes 5 units every month" in problem.what


def test_what_is_wrong_with_an_order_parks_its_agreement_after_its_end_too() -> None:
    """Nobody would see it otherwise: the account has no agreement in force any more."""
    ended = agreement_data(line_data("STREAMLINE", quantity=1), ends_on="2025-12-31")
    other = agreement_data(line_data("GLUE", quantity=1), agreement="other")
    order = change(item_data("x", product="UNPRICED"))
    for agreements in ([ended], [ended, other]):
        of = account(*agreements, sites=["maple"], orders=[order])
        outcome = bill(of, JANUARY)
        assert outcome.parked
        assert [problem.code for problem in outcome.problems] == ["no-price"]
        assert {entry.kind for entry in outcome.agreements} == {OutcomeKind.PARKED}
        assert len(outcome.agreements) == len(agreements)


@pytest.mark.parametrize(
    ("product", "code"), [("UNPRICED", "no-price"), ("NO-SUCH", "unknown-product")]
)
def test_an_unknown_product_or_price_parks_the_account_by_name(product: str, code: str) -> None:
    (problem,) = bill(ordering(change(item_data("x", product=product))), JANUARY).problems
    assert problem.code == code
    assert product in problem.what
    assert "order o-1" in problem.what


def test_everything_that_is_wrong_with_orders_is_said_in_one_go() -> None:
    of = ordering(
        change(item_data("x", product="UNPRICED"), item_data("fw", product="FIREWALL")),
        change(item_data("y", product="NO-SUCH"), order="o-2", traits=["nobody-asks"]),
        change(item_data("z", product="AUDIT", shipping="by-pigeon"), order="o-3"),
    )
    assert sorted(problem.code for problem in bill(of, JANUARY).problems) == [
        "capacity-unknown",
        "no-price",
        "unknown-product",
        "unknown-shipping",
        "unknown-trait",
    ]


# --- Shipping -----------------------------------------------------------------------------------


@pytest.mark.rule("COL-23")
@pytest.mark.parametrize(
    ("shipping", "product", "one", "three"),
    [
        ("drop", "SHIP-DROP", "21.00", "63.00"),
        ("ground", "SHIP-GROUND", "52.50", "157.50"),
        ("2-day", "SHIP-2-DAY", "89.25", "267.75"),
        ("overnight", "SHIP-OVERNIGHT", "131.25", "393.75"),
    ],
)
def test_shipping_is_charged_for_each_device_by_how_it_is_sent(
    shipping: str, product: str, one: str, three: str
) -> None:
    for quantity, amount in ((1, one), (3, three)):
        item = item_data("fg", product="FORTIGATE-SOLD", quantity=quantity, shipping=shipping)
        of = ordering(change(item))
        billed = [charges(outcome) for _, outcome in through(of, months(2))]
        assert billed[0][1:] == [(product, quantity, amount)]
        assert billed[1] == []


@pytest.mark.rule("COL-23")
def test_shipping_says_what_was_sent_and_has_a_charge_of_its_own() -> None:
    item = item_data("fg", product="FORTIGATE-SOLD", shipping="ground")
    _, line = lines_of(bill(ordering(change(item)), JANUARY))
    assert (line.charge, line.description) == ("shipping:o-1:fg", "Ship-Ground, Fortigate-Sold")
    assert line.reason.clause == "shipping"


@pytest.mark.rule("COL-23")
def test_what_is_rented_by_the_month_is_shipped_once() -> None:
    line = line_data("FORTIGATE", subscriber="maple", quantity=1)
    item = item_data("fg", line="fortigate", shipping="overnight")
    of = ordering(order_data(item, subscriber="maple"), lines=[line])
    billed = [charges(outcome) for _, outcome in through(of, months(2))]
    assert billed == [
        [
            ("FORTIGATE", 1, "58.00"),
            ("FORTINET-SETUP", 1, "150.00"),
            ("SHIP-OVERNIGHT", 1, "131.25"),
        ],
        [("FORTIGATE", 1, "58.00")],
    ]


# --- Rented or owned ----------------------------------------------------------------------------


@pytest.mark.rule("COL-28")
@pytest.mark.parametrize(
    ("line", "item", "said"),
    [
        ({}, {}, "rented"),  # as the product says
        ({"hardware": "owned"}, {}, "owned"),
        ({}, {"hardware": "owned"}, "owned"),
    ],
)
def test_a_monthly_line_says_whether_its_hardware_is_rented_or_owned(
    line: Data, item: Data, said: str
) -> None:
    fortigate = line_data("FORTIGATE", subscriber="maple", quantity=1, **line)
    order = order_data(item_data("fg", line="fortigate", **item), subscriber="maple")
    found = lines_of(bill(ordering(order, lines=[fortigate]), JANUARY))[0]
    assert (found.kind, found.ownership) == (LineKind.RECURRING, said)
    assert found.description == f"Fortigate ({said})"


@pytest.mark.rule("COL-28")
@pytest.mark.parametrize(("hardware", "said"), [(None, "owned"), ("rented", "rented")])
def test_a_one_time_line_says_whether_its_hardware_is_rented_or_owned(
    hardware: str | None, said: str
) -> None:
    line = only_line(change(item_data("fg", product="FORTIGATE-SOLD", hardware=hardware)))
    assert (line.ownership, line.description) == (said, f"Fortigate-Sold ({said})")


@pytest.mark.rule("COL-28")
def test_what_is_no_hardware_says_nothing_of_it() -> None:
    line = only_line(change(item_data("audit", product="AUDIT")))
    assert (line.ownership, line.description) == (None, "Audit")


@pytest.mark.rule("COL-28")
def test_explanation_comparison_and_export_say_whose_the_hardware_is() -> None:
    """One rented by the month, one of the same product that is owned and only looked after."""
    rented = line_data("FORTIGATE", subscriber="maple", quantity=1)
    owned = rented | {"line": "own", "hardware": "owned", "price": {"each": "20.00"}}
    outcome = bill(ordering(lines=[rented, owned]), JANUARY)
    (invoice,) = outcome.invoices
    numbers = [line.line for line in invoice.lines if line.ownership is not None]
    assert [explain_line(invoice, number, POLICY).ownership for number in numbers] == [
        "rented: it stays the property of Lantern & Pike",
        "owned: it belongs to the customer",
    ]
    assert explain_line(invoice, 1, POLICY).ownership is None
    sheet = compare("tern-harbor", "Tern Harbor", JANUARY, "USD", (invoice,), ())
    rows = [(row.product, row.ownership, str(row.current_amount.amount)) for row in sheet.rows]
    assert rows == [
        ("STREAMLINE", None, "47.25"),
        ("FORTIGATE", "rented", "58.00"),
        ("FORTIGATE", "owned", "20.00"),
    ]


def test_the_note_of_an_item_stands_after_its_product() -> None:
    line = only_line(change(item_data("fg", product="FORTIGATE-SOLD", note="for the annex")))
    assert line.description == "Fortigate-Sold, for the annex (owned)"


def test_the_samples_bill_every_category_by_one_run() -> None:
    assert {entry.category for entry in BOOK.categories} == set(POLICY.runs[0].categories)
