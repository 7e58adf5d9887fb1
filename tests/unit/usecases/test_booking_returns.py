"""Payments that the bank took back: what they paid is owed again, once, and nothing is guessed."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import Any

import pytest

from msp_billing.domain.payments.incoming import IncomingPayment, IncomingReturn, PaymentMethod
from msp_billing.domain.payments.records import PaymentRecord
from msp_billing.domain.problems import ProblemsError
from msp_billing.usecases.errors import PaymentConflictError
from msp_billing.usecases.receivables.booking import take_payments
from msp_billing.usecases.receivables.queue import AssignRequest, assign_payment
from msp_billing.usecases.receivables.refunds import RefundRequest, refund_credit
from tests.unit.usecases.payment_desk import Desk, key, open_desk, paid, went_back


@pytest.fixture
def desk(monkeypatch: pytest.MonkeyPatch) -> Desk:
    made = open_desk(monkeypatch)
    made.bill("LP-000001", "120.00")
    return made


def reason(record: PaymentRecord) -> str:
    assert record.state == "queued"
    (problem,) = record.problems
    assert problem.what
    assert problem.fix
    return problem.code


# --- Which payment it is --------------------------------------------------------------------------


@pytest.mark.rule("KR-13", "DUN-06")
@pytest.mark.parametrize(
    "named",
    [
        {"payment": key("A-1")},
        {"trace": "0910000123"},
        {"account": "alder"},
        {"texts": ("RETURN OF LP-000001",)},
        {"texts": ("ALDER GROUP",)},
        {"trace": "unheard of", "account": "alder"},
    ],
)
def test_a_return_opens_what_its_payment_had_paid(desk: Desk, named: dict[str, Any]) -> None:
    desk.take(paid("A-1", account="alder", trace="0910000123"))
    assert desk.open() == {}
    desk.reactions.clear()
    record = desk.back(went_back("R-1", **named))
    assert (record.state, record.account) == ("booked", "alder")
    assert record.matched_by == "payment bank:A-1"
    assert desk.open() == {"LP-000001": "120.00"}
    assert desk.told()[-1] == ("payment_returned", "bank:R-1")
    assert desk.cash() == 0
    assert desk.reactions == ["alder"]


def test_two_payments_of_the_amount_are_not_told_apart(desk: Desk) -> None:
    desk.take(paid("A-1", account="alder"))
    desk.take(paid("A-2", account="alder"))
    record = desk.back(went_back("R-1", account="alder"))
    assert reason(record) == "several-payments"
    assert record.suggestions == ("alder",)
    assert desk.reactions == ["alder", "alder"]


def test_the_one_that_is_not_returned_yet_is_meant(desk: Desk) -> None:
    desk.take(paid("A-1", account="alder", trace="7"))
    desk.take(paid("A-2", account="alder", trace="7"))
    assert reason(desk.back(went_back("R-0", trace="7"))) == "several-payments"
    desk.back(went_back("R-1", payment=key("A-1")))
    assert desk.back(went_back("R-2", account="alder")).matched_by == "payment bank:A-2"


def test_a_number_of_the_bank_that_was_used_again_is_told_apart_by_the_amount(desk: Desk) -> None:
    desk.take(paid("A-1", "50.00", account="alder", trace="7"))
    desk.take(paid("A-2", "70.00", account="alder", trace="7"))
    assert desk.back(went_back("R-1", "50.00", trace="7")).matched_by == "payment bank:A-1"


def test_a_payment_after_the_return_is_not_meant(desk: Desk) -> None:
    desk.take(paid("A-1", account="alder"))
    before = went_back("R-1", account="alder", returned_on=date(2026, 11, 27))
    assert reason(desk.back(before)) == "payment-unknown"


@pytest.mark.parametrize(
    "named",
    [{}, {"trace": "unheard of"}, {"account": "nobody"}, {"account": "beech"}, {"texts": ("hm",)}],
)
def test_a_return_of_nobody_knows_what_waits(desk: Desk, named: dict[str, Any]) -> None:
    desk.take(paid("A-1", account="alder"))
    assert reason(desk.back(went_back("R-1", **named))) == "payment-unknown"
    assert desk.open() == {}


# --- Once, and whole ------------------------------------------------------------------------------


def test_the_same_return_again_changes_nothing(desk: Desk) -> None:
    desk.take(paid("A-1", account="alder"))
    first = desk.back(went_back("R-1", payment=key("A-1")))
    before = desk.everything()
    assert desk.back(went_back("R-1", payment=key("A-1"))) == first
    assert desk.everything() == before


def test_a_return_of_which_the_answer_was_lost_is_booked_once(desk: Desk) -> None:
    desk.take(paid("A-1", account="alder"))
    with desk.answers_lost(), pytest.raises(TimeoutError):
        desk.back(went_back("R-1", payment=key("A-1")))
    assert desk.back(went_back("R-1", payment=key("A-1"))).state == "booked"
    assert [kind for kind, _ in desk.told()].count("payment_returned") == 1


def test_a_return_that_two_report_is_booked_once_and_the_other_waits(desk: Desk) -> None:
    desk.take(paid("A-1", account="alder"))
    desk.back(went_back("R-1", payment=key("A-1")))
    assert reason(desk.back(went_back("R-2", payment=key("A-1")))) == "returned-before"
    assert desk.open() == {"LP-000001": "120.00"}


def test_two_returns_at_the_same_time_are_booked_once(desk: Desk) -> None:
    desk.take(paid("A-1", account="alder"))
    desk.ports.ledgers.before_append = lambda: desk.back(went_back("R-2", payment=key("A-1")))
    assert reason(desk.back(went_back("R-1", payment=key("A-1")))) == "returned-before"
    assert [kind for kind, _ in desk.told()].count("payment_returned") == 1


@pytest.mark.parametrize("amount", ["119.99", "120.01"])
def test_a_return_of_more_or_less_than_the_payment_waits(desk: Desk, amount: str) -> None:
    desk.take(paid("A-1", account="alder"))
    record = desk.back(went_back("R-1", amount, payment=key("A-1")))
    assert reason(record) == "other-amount"
    assert record.suggestions == ("alder",)
    assert desk.open() == {}


@pytest.mark.parametrize(
    "more", [{"returned_on": date(2026, 11, 29)}, {"currency": "CAD"}], ids=["future", "currency"]
)
def test_a_return_that_cannot_be_right_waits(desk: Desk, more: dict[str, Any]) -> None:
    desk.take(paid("A-1", account="alder"))
    record = desk.back(went_back("R-1", payment=key("A-1"), **more))
    assert reason(record) in {"date-in-future", "other-amount"}


@pytest.mark.parametrize("amount", ["0.00", "-120.00"])
def test_a_return_of_nothing_is_refused(desk: Desk, amount: str) -> None:
    with pytest.raises(ProblemsError):
        desk.back(went_back("R-1", amount, account="alder"))
    assert desk.waiting() == []


def test_a_return_under_a_key_that_is_used_is_refused(desk: Desk) -> None:
    desk.take(paid("A-1", account="alder"))
    desk.back(went_back("R-1", payment=key("A-1")))
    with pytest.raises(PaymentConflictError, match=r"a return of 120\.00"):
        desk.back(went_back("R-1", "5.00", payment=key("A-1")))
    with pytest.raises(PaymentConflictError, match="as a payment"):
        desk.back(went_back("A-1", payment=key("A-1")))


def test_what_was_refunded_of_a_returned_payment_is_owed_again(desk: Desk) -> None:
    """200.00 came, 120.00 paid the invoice, 80.00 were paid back; then the bank took 200.00."""
    desk.take(paid("A-1", "200.00", account="alder"))
    refund_credit(
        desk.ports,
        RefundRequest(
            provider="lantern",
            account="alder",
            refund="overpaid",
            amount=Decimal("80.00"),
            method=PaymentMethod.WIRE,
            requested_by="clerk",
            why="Paid too much",
        ),
    )
    desk.back(went_back("R-1", "200.00", payment=key("A-1")))
    assert desk.open() == {"returned:bank:R-1": "80.00", "LP-000001": "120.00"}
    assert desk.cash() == -80


def test_a_payment_goes_back_in_two_parts_that_a_person_confirms(desk: Desk) -> None:
    """120.00 by card; 50.00 and then 30.00 are refunded: 80.00 of the invoice are open again."""
    desk.take(paid("A-1", account="alder", method="card"))
    for name, amount in (("R-1", "50.00"), ("R-2", "30.00"), ("R-3", "40.01")):
        waits = desk.back(went_back(name, amount, payment=key("A-1")))
        assert (waits.state, waits.problems[0].code) == ("queued", "other-amount")
        request = AssignRequest(key=key(name), payment=key("A-1"), assigned_by="dana", why="seen")
        if name == "R-3":
            with pytest.raises(ProblemsError, match=r"40\.00 of it is left"):
                assign_payment(desk.ports, request)
        else:
            assign_payment(desk.ports, request)
    assert desk.open() == {"LP-000001": "80.00"}
    assert str(desk.cash()) == "40.00"
    assert "80.00 went back before" in waits.problems[0].what


# --- Payments that are in no ledger ---------------------------------------------------------------


def test_a_payment_that_waits_leaves_the_queue_together_with_its_return(desk: Desk) -> None:
    desk.take(paid("A-1", texts=["who knows"]))
    record = desk.back(went_back("R-1", payment=key("A-1")))
    assert (record.state, record.matched_by) == ("dismissed", "payment bank:A-1")
    payment = desk.ports.payments.find(key("A-1"))
    assert payment.state == "dismissed"
    assert payment.why == "Taken back by the bank before it was assigned: bank:R-1"
    assert desk.waiting() == []
    assert desk.told() == [("invoice", "LP-000001")]
    before = desk.everything()
    assert desk.back(went_back("R-1", payment=key("A-1"))) == record
    assert desk.everything() == before


def test_a_return_of_another_amount_than_the_payment_that_waits_closes_nothing(desk: Desk) -> None:
    desk.take(paid("A-1", texts=["who knows"]))
    assert reason(desk.back(went_back("R-1", "20.00", payment=key("A-1")))) == "other-amount"
    assert desk.waiting() == ["A-1", "R-1"]


def test_a_return_that_stopped_between_the_two_is_finished_when_it_comes_again(desk: Desk) -> None:
    desk.take(paid("A-1", texts=["who knows"]))
    put = desk.ports.payments.put

    def put_and_crash(record: PaymentRecord) -> bool:
        put(record)
        raise TimeoutError("the process ends between the two")

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(desk.ports.payments, "put", put_and_crash)
        with pytest.raises(TimeoutError):
            desk.back(went_back("R-1", payment=key("A-1")))
    assert desk.ports.payments.find(key("R-1")) is None
    assert desk.back(went_back("R-1", payment=key("A-1"))).state == "dismissed"


@pytest.mark.parametrize("named", [{"payment": key("A-1")}, {"trace": "7"}])
def test_a_return_that_comes_before_its_payment_is_booked_when_that_comes(
    desk: Desk, named: dict[str, Any]
) -> None:
    """docs/faults.md, 34: events out of order come to the same as events in order."""
    assert reason(desk.back(went_back("R-1", **named))) == "payment-unknown"
    desk.take(paid("A-1", account="alder", trace="7"))
    assert desk.ports.payments.find(key("R-1")).state == "booked"
    assert desk.open() == {"LP-000001": "120.00"}
    assert desk.waiting() == []
    before = desk.everything()
    desk.take(paid("A-1", account="alder", trace="7"))
    desk.back(went_back("R-1", **named))
    assert desk.everything() == before


def test_a_return_before_a_payment_that_then_waits_closes_both(desk: Desk) -> None:
    desk.back(went_back("R-1", payment=key("A-1")))
    desk.take(paid("A-1", texts=["who knows"]))
    assert desk.waiting() == []


def test_a_return_that_still_cannot_be_booked_waits_unchanged(desk: Desk) -> None:
    desk.back(went_back("R-1", "5.00", payment=key("A-1")))
    desk.take(paid("A-1", account="alder"))
    record = desk.ports.payments.find(key("R-1"))
    assert reason(record) == "other-amount"
    desk.take(paid("A-1", account="alder"))
    assert desk.ports.payments.find(key("R-1")) == record


def test_both_in_one_file_in_the_wrong_order_are_booked(desk: Desk) -> None:
    file: list[IncomingPayment | IncomingReturn] = [
        went_back("R-1", payment=key("A-1")),
        paid("A-1", account="alder"),
    ]
    take_payments(desk.ports, "lantern", file, "file 1")
    assert desk.waiting() == []
    assert desk.cash() == 0
    assert desk.open() == {"LP-000001": "120.00"}
