"""Issuing a credit note: numbered, entered, sealed as PDF, mailed to who got the invoice."""

from __future__ import annotations

from typing import TYPE_CHECKING

from msp_billing.domain.base import Frozen, Identifier, Text
from msp_billing.domain.corrections.credit_notes import (
    CreditNote,
    CreditRequest,
    credit_note_for,
)
from msp_billing.domain.documents import PDF
from msp_billing.domain.outbox import MailState, OutboxMail
from msp_billing.usecases.context import object_prefix
from msp_billing.usecases.errors import ConcurrentNumberingError, CreditConflictError
from msp_billing.usecases.mailing.addressing import addressed, flagged_among
from msp_billing.usecases.mailing.attaching import attached
from msp_billing.usecases.mailing.credit_mail import credit_mail_id, credit_use_of
from msp_billing.usecases.mailing.sending_mails import send_once
from msp_billing.usecases.receivables.posting_documents import post_credit_note
from msp_billing.usecases.sealed_documents import seal_document

if TYPE_CHECKING:
    from msp_billing.domain.invoices import Invoice
    from msp_billing.domain.policy import ProviderPolicy
    from msp_billing.usecases.ports import Ports

_MAX_TRIES = 5


class CreditNoteRequest(CreditRequest):
    """Which invoice to credit, of which provider."""

    provider: Identifier
    invoice_number: Text


class CreditNoteResult(Frozen):
    """The credit note that stands for the request."""

    number: str
    invoice_number: str
    total: str
    voids: bool
    mail: MailState


def issue_credit_note(ports: Ports, request: CreditNoteRequest) -> CreditNoteResult:
    """Issue the credit note that a person asks for, once.

    Safe to repeat: the same request finds the note that it made, and goes on where it stopped. The
    invoice itself is never changed.

    Raises:
        LookupError: when no invoice has this number.
        CreditRefusedError: when it cannot be credited as asked, with every reason.
        CreditConflictError: when the request's name was used for something else.
    """
    invoice = ports.invoices.find_by_number(request.provider, request.invoice_number)
    if invoice is None:
        raise LookupError(
            f"{request.provider} has no invoice {request.invoice_number}: look at the number again"
        )
    note = _issue(ports, invoice, request)
    post_credit_note(ports, note)
    policy = ports.policies.policy(request.provider, invoice.policy_version)
    _render(ports, note, policy, invoice)
    state = _send(ports, note, policy)
    return CreditNoteResult(
        number=note.number or "",
        invoice_number=note.invoice_number,
        total=str(note.total),
        voids=note.voids,
        mail=state,
    )


def _issue(ports: Ports, invoice: Invoice, request: CreditNoteRequest) -> CreditNote:
    """Work the note out and number it, anew when another note of the invoice came first."""
    policy = ports.policies.policy(request.provider, invoice.policy_version)
    today = ports.clock.now().astimezone(policy.zone).date()
    for _ in range(_MAX_TRIES):
        earlier = ports.credit_notes.of_invoice(invoice.id)
        standing = next((note for note in earlier if note.request == request.request), None)
        if standing is not None:
            return _same(standing, invoice, request, earlier)
        draft = credit_note_for(invoice, request, earlier, today)
        issued = ports.credit_notes.issue(draft, policy.credit_note_number_prefix, len(earlier))
        if issued is not None:
            ports.bus.publish(
                "CreditNoteIssued",
                {
                    "provider": request.provider,
                    "account": invoice.id.account,
                    "number": issued.number or "",
                    "invoice": request.invoice_number,
                    "total": str(issued.total),
                },
            )
            return issued
    raise ConcurrentNumberingError(f"the next credit note's number was taken {_MAX_TRIES} times")


def _same(
    standing: CreditNote,
    invoice: Invoice,
    request: CreditNoteRequest,
    earlier: tuple[CreditNote, ...],
) -> CreditNote:
    """The note that a request made already, if it asks for the same as then."""
    before = [note for note in earlier if (note.number or "") < (standing.number or "")]
    asked = credit_note_for(invoice, request, before, standing.issued_on)
    if (asked.lines, asked.reason) != (standing.lines, standing.reason):
        raise CreditConflictError(
            f"the request '{request.request}' made {standing.number} over {standing.total}: give "
            "another credit another name"
        )
    return standing


def _render(ports: Ports, note: CreditNote, policy: ProviderPolicy, invoice: Invoice) -> None:
    mail_id = credit_mail_id(note)
    (mail,) = ports.outbox.find_many([mail_id]).values()
    if mail.state is not MailState.WAITING:
        return
    sections = {entry.subscriber: entry.title for entry in invoice.sections if entry.subscriber}
    content = ports.renderer.render_credit_note(note, policy, credit_use_of(ports, note), sections)
    key = f"{object_prefix(note.invoice)}/credit-notes/{note.number}.pdf"
    ports.outbox.move(
        mail_id,
        MailState.WAITING,
        MailState.READY,
        at=ports.clock.now(),
        attachments=(seal_document(ports.records, key, content, PDF),),
    )


def _send(ports: Ports, note: CreditNote, policy: ProviderPolicy) -> MailState:
    def compose(mail: OutboxMail) -> bytes:
        return ports.composer.credit_note_mail(
            note,
            policy,
            mail.recipients,
            attached(ports, mail),
            mail.id,
            ports.clock.now(),
            use=credit_use_of(ports, note),
        )

    (mail,) = ports.outbox.find_many([credit_mail_id(note)]).values()
    if mail.state is not MailState.READY:
        return mail.state
    flagged = flagged_among(ports, mail.id.provider, [mail])
    going = addressed(ports, policy, mail, flagged)
    if going is None:
        return MailState.REJECTED
    return send_once(ports, policy, going.id, compose, going)
