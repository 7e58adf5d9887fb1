"""When the monthly lines that orders bring begin to bill (COL-08, COL-10)."""

from __future__ import annotations

from datetime import date

import pytest

from msp_billing.domain.calendars import BusinessCalendar
from msp_billing.domain.periods import Period
from tests.unit.domain.builders import NO_HOLIDAYS, Data, line_data
from tests.unit.domain.contracts.order_samples import (
    APRIL,
    COLUMBUS_DAY,
    FEBRUARY,
    JANUARY,
    MARCH,
    bill,
    charges,
    item_data,
    lines_of,
    month,
    months,
    order_data,
    ordering,
    people,
    through,
)

USERS = line_data("USER", subscriber="maple")
EACH_USERS = line_data("USER", subscriber="each")
# The setup of the tunnels is billed already: these tests look at the monthly line.
TUNNELS_SET_UP = {"setup:o-1:vpn-tunnel": "monthly/2025-12"}


def new_customer(ordered_on: str) -> Data:
    return order_data(
        kind="new-customer", ordered_on=ordered_on, subscriber="maple", traits=["migration"]
    )


def first_month(order: Data, lines: list[Data], calendar: BusinessCalendar = NO_HOLIDAYS) -> Period:
    """The service month of the first invoice that bills what the order brought."""
    of = ordering(order, lines=lines)
    for number in range(1, 16):
        if charges(bill(of, month(number), people(3), calendar=calendar)):
            return month(number)
    raise AssertionError("never billed")


@pytest.mark.rule("COL-08")
@pytest.mark.parametrize(
    ("ordered_on", "service_month"),
    [
        # January's services are invoiced on Tuesday, 10 February, February's on 10 March.
        ("2026-01-10", JANUARY),  # + 30 days = 9 February: the invoice of 10 February
        ("2026-01-11", JANUARY),  # + 30 days = 10 February, the invoice's own day
        ("2026-01-12", FEBRUARY),  # + 30 days = 11 February: a day too late, 10 March's
        ("2026-01-20", FEBRUARY),  # + 30 days = 19 February: the invoice of 10 March
        ("2026-02-08", FEBRUARY),  # + 30 days = 10 March, February has 28
        ("2026-02-09", MARCH),  # + 30 days = 11 March: the invoice of 10 April
    ],
)
def test_a_new_customers_first_invoice_is_dated_30_days_after_the_order_or_later(
    ordered_on: str, service_month: Period
) -> None:
    assert first_month(new_customer(ordered_on), [USERS]) == service_month
    assert first_month(new_customer(ordered_on), [EACH_USERS]) == service_month


@pytest.mark.rule("COL-08")
@pytest.mark.parametrize(
    ("ordered_on", "service_month", "invoice_on"),
    [
        # 10 October 2026 is a Saturday and Monday the 12th Columbus Day: invoiced on the 13th.
        ("2026-09-10", 9, "2026-10-13"),  # + 30 days = 10 October, the closed Saturday itself
        ("2026-09-13", 9, "2026-10-13"),  # + 30 days = 13 October, where the invoice moves to
        ("2026-09-14", 10, "2026-11-10"),  # + 30 days = 14 October: a day too late
    ],
)
def test_the_first_invoice_goes_by_the_day_on_which_it_is_really_dated(
    ordered_on: str, service_month: int, invoice_on: str
) -> None:
    first = first_month(new_customer(ordered_on), [USERS], COLUMBUS_DAY)
    assert first == month(service_month)
    of = ordering(new_customer(ordered_on), lines=[USERS])
    (invoice,) = bill(of, first, people(3), calendar=COLUMBUS_DAY).invoices
    assert invoice.invoice_on == date.fromisoformat(invoice_on)


@pytest.mark.rule("COL-08")
def test_a_new_customer_is_billed_in_full_from_the_first_invoice_on_and_nothing_before() -> None:
    """Ordered on 20 January: nothing on 10 February, 3 x 42.00 on 10 March and from then on."""
    of = ordering(new_customer("2026-01-20"), lines=[EACH_USERS])
    billed = {period: charges(outcome) for period, outcome in through(of, months(4), people(3))}
    assert billed == {
        JANUARY: [],
        FEBRUARY: [("USER", 3, "126.00")],
        MARCH: [("USER", 3, "126.00")],
        APRIL: [("USER", 3, "126.00")],
    }


