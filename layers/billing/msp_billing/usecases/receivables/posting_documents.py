"""Entering documents in the ledgers: invoices once they have their number, and credit notes."""

from __future__ import annotations

import logging
from datetime import date
from typing import TYPE_CHECKING

from msp_billing.domain.base import Frozen
from msp_billing.domain.ledger.documents import credit_note_entries, invoice_entries
from msp_billing.domain.ledger.entries import EntryDraft, EntryKind
from msp_billing.domain.problems import ProblemsError
from msp_billing.usecases.context import BatchRequest, failure_noted, load_context
from msp_billing.usecases.dunning.react import react
from msp_billing.usecases.errors import DEFECTS, LedgerUnreadableError
from msp_billing.usecases.receivables.appending import enter
from msp_billing.usecases.receivables.freezing import Entered, freeze, ledger_of
from msp_billing.usecases.stored_invoices import invoices_of

if TYPE_CHECKING:
    from msp_billing.domain.corrections.credit_notes import CreditNote
    from msp_billing.domain.invoices import Invoice
    from msp_billing.domain.ledger.position import LedgerPosition
    from msp_billing.usecases.ports import Ports

_LOGGER = logging.getLogger(__name__)


class PostResult(Frozen):
    """What the batch's invoices came to in the ledgers."""

    batch: int
    posted: int
    standing: int
    refused: int


def post_invoices(ports: Ports, request: BatchRequest) -> PostResult:
    """Enter every numbered invoice of the batch, once, with the credit that is used on it.

    What its document says about the account, and about the last invoice, is frozen with it.

    Before anything is mailed: an account must be able to pay what it hears of. What is for
    information is passed over (COL-24). An invoice that cannot be entered does not stop the others:
    the bus is told ``InvoiceNotPosted``, for a person to see to.
    """
    with failure_noted(ports, request):
        return _post_invoices(ports, request)


def _post_invoices(ports: Ports, request: BatchRequest) -> PostResult:
    load_context(ports, request)
    records = ports.invoices.records(request.cycle_id, request.accounts)
    entered: list[Entered] = []
    refused = 0
    for invoices in invoices_of(ports, request.cycle_id, records).values():
        for invoice in invoices:
            if invoice.number is None or invoice.informational:
                continue
            try:
                entered.append(enter_invoice(ports, invoice))
            except (*DEFECTS, LedgerUnreadableError, ProblemsError) as error:
                _LOGGER.exception("entering %s in the ledger failed", invoice.number)
                _tell(ports, invoice, error)
                refused += 1
    freeze(ports, request, entered)
    posted = sum(entry.now for entry in entered)
    return PostResult(
        batch=request.batch, posted=posted, standing=len(entered) - posted, refused=refused
    )


def post_invoice(ports: Ports, invoice: Invoice) -> bool:
    """Enter one issued invoice, with the credit that is used on it (KR-13).

    Returns:
        Whether it was entered now; False when it stood in the ledger already.

    Raises:
        EntryRefusedError, LedgerCurrencyError: see :func:`enter_invoice`.
    """
    return enter_invoice(ports, invoice).now


def enter_invoice(ports: Ports, invoice: Invoice) -> Entered:
    """Enter one issued invoice, and say where the account stood around it.

    Safe to repeat: an invoice is entered once.

    Raises:
        EntryRefusedError: for a draft, and for what is for information.
        LedgerCurrencyError: when the account's ledger is in another currency.
    """
    ledger = ledger_of(invoice)
    today = _today(ports, invoice)
    before: LedgerPosition | None = None

    def decide(position: LedgerPosition) -> tuple[EntryDraft, ...]:
        nonlocal before
        before = None if _stands(ports, position, invoice) else position
        return invoice_entries(position, invoice, today) if before is not None else ()

    following = enter(ports, ledger, decide)
    if invoice.total.amount < 0:  # only credit can change how an account stands
        react(ports, ledger.provider, ledger.account)
    around = None if before is None else (before, following)
    return Entered(invoice=invoice, on=today, around=around)


def post_credit_note(ports: Ports, note: CreditNote) -> bool:
    """Enter a numbered credit note: off its invoice, then off what is oldest, the rest as credit.

    Safe to repeat. An invoice that the ledger does not have yet is entered before.

    Returns:
        Whether it was entered now; False when it stood in the ledger already.
    """
    invoice = ports.invoices.invoices([note.invoice])[note.invoice]
    post_invoice(ports, invoice)
    ledger = ledger_of(invoice)
    today = _today(ports, invoice)
    entered = False

    def decide(position: LedgerPosition) -> tuple[EntryDraft, ...]:
        nonlocal entered
        entered = ports.ledgers.find(ledger, EntryKind.CREDIT_NOTE, note.number or "") is None
        return credit_note_entries(position, note, today) if entered else ()

    enter(ports, ledger, decide)
    react(ports, ledger.provider, ledger.account)
    return entered


def _stands(ports: Ports, position: LedgerPosition, invoice: Invoice) -> bool:
    """Whether an invoice is entered; one below zero is no item, but credit that may be used up."""
    number = invoice.number or ""
    item = position.items_by_document.get(number)
    if item is not None and item.kind is not EntryKind.OPENING:
        return True
    if invoice.total.amount >= 0 and item is None:
        return False
    return ports.ledgers.find(position.ledger, EntryKind.INVOICE, number) is not None


def _today(ports: Ports, invoice: Invoice) -> date:
    policy = ports.policies.policy(invoice.id.provider, invoice.policy_version)
    return ports.clock.now().astimezone(policy.zone).date()


def _tell(ports: Ports, invoice: Invoice, error: Exception) -> None:
    ports.bus.publish(
        "InvoiceNotPosted",
        {
            "provider": invoice.id.provider,
            "account": invoice.id.account,
            "number": invoice.number or "",
            "total": str(invoice.total),
            "why": f"{type(error).__name__}: {error}",
        },
    )
