"""The outbox: every mail has what it brings, and the queue has what waits in it."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from msp_billing.adapters.dynamodb.drafts import invoice_key
from msp_billing.adapters.dynamodb.outbox import mail_key, read_mail
from msp_billing.adapters.dynamodb.wholeness.looking import (
    Looking,
    Outcome,
    UnreadableError,
    Wanted,
    WantedObject,
    where,
    wrong,
)
from msp_billing.domain.cycles import CycleId
from msp_billing.domain.outbox import MailId, MailState, OutboxMail
from msp_billing.usecases.stored_invoices import invoices_of_mail
from msp_billing.usecases.wholeness.findings import FindingKind

if TYPE_CHECKING:
    from msp_billing.usecases.ports.stored import Item

_UNTRIED = frozenset({MailState.WAITING, MailState.READY, MailState.SENDING})


def check_mail(_look: Looking, item: Item) -> Iterator[Outcome]:
    """A mail's documents are sealed as it says; an invoice's mail has its invoice."""
    try:
        mail = read_mail(item)
    except (ValueError, KeyError) as error:
        why = str(error).splitlines()[0]
        raise UnreadableError(wrong(FindingKind.UNREADABLE, item, why)) from error
    for attachment in mail.attachments:
        yield WantedObject(attachment.key, attachment.sha256, where(item))
    if mail.id.kind == "invoice" and mail.copy_of is None:
        yield from _of_invoice(item, mail)


def _of_invoice(item: Item, mail: OutboxMail) -> Iterator[Outcome]:
    if mail.state is not MailState.WAITING and not mail.attachments:
        yield wrong(FindingKind.MISSING_OBJECT, item, "its invoice has no document")
    missing = wrong(FindingKind.MISSING_INVOICE, item, "its invoice is not there")

    def numbered(invoice: Item) -> Iterator[Outcome]:
        if "number" not in invoice:
            yield wrong(FindingKind.MISSING_INVOICE, item, "its invoice has no number")

    cycle = CycleId(provider=mail.id.provider, run=mail.id.run, period=mail.id.period)
    meant = invoices_of_mail(cycle, mail.id.account, mail.id.part)
    yield Wanted(invoice_key(meant[0]), missing, numbered)
    if mail.state in _UNTRIED:

        def closed(lock: Item) -> Iterator[Outcome]:
            if lock["cycle_state"] == "closed":
                what = f"the cycle is closed, and this mail is {mail.state.value}"
                yield wrong(FindingKind.UNFINISHED_MAIL, item, what)

        yield Wanted((str(item["pk"]), "LOCK"), None, closed)


def check_queue(look: Looking, item: Item) -> Iterator[Outcome]:
    """What has a place in the queue of mails is there."""
    mail = look.text(MailId, item, str(item.get("mail_id")))
    missing = wrong(FindingKind.QUEUE, item, "it queues a mail that is not there")
    yield Wanted(mail_key(mail), missing)
