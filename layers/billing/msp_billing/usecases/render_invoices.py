"""Rendering a batch: each numbered invoice becomes a sealed PDF, and its mail READY."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING

from msp_billing.domain.base import Frozen
from msp_billing.domain.documents import PDF
from msp_billing.domain.outbox import MailId, MailKind, MailState
from msp_billing.usecases.context import BatchRequest, failure_noted, load_context, object_prefix
from msp_billing.usecases.errors import DEFECTS
from msp_billing.usecases.sealed_documents import seal_document
from msp_billing.usecases.stored_invoices import invoices_of

if TYPE_CHECKING:
    from msp_billing.domain.invoices import Invoice, InvoiceId
    from msp_billing.usecases.ports import Ports

_LOGGER = logging.getLogger(__name__)


class RenderResult(Frozen):
    """How many documents the batch has now."""

    batch: int
    documents: int


def render_invoices(ports: Ports, request: BatchRequest) -> RenderResult:
    """Render every numbered invoice of the batch that has no document yet.

    One that cannot be rendered is left to a person: its mail is rejected with the reason, which the
    cycle's summary counts, and the others go out (docs/faults.md, 16).
    """
    with failure_noted(ports, request):
        return _render_invoices(ports, request)


def _render_invoices(ports: Ports, request: BatchRequest) -> RenderResult:
    context = load_context(ports, request)
    records = ports.invoices.records(request.cycle_id, request.accounts)
    by_account = invoices_of(ports, request.cycle_id, records)
    invoices = [entry for entries in by_account.values() for entry in entries if entry.number]
    mails = ports.outbox.find_many([mail_id(entry.id, "invoice") for entry in invoices])
    frozen = ports.at_issue.find_many([entry.id for entry in invoices])
    for invoice in invoices:
        mail = mails[mail_id(invoice.id, "invoice")]
        if mail.state is not MailState.WAITING:
            continue
        try:
            content = ports.renderer.render_invoice(
                invoice, context.policy, context.price_book, frozen.get(invoice.id)
            )
        except DEFECTS as error:  # one invoice that cannot be rendered must not stop the others
            _LOGGER.exception("rendering %s failed", invoice.number)
            note = f"the PDF could not be made: {type(error).__name__}: {error}"
            now = ports.clock.now()
            ports.outbox.move(mail.id, MailState.WAITING, MailState.REJECTED, at=now, note=note)
            continue
        document = seal_document(ports.records, document_key(invoice), content, PDF)
        ports.outbox.move(
            mail.id,
            MailState.WAITING,
            MailState.READY,
            at=ports.clock.now(),
            attachments=(document,),
        )
    return RenderResult(batch=request.batch, documents=len(invoices))


def document_key(invoice: Invoice) -> str:
    """Where the PDF of a numbered invoice lies."""
    return f"{object_prefix(invoice.id)}/invoices/{invoice.number}.pdf"


def mail_id(invoice: InvoiceId, kind: MailKind) -> MailId:
    """The mail of a kind that goes with an invoice."""
    return MailId(
        provider=invoice.provider,
        run=invoice.run,
        period=invoice.period,
        account=invoice.account,
        part=invoice.mail_part,
        kind=kind,
    )
