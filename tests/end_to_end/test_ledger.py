"""Ledgers in the local cloud: what a cycle enters, credit that is used, and corrections."""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal
from typing import Any

import pytest
from beancount import loader

from msp_billing.adapters.accounting_exports.formats import FORMATS
from msp_billing.domain.cycles import CycleState
from msp_billing.domain.ledger.entries import EntryKind, LedgerEntry, LedgerId
from msp_billing.domain.ledger.position import LedgerPosition
from msp_billing.domain.ledger.postings import payment_entries
from msp_billing.domain.money import Money
from msp_billing.domain.payments.incoming import IncomingPayment, PaymentKey, PaymentMethod
from msp_billing.usecases.accounting.export import check_tied_out, gather_accounting
from msp_billing.usecases.bill_again import BillAgainRequest, bill_again
from msp_billing.usecases.issue_credit_note import CreditNoteRequest, issue_credit_note
from msp_billing.usecases.receivables.appending import enter
from msp_billing.usecases.receivables.verifying import (
    anchor_ledgers,
    verify_account,
    verify_provider,
)
from tests.end_to_end.small_provider import TOTALS, account, birch, line
from tests.end_to_end.stage import Stage, cycle_id, open_stage

CYCLE = cycle_id()
AFTER = "2026-09-04T00:00:00"


def ledger_of(account_name: str, currency: str = "USD") -> LedgerId:
    return LedgerId(provider="birch", account=account_name, currency=currency)


def position(stage: Stage, of: str) -> LedgerPosition:
    return stage.ports.ledgers.position(ledger_of(of))


def entries(stage: Stage, of: str) -> list[LedgerEntry]:
    return list(stage.ports.ledgers.entries(ledger_of(of)))


def pay(stage: Stage, of: str, amount: str, currency: str = "USD") -> None:
    today = stage.cloud.clock.now().date()
    paid = IncomingPayment(
        key=PaymentKey(provider="birch", source="clerk", external_id=f"W-{of}-{amount}"),
        amount=Money(amount=Decimal(amount), currency=currency),
        method=PaymentMethod.WIRE,
        received_on=today,
        account=of,
    )
    enter(
        stage.ports,
        ledger_of(of, currency),
        lambda found: payment_entries(found, paid, today, today, "clerk"),
    )


def credit(stage: Stage, number: str, **more: Any) -> str:
    asked = {
        "provider": "birch",
        "invoice_number": number,
        "request": "first",
        "reason": "Billed four seats, there were three",
        "requested_by": "clerk",
    }
    return issue_credit_note(stage.ports, CreditNoteRequest.model_validate(asked | more)).number


@pytest.fixture(scope="module")
def billed() -> Iterator[Stage]:
    """September: beech paid 30.00 ahead, and elm's ledger is in Canadian dollars by mistake."""
    with open_stage() as stage:
        spare = (account(f"spare-{n}", line("SEAT", quantity=4)) for n in range(3))
        stage.set_up(birch().with_accounts(*spare))
        pay(stage, "beech", "30.00")
        pay(stage, "elm", "5.00", currency="CAD")
        stage.run_until(AFTER)
        assert stage.cycle(CYCLE).state is CycleState.CLOSED
        yield stage


@pytest.mark.rule("KR-13")
def test_a_cycle_enters_each_invoice_once_and_credit_is_used_on_it(billed: Stage) -> None:
    invoices = billed.invoices(CYCLE)
    for name in ("alder", "cedar"):
        (item,) = position(billed, name).open_items
        assert (item.document, str(item.open)) == (invoices[name].number, TOTALS[name])
        assert (item.on, item.due_on) == (invoices[name].invoice_on, invoices[name].due_on)
        assert item.cycle == "managed/2026-09"
    # beech: 30.00 came before, 21.00 are billed, 9.00 stay
    assert str(position(billed, "beech").balance) == "-9.00"
    kinds = [entry.kind for entry in entries(billed, "beech")]
    assert kinds == [EntryKind.PAYMENT, EntryKind.INVOICE, EntryKind.ALLOCATION]
    assert entries(billed, "dogwood") == []


def test_an_invoice_that_cannot_be_entered_goes_out_and_a_person_is_told(billed: Stage) -> None:
    events = [detail for kind, detail in billed.events if kind == "InvoiceNotPosted"]
    assert [(e["account"], e["total"]) for e in events] == [("elm", "10.00 USD")]
    assert "is in CAD, not USD" in events[0]["why"]
    assert [entry.kind for entry in entries(billed, "elm")] == [EntryKind.PAYMENT]
    assert billed.mail_states(CYCLE)["elm"] == "delivered"