@pytest.mark.rule("COL-08")
def test_an_invoice_that_is_issued_late_starts_no_order_earlier() -> None:
    """Ordered on 20 January: + 30 days = 19 February, after the 10th that January planned."""
    of = ordering(new_customer("2026-01-20"), lines=[USERS])
    late = bill(of, JANUARY, people(3), issued_late_on=date(2026, 2, 20))
    assert charges(late) == []
    of_february = bill(of, FEBRUARY, people(3), issued_late_on=date(2026, 4, 20))
    assert charges(of_february) == [("USER", 3, "126.00")]  # 3 x 42.00
    (invoice,) = of_february.invoices
    assert invoice.invoice_on == date(2026, 4, 20)


@pytest.mark.rule("COL-08")
def test_other_customers_of_the_account_are_billed_as_before() -> None:
    of = ordering(new_customer("2026-01-20"), lines=[EACH_USERS], sites=("maple", "birch"))
    rows = [*people(3), *people(2, site="Birch")]
    january, february = (
        {(line.subscriber, str(line.amount.amount)) for line in lines_of(bill(of, period, rows))}
        for period in (JANUARY, FEBRUARY)
    )
    assert january == {("birch", "84.00")}  # 2 x 42.00
    assert february == {("birch", "84.00"), ("maple", "126.00")}  # and 3 x 42.00


@pytest.mark.rule("COL-08")
def test_a_line_of_a_new_customer_that_starts_later_still_starts_then() -> None:
    """The order covers all lines of the customer; one of them is provided from April only."""
    later = line_data("VPN", subscriber="maple", quantity=1, starts_on="2026-04-01")
    of = ordering(new_customer("2026-01-20"), lines=[EACH_USERS, later])
    billed = [charges(bill(of, period, people(1))) for period in (FEBRUARY, MARCH, APRIL)]
    assert billed == [
        [("USER", 1, "42.00")],
        [("USER", 1, "42.00")],
        [("USER", 1, "42.00"), ("VPN", 1, "12.00")],
    ]


@pytest.mark.rule("COL-10")
@pytest.mark.parametrize("ordered_on", ["2026-01-01", "2026-01-10", "2026-01-31"])
def test_a_new_service_that_is_ordered_in_january_is_in_full_on_februarys_invoice(
    ordered_on: str,
) -> None:
    line = line_data("VPN", subscriber="maple", quantity=2)
    item = item_data("tunnel", line="vpn", quantity=2)
    of = ordering(order_data(item, ordered_on=ordered_on, subscriber="maple"), lines=[line])
    outcome = bill(of, JANUARY, claims=TUNNELS_SET_UP)
    (invoice,) = outcome.invoices
    assert invoice.invoice_on == date(2026, 2, 10)
    assert charges(outcome) == [("VPN", 2, "24.00")]  # 2 x 12.00


@pytest.mark.rule("COL-10")
@pytest.mark.parametrize(
    ("ordered_on", "service_month"),
    [
        ("2026-02-01", FEBRUARY),  # February's services, on the invoice of 10 March
        ("2026-02-28", FEBRUARY),
        ("2026-03-01", MARCH),  # the invoice of 10 April
        ("2026-12-31", month(12)),  # the invoice of January 2027
    ],
)
def test_a_new_service_is_not_billed_before_the_month_after_the_order(
    ordered_on: str, service_month: Period
) -> None:
    line = line_data("VPN", subscriber="maple", quantity=2)
    item = item_data("tunnel", line="vpn", quantity=2)
    of = ordering(order_data(item, ordered_on=ordered_on, subscriber="maple"), lines=[line])
    before, first = (
        charges(bill(of, period, claims=TUNNELS_SET_UP))
        for period in (service_month.shifted(-1), service_month)
    )
    assert (before, first) == ([], [("VPN", 2, "24.00")])  # 2 x 12.00


@pytest.mark.rule("COL-10")
def test_a_new_service_is_not_billed_earlier_where_the_month_before_it_is_issued_late() -> None:
    """Ordered on 3 February: on February's invoice of 10 March, and not on January's."""
    line = line_data("VPN", subscriber="maple", quantity=2)
    item = item_data("tunnel", line="vpn", quantity=2)
    of = ordering(order_data(item, ordered_on="2026-02-03", subscriber="maple"), lines=[line])
    late = bill(of, JANUARY, claims=TUNNELS_SET_UP, issued_late_on=date(2026, 3, 5))
    assert charges(late) == []


