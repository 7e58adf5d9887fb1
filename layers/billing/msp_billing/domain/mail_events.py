"""What SES says about a mail, and what the mail is after it: pure, in whatever order it comes."""

from __future__ import annotations

from datetime import datetime
from typing import Literal

from pydantic import Field

from msp_billing.domain.base import EmailAddress, Frozen
from msp_billing.domain.outbox import (
    MailId,
    MailState,
    OutboxMail,
    RecipientOutcome,
    may_become,
)

MailEventKind = Literal["sent", "delivered", "delayed", "bounced", "complained", "rejected"]

_NOT_HANDED_OVER = frozenset({MailState.WAITING, MailState.READY})
_NOTE_LIMIT = 500


class ToldRecipient(Frozen):
    """A recipient that an event names, with what the other server said."""

    address: EmailAddress
    diagnostic: str = ""


class MailEvent(Frozen):
    """One event of SES about one mail."""

    mail: MailId
    kind: MailEventKind
    message_id: str
    recipients: tuple[ToldRecipient, ...] = Field(
        default=(), description="Whom it is about; everybody, if it names nobody."
    )
    note: str = Field(default="", description="What SES calls it.")
    is_permanent: bool = Field(default=False, description="Of a bounce: it would always come back.")
    is_suppressed: bool = Field(
        default=False, description="Not tried, because the address is on the suppression list."
    )


def after_event(mail: OutboxMail, event: MailEvent, at: datetime) -> OutboxMail:
    """The mail with what an event says; the same mail when the event says nothing new.

    What is said of recipients is kept, and the state follows from all of it, so that the order of
    events makes no difference. States only move forward.
    """
    if mail.state in _NOT_HANDED_OVER:
        return mail  # SES cannot have it: whatever this is, it must not keep the mail from going
    outcomes = mail.outcomes
    for told in told_recipients(mail, event):
        outcomes = _with(outcomes, _said(outcomes, told, event, at))
    state = _state_after(mail, event, outcomes)
    changes: dict[str, object] = {"outcomes": outcomes}
    if state is not mail.state:
        changes |= {"state": state, "moved_at": at}
        changes |= {"message_id": event.message_id or mail.message_id}
    if event.note and (state is not mail.state or outcomes != mail.outcomes):
        changes["note"] = _note(mail, event)
    return mail.model_copy(update=changes)


def has_failed(mail: OutboxMail) -> bool:
    """Whether it is known that nobody got the mail, so that somebody else may be tried.

    Who complained has read it.
    """
    return mail.state is MailState.BOUNCED


# --- Recipients ----------------------------------------------------------------------------------


def told_recipients(mail: OutboxMail, event: MailEvent) -> tuple[ToldRecipient, ...]:
    """The mail's recipients that an event is about, as the mail spells them."""
    if event.kind in {"sent", "rejected"}:
        return ()
    if not event.recipients:
        return tuple(ToldRecipient(address=address) for address in mail.recipients)
    if len(mail.recipients) == 1:  # a server may name the mailbox behind an address
        said = event.recipients[0].diagnostic
        return (ToldRecipient(address=mail.recipients[0], diagnostic=said),)
    named = {entry.address.casefold(): entry.diagnostic for entry in event.recipients}
    return tuple(
        ToldRecipient(address=address, diagnostic=named[address.casefold()])
        for address in mail.recipients
        if address.casefold() in named
    )


def _said(
    outcomes: tuple[RecipientOutcome, ...], told: ToldRecipient, event: MailEvent, at: datetime
) -> RecipientOutcome:
    known = next((e for e in outcomes if e.recipient == told.address), None)
    known = known or RecipientOutcome(recipient=told.address)
    words = ": ".join(part for part in (event.note, told.diagnostic) if part)[:_NOTE_LIMIT]
    changes: dict[str, object] = {}
    if event.kind == "delivered" and known.delivered_at is None:
        changes = {"delivered_at": at}
    elif event.kind == "delayed" and known.fate in {"unknown", "delayed"}:
        changes = {"delayed_at": at, "delay": words or None}
    elif event.kind == "bounced" and (
        known.bounced_at is None or (event.is_permanent and not known.is_permanent)
    ):
        changes = {"bounced_at": at, "bounce": words or None, "is_permanent": event.is_permanent}
    elif event.kind == "complained" and known.complained_at is None:
        changes = {"complained_at": at}
    return known.model_copy(update=changes)


def _with(
    outcomes: tuple[RecipientOutcome, ...], changed: RecipientOutcome
) -> tuple[RecipientOutcome, ...]:
    if any(entry.recipient == changed.recipient for entry in outcomes):
        return tuple(changed if e.recipient == changed.recipient else e for e in outcomes)
    return (*outcomes, changed)


# --- The mail ------------------------------------------------------------------------------------


def _state_after(
    mail: OutboxMail, event: MailEvent, outcomes: tuple[RecipientOutcome, ...]
) -> MailState:
    if event.kind == "rejected":
        wanted = MailState.REJECTED
    else:
        wanted = _by_recipients(mail.recipients, outcomes) or MailState.SENT
    return wanted if may_become(mail.state, wanted) else mail.state


def _by_recipients(
    recipients: tuple[str, ...], outcomes: tuple[RecipientOutcome, ...]
) -> MailState | None:
    """What the recipients' fates make of their mail; None while they say nothing.

    Delivered to one of three is delivered: it did arrive. It has bounced, or is complained of,
    when that is true of everybody: nobody is left who has it and wants it.
    """
    failed = [entry for entry in outcomes if entry.failed]
    if len(failed) == len({address.casefold() for address in recipients}):
        complained = any(entry.complained_at is not None for entry in failed)
        return MailState.COMPLAINED if complained else MailState.BOUNCED
    if any(entry.delivered_at is not None or entry.complained_at is not None for entry in outcomes):
        return MailState.DELIVERED
    return None


def _note(mail: OutboxMail, event: MailEvent) -> str:
    told = told_recipients(mail, event)
    if len(mail.recipients) == 1 or not told:
        return event.note
    return f"{', '.join(entry.address for entry in told)}: {event.note}"[:_NOTE_LIMIT]
