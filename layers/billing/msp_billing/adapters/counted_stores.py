"""Stores that count what happens in them, at the one place where it can happen only once.

A mail's state and a payment's record are moved by condition: whoever repeats a move finds it made.
What is counted when a move succeeds is therefore counted once, however often a step runs.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime
from typing import TYPE_CHECKING, Any

from msp_billing.adapters.dynamodb.ledgers import DynamoLedgerStore
from msp_billing.adapters.dynamodb.outbox import DynamoOutbox
from msp_billing.adapters.dynamodb.payments import DynamoPaymentStore
from msp_billing.domain.outbox import MailId, MailState, OutboxMail
from msp_billing.observing import Measure, count, quietly

if TYPE_CHECKING:
    from msp_billing.domain.ledger.entries import EntryDraft
    from msp_billing.domain.ledger.position import LedgerPosition
    from msp_billing.domain.payments.records import PaymentRecord

_HANDED_OVER = frozenset(
    {MailState.SENT, MailState.DELIVERED, MailState.BOUNCED, MailState.COMPLAINED}
)
_NOT_HANDED_OVER = frozenset(set(MailState) - _HANDED_OVER)
_BECAME = {
    MailState.DELIVERED: "MailsDelivered",
    MailState.BOUNCED: "MailsBounced",
    MailState.COMPLAINED: "MailsComplained",
    MailState.UNKNOWN: "MailsUnknown",
    MailState.REJECTED: "MailsFailed",
}


class CountedOutbox(DynamoOutbox):
    """The outbox; counts what becomes of mails."""

    def change(self, before: OutboxMail, after: OutboxMail) -> bool:
        """See the outbox."""
        changed = super().change(before, after)
        if changed:
            _count_mail(before.id, before.state, after.state)
        return changed

    def move(self, mail: MailId, expected: MailState, following: MailState, **said: Any) -> bool:
        """See the outbox."""
        moved = super().move(mail, expected, following, **said)
        if moved:
            _count_mail(mail, expected, following)
        return moved


class CountedLedgers(DynamoLedgerStore):
    """Ledgers; counts payments that are booked and that went back."""

    def append(
        self,
        position: LedgerPosition,
        drafts: Sequence[EntryDraft],
        at: datetime,
        booking: PaymentRecord | None = None,
    ) -> LedgerPosition | None:
        """See the ledgers."""
        following = super().append(position, drafts, at, booking)
        if following is not None and booking is not None:
            what = "PaymentsBooked" if booking.returned is None else "PaymentsReturned"
            count(Measure(what, provider=booking.key.provider))
        return following


class CountedPayments(DynamoPaymentStore):
    """Payments; counts those that wait for a person."""

    def put(self, record: PaymentRecord) -> bool:
        """See the payments."""
        stored = super().put(record)
        if stored and record.state == "queued" and record.version == 1:
            count(Measure("PaymentsQueued", provider=record.key.provider))
        return stored


def _count_mail(mail: MailId, before: MailState, after: MailState) -> None:
    with quietly():
        count(*(Measure(name, provider=mail.provider) for name in _became(before, after)))


def _became(before: MailState, after: MailState) -> Iterator[str]:
    """An event of SES may be faster than who sent: then the mail was sent all the same."""
    if before is after:
        return
    if after in _HANDED_OVER and before in _NOT_HANDED_OVER:
        yield "MailsSent"
    if before is MailState.SENDING and after is MailState.READY:
        yield "MailsPutBack"
    if after in _BECAME:
        yield _BECAME[after]