@pytest.mark.rule("COL-10")
@pytest.mark.parametrize("activated_on", [None, "2026-01-21", "2026-02-17", "2026-06-01"])
@pytest.mark.parametrize("starts_on", [None, "2026-01-21", "2026-02-17", "2026-06-01"])
def test_the_day_on_which_a_new_service_goes_live_does_not_matter(
    activated_on: str | None, starts_on: str | None
) -> None:
    line = line_data("VPN", subscriber="maple", quantity=2, starts_on=starts_on)
    item = item_data("tunnel", line="vpn", quantity=2)
    of = ordering(order_data(item, subscriber="maple", activated_on=activated_on), lines=[line])
    billed = [charges(bill(of, period, claims=TUNNELS_SET_UP)) for period in months(2)]
    assert billed == [[("VPN", 2, "24.00")], [("VPN", 2, "24.00")]]


@pytest.mark.rule("COL-10")
@pytest.mark.parametrize("starts_on", [None, "2026-02-20", "2026-06-01"])
def test_until_its_first_invoice_an_ordered_line_keeps_the_line_for_each_away(
    starts_on: str | None,
) -> None:
    """Maple's own price is ordered in February: in January the price for all does not bill."""
    own = line_data(
        "USER",
        line="maple-users",
        subscriber="maple",
        price={"each": "40.00"},
        starts_on=starts_on,
    )
    item = item_data("users", line="maple-users", quantity=2)
    order = order_data(item, ordered_on="2026-02-03", subscriber="maple")
    of = ordering(order, lines=[EACH_USERS, own])
    billed = [charges(bill(of, period, people(2))) for period in (JANUARY, FEBRUARY)]
    assert billed == [[], [("USER", 2, "80.00")]]  # 2 x 40.00


def test_an_order_for_one_customer_can_bring_a_line_that_all_have() -> None:
    item = item_data("users", line="user", quantity=2)
    order = order_data(item, ordered_on="2026-02-03", subscriber="maple")
    of = ordering(order, lines=[EACH_USERS], sites=("maple", "birch"))
    rows = [*people(2), *people(1, site="Birch")]
    billed = [
        [(line.subscriber, int(line.quantity)) for line in lines_of(bill(of, period, rows))]
        for period in (JANUARY, FEBRUARY)
    ]
    assert billed == [[("birch", 1)], [("maple", 2), ("birch", 1)]]


def test_an_ordered_line_ends_on_its_last_day_all_the_same() -> None:
    line = line_data("VPN", subscriber="maple", quantity=2, ends_on="2026-02-10")
    item = item_data("tunnel", line="vpn", quantity=2)
    of = ordering(order_data(item, subscriber="maple"), lines=[line])
    billed = [charges(bill(of, period, claims=TUNNELS_SET_UP)) for period in months(3)]
    assert billed == [[("VPN", 2, "24.00")], [("VPN", 2, "24.00")], []]


def test_an_order_of_a_kind_without_a_rule_parks_the_account_by_name() -> None:
    line = line_data("VPN", subscriber="maple", quantity=1)
    order = order_data(item_data("tunnel", line="vpn"), kind="project", subscriber="maple")
    (problem,) = bill(ordering(order, lines=[line]), JANUARY).problems
    assert problem.code == "no-order-rule"
    assert "Line vpn of main is brought by the order o-1" in problem.what


def test_a_fixed_line_that_bills_another_quantity_than_was_ordered_parks_the_account() -> None:
    line = line_data("VPN", subscriber="maple", quantity=3)
    item = item_data("tunnel", line="vpn", quantity=2)
    of = ordering(order_data(item, subscriber="maple"), lines=[line])
    (problem,) = bill(of, JANUARY).problems
    assert problem.code == "order-quantity"
    assert "brings 2 of line vpn, and the line bills 3" in problem.what
    # Afterwards the agreement may change, and the order stays what it was.
    assert charges(bill(of, FEBRUARY, claims=TUNNELS_SET_UP)) == [("VPN", 3, "36.00")]
