"""The outbox: what is to be mailed, and how far it got. States only move forward."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum
from typing import Literal

from pydantic import Field

from msp_billing.domain.base import EmailAddress, Frozen, Identifier, MailPart, Text
from msp_billing.domain.periods import Period
from msp_billing.domain.reports.report_policy import REPORT_KINDS, ReportKind

AccountMailKind = Literal["invoice", "comparison", ReportKind]
"""The kinds of mail that go to accounts; each may send them to other people (COL-07)."""

MailKind = Literal[
    AccountMailKind,
    "credit-note",
    "statement",
    "dunning",
    "approval",
    "summary",
    "release",
    "dunning-alert",
    "contact-alert",
    "digest",
]
"""What a mail is; a credit note goes where its invoice went, a statement to the
account's billing contacts, a dunning letter to its contacts for that, the last six to the
provider's own people."""


TO_ACCOUNTS = frozenset(
    {"invoice", "comparison", "credit-note", "statement", "dunning", *REPORT_KINDS}
)
"""The kinds of mails to accounts."""


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


TROUBLED = frozenset(
    {MailState.UNKNOWN, MailState.REJECTED, MailState.BOUNCED, MailState.COMPLAINED}
)
"""States in which a mail did not reach everybody it should, or nobody knows."""


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

    @classmethod
    def parse(cls, text: str) -> MailId:
        """The id that was written as text. Raises ValueError for anything else."""
        parts = text.split("/")
        if len(parts) != len(cls.model_fields):
            raise ValueError(f"'{text}' is no mail: it has {len(cls.model_fields)} parts, with /")
        named = dict(zip(cls.model_fields, parts, strict=True))
        return cls.model_validate({**named, "period": Period.parse(named["period"])})


class RecipientOutcome(Frozen):
    """What SES said about one recipient of a mail.

    What was said is kept side by side, so that it does not matter in which order it came: a bounce
    may come after a delivery, when a server takes a mail and sends it back later.
    """

    recipient: EmailAddress
    delivered_at: datetime | None = None
    delayed_at: datetime | None = Field(default=None, description="When SES last said so.")
    delay: str | None = Field(default=None, description="Why it was not delivered yet.")
    bounced_at: datetime | None = None
    bounce: str | None = Field(default=None, description="Why it came back.")
    is_permanent: bool = Field(default=False, description="Whether it would always come back.")
    complained_at: datetime | None = None

    @property
    def failed(self) -> bool:
        """Whether the mail came back, or was not wanted."""
        return self.bounced_at is not None or self.complained_at is not None

    @property
    def fate(self) -> Literal["complained", "bounced", "delivered", "delayed", "unknown"]:
        """The furthest that is known."""
        if self.complained_at is not None:
            return "complained"
        if self.bounced_at is not None:
            return "bounced"
        if self.delivered_at is not None:
            return "delivered"
        return "delayed" if self.delayed_at is not None else "unknown"


class OutboxMail(Frozen):
    """A mail to send or sent."""

    id: MailId
    state: MailState
    recipients: tuple[EmailAddress, ...] = Field(min_length=1, max_length=50)
    attachments: tuple[Attachment, ...] = ()
    message_id: str | None = Field(default=None, description="Given by SES when it took the mail.")
    moved_at: datetime | None = Field(default=None, description="When it got into its state.")
    note: str | None = Field(default=None, description="What SES or a person said about it.")
    outcomes: tuple[RecipientOutcome, ...] = Field(
        default=(), description="Of the recipients that SES said something about."
    )
    copy_of: MailPart | None = Field(
        default=None, description="The part of the mail that it repeats for somebody else."
    )
    requested_by: Text | None = Field(default=None, description="The person who wanted the copy.")
    about: Text | None = Field(
        default=None, description="Of an alert: the contact, or the mail, that it is about."
    )

    @property
    def original(self) -> MailId:
        """The mail that this one is a copy of; itself, when it is none."""
        return (
            self.id if self.copy_of is None else self.id.model_copy(update={"part": self.copy_of})
        )

    def outcome_of(self, recipient: str) -> RecipientOutcome | None:
        """What is known of one recipient; addresses are compared without regard to case."""
        wanted = recipient.casefold()
        return next((e for e in self.outcomes if e.recipient.casefold() == wanted), None)
