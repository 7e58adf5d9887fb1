"""Corrections in the local cloud: credit notes, issuing anew, one parked account billed later."""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal
from typing import Any

import pytest

from local_cloud import FunctionError
from msp_billing.domain.corrections.credit_notes import CreditRefusedError
from msp_billing.domain.cycles import CycleState
from msp_billing.domain.invoices import Invoice
from msp_billing.domain.price_book import Price
from msp_billing.usecases.bill_again import BillAgainRequest, bill_again
from msp_billing.usecases.errors import CreditConflictError, NotBilledAgainError
from msp_billing.usecases.issue_credit_note import (
    CreditNoteRequest,
    CreditNoteResult,
    issue_credit_note,
)
from tests.end_to_end.small_provider import account, birch, line
from tests.end_to_end.stage import OCTOBER, Stage, cycle_id, open_stage

CYCLE = cycle_id()


@pytest.fixture(scope="module")
def billed() -> Iterator[Stage]:
    """September billed: every test corrects another account of it."""
    with open_stage() as stage:
        spare = (account(f"spare-{n}", line("SEAT", quantity=4)) for n in range(6))
        free = account("free", line("SEAT", quantity=4, price=Price(each=Decimal(0))))
        stage.set_up(birch().with_accounts(*spare, free))
        stage.run_until("2026-09-04T00:00:00")
        assert stage.cycle(CYCLE).state is CycleState.CLOSED
        yield stage


def credit(stage: Stage, number: str, request: str = "first", **more: Any) -> CreditNoteResult:
    asked = {
        "provider": "birch",
        "invoice_number": number,
        "request": request,
        "reason": "Billed four seats, there were three",
        "requested_by": "clerk",
    }
    return issue_credit_note(stage.ports, CreditNoteRequest.model_validate(asked | more))


def again(stage: Stage, of: str, **more: Any) -> Any:
    asked = {
        "provider": "birch",
        "run": CYCLE.run,
        "period": str(CYCLE.period),
        "account": of,
        "requested_by": "clerk",
        "reason": "mended",
    }
    return bill_again(stage.ports, BillAgainRequest.model_validate(asked | more))


def invoice(stage: Stage, of: str) -> Invoice:
    return stage.invoices(CYCLE)[of]


def number_of(stage: Stage, of: str) -> str:
    number = invoice(stage, of).number
    assert number is not None
    return number


def test_a_credit_note_is_numbered_sealed_and_mailed_and_the_invoice_stays(billed: Stage) -> None:
    before = invoice(billed, "spare-0")
    made = credit(billed, number_of(billed, "spare-0"), parts=[{"line": 1, "quantity": "1"}])
    assert (made.total, made.voids) == ("5.00 USD", False)
    assert made.number.startswith("CN-00000")
    assert f"birch/managed/2026-09/credit-notes/{made.number}.pdf" in billed.objects()
    (mail,) = [m for m in billed.sent("credit-note") if m.tags["part"] == made.number.lower()]
    assert mail.destinations == ("books@spare-0.example",)
    assert invoice(billed, "spare-0") == before


def test_the_same_request_twice_makes_one_note_and_one_mail(billed: Stage) -> None:
    number = number_of(billed, "spare-1")
    first = credit(billed, number)
    second = credit(billed, number)
    assert first.number == second.number
    sent = [m for m in billed.sent("credit-note") if m.tags["part"] == first.number.lower()]
    assert len(sent) == 1


def test_one_request_for_two_credits_and_more_than_is_left_are_refused(billed: Stage) -> None:
    number = number_of(billed, "spare-2")
    credit(billed, number, parts=[{"line": 1, "amount": "15"}])
    with pytest.raises(CreditConflictError, match="give another credit another name"):
        credit(billed, number, parts=[{"line": 1, "amount": "1"}])
    with pytest.raises(CreditRefusedError, match=r"has 5\.00 USD left"):
        credit(billed, number, "second", parts=[{"line": 1, "amount": "6"}])
    with pytest.raises(LookupError, match="no invoice BI-999999"):
        credit(billed, "BI-999999")


def test_numbers_of_credit_notes_have_no_gap(billed: Stage) -> None:
    credit(billed, number_of(billed, "spare-3"))
    numbers = sorted(m.tags["part"] for m in billed.sent("credit-note"))
    assert [int(entry.rsplit("-", 1)[1]) for entry in numbers] == list(range(1, len(numbers) + 1))


def test_a_voided_invoice_is_issued_anew_beside_the_others(billed: Stage) -> None:
    old = invoice(billed, "spare-4")
    others = {of: entry for of, entry in billed.invoices(CYCLE).items() if of != "spare-4"}
    with pytest.raises(NotBilledAgainError, match="stands: void it by a credit note first"):
        again(billed, "spare-4")
    assert credit(billed, old.number or "").voids
    billed.apply(birch().with_accounts(account("spare-4", line("SEAT", quantity=3))))
    result = again(billed, "spare-4")
    assert result.totals == ("15.00 USD",)
    assert result.problems == ()
    new = invoice(billed, "spare-4")
    assert (new.id.revision, new.number) == (2, result.numbers[0])
    assert billed.ports.invoices.find_by_number("birch", old.number or "") == old
    assert {o: e for o, e in billed.invoices(CYCLE).items() if o != "spare-4"} == others
    mails = [m.tags["part"] for m in billed.sent() if m.tags["account"] == "spare-4"]
    assert mails == ["all", "all-r2"]
    with pytest.raises(NotBilledAgainError, match="stands"):
        again(billed, "spare-4")


def test_an_invoice_of_nothing_stands_until_it_is_voided_and_is_issued_anew_once(
    billed: Stage,
) -> None:
    old = invoice(billed, "free")
    assert str(old.total) == "0.00 USD"
    with pytest.raises(NotBilledAgainError, match="stands: void it by a credit note first"):
        again(billed, "free")
    made = credit(billed, old.number or "")
    assert (made.total, made.voids) == ("0.00 USD", True)
    assert f"birch/managed/2026-09/credit-notes/{made.number}.pdf" in billed.objects()
    assert again(billed, "free").totals == ("0.00 USD",)
    assert invoice(billed, "free").id.revision == 2
    with pytest.raises(NotBilledAgainError, match="stands"):
        again(billed, "free")


def test_only_an_account_of_a_closed_cycle_that_the_book_knows_is_billed_again(
    billed: Stage,
) -> None:
    with pytest.raises(NotBilledAgainError, match="no account 'nobody'"):
        again(billed, "nobody")
    with pytest.raises(NotBilledAgainError, match="was never opened"):
        again(billed, "spare-5", period=str(OCTOBER))


def test_the_functions_refuse_what_the_use_cases_refuse(billed: Stage) -> None:
    event = {
        "provider": "birch",
        "invoice_number": "BI-999999",
        "request": "x",
        "reason": "y",
        "requested_by": "clerk",
    }
    with pytest.raises(FunctionError) as refused:
        billed.cloud.invoke("IssueCreditNoteFunction", event)
    assert refused.value.error_type == "LookupError"
