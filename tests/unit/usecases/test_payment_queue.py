"""The queue: a person says whose money it is, once, and who said what is kept."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

import pytest
from pydantic import ValidationError

from msp_billing.domain.payments.incoming import PaymentKey
from msp_billing.domain.payments.records import PaymentRecord
from msp_billing.domain.problems import ProblemsError
from msp_billing.usecases.errors import PaymentDecidedError
from msp_billing.usecases.receivables.matching_again import match_again
from msp_billing.usecases.receivables.queue import (
    AssignRequest,
    DismissRequest,
    assign_payment,
    dismiss_payment,
    waiting,
)
from tests.unit.domain.payments.payment_samples import account
from tests.unit.usecases.payment_desk import NOW, Desk, key, open_desk, paid, part, went_back


@pytest.fixture
def desk(monkeypatch: pytest.MonkeyPatch) -> Desk:
    """A payment of 120.00 waits; Alder has two invoices."""
    made = open_desk(monkeypatch)
    made.bill("LP-000001", "100.00", due_on="2026-11-20")
    made.bill("LP-000002", "60.00")
    made.take(paid("A-1", texts=["DEPOSIT 42"]))
    return made


def assign(
    desk: Desk, name: str = "A-1", account: str | None = "alder", **more: Any
) -> PaymentRecord:
    told = {"key": key(name), "account": account, "assigned_by": "dana", "why": "the payer called"}
    return assign_payment(desk.ports, AssignRequest.model_validate(told | more))


def dismiss(
    desk: Desk, name: str = "A-1", by: str = "dana", why: str = "a refund"
) -> PaymentRecord:
    request = DismissRequest(key=key(name), dismissed_by=by, why=why)
    return dismiss_payment(desk.ports, request)


def codes(error: pytest.ExceptionInfo[ProblemsError]) -> list[str]:
    return [problem.code for problem in error.value.problems]


def test_what_waits_is_listed_oldest_first_with_its_reasons(desk: Desk) -> None:
    desk.ports.clock.pass_days(1)
    desk.take(paid("A-0", "60.00"))
    listed = waiting(desk.ports, "lantern")
    assert [record.key.external_id for record in listed] == ["A-1", "A-0"]
    assert [record.problems[0].code for record in listed] == ["no-match", "no-match"]
    assert listed[1].suggestions == ("alder",)


# --- Assigned -------------------------------------------------------------------------------------


@pytest.mark.rule("KR-13")
def test_an_assigned_payment_is_booked_and_pays_the_oldest(desk: Desk) -> None:
    record = assign(desk)
    assert (record.state, record.account, record.matched_by) == ("booked", "alder", "dana")
    assert (record.decided_by, record.decided_at, record.why) == ("dana", NOW, "the payer called")
    assert desk.ports.payments.find(key("A-1")) == record
    assert desk.open() == {"LP-000002": "40.00"}
    assert desk.waiting() == []
    assert desk.reactions == ["alder"]


@pytest.mark.rule("KR-13")
def test_a_person_may_say_what_it_is_for(desk: Desk) -> None:
    assign(desk, remittance=[part("lp-2")])
    assert desk.open() == {"LP-000001": "40.00"}


def test_the_same_decision_again_changes_nothing(desk: Desk) -> None:
    first = assign(desk)
    before = desk.everything()
    assert assign(desk) == first
    assert desk.everything() == before


def test_a_decision_of_which_the_answer_was_lost_is_found(desk: Desk) -> None:
    with desk.answers_lost(), pytest.raises(TimeoutError):
        assign(desk)
    assert assign(desk).state == "booked"
    assert [kind for kind, _ in desk.told()].count("payment") == 1
    assert desk.reactions == ["alder"]


@pytest.mark.parametrize(
    "other", [{"account": "beech"}, {"assigned_by": "kim"}, {"why": "another reason"}]
)
def test_a_second_decision_is_refused_and_says_what_stands(
    desk: Desk, other: dict[str, Any]
) -> None:
    assign(desk)
    before = desk.everything()
    with pytest.raises(PaymentDecidedError, match="was booked for alder by dana: the payer called"):
        assign(desk, **other)
    with pytest.raises(PaymentDecidedError, match="was booked for alder by dana"):
        dismiss(desk)
    assert desk.everything() == before


def test_of_two_people_who_decide_at_the_same_time_one_is_refused(desk: Desk) -> None:
    desk.ports.ledgers.before_append = lambda: assign(desk, account="beech", assigned_by="kim")
    with pytest.raises(PaymentDecidedError, match="booked for beech by kim"):
        assign(desk)
    assert desk.told("alder") == [("invoice", "LP-000001"), ("invoice", "LP-000002")]
    assert desk.told("beech") == [("payment", "bank:A-1")]


def test_a_payment_that_was_matched_is_not_assigned(desk: Desk) -> None:
    desk.take(paid("A-2", account="alder"))
    with pytest.raises(PaymentDecidedError, match="by the matching"):
        assign(desk, "A-2", account="beech")


def test_everything_that_is_wrong_with_a_decision_is_told_and_the_payment_goes_on_waiting(
    desk: Desk,
) -> None:
    with pytest.raises(ProblemsError) as refused:
        assign(desk, account="nobody", remittance=[part("LP-9"), part("LP-000001", "500.00")])
    assert codes(refused) == ["unknown-account", "unknown-invoice", "remittance-too-large"]
    with pytest.raises(ProblemsError) as refused:
        assign(desk, account="maple", remittance=[part("LP-000001")])
    assert codes(refused) == ["other-currency", "invoice-of-another-account"]
    assert desk.waiting() == ["A-1"]
    assert assign(desk).state == "booked"


def test_a_payment_of_tomorrow_is_assigned_tomorrow(desk: Desk) -> None:
    desk.take(paid("A-2", account="alder", received_on=date(2026, 11, 29)))
    with pytest.raises(ProblemsError) as refused:
        assign(desk, "A-2")
    assert codes(refused) == ["date-in-future"]
    desk.ports.clock.pass_days(1)
    assert assign(desk, "A-2").state == "booked"


def test_nothing_can_be_said_of_what_was_never_reported(desk: Desk) -> None:
    with pytest.raises(LookupError, match="lantern knows no payment bank:A-9"):
        assign(desk, "A-9")
    with pytest.raises(LookupError, match="bank:A-9"):
        dismiss(desk, "A-9")


def test_a_decision_is_about_an_account_or_a_payment(desk: Desk) -> None:
    with pytest.raises(ValidationError, match="give either"):
        assign(desk, account=None)
    with pytest.raises(ProblemsError) as refused:
        assign(desk, account=None, payment=key("A-2"))
    assert codes(refused) == ["not-assigned-so-account"]


# --- Dismissed ------------------------------------------------------------------------------------


def test_what_is_dismissed_leaves_the_queue_and_stays_on_record(desk: Desk) -> None:
    record = dismiss(desk)
    assert (record.state, record.decided_by, record.why) == ("dismissed", "dana", "a refund")
    assert desk.waiting() == []
    assert desk.ports.payments.find(key("A-1")) == record
    assert desk.take(paid("A-1", texts=["DEPOSIT 42"])) == record
    assert dismiss(desk) == record


@pytest.mark.parametrize("empty", [{"by": " "}, {"why": ""}])
def test_to_dismiss_money_needs_a_name_and_a_reason(desk: Desk, empty: dict[str, str]) -> None:
    with pytest.raises(ValidationError):
        dismiss(desk, **empty)
    assert desk.waiting() == ["A-1"]


def test_what_was_dismissed_is_not_decided_otherwise(desk: Desk) -> None:
    dismiss(desk)
    for decide in (lambda: assign(desk), lambda: dismiss(desk, why="something else")):
        with pytest.raises(PaymentDecidedError, match="was dismissed by dana: a refund"):
            decide()


def test_of_assigning_and_dismissing_at_the_same_time_one_is_refused(desk: Desk) -> None:
    desk.ports.ledgers.before_append = lambda: dismiss(desk, by="kim")
    with pytest.raises(PaymentDecidedError, match="dismissed by kim"):
        assign(desk)
    assert desk.held() == "0"


# --- Returns --------------------------------------------------------------------------------------


def told_by(desk: Desk, payment: PaymentKey, name: str = "R-1", **more: Any) -> PaymentRecord:
    return assign(desk, name, account=None, payment=payment, **more)


@pytest.mark.rule("KR-13", "DUN-06")
def test_a_person_says_which_payment_went_back(desk: Desk) -> None:
    desk.take(paid("A-2", "100.00", account="alder"))
    desk.take(paid("A-3", "100.00", account="alder"))
    assert desk.back(went_back("R-1", "100.00", account="alder")).state == "queued"
    desk.reactions.clear()
    record = told_by(desk, key("A-2"))
    assert (record.state, record.account, record.decided_by) == ("booked", "alder", "dana")
    assert record.matched_by == "payment bank:A-2"
    assert desk.position().find_payment("bank:A-2").returned_on == date(2026, 11, 28)  # type: ignore[union-attr]
    assert desk.reactions == ["alder"]
    assert told_by(desk, key("A-2")) == record
    with pytest.raises(PaymentDecidedError):
        told_by(desk, key("A-3"))


def test_a_person_may_confirm_that_only_a_part_went_back(desk: Desk) -> None:
    """100.00 were paid, 30.00 went back: 30.00 are open again of what the payment paid."""
    desk.take(paid("A-2", "100.00", account="alder"))
    desk.back(went_back("R-1", "30.00", payment=key("A-2")))
    assert told_by(desk, key("A-2")).state == "booked"
    assert desk.open() == {"LP-000001": "30.00", "LP-000002": "60.00"}


def test_a_return_that_cannot_be_so_goes_on_waiting(desk: Desk) -> None:
    desk.take(paid("A-2", "100.00", account="alder"))
    desk.back(went_back("R-1", "130.00", payment=key("A-2")))
    with pytest.raises(ProblemsError) as refused:
        told_by(desk, key("A-2"))
    assert codes(refused) == ["return-too-large"]
    with pytest.raises(ProblemsError) as refused:
        told_by(desk, key("A-9"))
    assert codes(refused) == ["payment-unknown"]
    with pytest.raises(ProblemsError) as refused:
        assign(desk, "R-1", account="alder")
    assert codes(refused) == ["not-assigned-so-payment"]
    desk.back(went_back("R-2", "100.00", payment=key("A-2")))
    with pytest.raises(ProblemsError) as refused:
        told_by(desk, key("A-2"))
    assert codes(refused) == ["returned-before"]
    assert desk.waiting() == ["A-1", "R-1"]


def test_a_return_of_a_payment_that_waits_closes_both(desk: Desk) -> None:
    desk.back(went_back("R-1"))
    record = told_by(desk, key("A-1"))
    assert (record.state, record.decided_by) == ("dismissed", "dana")
    assert desk.waiting() == []
    assert told_by(desk, key("A-1")) == record


def test_a_part_of_a_payment_that_waits_goes_back_only_when_it_is_assigned(desk: Desk) -> None:
    """120.00 came, 50.00 of it went back: 70.00 are ours, and must not leave with the queue."""
    desk.back(went_back("R-1", "50.00", payment=key("A-1")))
    with pytest.raises(ProblemsError) as refused:
        told_by(desk, key("A-1"))
    assert codes(refused) == ["part-of-waiting"]
    assert desk.waiting() == ["A-1", "R-1"]
    assign(desk)
    told_by(desk, key("A-1"))
    assert (desk.waiting(), str(desk.cash())) == ([], "70.00")


def test_a_return_of_a_payment_that_was_dismissed_waits_until_it_is_dismissed_too(
    desk: Desk,
) -> None:
    dismiss(desk)
    desk.back(went_back("R-1", payment=key("A-1")))
    assert waiting(desk.ports, "lantern")[0].problems[0].code == "payment-dismissed"
    with pytest.raises(ProblemsError) as refused:
        told_by(desk, key("A-1"))
    assert codes(refused) == ["payment-dismissed"]
    dismiss(desk, "R-1")
    assert desk.waiting() == []


def test_a_payment_that_is_assigned_after_its_return_came_is_not_kept(desk: Desk) -> None:
    """The return waits, for its amount is another one; the payment is assigned all the same."""
    desk.back(went_back("R-1", "5.00", trace="7"))
    desk.ports.clock.time += timedelta(hours=1)
    assign(desk)
    assert desk.waiting() == ["R-1"]


# --- Tried again ----------------------------------------------------------------------------------


def match_anew(desk: Desk) -> list[str]:
    return [record.key.external_id for record in match_again(desk.ports, "lantern")]


def test_a_payment_that_came_before_its_invoice_is_booked_when_that_is_there(desk: Desk) -> None:
    """Also what an index had not shown yet is found then (docs/faults.md, 42)."""
    desk.take(paid("A-2", "80.00", texts=["LP-000003"]))
    before = desk.everything()
    assert match_anew(desk) == []
    assert desk.everything() == before
    desk.bill("LP-000003", "80.00", of="beech")
    assert match_anew(desk) == ["A-2"]
    record = desk.ports.payments.find(key("A-2"))
    assert (record.state, record.matched_by) == ("booked", "invoice number LP-000003")
    assert record.decided_by is None
    assert desk.open("beech") == {}
    assert desk.reactions == ["beech"]
    assert match_anew(desk) == []


def test_a_payment_for_an_account_that_comes_into_the_book_is_booked(desk: Desk) -> None:
    desk.take(paid("A-2", account="rowan"))
    assert match_anew(desk) == []
    desk.ports.book.put("lantern", [account("rowan", "Rowan Ltd")])
    assert match_anew(desk) == ["A-2"]


def test_a_payment_of_tomorrow_is_booked_tomorrow_without_a_person(desk: Desk) -> None:
    desk.take(paid("A-2", account="alder", received_on=date(2026, 11, 29)))
    assert match_anew(desk) == []
    desk.ports.clock.pass_days(1)
    assert match_anew(desk) == ["A-2"]


def test_a_return_is_booked_when_its_payment_can_be_told(desk: Desk) -> None:
    desk.back(went_back("R-1", "120.00", account="alder"))
    assert match_anew(desk) == []
    assign(desk)
    assert match_anew(desk) == ["R-1"]
    assert desk.open() == {"LP-000001": "100.00", "LP-000002": "60.00"}


def test_a_return_that_fitted_several_is_not_booked_for_the_one_that_is_left(desk: Desk) -> None:
    """R-1 tells no payment. It may be what R-2 tells better, and is then booked already."""
    for name in ("A-2", "A-3"):
        desk.take(paid(name, "10.00", account="alder", trace="7"))
    desk.back(went_back("R-1", "10.00", trace="7"))
    desk.back(went_back("R-2", "10.00", payment=key("A-2")))
    desk.take(paid("A-3", "10.00", account="alder", trace="7"))
    assert match_anew(desk) == []
    assert desk.waiting() == ["A-1", "R-1"]


def test_money_under_a_reference_that_was_used_is_left_to_a_person(desk: Desk) -> None:
    desk.take(paid("A-2", account="alder"))
    desk.take(paid("A-2", "1.00", account="alder"))
    assert match_anew(desk) == []


def test_a_person_who_decides_at_the_same_time_wins(desk: Desk) -> None:
    desk.take(paid("A-2", account="alder", received_on=date(2026, 11, 29)))
    desk.ports.clock.pass_days(1)
    desk.ports.ledgers.before_append = lambda: dismiss(desk, "A-2")
    assert match_anew(desk) == []
    assert desk.held() == "0"
