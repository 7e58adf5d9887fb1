"""Payments on the table itself: once, whatever is lost, repeated, or done at the same time."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import date
from decimal import Decimal
from typing import Any

import pytest
from botocore.exceptions import BotoCoreError

from msp_billing.adapters.dynamodb.ledgers import DynamoLedgerStore
from msp_billing.domain.ledger.entries import LedgerId
from msp_billing.domain.ledger.position import LedgerPosition, position_of
from msp_billing.domain.money import Money
from msp_billing.domain.payments.incoming import IncomingPayment, IncomingReturn, PaymentKey
from msp_billing.domain.payments.payment_policy import PaymentPolicy
from msp_billing.domain.payments.records import PaymentRecord
from msp_billing.domain.problems import ProblemsError
from msp_billing.usecases.errors import PaymentConflictError, PaymentDecidedError
from msp_billing.usecases.receivables.booking import (
    book_payment,
    take_payment,
    take_payments,
    take_return,
)
from msp_billing.usecases.receivables.posting_documents import post_invoice
from msp_billing.usecases.receivables.queue import (
    AssignRequest,
    DismissRequest,
    assign_payment,
    dismiss_payment,
    waiting,
)
from msp_billing.usecases.receivables.verifying import verify_account
from tests.end_to_end.small_provider import birch, many_accounts
from tests.end_to_end.stage import OCTOBER, SEPTEMBER, Stage, cycle_id, open_stage

CYCLE = cycle_id()
TODAY = date(2026, 9, 10)
ATTEMPTS = 5
"""How often the AWS SDK asks before it gives up."""
NUMBERS = {"alder": "BI-000001", "beech": "BI-000002", "cedar": "BI-000003", "elm": "BI-000004"}
"""September's invoices: Alder owes 120.00, Beech 21.00, Cedar 20.00, Elm 10.00."""


def key(name: str) -> PaymentKey:
    return PaymentKey(provider="birch", source="bank", external_id=name)


def usd(amount: str) -> Money:
    return Money(amount=Decimal(amount), currency="USD")


def paid(name: str, amount: str, *texts: str, **more: Any) -> IncomingPayment:
    told: dict[str, Any] = {
        "key": key(name),
        "amount": usd(amount),
        "method": "ach",
        "received_on": TODAY,
        "texts": texts,
    }
    return IncomingPayment.model_validate(told | more)


def went_back(name: str, amount: str, **more: Any) -> IncomingReturn:
    told: dict[str, Any] = {
        "key": key(name),
        "amount": usd(amount),
        "returned_on": TODAY,
        "code": "R01",
        "reason": "Insufficient funds",
    }
    return IncomingReturn.model_validate(told | more)


@pytest.fixture
def billed() -> Iterator[Stage]:
    """Birch on 10 September: the month's invoices are issued and in the ledgers."""
    policy = PaymentPolicy.model_validate({"settled_after_business_days": {"ach": 2}})
    with open_stage() as stage:
        stage.set_up(birch().with_policy(payments=policy), SEPTEMBER, OCTOBER)
        stage.run_until("2026-09-10T18:00:00")
        invoices = stage.invoices(CYCLE)
        assert {of: invoice.number for of, invoice in invoices.items()} == NUMBERS
        for invoice in invoices.values():
            post_invoice(stage.ports, invoice)
        yield stage


def position(stage: Stage, account: str = "alder") -> LedgerPosition:
    """As the head has it, which is what the entries come to."""
    ledger = LedgerId(provider="birch", account=account, currency="USD")
    found = stage.ports.ledgers.position(ledger)
    assert found == position_of(ledger, stage.ports.ledgers.entries(ledger))
    return found


def take(stage: Stage, payment: IncomingPayment) -> PaymentRecord:
    return take_payment(stage.ports, payment, "bank file")


def back(stage: Stage, returned: IncomingReturn) -> PaymentRecord:
    return take_return(stage.ports, returned, "bank file")


def assign(stage: Stage, name: str, account: str, by: str = "dana") -> PaymentRecord:
    request = AssignRequest(key=key(name), account=account, assigned_by=by)
    return assign_payment(stage.ports, request)


def receivables(stage: Stage) -> list[Any]:
    """Every item about ledgers and payments."""
    kinds = ("LEDGER", "PAYMENT")
    return [item for item in stage.items() if item["pk"]["S"].startswith(kinds)]


def once_before_append(patch: pytest.MonkeyPatch, interrupt: Callable[[], object]) -> None:
    """Somebody else comes between reading the position and entering, once."""
    append = DynamoLedgerStore.append
    interruptions = [interrupt]

    def interrupted(store: DynamoLedgerStore, *arguments: Any, **named: Any) -> Any:
        if interruptions:
            interruptions.pop()()
        return append(store, *arguments, **named)

    patch.setattr(DynamoLedgerStore, "append", interrupted)


# --- Booked ---------------------------------------------------------------------------------------


