"""What needs a person: something that the system found and will not put right by itself."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, date, datetime
from enum import StrEnum

from pydantic import Field

from msp_billing.domain.base import Frozen, Identifier, Text
from msp_billing.domain.periods import Period


class AttentionKind(StrEnum):
    """Kinds of things that need a person, the most urgent first: this order is the list's."""

    CYCLE_FAILED = "cycle-failed"
    CYCLE_DIED = "cycle-died"
    LEDGER_DOES_NOT_FIT = "ledger-does-not-fit"
    SWEEP_MISSING = "sweep-missing"
    DELIVERY_PAUSED = "delivery-paused"
    EXPORT_MISSING = "export-missing"
    CYCLE_NOT_STARTED = "cycle-not-started"
    APPROVAL_WAITING = "approval-waiting"
    CYCLE_LATE = "cycle-late"
    MAIL_UNKNOWN = "mail-unknown"
    PAYMENT_FILE_REFUSED = "payment-file-refused"
    WEBHOOK_REFUSED = "webhook-refused"
    PAYMENT_WAITING = "payment-waiting"
    ACCOUNT_PARKED = "account-parked"
    MAIL_FAILED = "mail-failed"
    NOBODY_TO_MAIL = "nobody-to-mail"
    NOTICE_UNDELIVERED = "notice-undelivered"
    CASE_LATE = "case-late"
    RELEASE_WAITING = "release-waiting"
    PAUSE_RAN_OUT = "pause-ran-out"
    HOLD_NOT_DONE = "hold-not-done"
    WRITE_OFF_WAITING = "write-off-waiting"
    SWEEP_FAILED = "sweep-failed"
    EXPORT_EXPECTED = "export-expected"
    SCHEDULE_CHANGED = "schedule-changed"
    NOT_LOOKED_AT = "not-looked-at"

    @property
    def urgency(self) -> int:
        """Its place in the list; 0 is the most urgent."""
        return list(AttentionKind).index(self)

    @property
    def heading(self) -> str:
        """As people read it."""
        return _TITLES[self]


_TITLES = {
    AttentionKind.CYCLE_FAILED: "A run has stopped",
    AttentionKind.CYCLE_DIED: "A run's execution has died",
    AttentionKind.LEDGER_DOES_NOT_FIT: "A ledger does not fit",
    AttentionKind.SWEEP_MISSING: "The daily sweep does not run",
    AttentionKind.DELIVERY_PAUSED: "Mails do not go out",
    AttentionKind.EXPORT_MISSING: "An export is missing",
    AttentionKind.CYCLE_NOT_STARTED: "A run has not started",
    AttentionKind.APPROVAL_WAITING: "A run waits for approval",
    AttentionKind.CYCLE_LATE: "A run is late",
    AttentionKind.MAIL_UNKNOWN: "Nobody knows whether a mail was sent",
    AttentionKind.PAYMENT_FILE_REFUSED: "A payment file was refused",
    AttentionKind.WEBHOOK_REFUSED: "A payment webhook was refused",
    AttentionKind.PAYMENT_WAITING: "A payment waits to be placed",
    AttentionKind.ACCOUNT_PARKED: "An account was not billed",
    AttentionKind.MAIL_FAILED: "A mail reached nobody",
    AttentionKind.NOBODY_TO_MAIL: "An account has no contact left",
    AttentionKind.NOTICE_UNDELIVERED: "A notice was not delivered",
    AttentionKind.CASE_LATE: "An unpaid account is not followed",
    AttentionKind.RELEASE_WAITING: "The end of a hold waits for approval",
    AttentionKind.PAUSE_RAN_OUT: "A promise or dispute ran out",
    AttentionKind.HOLD_NOT_DONE: "Another system has not followed a hold",
    AttentionKind.WRITE_OFF_WAITING: "A write-off waits for a second person",
    AttentionKind.SWEEP_FAILED: "An account could not be looked at",
    AttentionKind.EXPORT_EXPECTED: "An export will be needed",
    AttentionKind.SCHEDULE_CHANGED: "A schedule was changed by hand",
    AttentionKind.NOT_LOOKED_AT: "Something could not be looked at",
}


class Attention(Frozen):
    """One thing that needs a person."""

    kind: AttentionKind
    provider: Identifier
    run: Identifier | None = None
    period: Period | None = None
    account: Identifier | None = None
    since_at: datetime | None = Field(default=None, description="Since when, where it is known.")
    what: Text = Field(description="What is the matter, in a sentence or two.")
    do: Text = Field(description="What a person does about it, in a sentence or two.")
    command: Text | None = Field(default=None, description="The command to do it, or to look.")


class Incident(Frozen):
    """Something that a function came upon, kept until it is settled, so that a person sees it.

    What can be read from the state of cycles, mails and accounts is no incident: that is looked at
    when somebody asks. This is for what would otherwise be known only in a log.
    """

    schema_version: int = 1
    kind: AttentionKind
    provider: Identifier
    subject: Text = Field(description="What it is about; the same again is the same incident.")
    account: Identifier | None = None
    since_at: datetime = Field(description="When it was first come upon.")
    last_at: datetime = Field(description="When it was last come upon.")
    what: Text
    settled_at: datetime | None = None


def by_urgency(entries: Iterable[Attention]) -> tuple[Attention, ...]:
    """The list as people get it: the most urgent kind first, within it what has waited longest."""
    latest = datetime.max.replace(tzinfo=UTC)
    return tuple(
        sorted(
            entries,
            key=lambda e: (
                e.kind.urgency,
                e.since_at or latest,
                e.run or "",
                str(e.period or ""),
                e.account or "",
                e.what,
            ),
        )
    )


MAX_IN_DIGEST = 40


class Digest(Frozen):
    """What the provider's people are told once a day."""

    provider: Identifier
    on: date = Field(description="In the provider's zone.")
    entries: tuple[Attention, ...] = Field(description="The most urgent first.")
    more: int = Field(default=0, description="How many others there are.")

    @property
    def count(self) -> int:
        """How many things need a person."""
        return len(self.entries) + self.more