def test_the_step_again_enters_nothing(billed: Stage) -> None:
    before = {name: entries(billed, name) for name in TOTALS}
    result = billed.step("PostInvoicesFunction", CYCLE, **billed.batch(CYCLE))
    assert (result["posted"], result["refused"]) == (0, 1)
    assert {name: entries(billed, name) for name in TOTALS} == before


def test_a_ledger_that_somebody_changed_stops_no_other_account(billed: Stage) -> None:
    """Elm's is in another currency, and of alder's head nothing can be read."""
    table, dynamodb = billed.environment["TABLE_NAME"], billed.cloud.client("dynamodb")
    head = {"pk": {"S": "LEDGERS#birch"}, "sk": {"S": "alder"}}
    whole = dynamodb.get_item(TableName=table, Key=head)["Item"]
    dynamodb.put_item(TableName=table, Item={**whole, "body": {"B": b"no ledger"}})
    try:
        result = billed.step("PostInvoicesFunction", CYCLE, **billed.batch(CYCLE))
    finally:
        dynamodb.put_item(TableName=table, Item=whole)
    assert result["refused"] == 2
    (told,) = [d for kind, d in billed.events if "NotPosted" in kind and d["account"] == "alder"]
    assert "cannot be read" in told["why"]


def test_every_ledger_fits_its_entries_and_its_anchor(billed: Stage) -> None:
    made = anchor_ledgers(billed.ports, "birch")
    assert made.key in billed.objects()
    found = {entry.ledger.account: entry for entry in verify_provider(billed.ports, "birch")}
    assert set(found) >= set(TOTALS)
    assert all(entry.fits for entry in found.values())
    assert found["alder"].anchored_on is not None
    assert str(found["alder"].balance) == TOTALS["alder"]


def test_a_credit_note_is_entered_with_its_number(billed: Stage) -> None:
    """Four seats at 5.00 are 20.00; one is taken back: 15.00."""
    number = billed.invoices(CYCLE)["spare-0"].number or ""
    note = credit(billed, number, parts=[{"line": 1, "quantity": "1"}])
    assert credit(billed, number, parts=[{"line": 1, "quantity": "1"}]) == note
    last = entries(billed, "spare-0")[-1]
    assert (last.kind, last.document, last.lowers) == (EntryKind.CREDIT_NOTE, note, number)
    assert str(position(billed, "spare-0").balance) == "15.00"


def test_an_invoice_that_is_issued_anew_is_entered_beside_the_voided_one(billed: Stage) -> None:
    old = billed.invoices(CYCLE)["spare-1"].number or ""
    pay(billed, "spare-1", "20.00")
    credit(billed, old)
    assert str(position(billed, "spare-1").balance) == "-20.00"
    billed.apply(birch().with_accounts(account("spare-1", line("SEAT", quantity=3))))
    asked = BillAgainRequest(
        provider="birch",
        run=CYCLE.run,
        period=CYCLE.period,
        account="spare-1",
        requested_by="clerk",
        reason="three seats",
    )
    (new,) = bill_again(billed.ports, asked).numbers
    found = position(billed, "spare-1")
    assert [item.document for item in found.items] == [old, new]
    # 20.00 are held by the credit note, 15.00 of them pay the new invoice
    assert str(found.balance) == "-5.00"
    assert verify_account(billed.ports, "birch", "spare-1").fits


@pytest.mark.parametrize("name", FORMATS)
def test_all_of_it_is_exported_for_accounting_programs_and_ties_out(
    billed: Stage, name: str
) -> None:
    period = gather_accounting(billed.ports, "birch")
    current = billed.ports.policies.current("birch")
    files = FORMATS[name](period, billed.ports.policies.policy("birch", current.policy_version))
    check_tied_out(period, files)
    balances = {entry.customer.account: entry.owed - entry.held for entry in period.balances}
    assert balances.keys() >= {"alder", "beech", "cedar", "elm", "spare-0", "spare-1"}
    for account_name, balance in balances.items():
        assert balance == position(billed, account_name).balance
    if name == "journal":
        _, errors, _ = loader.load_string(files[0].content.decode(), dedent=False)
        assert errors == []


def test_invoices_are_in_the_ledger_before_they_are_mailed(billed: Stage) -> None:
    history = billed.history(billed.execution(CYCLE.execution_name).arn)
    entered = [e["stateEnteredEventDetails"]["name"] for e in history if _entered(e)]
    steps = [name for name in entered if name.endswith("Invoices")]
    assert steps[-4:] == ["NumberInvoices", "PostInvoices", "RenderInvoices", "DeliverInvoices"]


def _entered(event: dict[str, Any]) -> bool:
    return "stateEnteredEventDetails" in event
