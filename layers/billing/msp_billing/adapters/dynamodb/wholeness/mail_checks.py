"""The outbox: every mail has what it brings, and the queue has what waits in it."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import TYPE_CHECKING

from msp_billing.adapters.dynamodb.outbox import mail_key, read_mail
from msp_billing.adapters.dynamodb.wholeness.cycle_checks import invoice_key
from msp_billing.adapters.dynamodb.wholeness.looking import (
    Looking,
    Outcome,
    UnreadableError,
    Wanted,
    WantedObject,
    where,
    wrong,
)
from msp_billing.domain.invoices import InvoiceId
from msp_billing.domain.outbox import MailId, MailState, OutboxMail
from msp_billing.usecases.wholeness.findings import FindingKind

if TYPE_CHECKING:
    from msp_billing.usecases.ports.stored import Item

_REVISION = re.compile(r"^(?P<part>.+)-r(?P<revision>[2-9]|[1-9][0-9]+)$")
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

    found = _REVISION.match(mail.id.part)
    part, revision = (found["part"], int(found["revision"])) if found else (mail.id.part, 1)
    told = mail.id.model_dump(exclude={"part", "kind"})
    invoice = InvoiceId(**told, part=part, revision=revision)
    yield Wanted(invoice_key(invoice), missing, numbered)
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
