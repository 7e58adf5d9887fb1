"""What is known about one account, for a clerk or for the account itself to read."""

from __future__ import annotations

from datetime import date, datetime
from decimal import Decimal

from pydantic import Field

from msp_billing.domain.base import Frozen, Identifier, Text
from msp_billing.domain.clauses import Clause
from msp_billing.domain.dunning.dunning_policy import Exemption, StepKind
from msp_billing.domain.dunning.entitlements import Entitlement
from msp_billing.domain.dunning.forecast import Clearing, ForecastStep
from msp_billing.domain.dunning.letters import KeyToTurn
from msp_billing.domain.dunning.standing import (
    AccountState,
    HistoryEntry,
    Pause,
    StepTaken,
)
from msp_billing.domain.ledger.aging import Aging
from msp_billing.domain.ledger.entries import EntryKind
from msp_billing.domain.money import CurrencyCode, ExactDecimal

_NOTHING = Decimal(0)


class OpenDocument(Frozen):
    """Something that is owed."""

    document: Text
    title: Text
    due_on: date
    days_overdue: int = Field(description="Zero or negative while it is not overdue.")
    amount: ExactDecimal = Field(description="What it was at first.")
    open: ExactDecimal
    disputed: ExactDecimal = _NOTHING
    promised: ExactDecimal = _NOTHING


class Unsettled(Frozen):
    """A payment that the bank may still take back."""

    payment: Text
    amount: ExactDecimal
    settles_on: date


class TakenStep(Frozen):
    """A step that was taken in the case, and what became of its letter."""

    title: Text
    kind: StepKind
    clause: Identifier
    taken: StepTaken


class PauseView(Frozen):
    """A dispute or promise, and whether it covers anything today."""

    pause: Pause
    open: bool


class ReleaseView(Frozen):
    """How far the way out of the hold is."""

    release: int
    state: Text
    asked_at: datetime
    ended_at: datetime | None = Field(description="None while it is under way.")
    why: Text | None
    keys: tuple[KeyToTurn, ...] = Field(description="Every role, turned or missing.")


class Waiting(Frozen):
    """What the open case waits for."""

    why: Text
    until: datetime | None = Field(description="None while it waits for a person.")


class BookedLine(Frozen):
    """An entry that moved the balance."""

    sequence: int = Field(description="Its place in the ledger.")
    at: datetime = Field(description="When it was entered.")
    on: date = Field(description="The day that it is of.")
    kind: EntryKind
    document: Text
    title: Text
    amount: ExactDecimal = Field(description="Positive raises what is owed, negative lowers it.")
    by: Text
    why: Text | None


class AccountView(Frozen):
    """One account as a clerk, or the account itself, asks about it."""

    provider: Identifier
    account: Identifier
    account_name: Text
    currency: CurrencyCode
    at: datetime
    today: date = Field(description="In the provider's zone.")
    balance: ExactDecimal = Field(description="What is owed less the credit.")
    aging: Aging
    documents: tuple[OpenDocument, ...] = Field(description="Open, oldest due date first.")
    unsettled: tuple[Unsettled, ...]
    state: AccountState
    since: datetime | None
    why: Text | None
    clause: Clause | None = Field(description="The sentence of the policy that put it there.")
    entitlement: Entitlement
    case: int | None = Field(description="Number of the open case.")
    policy_version: Text | None = Field(description="That the case goes by.")
    steps: tuple[TakenStep, ...] = Field(description="Taken in the open case, or the last one.")
    coming: tuple[ForecastStep, ...] = Field(description="If nothing is paid.")
    waiting: Waiting | None = Field(description="What the open case waits for now.")
    clearing: Clearing | None = Field(
        description="What payment ends it; None where the provider follows no unpaid invoices."
    )
    pauses: tuple[PauseView, ...]
    exemptions: tuple[Exemption, ...] = Field(description="Of today: what the account is spared.")
    release: ReleaseView | None
    booked: tuple[BookedLine, ...] = Field(description="Newest first.")
    history: tuple[HistoryEntry, ...] = Field(description="Newest first.")
