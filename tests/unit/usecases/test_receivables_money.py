"""Refunds of credit, late fees, and debts that two persons give up."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest

from msp_billing.domain.dunning.dunning_policy import LateFee
from msp_billing.domain.ledger.entries import EntryKind, LedgerAccount
from msp_billing.domain.ledger.refusals import EntryRefusedError
from msp_billing.domain.ledger.write_offs import WriteOff
from msp_billing.domain.payments.payment_policy import PaymentPolicy
from msp_billing.usecases.dunning.context import UnknownAccountError
from msp_billing.usecases.errors import RefundConflictError, WriteOffConflictError
from msp_billing.usecases.receivables.account_statement import state_account
from msp_billing.usecases.receivables.late_fees import charge_late_fee
from msp_billing.usecases.receivables.refunds import RefundRequest, RefundResult, refund_credit
from msp_billing.usecases.receivables.write_offs import (
    WriteOffDecision,
    WriteOffRequest,
    approve_write_off,
    reject_write_off,
    request_write_off,
    waiting_write_offs,
)
from tests.fakes.ports import FakePorts
from tests.unit.domain.builders import account, policy
from tests.unit.domain.ledger.ledger_samples import LEDGER, day
from tests.unit.usecases.ledger_office import NOON, Office

# --- Refunds -----------------------------------------------------------------------------------


def refund(office: Office, name: str = "back-1", **more: Any) -> RefundResult:
    asked = {
        "provider": "lantern",
        "account": "tern-harbor",
        "refund": name,
        "method": "wire",
        "requested_by": "clerk",
        "why": "paid twice",
    }
    return refund_credit(office.ports, RefundRequest.model_validate(asked | more))


@pytest.mark.rule("KR-13")
def test_credit_is_paid_back_once_and_never_more_than_is_held() -> None:
    """150.00 for 100.00: 50.00 are held, 20.00 go back, then the other 30.00."""
    office = Office()
    office.bill("LP-1", "100.00")
    office.pay("A-1", "150.00")
    first = refund(office, amount="20")
    assert (str(first.amount), str(first.balance), first.entered) == (
        "20.00 USD",
        "-30.00 USD",
        True,
    )
    again = refund(office, amount="20.00")
    assert (again.entered, again.amount) == (False, first.amount)
    with pytest.raises(RefundConflictError, match="give another refund another name"):
        refund(office, amount="30.00")
    with pytest.raises(EntryRefusedError, match="at most what is held"):
        refund(office, "back-2", amount="30.01")
    rest = refund(office, "back-2")
    assert (str(rest.amount), str(rest.balance)) == ("30.00 USD", "0.00 USD")
    assert refund(office, "back-2").entered is False
    with pytest.raises(EntryRefusedError, match="at most what is held"):
        refund(office, "back-3")


@pytest.mark.parametrize(
    ("amount", "code"),
    [
        ("0", "amount-not-positive"),
        ("-5", "amount-not-positive"),
        ("10.004", "amount-too-fine"),  # never entered as 10.00, of which nobody asked
        ("0.005", "amount-too-fine"),
    ],
)
def test_what_cannot_be_paid_is_not_paid_back_and_not_given_up(amount: str, code: str) -> None:
    office = Office()
    office.bill("LP-1", "100.00")
    office.pay("A-1", "150.00")
    office.bill("LP-2", "80.00")  # 50.00 of it are paid out of the credit
    office.pay("A-2", "60.00")  # and 30.00 are credit again
    with pytest.raises(EntryRefusedError) as refused:
        refund(office, amount=amount)
    assert [problem.code for problem in refused.value.problems] == [code]
    office.bill("LP-3", "90.00")
    with pytest.raises(EntryRefusedError) as refused:
        ask(office, document="LP-3", amount=amount)
    assert [problem.code for problem in refused.value.problems] == [code]
    assert (office.open, office.held) == ({"LP-3": "60.00"}, {})


def test_a_refund_and_an_invoice_at_the_same_time_never_use_the_same_credit() -> None:
    """50.00 are held; the invoice takes 40.00 of them first, so that 50.00 cannot go back."""
    office = Office()
    office.pay("A-1", "50.00")
    office.ports.ledgers.before_append = lambda: office.bill("LP-1", "40.00")
    with pytest.raises(EntryRefusedError, match=r"10\.00 USD are"):
        refund(office, amount="50.00")
    assert office.held == {"bank:A-1": "10.00"}


def test_credit_is_paid_back_in_the_currency_that_it_came_in() -> None:
    """The account is billed in Canadian dollars from now on; its credit is in US dollars."""
    office = Office()
    office.pay("A-1", "150.00")
    office.bill("LP-1", "50.00")
    office.ports.book.put("lantern", [account(currency="CAD")])
    assert state_account(office.ports, "lantern", "tern-harbor").currency == "USD"
    assert str(refund(office).amount) == "100.00 USD"


def test_an_unknown_account_has_nothing_to_pay_back() -> None:
    with pytest.raises(UnknownAccountError, match="has no account 'nobody'"):
        refund(Office(), account="nobody")


# --- Late fees ---------------------------------------------------------------------------------


def test_a_late_fee_is_taken_once_for_each_case_and_step() -> None:
    """2% of 150.00 = 3.00; once more for another step, of 150.00 again and not of 153.00."""
    office = Office()
    office.bill("LP-1", "150.00", "2026-10-15", "2026-10-30")
    fee, today = LateFee(percent=Decimal(2)), day("2026-11-28")
    first = charge_late_fee(office.ports, LEDGER, 1, "notice", fee, today)
    again = charge_late_fee(office.ports, LEDGER, 1, "notice", fee, day("2026-11-29"))
    assert first is not None
    assert first == again
    assert (first.document, first.due_on) == ("LF-1-notice", today)
    charge_late_fee(office.ports, LEDGER, 1, "final", fee, day("2026-11-29"))
    assert office.open == {"LP-1": "150.00", "LF-1-notice": "3.00", "LF-1-final": "3.00"}
    # another case begins anew
    charge_late_fee(office.ports, LEDGER, 2, "notice", fee, day("2026-11-30"))
    assert office.open["LF-2-notice"] == "3.00"


def test_a_late_fee_charged_by_two_at_the_same_time_is_charged_once() -> None:
    office = Office()
    office.bill("LP-1", "150.00", "2026-10-15", "2026-10-30")
    fee, today = LateFee(amount=Decimal(25)), day("2026-11-28")

    def other() -> None:
        charge_late_fee(office.ports, LEDGER, 1, "notice", fee, today)

    office.ports.ledgers.before_append = other
    made = charge_late_fee(office.ports, LEDGER, 1, "notice", fee, today)
    assert made is not None
    assert office.balance == Decimal("175.00")


def test_a_fee_on_nothing_is_none_and_one_that_was_paid_does_not_come_back() -> None:
    office = Office()
    fee, today = LateFee(amount=Decimal(25)), day("2026-11-28")
    assert charge_late_fee(office.ports, LEDGER, 1, "notice", fee, today) is None
    office.bill("LP-1", "150.00", "2026-10-15", "2026-10-30")
    made = charge_late_fee(office.ports, LEDGER, 1, "notice", fee, today)
    office.pay("A-1", "175.00")
    assert office.balance == 0
    assert charge_late_fee(office.ports, LEDGER, 1, "notice", fee, today) == made
    assert office.balance == 0


# --- Write-offs --------------------------------------------------------------------------------


def ask(office: Office, name: str = "gone", **more: Any) -> WriteOff:
    asked = {
        "provider": "lantern",
        "account": "tern-harbor",
        "write_off": name,
        "document": "LP-1",
        "requested_by": "clerk",
        "why": "out of business",
    }
    return request_write_off(office.ports, WriteOffRequest.model_validate(asked | more))


def said(by: str, name: str = "gone") -> WriteOffDecision:
    return WriteOffDecision(
        provider="lantern", account="tern-harbor", write_off=name, by=by, why="I looked at it"
    )


def owing() -> Office:
    office = Office()
    office.bill("LP-1", "100.00")
    return office


def test_a_debt_is_given_up_by_two_persons() -> None:
    office = owing()
    asked = ask(office, amount="60")
    assert (asked.state, str(asked.amount)) == ("waiting", "60.00")
    assert office.open == {"LP-1": "100.00"}
    assert list(waiting_write_offs(office.ports, "lantern")) == [asked]
    with pytest.raises(EntryRefusedError, match="asked for the write-off 'gone' and cannot"):
        approve_write_off(office.ports, said("Clerk"))
    done = approve_write_off(office.ports, said("boss"))
    assert (done.state, done.decided_by, done.decided_at) == ("approved", "boss", NOON)
    assert office.open == {"LP-1": "40.00"}
    assert approve_write_off(office.ports, said("boss")) == done
    assert office.open == {"LP-1": "40.00"}
    (entry,) = [e for e in office.ports.ledgers.entries(LEDGER) if e.kind is EntryKind.WRITE_OFF]
    assert (entry.recorded_by, entry.why) == ("clerk, approved by boss", "out of business")
    assert not list(waiting_write_offs(office.ports, "lantern"))


def test_only_those_approve_whom_the_policy_names() -> None:
    named = PaymentPolicy(write_off_approvers=("Olga Owner", "clerk"))
    office = Office(FakePorts(policy(payments=named), account(), now=NOON))
    office.bill("LP-1", "100.00")
    ask(office)
    with pytest.raises(EntryRefusedError) as refusal:
        approve_write_off(office.ports, said("boss"))
    assert [problem.code for problem in refusal.value.problems] == ["write-off-by-others"]
    with pytest.raises(EntryRefusedError, match="cannot approve it"):
        approve_write_off(office.ports, said("clerk"))
    assert approve_write_off(office.ports, said("olga owner")).state == "approved"


def test_the_same_request_is_kept_once_and_a_name_is_used_once() -> None:
    office = owing()
    assert ask(office) == ask(office, amount="100.00")
    for other in ({"amount": "99.00"}, {"requested_by": "boss"}, {"document": "LP-2"}):
        with pytest.raises(WriteOffConflictError, match="give another one another name"):
            ask(office, **other)


def test_more_than_is_open_and_what_is_not_owed_cannot_be_given_up() -> None:
    office = owing()
    for more in ({"amount": "100.01"}, {"document": "LP-9"}):
        with pytest.raises(EntryRefusedError, match="ask for no more than that"):
            ask(office, "too-much", **more)
    office.pay("A-1", "100.00")
    with pytest.raises(EntryRefusedError, match=r"has 0\.00 USD open"):
        ask(office, "paid")
    with pytest.raises(LookupError, match="nobody asked for the write-off 'unheard'"):
        approve_write_off(office.ports, said("boss", "unheard"))


def test_what_was_paid_before_the_approval_is_not_given_up() -> None:
    office = owing()
    ask(office)
    office.pay("A-1", "30.00")
    with pytest.raises(EntryRefusedError, match=r"has 70\.00 USD open"):
        approve_write_off(office.ports, said("boss"))
    ask(office, "rest")
    office.ports.ledgers.before_append = lambda: office.pay("A-2", "50.00")
    approve_write_off(office.ports, said("boss", "rest"))
    # 70.00 less the 50.00 that came in meanwhile: 20.00 are given up, and nothing is lost
    (entry,) = [e for e in office.ports.ledgers.entries(LEDGER) if e.kind is EntryKind.WRITE_OFF]
    assert (str(entry.postings[0].amount), office.balance) == ("20.00", Decimal(0))


def test_an_approval_that_was_cut_off_is_finished_by_making_it_again() -> None:
    office = owing()
    ask(office)

    def power_cut() -> None:
        raise ConnectionError("the line is dead")

    office.ports.ledgers.before_append = power_cut
    with pytest.raises(ConnectionError):
        approve_write_off(office.ports, said("boss"))
    assert office.open == {"LP-1": "100.00"}
    with pytest.raises(WriteOffConflictError, match="was approved by boss"):
        reject_write_off(office.ports, said("owner"))
    approve_write_off(office.ports, said("boss"))
    assert office.open == {}


def test_what_was_rejected_stays_owed() -> None:
    office = owing()
    ask(office)
    assert reject_write_off(office.ports, said("clerk")).state == "rejected"
    assert reject_write_off(office.ports, said("boss")).decided_by == "clerk"
    with pytest.raises(WriteOffConflictError, match="was rejected by clerk"):
        approve_write_off(office.ports, said("boss"))
    assert office.open == {"LP-1": "100.00"}


@pytest.mark.parametrize(
    ("credited", "held", "owed"),
    [
        ("30.00", {}, "0.00"),  # 40.00 were lost, of which 10.00 still are
        ("40.00", {}, "0.00"),
        ("100.00", {"LCN-1": "60.00"}, "-60.00"),  # what was paid, and no more
    ],
)
def test_a_credit_note_gives_no_credit_for_what_was_given_up(
    credited: str, held: dict[str, str], owed: str
) -> None:
    """Of 100.00, 60.00 were paid and 40.00 given up: the customer never had those to get back."""
    office = owing()
    office.pay("A-1", "60.00")
    ask(office)
    approve_write_off(office.ports, said("boss"))
    assert office.open == {}
    office.credit("LP-1", "LCN-1", credited)
    assert (office.held, str(office.balance)) == (held, owed)
    entries = office.ports.ledgers.entries(LEDGER)
    postings = [posting for entry in entries for posting in entry.postings]
    lost = sum(p.amount for p in postings if p.on is LedgerAccount.WRITTEN_OFF)
    assert lost == max(Decimal("40.00") - Decimal(credited), 0)
    assert office.position.items_by_document["LP-1"].written_off == lost
