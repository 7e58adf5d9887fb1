"""What accounts owed before is taken over once, ties out, and puts nobody on hold at once."""

from __future__ import annotations

from datetime import date, timedelta
from decimal import Decimal
from typing import Any

import pytest

from msp_billing.domain.ledger.aging import AgingBucket, aging
from msp_billing.domain.ledger.openings import OpeningItem
from msp_billing.domain.problems import ProblemsError
from msp_billing.usecases.receivables.opening_balances import (
    enter_openings,
    plan_openings,
)
from tests.mspbill.followed_account import Followed
from tests.unit.usecases.opening_office import (
    ACCOUNT,
    OLD,
    TODAY,
    item,
    position,
    request,
    whats_wrong,
)


@pytest.fixture
def office() -> Followed:
    return Followed("integris", ACCOUNT, TODAY)


def test_a_plan_says_what_would_be_entered_and_changes_nothing(office: Followed) -> None:
    plan = plan_openings(office.ports, request())
    assert plan.problems == ()
    assert {entry.document for entry in plan.new} == {"10457", "10512", "CM-77"}
    assert [str(money) for money in plan.sums] == ["1300.50 USD"]
    assert position(office).version == 0


def test_old_invoices_keep_number_date_and_due_date(office: Followed) -> None:
    result = enter_openings(office.ports, request())
    assert (result.entered, result.standing, result.accounts) == (3, 0, (ACCOUNT,))
    found = position(office)
    assert found.balance == Decimal("1300.50")
    old = found.items_by_document["10457"]
    assert (old.on, old.due_on) == (date(2026, 9, 1), date(2026, 10, 1))
    # Credit never lies beside a debt: it is used for what is due longest.
    assert (old.open, found.held) == (Decimal("1000.00"), Decimal(0))
    aged = aging(found, TODAY)
    assert aged.amounts[AgingBucket.DAYS_61_TO_90] == Decimal("1000.00")
    assert aged.amounts[AgingBucket.CURRENT] == Decimal("300.50")


def test_the_same_item_twice_counts_once(office: Followed) -> None:
    enter_openings(office.ports, request())
    before = position(office)
    again = enter_openings(office.ports, request())
    assert (again.entered, again.standing) == (0, 3)
    assert position(office) == before


def test_after_a_failure_in_the_middle_the_rest_is_entered(office: Followed) -> None:
    enter_openings(office.ports, request(OLD[0], total="1200.00"))
    result = enter_openings(office.ports, request())
    assert (result.entered, result.standing) == (2, 1)
    assert position(office).balance == Decimal("1300.50")


def test_more_items_than_a_transaction_holds_are_all_entered(office: Followed) -> None:
    many = tuple(item(f"M-{number:03d}", "1.00") for number in range(75))
    assert enter_openings(office.ports, request(*many, total="75.00")).entered == 75
    assert position(office).balance == Decimal("75.00")


@pytest.mark.parametrize(
    "changes",
    [
        {"amount": "1200.01"},
        {"due_on": "2026-10-02"},
        {"kind": "credit", "due_on": None},
    ],
)
def test_the_same_number_with_something_else_is_refused_aloud(
    office: Followed, changes: dict[str, Any]
) -> None:
    enter_openings(office.ports, request(OLD[0], total="1200.00"))
    other = OpeningItem.model_validate(OLD[0].model_dump() | changes)
    asked = request(other, total=str(other.effect))
    with pytest.raises(ProblemsError, match=r"and the ledger of bayfront-dental has an? "):
        enter_openings(office.ports, asked)
    assert position(office).balance == Decimal("1200.00")


@pytest.mark.parametrize("total", ["1300.51", "1500.50"])
def test_items_that_do_not_come_to_the_known_total_are_not_entered(
    office: Followed, total: str
) -> None:
    plan = plan_openings(office.ports, request(total=total))
    assert f"The items come to 1300.50 USD, the total given is {total}" in whats_wrong(plan)
    with pytest.raises(ProblemsError):
        enter_openings(office.ports, request(total=total))
    assert position(office).version == 0


def test_a_total_is_asked_for_in_every_currency(office: Followed) -> None:
    plan = plan_openings(office.ports, request(totals=()))
    assert "no total was given" in whats_wrong(plan)


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        (item("1", "5.00", account="nobody"), "There is no account 'nobody'"),
        (item("1", "5.00", due_on=None), "1 has no due date"),
        (item("1", "5.00", due_on="2026-08-01"), "1 is due before its date"),
        (item("1", "5.00", on="2026-12-02", due_on="2026-12-02"), "dated after the take-over day"),
        (item("1", "5.00", on="0206-09-01"), "1 is dated 0206-09-01"),
        (item("1", "5.001"), "a part of a cent"),
        (item("INT-000007", "5.00"), "a number that we give too: ours begin with INT-"),
        (item("1", "5.00", currency="CAD"), "is in CAD, and the account's ledger in USD"),
    ],
)
def test_what_cannot_be_taken_over_is_named(
    office: Followed, wrong: OpeningItem, said: str
) -> None:
    asked = request(wrong, totals=(wrong.money,))
    assert said in whats_wrong(plan_openings(office.ports, asked))


def test_one_number_for_two_accounts_is_named(office: Followed) -> None:
    two = (OLD[0], item("10457", "1.00", account="big-lantern-retail"))
    plan = plan_openings(office.ports, request(*two, total="1201.00"))
    assert "10457 is listed 2 times (bayfront-dental, big-lantern-retail)" in whats_wrong(plan)
    enter_openings(office.ports, request(OLD[0], total="1200.00"))
    plan = plan_openings(office.ports, request(two[1], total="1.00"))
    assert "10457 was taken over for bayfront-dental before" in whats_wrong(plan)


def test_a_take_over_day_lies_in_the_past(office: Followed) -> None:
    plan = plan_openings(office.ports, request(taken_over_on=TODAY + timedelta(days=1)))
    assert "is not a day up to today, 2026-12-01" in whats_wrong(plan)