@pytest.mark.rule("KR-13")
def test_payments_are_found_by_number_name_and_account_and_what_is_over_pays_the_next_invoice(
    billed: Stage,
) -> None:
    """Elm pays 15.00 for 10.00; of October's 10.00, 5.00 are left to pay."""
    reported = (
        paid("A-1", "100.00", "PAYMENT inv bi 000001"),
        paid("A-2", "21.00", payer="BEECH LTD"),
        paid("A-3", "20.00", account="cedar"),
        paid("A-4", "15.00", "ELM LTD"),
        paid("A-5", "20.00", "deposit"),
    )
    taken = take_payments(billed.ports, "birch", reported, "bank file")
    found = [(entry.record.state, entry.record.account) for entry in taken if entry.record]
    assert found == [
        ("booked", "alder"),
        ("booked", "beech"),
        ("booked", "cedar"),
        ("booked", "elm"),
        ("queued", None),
    ]
    assert [str(position(billed, of).balance) for of in NUMBERS] == [
        "20.00",
        "0.00",
        "0.00",
        "-5.00",
    ]
    payment = position(billed).find_payment("bank:A-1")
    assert payment is not None
    assert payment.settles_on == date(2026, 9, 14)  # Friday is the first day, Monday the second
    billed.run_until("2026-10-04T00:00:00")
    post_invoice(billed.ports, billed.invoices(cycle_id(period=OCTOBER))["elm"])
    assert str(position(billed, "elm").balance) == "5.00"
    assert position(billed, "elm").held == 0


# --- Lost answers and repeats (docs/faults.md, 32, 33 and 38) -------------------------------------


def test_a_payment_whose_answer_is_lost_is_booked_once(billed: Stage) -> None:
    """The AWS SDK asks again with the same token, and DynamoDB knows it."""
    billed.cloud.lose_answer("dynamodb", "TransactWriteItems")
    assert take(billed, paid("A-1", "120.00", "BI-1")).state == "booked"
    before = receivables(billed)
    assert take(billed, paid("A-1", "120.00", "BI-1")).state == "booked"
    assert receivables(billed) == before
    assert position(billed).balance == 0


def test_a_payment_of_which_no_answer_ever_came_is_found_the_next_time(billed: Stage) -> None:
    billed.cloud.lose_answer("dynamodb", "TransactWriteItems", times=ATTEMPTS)
    with pytest.raises(BotoCoreError):
        take(billed, paid("A-1", "120.00", "BI-1"))
    assert take(billed, paid("A-1", "120.00", "BI-1")).state == "booked"
    assert [entry.payment for entry in position(billed).payments] == ["bank:A-1"]


def test_a_payment_of_which_no_request_arrived_leaves_nothing_behind(billed: Stage) -> None:
    before = receivables(billed)
    billed.cloud.lose_request("dynamodb", "TransactWriteItems", times=ATTEMPTS)
    with pytest.raises(BotoCoreError):
        take(billed, paid("A-1", "120.00", "BI-1"))
    assert receivables(billed) == before
    assert take(billed, paid("A-1", "120.00", "BI-1")).state == "booked"
    assert position(billed).balance == 0


def test_a_reference_with_another_amount_is_refused_or_waits(billed: Stage) -> None:
    book_payment(billed.ports, paid("A-1", "120.00", account="alder"), "clerk")
    before = receivables(billed)
    with pytest.raises(PaymentConflictError):
        book_payment(billed.ports, paid("A-1", "12.00", account="alder"), "clerk")
    assert receivables(billed) == before
    for _ in range(2):
        assert take(billed, paid("A-1", "12.00", account="alder")).state == "queued"
    assert len(waiting(billed.ports, "birch")) == 1


def test_what_a_person_enters_wrongly_is_refused_with_every_reason(billed: Stage) -> None:
    before = receivables(billed)
    wrong = paid("A-1", "-1.00", account="nobody", received_on=date(2026, 9, 11))
    with pytest.raises(ProblemsError) as refused:
        book_payment(billed.ports, wrong, "clerk")
    assert [problem.code for problem in refused.value.problems] == [
        "amount-not-positive",
        "unknown-account",
        "date-in-future",
    ]
    assert receivables(billed) == before


# --- At the same time (docs/faults.md, 41) --------------------------------------------------------


def test_two_payments_at_once_settle_an_invoice_once_and_the_rest_is_credit(
    billed: Stage, monkeypatch: pytest.MonkeyPatch
) -> None:
    once_before_append(monkeypatch, lambda: take(billed, paid("A-2", "120.00", "BI-1")))
    take(billed, paid("A-1", "120.00", "BI-1"))
    found = position(billed)
    assert (str(found.owed), str(found.held)) == ("0.00", "120.00")
    assert [(entry.payment, entry.used_for) for entry in found.payments] == [
        ("bank:A-2", {"BI-000001": Decimal(120)}),
        ("bank:A-1", {}),
    ]


def test_a_payment_and_its_repetition_at_once_are_one(
    billed: Stage, monkeypatch: pytest.MonkeyPatch
) -> None:
    once_before_append(monkeypatch, lambda: take(billed, paid("A-1", "120.00", "BI-1")))
    assert take(billed, paid("A-1", "120.00", "BI-1")).state == "booked"
    assert position(billed).balance == 0


