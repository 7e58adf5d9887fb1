"""The same money reported by two sources counts once: a person says whether it is the same."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest

from msp_billing.domain.payments.incoming import IncomingPayment
from msp_billing.domain.payments.records import PaymentRecord
from msp_billing.usecases.receivables.matching_again import match_again
from msp_billing.usecases.receivables.queue import (
    AssignRequest,
    DismissRequest,
    assign_payment,
    dismiss_payment,
)
from tests.unit.usecases.payment_desk import Desk, key, open_desk, paid, part, went_back


@pytest.fixture
def desk(monkeypatch: pytest.MonkeyPatch) -> Desk:
    """Alder owes 120.00 and 80.00; a clerk entered its check of 120.00 on the 28th."""
    made = open_desk(monkeypatch)
    made.bill("LP-000001", "120.00", due_on="2026-11-20")
    made.bill("LP-000002", "80.00")
    made.book(check("C-1"))
    return made


def check(name: str, **more: Any) -> IncomingPayment:
    """A check that a clerk enters, for Alder."""
    told: dict[str, Any] = {"key": key(name, "clerk"), "method": "check", "account": "alder"}
    return paid(name, **told | more)


def why(record: PaymentRecord) -> list[str]:
    return [problem.code for problem in record.problems]


def test_a_check_that_a_clerk_entered_and_the_bank_reports_counts_once(desk: Desk) -> None:
    record = desk.take(paid("A-1", texts=["LP-000001"]))
    assert (record.state, record.suggestions) == ("queued", ("alder",))
    (problem,) = record.problems
    assert problem.code == "perhaps-entered-before"
    assert "clerk:C-1" in problem.what
    assert (str(desk.cash()), desk.open()) == ("120.00", {"LP-000002": "80.00"})
    assert desk.take(paid("A-1", texts=["LP-000001"])) == record


def test_a_check_that_the_bank_reported_and_a_clerk_enters_waits(desk: Desk) -> None:
    """Whatever invoice the clerk names: the bank's went to the oldest."""
    desk.take(paid("A-1", "80.00", account="alder"))
    desk.bill("LP-000003", "80.00")
    record = desk.book(check("C-2", amount="80.00", remittance=[part("LP-000003")]))
    assert why(record) == ["perhaps-entered-before"]
    assert str(desk.cash()) == "200.00"
    assert desk.book(check("C-2", amount="80.00", remittance=[part("LP-000003")])) == record


def test_a_person_says_that_it_is_the_same_or_that_it_is_not(desk: Desk) -> None:
    for name in ("A-1", "A-2"):
        desk.take(paid(name, account="alder"))
    dismiss_payment(
        desk.ports, DismissRequest(key=key("A-1"), dismissed_by="dana", why="the check C-1")
    )
    assign_payment(
        desk.ports, AssignRequest(key=key("A-2"), account="alder", assigned_by="dana", why="called")
    )
    assert str(desk.cash()) == "240.00"
    assert desk.waiting() == []


@pytest.mark.parametrize(
    ("more", "state"),
    [
        ({"received_on": date(2026, 11, 18)}, "queued"),  # ten days before
        ({"received_on": date(2026, 11, 17)}, "booked"),
        ({"amount": "120.01"}, "booked"),
        ({"texts": ["LP-000002"]}, "booked"),  # it is still open: another payment
        ({"texts": ["LP-000001"]}, "queued"),
        ({"account": "beech"}, "booked"),
        ({"key": key("C-2", "clerk")}, "booked"),  # one source does not report twice
    ],
)
def test_only_what_is_alike_waits(desk: Desk, more: dict[str, Any], state: str) -> None:
    assert desk.take(paid("A-1", **{"account": "alder"} | more)).state == state


def test_money_that_comes_anew_after_it_was_returned_is_booked(desk: Desk) -> None:
    desk.back(went_back("R-1", payment=key("C-1", "clerk")))
    assert desk.take(paid("A-1", account="alder")).state == "booked"


def test_it_is_not_booked_when_the_queue_is_tried_again(desk: Desk) -> None:
    record = desk.take(paid("A-1", account="alder"))
    assert match_again(desk.ports, "lantern") == ()
    assert desk.ports.payments.find(key("A-1")) == record


def test_what_waited_before_the_clerk_entered_it_is_not_booked_by_itself(desk: Desk) -> None:
    desk.take(paid("A-1", "50.00", account="alder", received_on=date(2026, 11, 29)))
    desk.book(check("C-2", amount="50.00"))
    desk.ports.clock.pass_days(1)
    assert match_again(desk.ports, "lantern") == ()
    record = desk.ports.payments.find(key("A-1"))
    assert (record.state, why(record)) == ("queued", ["perhaps-entered-before"])
    assert str(desk.cash()) == "170.00"


def test_two_reports_at_the_same_moment_count_once(desk: Desk) -> None:
    desk.ports.ledgers.before_append = lambda: desk.book(check("C-2", amount="80.00"))
    assert desk.take(paid("A-1", "80.00", account="alder")).state == "queued"
    assert str(desk.cash()) == "200.00"
