"""What is entered for documents: invoices, credit notes, late fees and write-offs."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import TYPE_CHECKING

from msp_billing.domain.ledger.allocation import with_allocation
from msp_billing.domain.ledger.entries import EntryDraft, EntryKind, LedgerAccount, Posting
from msp_billing.domain.ledger.refusals import MAX_TEXT, moving, refused

if TYPE_CHECKING:
    from msp_billing.domain.corrections.credit_notes import CreditNote
    from msp_billing.domain.dunning.dunning_policy import LateFee
    from msp_billing.domain.invoices import Invoice
    from msp_billing.domain.ledger.position import LedgerPosition

BILLING_CYCLE = "billing cycle"


def invoice_entry(invoice: Invoice, recorded_by: str = BILLING_CYCLE) -> EntryDraft:
    """An issued invoice: owed from now on, or credit where its total is negative.

    Raises:
        EntryRefusedError: for a draft, and for what is for information (COL-24).
    """
    if invoice.number is None or invoice.informational:
        raise refused(
            "not-owed",
            f"{invoice.number or invoice.id} is a draft or for information: nothing is owed by it.",
            "Enter invoices when they have their number.",
        )
    amount = invoice.total.amount
    customer = LedgerAccount.CREDIT if amount < 0 else LedgerAccount.RECEIVABLE
    return EntryDraft(
        kind=EntryKind.INVOICE,
        document=invoice.number,
        on=invoice.invoice_on,
        due_on=invoice.due_on,
        title=f"Invoice {invoice.number}, {invoice.label}"[:MAX_TEXT],
        recorded_by=recorded_by,
        cycle=f"{invoice.id.run}/{invoice.id.period}",
        postings=(
            Posting(on=customer, reference=invoice.number, amount=amount),
            Posting(on=LedgerAccount.BILLED, reference=invoice.number, amount=-amount),
        ),
    )


def invoice_entries(
    position: LedgerPosition, invoice: Invoice, today: date, recorded_by: str = BILLING_CYCLE
) -> tuple[EntryDraft, ...]:
    """An issued invoice, and the credit that is used on it at once (KR-13)."""
    return with_allocation(position, (invoice_entry(invoice, recorded_by),), today)


def credit_note_entries(
    position: LedgerPosition, note: CreditNote, today: date
) -> tuple[EntryDraft, ...]:
    """A credit note: taken off what is open of its invoice, and credit beyond that.

    What was given up of the invoice was never paid, so that no credit comes of it: the loss is
    less by it.

    Raises:
        EntryRefusedError: for one without a number, or of an invoice that was not entered.
    """
    item = position.items_by_document.get(note.invoice_number)
    if note.number is None or item is None:
        raise refused(
            "credit-note-of-nothing",
            f"The credit note {note.number or note.request} is of {note.invoice_number}, which the "
            "ledger does not have, or it has no number yet.",
            "Enter the invoice first.",
        )
    whole = note.total.amount
    off_invoice = min(whole, max(item.open, Decimal(0)))
    off_loss = min(whole - off_invoice, item.written_off)
    credit = whole - off_invoice - off_loss
    others = (
        Posting(on=LedgerAccount.RECEIVABLE, reference=note.invoice_number, amount=-off_invoice),
        Posting(on=LedgerAccount.WRITTEN_OFF, reference=note.invoice_number, amount=-off_loss),
        Posting(on=LedgerAccount.CREDIT, reference=note.number, amount=-credit),
    )
    entry = EntryDraft(
        kind=EntryKind.CREDIT_NOTE,
        document=note.number,
        on=note.issued_on,
        title=f"Credit note {note.number} for {note.invoice_number}",
        recorded_by=note.requested_by,
        why=note.reason,
        lowers=note.invoice_number,
        postings=(
            Posting(on=LedgerAccount.BILLED, reference=note.number, amount=whole),
            *moving(others),
        ),
    )
    return with_allocation(position, (entry,), today)


def late_fee_document(case: int, step: str) -> str:
    """The name of a step's fee: one for each case and step."""
    return f"LF-{case}-{step}"


def late_fee_entry(
    position: LedgerPosition,
    case: int,
    step: str,
    fee: LateFee,
    on: date,
    recorded_by: str,
    *,
    base: Decimal | None = None,
) -> EntryDraft | None:
    """The late fee of a step, due that day; None where it comes to nothing.

    Args:
        base: what the percentage is taken of; what is overdue without fees, if left out. More than
            that is never taken, so that no fee is taken on fees.
    """
    overdue = overdue_without_fees(position, on)
    base = overdue if base is None else min(base, overdue)
    if base <= 0:
        return None
    asked = fee.amount if fee.percent is None else base * fee.percent / 100
    assert asked is not None, "the model admits exactly one measure"
    amount = position.money(asked).amount
    if amount <= 0:
        return None
    document = late_fee_document(case, step)
    how = "" if fee.percent is None else f" of {fee.percent.normalize():f}% on {base}"
    return EntryDraft(
        kind=EntryKind.LATE_FEE,
        document=document,
        on=on,
        due_on=on,
        title=f"Late fee{how}",
        recorded_by=recorded_by,
        postings=(
            Posting(on=LedgerAccount.RECEIVABLE, reference=document, amount=amount),
            Posting(on=LedgerAccount.LATE_FEES, reference=document, amount=-amount),
        ),
    )


def overdue_without_fees(position: LedgerPosition, today: date) -> Decimal:
    """What is overdue of invoices and of refunds that were taken back.

    What was taken over from another system bears none: fees may be in it, or were charged there.
    """
    return sum(
        (
            item.open
            for item in position.overdue_items(today)
            if item.kind not in {EntryKind.LATE_FEE, EntryKind.OPENING}
        ),
        Decimal(0),
    )


def write_off_document(write_off: str) -> str:
    """The name of a write-off in the ledger."""
    return f"write-off:{write_off}"


def write_off_entry(
    position: LedgerPosition,
    write_off: str,
    document: str,
    amount: Decimal,
    on: date,
    recorded_by: str,
    why: str,
) -> EntryDraft:
    """A debt that is given up, after a second person approved it.

    Raises:
        EntryRefusedError: for more than is open of the document.
    """
    item = position.items_by_document.get(document)
    if item is None or not 0 < amount <= item.open:
        known = "is not owed" if item is None else f"has {position.money(item.open)} open"
        raise refused(
            "write-off-too-large",
            f"{document} {known}, {position.money(amount)} were to be written off.",
            "Look at what the account owes, and ask for no more than that.",
        )
    return EntryDraft(
        kind=EntryKind.WRITE_OFF,
        document=write_off_document(write_off),
        on=on,
        title=f"Written off of {document}",
        recorded_by=recorded_by,
        why=why,
        lowers=document,
        postings=(
            Posting(on=LedgerAccount.WRITTEN_OFF, reference=document, amount=amount),
            Posting(on=LedgerAccount.RECEIVABLE, reference=document, amount=-amount),
        ),
    )