# --- The queue ------------------------------------------------------------------------------------


def test_a_payment_that_waits_is_assigned_once_or_dismissed(
    billed: Stage, monkeypatch: pytest.MonkeyPatch
) -> None:
    take(billed, paid("A-1", "120.00", "deposit"))
    take(billed, paid("A-2", "1.00", "deposit"))
    listed = waiting(billed.ports, "birch")
    assert [record.key.external_id for record in listed] == ["A-1", "A-2"]
    assert listed[0].suggestions == ("alder",)
    once_before_append(monkeypatch, lambda: assign(billed, "A-1", "alder", by="kim"))
    with pytest.raises(PaymentDecidedError, match="booked for alder by kim"):
        assign(billed, "A-1", "beech")
    request = DismissRequest(key=key("A-2"), dismissed_by="dana", why="interest of the bank")
    billed.cloud.lose_answer("dynamodb", "TransactWriteItems")
    assert dismiss_payment(billed.ports, request).state == "dismissed"
    assert waiting(billed.ports, "birch") == ()
    assert not [item for item in receivables(billed) if item["pk"]["S"].startswith("PAYMENT_QUEUE")]
    assert position(billed).balance == 0
    assert str(position(billed, "beech").balance) == "21.00"


# --- Returns (docs/faults.md, 34) -----------------------------------------------------------------


@pytest.mark.rule("KR-13", "DUN-06")
@pytest.mark.parametrize("named", [{"trace": "0910000123"}, {"payment": key("A-1")}])
def test_a_returned_payment_is_owed_again_whatever_comes_first(
    billed: Stage, named: dict[str, Any]
) -> None:
    payment = paid("A-1", "120.00", "BI-1", trace="0910000123")
    steps: list[Callable[[], PaymentRecord]] = [
        lambda: take(billed, payment),
        lambda: back(billed, went_back("R-1", "120.00", **named)),
    ]
    for step in (*reversed(steps), *steps, *reversed(steps)):
        step()
    assert waiting(billed.ports, "birch") == ()
    assert str(position(billed).balance) == "120.00"
    record = billed.ports.payments.find(key("R-1"))
    assert record is not None
    assert (record.state, record.account) == ("booked", "alder")


def test_a_payment_that_waits_and_its_return_leave_the_queue_together(billed: Stage) -> None:
    take(billed, paid("A-1", "33.00", "deposit"))
    billed.cloud.lose_answer("dynamodb", "TransactWriteItems")
    assert back(billed, went_back("R-1", "33.00", payment=key("A-1"))).state == "dismissed"
    assert waiting(billed.ports, "birch") == ()


# --- Many -----------------------------------------------------------------------------------------


def test_a_file_of_many_payments_asks_the_table_a_few_times_for_each(stage: Stage) -> None:
    """Its record, its invoice, its account and that one's position; and what reacting reads."""
    count = 60
    provider = many_accounts(count)
    stage.set_up(provider)
    stage.run_until("2026-09-04T00:00:00")
    for invoice in stage.invoices(CYCLE).values():
        post_invoice(stage.ports, invoice)
    reported = [
        paid(f"A-{n}", "5.00", f"BI-{n:06d}", received_on=date(2026, 9, 3))
        for n in range(1, count + 1)
    ]
    before = stage.cloud.request_counts.copy()
    taken = take_payments(stage.ports, "birch", reported, "bank file")
    requests = stage.cloud.request_counts - before
    assert {entry.record.state for entry in taken if entry.record} == {"booked"}
    asked = sum(number for (service, _), number in requests.items() if service == "dynamodb")
    assert requests["dynamodb", "TransactWriteItems"] == count
    assert asked <= 13 * count
    balances = [found.balance for found in stage.ports.ledgers.positions("birch")]
    assert balances == [0] * count


@pytest.mark.rule("KR-13")
def test_a_card_payment_that_is_refunded_twice_goes_back_in_two_parts(billed: Stage) -> None:
    """120.00 came; 50.00 and 30.00 go back: 80.00 are owed again, and the ledger proves it."""
    take(billed, paid("A-1", "120.00", account="alder", method="card"))
    for name, amount in (("R-1", "50.00"), ("R-2", "30.00")):
        assert back(billed, went_back(name, amount, payment=key("A-1"))).state == "queued"
        request = AssignRequest(key=key(name), payment=key("A-1"), assigned_by="dana")
        assert assign_payment(billed.ports, request).state == "booked"
    assert str(position(billed).balance) == "80.00"
    assert verify_account(billed.ports, "birch", "alder").misfit is None


def test_a_check_that_a_clerk_entered_and_the_bank_reports_counts_once(billed: Stage) -> None:
    check = key("1001").model_copy(update={"source": "clerk"})
    book_payment(billed.ports, paid("1001", "120.00", key=check, account="alder"), "clerk")
    record = take(billed, paid("A-1", "120.00", NUMBERS["alder"]))
    assert [problem.code for problem in record.problems] == ["perhaps-entered-before"]
    assert [entry.key for entry in waiting(billed.ports, "birch")] == [key("A-1")]
    assert position(billed).balance == 0
