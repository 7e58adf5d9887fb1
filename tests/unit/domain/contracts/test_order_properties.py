"""Whatever is ordered and whenever: each charge is billed once and in full, nothing prorated."""

from __future__ import annotations

from collections import Counter
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from msp_billing.domain.invoices import InvoiceLine, LineKind
from msp_billing.domain.periods import Period
from tests.unit.domain.builders import PROPERTY, Data, line_data
from tests.unit.domain.contracts.order_samples import (
    bill,
    item_data,
    lines_of,
    months,
    order_data,
    ordering,
    people,
    through,
)

MONTHS = months(8)
PRICES = {"AUDIT": "500.00", "FORTIGATE-SOLD": "895.00", "VPN-SETUP": "95.00"}
DAYS = st.integers(0, 200).map(lambda days: date(2026, 1, 1) + timedelta(days=days))
ITEMS = st.tuples(
    st.sampled_from(sorted(PRICES)),
    st.integers(1, 30),
    st.sampled_from([None, "drop", "ground", "2-day", "overnight"]),
)
ORDERS = st.lists(
    st.tuples(DAYS, st.lists(ITEMS, min_size=1, max_size=4), st.integers(0, 40)),
    min_size=1,
    max_size=4,
)
PARKED = st.sets(st.sampled_from(MONTHS[:-1]))


def orders_of(drawn: list[Any]) -> list[Data]:
    return [
        order_data(
            *(
                item_data(f"i-{n}", product=product, quantity=quantity, shipping=shipping)
                for n, (product, quantity, shipping) in enumerate(items)
            ),
            order=f"o-{number}",
            kind="change",
            ordered_on=str(ordered_on),
            migrated_mailboxes=mailboxes,
        )
        for number, (ordered_on, items, mailboxes) in enumerate(drawn)
    ]


def expected_charges(drawn: list[Any]) -> set[str]:
    charges: set[str] = set()
    for number, (_, items, mailboxes) in enumerate(drawn):
        for n, (_, _, shipping) in enumerate(items):
            charges.add(f"order:o-{number}:i-{n}")
            if shipping is not None:
                charges.add(f"shipping:o-{number}:i-{n}")
        if any(product == "FORTIGATE-SOLD" for product, *_ in items):
            charges.add(f"setup:o-{number}:fortinet")
        if mailboxes:
            charges.add(f"setup:o-{number}:mailbox-migration")
    return charges


@pytest.mark.rule("COL-11", "COL-23", "KR-08")
@PROPERTY
@given(drawn=ORDERS, parked=PARKED)
def test_every_charge_of_every_order_is_billed_exactly_once_and_in_full(
    drawn: list[Any], parked: set[Period]
) -> None:
    """Orders come from January to July, and any months but August's are parked."""
    of = ordering(*orders_of(drawn))
    lines = [
        line for _, outcome in through(of, MONTHS, parked=parked) for line in lines_of(outcome)
    ]
    assert Counter(line.charge for line in lines) == Counter(expected_charges(drawn))
    for line in lines:
        assert line.kind is LineKind.ONE_TIME
        assert line.amount.amount == line.quantity * line.unit_price.amount
    _check_items(drawn, lines)


def _check_items(drawn: list[Any], lines: list[InvoiceLine]) -> None:
    by_charge = {line.charge: line for line in lines}
    for number, (_, items, _) in enumerate(drawn):
        for n, (product, quantity, _) in enumerate(items):
            line = by_charge[f"order:o-{number}:i-{n}"]
            assert line.amount.amount == quantity * Decimal(PRICES[product])


@pytest.mark.rule("COL-11")
@PROPERTY
@given(drawn=ORDERS)
def test_nothing_is_billed_before_it_was_ordered(drawn: list[Any]) -> None:
    ordered_on = {f"o-{number}": day for number, (day, *_) in enumerate(drawn)}
    for period, outcome in through(ordering(*orders_of(drawn)), MONTHS):
        for line in lines_of(outcome):
            assert line.charge is not None
            assert Period.of(ordered_on[line.charge.split(":")[1]]) == period


@pytest.mark.rule("COL-08", "COL-09", "COL-10")
@PROPERTY
@given(
    kind=st.sampled_from(["new-customer", "new-service"]),
    ordered_on=DAYS.filter(lambda day: day < date(2026, 6, 1)),
    ordered=st.integers(1, 12),
    counted=st.integers(0, 12),
)
def test_an_ordered_line_bills_nothing_then_as_ordered_then_as_counted(
    kind: str, ordered_on: date, ordered: int, counted: int
) -> None:
    """Each month whole or not at all; the first comes to the greater of the two numbers."""
    item = item_data("users", line="user", quantity=ordered)
    order = order_data(
        item, kind=kind, ordered_on=str(ordered_on), subscriber="maple", traits=["migration"]
    )
    of = ordering(order, lines=[line_data("USER", subscriber="maple")])
    amounts = [
        sum((line.amount.amount for line in lines_of(outcome)), Decimal(0))
        for _, outcome in through(of, MONTHS, people(counted))
    ]
    earliest = (
        ordered_on + timedelta(days=30)
        if kind == "new-customer"
        else Period.of(ordered_on).shifted(1).first_day
    )
    dates = [bill(of, p, people(counted)).invoices[0].invoice_on for p in MONTHS]
    before = [day for day in dates if day < earliest]
    price = Decimal("42.00")
    after = len(MONTHS) - len(before) - 1
    expected = [0] * len(before) + [max(ordered, counted) * price] + [counted * price] * after
    assert amounts == expected
