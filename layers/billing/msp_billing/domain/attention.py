"""What needs a person: something that the system found and will not put right by itself."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, datetime
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
