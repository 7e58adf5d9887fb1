"""Setup fees of orders, in full, on the next cycle's invoice (COL-11)."""

from __future__ import annotations

from typing import Any

import pytest

from msp_billing.domain.findings import Finding
from msp_billing.domain.invoices import LineKind
from msp_billing.domain.periods import Period
from tests.unit.domain.builders import Data, line_data
from tests.unit.domain.contracts.order_samples import (
    FEBRUARY,
    JANUARY,
    MARCH,
    bill,
    charges,
    item_data,
    lines_of,
    months,
    order_data,
    ordering,
    people,
    through,
)


def new_customer(*items: Data, **changes: Any) -> Data:
    """Ordered and activated in January; its monthly lines are not part of these tests."""
    data: Data = {
        "kind": "new-customer",
        "subscriber": "maple",
        "activated_on": "2026-01-27",
        "users_at_activation": 14,
    }
    return order_data(*items, **(data | changes))


def billed(order: Data, count: int = 3, rows: Any = (), lines: Any = ()) -> dict[Period, Any]:
    of = ordering(order, lines=lines)
    return {period: charges(outcome) for period, outcome in through(of, months(count), rows)}


@pytest.mark.rule("COL-11")
def test_the_core_fee_is_per_active_user_at_the_activation_in_full_and_once() -> None:
    order = new_customer(mobile_users_at_activation=5)
    outcome = bill(ordering(order), JANUARY)
    (line,) = lines_of(outcome)
    assert (line.kind, line.charge) == (LineKind.ONE_TIME, "setup:o-1:core")
    assert line.reason.clause == "core-setup"
    assert "active users at the activation on 2026-01-27" in line.reason.quantity_from
    assert "5 mobile users are free" in line.reason.quantity_from
    assert billed(order) == {
        JANUARY: [("CORE-SETUP", 14, "840.00")],  # 14 x 60.00, the 5 mobile users free
        FEBRUARY: [],
        MARCH: [],
    }


@pytest.mark.rule("COL-11")
@pytest.mark.parametrize(
    ("ordered_on", "activated_on", "month_billed"),
    [
        ("2026-01-02", "2026-01-31", JANUARY),  # the last day of the month is on its invoice
        ("2026-01-02", "2026-02-01", FEBRUARY),
        ("2026-01-31", "2026-03-12", MARCH),
    ],
)
def test_the_core_fee_is_on_the_next_invoice_after_the_activation(
    ordered_on: str, activated_on: str, month_billed: Period
) -> None:
    order = new_customer(ordered_on=ordered_on, activated_on=activated_on)
    found = [period for period, lines in billed(order).items() if lines]
    assert found == [month_billed]


@pytest.mark.rule("COL-11")
def test_a_fee_that_waits_for_the_activation_is_told_by_name_and_stops_nothing() -> None:
    order = new_customer(activated_on=None, users_at_activation=None)
    outcome = bill(ordering(order), JANUARY)
    assert (charges(outcome), outcome.parked) == ([], False)
    (finding,) = outcome.findings
    assert isinstance(finding, Finding)
    assert (finding.code, finding.subscriber) == ("setup-fee-waiting", "maple")
    assert "The order o-1 of 2026-01-20 is not activated yet" in finding.what


@pytest.mark.rule("COL-11")
def test_an_activation_without_its_number_of_users_parks_the_account_by_name() -> None:
    order = new_customer(users_at_activation=None)
    (problem,) = bill(ordering(order), JANUARY).problems
    assert problem.code == "users-at-activation-unknown"
    assert "order o-1 of 2026-01-20 was activated on 2026-01-27" in problem.what
    assert problem.fix == "Write 'users_at_activation' into the order."


@pytest.mark.rule("COL-11")
def test_an_activation_without_users_costs_nothing_and_is_no_problem() -> None:
    assert billed(new_customer(users_at_activation=0), 1) == {JANUARY: []}


@pytest.mark.rule("COL-11")
def test_for_a_workgroup_customer_the_workstations_are_the_quantity() -> None:
    order = new_customer(traits=["workgroup"], users_at_activation=None)
    rows = [*people(9, "Workstation"), *people(4)]
    outcome = bill(ordering(order), JANUARY, rows)
    (line,) = lines_of(outcome)
    (invoice,) = outcome.invoices
    assert charges(outcome) == [("CORE-SETUP", 9, "540.00")]  # 9 x 60.00
    evidence = invoice.evidence(line)
    assert evidence is not None
    assert len(evidence.count.items) == 9
    assert billed(order, 3, rows) == {JANUARY: charges(outcome), FEBRUARY: [], MARCH: []}


