"""A person sends a mail again, or says what became of one of which nobody knows."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Literal

from pydantic import Field

from msp_billing.domain.base import EmailAddress, Frozen, Identifier, Text
from msp_billing.domain.contacts import contact_key, without_repeats
from msp_billing.domain.outbox import MailId, MailState, OutboxMail
from msp_billing.domain.problems import Problem, ProblemsError
from msp_billing.domain.reports.report_policy import REPORT_KINDS
from msp_billing.usecases.mailing.mail_copies import MAX_COPIES, add_copy, chain_of, reachable
from msp_billing.usecases.mailing.mail_queue import tell_of_queue
from msp_billing.usecases.mailing.sending_mails import settle_left_behind
from msp_billing.usecases.render_invoices import mail_id

if TYPE_CHECKING:
    from msp_billing.usecases.ports import Ports

_REPEATABLE = frozenset({"invoice", "comparison", "credit-note", "statement", *REPORT_KINDS})
_MAX_TRIES = 8


class ResendRequest(Frozen):
    """What to send again, to whom, why, and who wants it."""

    provider: Identifier
    document: Text = Field(description="An invoice's number, or a mail's id as it is listed.")
    recipients: tuple[EmailAddress, ...] = Field(
        default=(),
        max_length=50,
        description="As the mail had them, without flagged ones, if none.",
    )
    why: Text
    requested_by: Text


def resend_mail(ports: Ports, request: ResendRequest) -> OutboxMail:
    """Put a copy of a mail into the queue, with the very same sealed documents.

    Returns:
        The copy, READY; it is sent at once by whoever hears of it.

    Raises:
        ProblemsError: with everything that keeps it from being sent again.
        BusError: when nobody could be told; the copy is in the queue, and goes out within a day.
    """
    for _ in range(_MAX_TRIES):
        original = _find(ports, request)
        chain = chain_of(ports, original)
        to = request.recipients or reachable(ports, request.provider, _all_recipients(chain))
        problems = [*_not_repeatable(chain), *_wrong_recipients(ports, request, to)]
        if problems:
            raise ProblemsError(problems)
        note = f"sent again: {request.why}"
        recipients = tuple(without_repeats(to))
        copy = add_copy(ports, chain, recipients, note, requested_by=request.requested_by)
        if copy is not None:
            tell_of_queue(ports, request.provider)
            return copy
    raise RuntimeError(f"others kept sending {request.document} first")


def find_mail(ports: Ports, provider: str, document: str) -> MailId | None:
    """The mail that a person means: by its id, or by the number of its invoice."""
    if "/" in document:
        try:
            found = MailId.parse(document)
        except ValueError:
            return None
        return found if found.provider == provider else None
    invoice = ports.invoices.find_by_number(provider, document)
    return None if invoice is None else mail_id(invoice.id, "invoice")


def _find(ports: Ports, request: ResendRequest) -> MailId:
    """The mail itself, where a copy of it was named."""
    found = find_mail(ports, request.provider, request.document)
    mail = None if found is None else ports.outbox.find_many([found]).get(found)
    if mail is None:
        raise ProblemsError([unknown_mail(request.document)])
    return mail.original


def unknown_mail(document: str) -> Problem:
    """What somebody reads who names a mail that there is none of."""
    return Problem(
        code="unknown-mail",
        what=f"There is no mail '{document}'.",
        fix="Give an invoice's number, or a mail as 'mspbill outbox list ACCOUNT' lists it.",
    )


def _all_recipients(chain: Sequence[OutboxMail]) -> tuple[str, ...]:
    """Whom it went to last, and before that."""
    return tuple(without_repeats(a for mail in reversed(chain) for a in mail.recipients))


def _not_repeatable(chain: Sequence[OutboxMail]) -> Iterator[Problem]:
    original = chain[0]
    if original.id.kind not in _REPEATABLE:
        yield Problem(
            code="not-a-document",
            what=f"A mail of the kind '{original.id.kind}' is not sent again.",
            fix="Invoices, credit notes, statements, comparisons and reports are.",
        )
    elif original.state is MailState.WAITING or not original.attachments:
        yield Problem(
            code="never-rendered",
            what=f"The document of {original.id} was never made, so that there is nothing to send.",
            fix=original.note or "Its run makes it; look at the run's state.",
        )
    if len(chain) >= MAX_COPIES:
        yield Problem(
            code="too-many-copies",
            what=f"{original.id} was sent {len(chain)} times.",
            fix="Reach the account another way.",
        )
    for mail in chain:
        if mail.state is MailState.UNKNOWN:
            yield Problem(
                code="unsettled",
                what=f"Nobody knows whether {mail.id} was sent: SES's answer was lost, and no "
                "event came. Sent again, the account may get it twice.",
                fix="Ask the account whether it came, and say so first: mspbill outbox settle "
                f"{mail.id} --as sent|not-sent.",
            )
        elif mail.state in {MailState.READY, MailState.SENDING}:
            yield Problem(
                code="under-way",
                what=f"{mail.id} is about to be sent.",
                fix="Wait until it is known what became of it.",
            )


def _wrong_recipients(ports: Ports, request: ResendRequest, to: Sequence[str]) -> Iterator[Problem]:
    if not to:
        yield Problem(
            code="nobody-left",
            what="Everybody whom it went to is flagged: mails to them come back.",
            fix="Give an address that works with --to, or clear a flag with 'mspbill contact'.",
        )
    free = {contact_key(address) for address in reachable(ports, request.provider, to)}
    for address in to:
        if contact_key(address) not in free:
            yield Problem(
                code="flagged",
                what=f"{address} is flagged: mails to it come back, or are not wanted.",
                fix=f"Clear the flag first: mspbill contact clear {address} --by NAME --why WHY.",
            )


# --- Settling ------------------------------------------------------------------------------------


class SettleRequest(Frozen):
    """What a person found out about a mail of which nobody knew."""

    provider: Identifier
    document: Text = Field(description="An invoice's number, or a mail's id as it is listed.")
    settled_as: Literal["sent", "not-sent"]
    why: Text
    settled_by: Text


def settle_mail(ports: Ports, request: SettleRequest) -> OutboxMail:
    """Keep whether an UNKNOWN mail was sent; one that was not can be sent again then.

    An event of SES that comes later is kept with the mail all the same. A claim whose owner died
    is UNKNOWN too: no worker comes by again to say so of letters and of mails to the provider.

    Raises:
        ProblemsError: when there is no such mail, or it is not unknown what became of it.
    """
    found = find_mail(ports, request.provider, request.document)
    mail = None if found is None else ports.outbox.find_many([found]).get(found)
    if mail is None:
        raise ProblemsError([unknown_mail(request.document)])
    if mail.state is MailState.SENDING and settle_left_behind(ports, mail) is MailState.UNKNOWN:
        mail = mail.model_copy(update={"state": MailState.UNKNOWN})
    state = MailState.SENT if request.settled_as == "sent" else MailState.REJECTED
    words = request.settled_as.replace("-", " ")
    note = f"settled as {words} by {request.settled_by}: {request.why}"[:500]
    if mail.state is MailState.UNKNOWN and ports.outbox.move(
        mail.id, MailState.UNKNOWN, state, at=ports.clock.now(), note=note
    ):
        return mail.model_copy(update={"state": state, "note": note})
    standing = ports.outbox.find_many([mail.id])[mail.id]
    raise ProblemsError(
        [
            Problem(
                code="not-unknown",
                what=f"It is known what became of {mail.id}: it is {standing.state}.",
                fix="Wait a quarter of an hour: it is being sent."
                if standing.state is MailState.SENDING
                else "There is nothing to settle.",
            )
        ]
    )
