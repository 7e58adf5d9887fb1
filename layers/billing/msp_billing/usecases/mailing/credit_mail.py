"""The mail that brings a credit note."""

from __future__ import annotations

from msp_billing.domain.corrections.credit_notes import CreditNote
from msp_billing.domain.outbox import MailId


def credit_mail_id(note: CreditNote) -> MailId:
    """The mail of a numbered credit note; its number tells it from the invoice's other notes."""
    assert note.number is not None, "a draft has no mail"
    return MailId(
        provider=note.invoice.provider,
        run=note.invoice.run,
        period=note.invoice.period,
        account=note.invoice.account,
        part=note.number.lower(),
        kind="credit-note",
    )