@pytest.mark.rule("COL-11")
@pytest.mark.parametrize("traits", [["migration"], ["migration", "workgroup"]])
def test_migration_customers_pay_no_core_fee(traits: list[str]) -> None:
    order = new_customer(traits=traits, users_at_activation=None)
    rows = people(9, "Workstation")
    assert billed(order, 2, rows) == {JANUARY: [], FEBRUARY: []}


@pytest.mark.rule("COL-11")
@pytest.mark.parametrize("kind", ["new-service", "change"])
def test_fortinet_setup_is_per_device_of_an_addition_or_upgrade(kind: str) -> None:
    """One is sold at 895.00 and two are rented by the month; 3 x 150.00 for their setup."""
    sold = item_data("sold", product="FORTIGATE-SOLD")
    order = order_data(sold, kind=kind, subscriber="maple")
    lines = []
    if kind == "new-service":
        order["items"].append(item_data("rented", line="fortigate", quantity=2))
        lines = [line_data("FORTIGATE", subscriber="maple", quantity=2)]
    quantity, amount = (3, "450.00") if lines else (1, "150.00")
    january = billed(order, 2, lines=lines)[JANUARY]
    assert ("FORTINET-SETUP", quantity, amount) in january
    february = billed(order, 2, lines=lines)[FEBRUARY]
    assert [product for product, *_ in february] == [line["product"] for line in lines]


@pytest.mark.rule("COL-11")
def test_a_new_customers_first_fortinet_costs_no_setup_fee_of_its_own() -> None:
    sold = item_data("sold", product="FORTIGATE-SOLD")
    order = new_customer(sold)
    assert billed(order, 1) == {
        JANUARY: [("FORTIGATE-SOLD", 1, "895.00"), ("CORE-SETUP", 14, "840.00")]
    }


@pytest.mark.rule("COL-11")
def test_vpn_setup_is_per_tunnel_in_the_month_when_it_is_ordered() -> None:
    line = line_data("VPN", subscriber="maple", quantity=2)
    order = order_data(item_data("vpn", line="vpn", quantity=2), subscriber="maple")
    assert billed(order, 2, lines=[line]) == {
        JANUARY: [("VPN", 2, "24.00"), ("VPN-SETUP", 2, "190.00")],  # 2 x 95.00
        FEBRUARY: [("VPN", 2, "24.00")],
    }


@pytest.mark.rule("COL-11")
def test_mailbox_migration_is_per_migrated_mailbox_in_the_month_of_the_order() -> None:
    """Before anything is activated, and for a migration customer too: 12 x 25.00."""
    order = new_customer(
        traits=["migration"], migrated_mailboxes=12, activated_on=None, users_at_activation=None
    )
    assert billed(order, 2) == {JANUARY: [("MAILBOX-MIGRATION", 12, "300.00")], FEBRUARY: []}


@pytest.mark.rule("COL-11")
@pytest.mark.parametrize(
    ("ordered_on", "month_billed"),
    [
        ("2026-01-01", JANUARY),
        ("2026-01-31", JANUARY),  # charged in the month in which the order was received
        ("2026-02-01", FEBRUARY),
        ("2025-11-20", JANUARY),  # entered late: on the next invoice all the same
    ],
)
def test_a_fee_is_on_the_invoice_of_the_month_of_the_order(
    ordered_on: str, month_billed: Period
) -> None:
    product = {"price": {"each": "1.00"}}
    order = new_customer(
        item_data("sold", product="AUDIT", **product),
        kind="change",
        ordered_on=ordered_on,
        activated_on=None,
        users_at_activation=None,
    )
    found = [period for period, lines in billed(order).items() if lines]
    assert found == [month_billed]


def test_a_trait_that_no_fee_asks_for_parks_the_account_by_name() -> None:
    order = new_customer(traits=["workgruop"])
    problems = bill(ordering(order), JANUARY).problems
    assert [problem.code for problem in problems] == ["unknown-trait"]
    assert "the trait 'workgruop'" in problems[0].what
    assert "(migration, workgroup)" in problems[0].fix


def test_a_fee_that_another_cycle_has_billed_asks_for_nothing_any_more() -> None:
    order = new_customer(users_at_activation=None)
    claims = {"setup:o-1:core": "monthly/2025-12"}
    outcome = bill(ordering(order), JANUARY, claims=claims)
    assert (charges(outcome), outcome.findings) == ([], ())


def test_an_unknown_count_of_workstations_parks_the_account() -> None:
    order = new_customer(traits=["workgroup"], users_at_activation=None)
    homeless = people(1, "Workstation", site="Nowhere")
    problems = bill(ordering(order), JANUARY, homeless).problems
    assert [problem.code for problem in problems] == ["unknown-subscriber"]
