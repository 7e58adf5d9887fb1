"""The outbox: what is to be mailed, and how far it got. States only move forward."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum
from typing import Literal

from pydantic import Field

from msp_billing.domain.base import EmailAddress, Frozen, Identifier, MailPart
from msp_billing.domain.periods import Period
from msp_billing.domain.reports.report_policy import ReportKind

AccountMailKind = Literal["invoice", "comparison", ReportKind]
"""The kinds of mail that go to accounts; each may send them to other people (COL-07)."""

MailKind = Literal[
    AccountMailKind, "credit-note", "dunning", "approval", "summary", "release", "dunning-alert"
]
"""What a mail is; a credit note goes where its invoice went, a dunning letter to the account's
contacts for that, the last four to the provider's own people."""


class MailState(StrEnum):
    """How far a mail got.

    SES has no idempotency key, so a mail is claimed (SENDING) before its one attempt. An attempt
    whose answer was lost is UNKNOWN until the tagged event of SES, or a person, settles it; it is
    never sent again blindly.
    """

    WAITING = "waiting"  # its document is not rendered yet
    READY = "ready"
    SENDING = "sending"
    SENT = "sent"
    UNKNOWN = "unknown"
    REJECTED = "rejected"
    DELIVERED = "delivered"
    BOUNCED = "bounced"
    COMPLAINED = "complained"


_FORWARD: dict[MailState, frozenset[MailState]] = {
    # Rejected without an attempt: its document or the mail itself could not be made.
    MailState.WAITING: frozenset({MailState.READY, MailState.REJECTED}),
    MailState.READY: frozenset({MailState.SENDING, MailState.REJECTED}),
    MailState.SENDING: frozenset(
        {
            MailState.READY,  # refused before SES took it: throttled, paused, quota used up
            MailState.SENT,
            MailState.UNKNOWN,
            MailState.REJECTED,
            MailState.DELIVERED,
            MailState.BOUNCED,
            MailState.COMPLAINED,
        }
    ),
    MailState.UNKNOWN: frozenset(
        {
            MailState.SENT,
            MailState.REJECTED,
            MailState.DELIVERED,
            MailState.BOUNCED,
            MailState.COMPLAINED,
        }
    ),
    MailState.SENT: frozenset(
        {MailState.REJECTED, MailState.DELIVERED, MailState.BOUNCED, MailState.COMPLAINED}
    ),
    MailState.DELIVERED: frozenset({MailState.BOUNCED, MailState.COMPLAINED}),
    MailState.REJECTED: frozenset(),
    # Of several recipients one may bounce and another complain; the complaint weighs more.
    MailState.BOUNCED: frozenset({MailState.COMPLAINED}),
    MailState.COMPLAINED: frozenset(),
}


def may_become(state: MailState, following: MailState) -> bool:
    """Whether a mail in one state may move to the other."""
    return following in _FORWARD[state]


class Attachment(Frozen):
    """A stored document that goes with a mail; the hash proves which bytes were sent."""

    key: str
    sha256: str
    file_name: str
    media_type: str
    size_bytes: int = Field(ge=0)


class MailId(Frozen):
    """One mail per account, part of the cycle and kind, at most.

    Mails to the provider's own people have the provider's name in place of an account's.
    """

    provider: Identifier
    run: Identifier
    period: Period
    account: Identifier
    part: MailPart
    kind: MailKind

    def __str__(self) -> str:
        return f"{self.provider}/{self.run}/{self.period}/{self.account}/{self.part}/{self.kind}"


class OutboxMail(Frozen):
    """A mail to send or sent."""

    id: MailId
    state: MailState
    recipients: tuple[EmailAddress, ...] = Field(min_length=1, max_length=50)
    attachments: tuple[Attachment, ...] = ()
    message_id: str | None = Field(default=None, description="Given by SES when it took the mail.")
    moved_at: datetime | None = Field(default=None, description="When it got into its state.")
    note: str | None = Field(default=None, description="What SES or a person said about it.")
