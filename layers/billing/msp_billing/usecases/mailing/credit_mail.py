"""The mail that brings a credit note, and what became of the amount that it tells of."""

from __future__ import annotations

from itertools import takewhile
from typing import TYPE_CHECKING

from msp_billing.domain.ledger.credit_use import CreditUse, credit_use
from msp_billing.domain.ledger.entries import EntryKind, LedgerId
from msp_billing.domain.ledger.position import position_of
from msp_billing.domain.outbox import MailId

if TYPE_CHECKING:
    from msp_billing.domain.corrections.credit_notes import CreditNote
    from msp_billing.usecases.ports import Ports


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


def credit_use_of(ports: Ports, note: CreditNote) -> CreditUse | None:
    """What became of the amount when the note was entered; None where it was not."""
    invoice = note.invoice
    ledger = LedgerId(provider=invoice.provider, account=invoice.account, currency=note.currency)
    entry = ports.ledgers.find(ledger, EntryKind.CREDIT_NOTE, note.number or "")
    if entry is None:
        return None
    until = takewhile(lambda kept: kept.sequence <= entry.sequence, ports.ledgers.entries(ledger))
    return credit_use(entry, position_of(ledger, until))
