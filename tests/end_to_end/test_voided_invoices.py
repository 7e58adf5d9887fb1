"""What an invoice that was voided means to the month after it."""

from __future__ import annotations

from decimal import Decimal

from msp_billing.domain.corrections.credit_notes import CreditedPart
from msp_billing.domain.invoices import Invoice
from msp_billing.usecases.bill_again import BillAgainRequest, bill_again
from msp_billing.usecases.issue_credit_note import CreditNoteRequest, issue_credit_note
from msp_billing.usecases.stored_invoices import previous_invoices
from tests.end_to_end.small_provider import birch
from tests.end_to_end.stage import OCTOBER, Stage, cycle_id

CYCLE = cycle_id()


def credit(stage: Stage, invoice: Invoice, *parts: CreditedPart) -> None:
    """Credit parts of an invoice, or void it."""
    issue_credit_note(
        stage.ports,
        CreditNoteRequest(
            provider="birch",
            invoice_number=invoice.number or "",
            request="first",
            reason="Billed too much",
            requested_by="clerk",
            parts=parts,
        ),
    )


def test_a_voided_invoice_that_was_not_issued_anew_is_not_what_was_billed_last(
    stage: Stage,
) -> None:
    """Cedar's is voided and stays so, Alder's is voided and issued anew, of Elm's 4.00 are taken.

    Alder stands with its second invoice, Elm with its only one.
    """
    stage.set_up(birch().only("alder", "cedar", "elm"))
    stage.run_until("2026-09-04T00:00:00")
    invoices = stage.invoices(CYCLE)
    credit(stage, invoices["cedar"])
    credit(stage, invoices["alder"])
    bill_again(
        stage.ports,
        BillAgainRequest(
            provider="birch",
            run=CYCLE.run,
            period=CYCLE.period,
            account="alder",
            requested_by="clerk",
            reason="mended",
        ),
    )
    credit(stage, invoices["elm"], CreditedPart(line=1, amount=Decimal(4)))
    before = stage.cloud.request_counts.copy()
    found = previous_invoices(stage.ports, cycle_id(period=OCTOBER), ("alder", "cedar", "elm"))
    requests = stage.cloud.request_counts - before
    assert {account: [entry.id.revision for entry in of] for account, of in found.items()} == {
        "alder": [2],
        "elm": [1],
    }
    assert requests == {("dynamodb", "BatchGetItem"): 2, ("dynamodb", "Query"): 1}
