"""What accounts owed before is taken over once, ties out, and puts nobody on hold at once."""

from __future__ import annotations

from datetime import date, timedelta
from decimal import Decimal
from typing import Any

import pytest

from msp_billing.domain.ledger.aging import AgingBucket, aging
from msp_billing.domain.ledger.entries import EntryKind
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


def test_credit_of_one_account_is_not_held_for_another_one_too(office: Followed) -> None:
    enter_openings(office.ports, request(OLD[2], total="-200.00"))
    other = OpeningItem.model_validate(OLD[2].model_dump() | {"account": "big-lantern-retail"})
    plan = plan_openings(office.ports, request(other, total="-200.00"))
    assert "CM-77 was taken over for bayfront-dental before" in whats_wrong(plan)


@pytest.mark.parametrize(
    ("first", "again"),
    [
        (item("10457", "90.00"), item("10457a", "90.00")),
        (
            item(f"OPENING-2026-11-15-{ACCOUNT}", "90.00", on="2026-11-15", due_on="2026-11-15"),
            item(f"OPENING-2026-11-30-{ACCOUNT}", "90.00", on="2026-11-30", due_on="2026-11-30"),
        ),
        (
            item("CM-1", "90.00", kind="credit", due_on=None),
            item("CM-01", "90.00", kind="credit", due_on=None),
        ),
    ],
)
def test_what_was_taken_over_is_not_owed_again_under_another_number(
    office: Followed, first: OpeningItem, again: OpeningItem
) -> None:
    """The total agrees each time: only the ledger knows that it has them already."""
    enter_openings(office.ports, request(first, total=str(first.effect)))
    asked = request(again, total=str(again.effect))
    told = whats_wrong(plan_openings(office.ports, asked))
    assert f"{first.document} was taken over before, 90.00 USD of it are left, and it is" in told
    with pytest.raises(ProblemsError):
        enter_openings(office.ports, asked)
    assert position(office).balance == first.effect


def test_what_was_paid_since_need_not_be_listed_any_more(office: Followed) -> None:
    enter_openings(office.ports, request(OLD[0], total="1200.00"))
    office.pay("1200.00")
    result = enter_openings(office.ports, request(OLD[1], total="300.50"))
    assert (result.entered, position(office).balance) == (1, Decimal("300.50"))


def test_a_number_of_something_else_in_the_ledger_is_not_taken(office: Followed) -> None:
    """Both would be one item: a payment of the one would pay the other."""
    office.invoice("17", TODAY, TODAY, "10.00")
    plan = plan_openings(office.ports, request(item("17", "5.00"), total="5.00"))
    assert "17 is the number of something else that is in the ledger" in whats_wrong(plan)


def test_credit_is_used_in_the_same_moment_and_not_before_it_came(
    office: Followed, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A process that ends after the first write leaves no debt beside credit that covers it."""
    office.pay("50.00")
    first = office.ports.ledgers.append

    def ends(*given: Any, **more: Any) -> Any:
        first(*given, **more)
        raise KeyboardInterrupt

    monkeypatch.setattr(office.ports.ledgers, "append", ends)
    with pytest.raises(KeyboardInterrupt):
        enter_openings(office.ports, request())
    found = position(office)
    assert (found.balance, found.held) == (Decimal("1250.50"), Decimal(0))
    used = [
        entry
        for entry in office.ports.ledgers.entries(office.ledger)
        if entry.kind is EntryKind.ALLOCATION
    ]
    assert {entry.on for entry in used} == {TODAY}


def test_a_ledger_keeps_the_currency_that_it_began_with(office: Followed) -> None:
    enter_openings(office.ports, request(OLD[0], total="1200.00"))
    (entry,) = [e for e in office.ports.book.entries("integris") if e.account.account == ACCOUNT]
    changed = entry.account.model_copy(update={"currency": "CAD"})
    office.ports.book.put("integris", [changed], office.ports.clock.now())
    result = enter_openings(office.ports, request(*OLD[:2], total="1500.50"))
    assert (result.entered, position(office).balance) == (1, Decimal("1500.50"))


@pytest.mark.parametrize(
    ("amount", "currency", "is_fine"),
    [
        ("1200", "JPY", True),
        ("1200.5", "JPY", False),
        ("1.005", "KWD", True),
        ("1.0005", "KWD", False),
    ],
)
def test_every_currency_has_its_own_smallest_part(
    amount: str, currency: str, is_fine: bool
) -> None:
    office = Followed("integris", ACCOUNT, TODAY)
    (entry,) = [e for e in office.ports.book.entries("integris") if e.account.account == ACCOUNT]
    changed = entry.account.model_copy(update={"currency": currency})
    office.ports.book.put("integris", [changed], office.ports.clock.now())
    asked = item("1", amount, currency=currency)
    plan = plan_openings(office.ports, request(asked, totals=(asked.money,)))
    assert ("a part of a cent" not in whats_wrong(plan)) is is_fine
    assert (plan.problems == ()) is is_fine


def test_a_take_over_day_lies_in_the_past(office: Followed) -> None:
    plan = plan_openings(office.ports, request(taken_over_on=TODAY + timedelta(days=1)))
    assert "is not a day up to today, 2026-12-01" in whats_wrong(plan)
