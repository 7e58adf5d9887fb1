"""How an account stands with the provider: its state, its case, and what put off or ends it."""

from __future__ import annotations

from datetime import date, datetime
from enum import StrEnum
from typing import Literal

from pydantic import Field

from msp_billing.domain.base import Frozen, Identifier, Text
from msp_billing.domain.money import ExactDecimal
from msp_billing.domain.outbox import MailId


class AccountState(StrEnum):
    """Where an account is (rules of dunning). From left to right it gets harsher."""

    GOOD_STANDING = "good_standing"
    DUE = "due"
    CREDIT_HOLD = "credit_hold"
    SERVICE_HOLD = "service_hold"

    @property
    def harshness(self) -> int:
        """0 to 3; a payment never makes it grow."""
        return list(AccountState).index(self)

    @property
    def on_hold(self) -> bool:
        """Whether something is taken away from the account."""
        return self in {AccountState.CREDIT_HOLD, AccountState.SERVICE_HOLD}


class NoticeAttempt(Frozen):
    """A letter of a step, to one contact."""

    attempt: int = Field(ge=1)
    recipient: Text
    mail: MailId
    sent_at: datetime
    failed: Text | None = Field(default=None, description="Why it did not arrive, once known.")
    delivered_at: datetime | None = None


class NoticeOverride(Frozen):
    """A person's word that a notice counts although no delivery is known (DUN-09)."""

    by: Text
    at: datetime
    why: Text


class StepTaken(Frozen):
    """A step of the policy that was taken in a case; none is taken twice (DUN-04)."""

    step: Identifier
    taken_at: datetime
    attempts: tuple[NoticeAttempt, ...] = ()
    override: NoticeOverride | None = None
    late_fee: Text | None = Field(default=None, description="The document of the fee it added.")
    told_at: datetime | None = Field(
        default=None,
        description="When the provider's people were told, once, that nobody could be reached.",
    )

    @property
    def delivered_at(self) -> datetime | None:
        """When its notice counts as received; None while nobody has it."""
        if self.override is not None:
            return self.override.at
        times = [entry.delivered_at for entry in self.attempts if entry.delivered_at is not None]
        return min(times, default=None)


class Interruption(Frozen):
    """Days on which a case was closed, until the payment that had ended it was returned."""

    closed_on: date
    reopened_on: date


class DunningCase(Frozen):
    """One time that an account did not pay, from the first overdue day until it was settled."""

    case: int = Field(ge=1, description="Counts up per account.")
    opened_at: datetime
    opened_version: int = Field(description="Of the ledger when it was opened.")
    policy_version: Text = Field(description="The policy that the whole case goes by.")
    steps: tuple[StepTaken, ...] = ()
    credit_hold_on: date | None = Field(default=None, description="Day of the credit hold.")
    closed_at: datetime | None = None
    closed_version: int | None = Field(default=None, description="Of the ledger when it closed.")
    closed_from: AccountState | None = Field(default=None, description="The state it ended in.")
    run: int = Field(default=1, description="Of its executions: counts up when it goes on again.")
    interruptions: tuple[Interruption, ...] = Field(
        default=(), description="Days that count for no step: it was closed, and goes on."
    )
    looks_at: datetime | None = Field(
        default=None, description="When its execution looks again; None while that is not known."
    )


class Pause(Frozen):
    """A dispute or a promise: it pauses what it covers, and nothing else (DUN-08)."""

    pause: Identifier
    kind: Literal["dispute", "promise"]
    document: Text | None = Field(default=None, description="The invoice; None: the oldest first.")
    amount: ExactDecimal = Field(gt=0, description="How much of what is owed it covers.")
    until: date = Field(description="The last day on which it covers that.")
    reason: Text
    by: Text
    made_at: datetime
    ended_at: datetime | None = None
    ended_by: Text | None = Field(default=None, description="Who withdrew or settled it before.")
    ended_why: Text | None = None


class ReleaseApproval(Frozen):
    """One key, turned."""

    role: Identifier
    by: Text
    at: datetime
    why: Text


class ReleaseKey(Frozen):
    """The link of one approver: the secret itself is only in the mail."""

    role: Identifier
    approver: Text
    secret_sha256: str


class Release(Frozen):
    """The way out of a hold: settled, asked, approved."""

    release: int = Field(ge=1, description="Counts up per account.")
    asked_at: datetime
    balance_version: int = Field(description="Of the ledger that was found settled.")
    state: Literal[
        "settled", "asking", "approved", "cancelled", "turned_down", "left_to_person"
    ] = Field(
        description="Approved: the last key was turned; the hold has ended when ended_at is set. "
        "Turned down: a person said no; it is asked anew only when a person wants it."
    )
    approvals: tuple[ReleaseApproval, ...] = ()
    keys: tuple[ReleaseKey, ...] = ()
    task_token: str | None = Field(default=None, description="Of the execution that waits.")
    reminded: int = 0
    ended_at: datetime | None = None
    why: Text | None = None
    run: int = Field(default=1, description="Of its executions: counts up when one broke off.")

    @property
    def under_way(self) -> bool:
        """Whether it may still let the account out."""
        return self.ended_at is None


class Standing(Frozen):
    """How an account stands. ``version`` counts every change of it."""

    schema_version: int = 1
    provider: Identifier
    account: Identifier
    version: int = 0
    state: AccountState = AccountState.GOOD_STANDING
    since: datetime | None = None
    why: Text | None = Field(default=None, description="One sentence: what put it there.")
    clause: Identifier | None = None
    case: DunningCase | None = Field(default=None, description="The open one, or the last.")
    cases: int = 0
    pauses: tuple[Pause, ...] = ()
    release: Release | None = None
    releases: int = 0
    reminded: tuple[Text, ...] = Field(
        default=(), description="Invoices that a reminder went out for, as 'step:number'."
    )
    entitlement_version: int = Field(
        default=0, description="Counts up when what the account may do changes (DUN-07)."
    )
    told_version: int = Field(
        default=0, description="The last entitlement version that the bus took."
    )
    told_sha256: str | None = Field(
        default=None, description="Hash of what the bus was told that the account may do."
    )

    @property
    def open_case(self) -> DunningCase | None:
        """The case that runs, or None."""
        return self.case if self.case is not None and self.case.closed_at is None else None


class HistoryEntry(Frozen):
    """One thing that happened to the account's standing, kept for ever: what, who, when and why.

    A transition has ``before`` and ``after``; a letter, a pause or an approval has not.
    """

    sequence: int = Field(ge=1, description="The standing's version that came of it.")
    at: datetime
    what: Text
    by: Text = Field(description="A person, or 'dunning'.")
    case: int | None = None
    step: Identifier | None = None
    clause: Identifier | None = None
    before: AccountState | None = None
    after: AccountState | None = None
    balance: ExactDecimal | None = Field(default=None, description="As it was then.")
    balance_version: int | None = Field(default=None, description="Of the ledger, as it was then.")
