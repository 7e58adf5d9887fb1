"""What letters about unpaid invoices say, as facts: the mail's templates only put them into words.

A letter is one per account and day, and lists everything that is open (DUN-02). It says what
happens next and on which day, so that nothing that follows comes as a surprise.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Literal

from pydantic import Field

from msp_billing.domain.base import Frozen, Identifier, LocaleTag, Text
from msp_billing.domain.dunning.dunning_policy import LateFee, ProtectedService, StepKind
from msp_billing.domain.dunning.standing import AccountState, NoticeAttempt
from msp_billing.domain.money import CurrencyCode, ExactDecimal
from msp_billing.domain.parties import Paper

LetterKind = Literal[StepKind, "released", "reinstated"]
"""A step's letter; that a hold has ended; or that it is back, because a payment was returned."""


class LetterDocument(Frozen):
    """An open document: an invoice, a late fee, or money that was paid back and is owed again."""

    document: Text = Field(description="The number of the invoice, or the fee's name.")
    title: Text
    due_on: date
    open: ExactDecimal = Field(gt=0, description="What is left to pay of it.")
    amount: ExactDecimal = Field(gt=0, description="What it was at first.")
    disputed: ExactDecimal = Field(default=Decimal(0), ge=0, description="Of what is open.")
    promised: ExactDecimal = Field(default=Decimal(0), ge=0, description="Of what is open.")
    paused_until: date | None = Field(
        default=None, description="The last day of the dispute or promise."
    )

    def days_overdue(self, on: date) -> int:
        """Days since the due date; zero or negative while it is not overdue."""
        return (on - self.due_on).days


class ComingStep(Frozen):
    """A step that follows if nothing is paid, and its day as it is foreseen now."""

    step: Identifier
    kind: StepKind
    title: Text
    on: date
    late_fee: LateFee | None = Field(default=None, description="What the step adds.")


class AddedFee(Frozen):
    """The late fee that came with the step of this letter."""

    document: Text
    amount: ExactDecimal = Field(gt=0)


class DunningLetter(Frozen):
    """Everything that a letter to an account tells."""

    account: Identifier
    account_name: Text
    address: tuple[Text, ...] = Field(default=(), description="The account's, line by line.")
    locale: LocaleTag = Field(default="en-US", description="The language of the account.")
    paper: Paper | None = Field(default=None, description="By the currency, where it is not said.")
    kind: LetterKind
    on: date = Field(description="The letter's day, in the provider's zone.")
    state: AccountState = Field(description="Of the account, when the letter goes out.")
    step: Identifier | None = Field(default=None, description="None when a hold has ended.")
    title: Text = Field(description="The step's title; the mail's subject begins with it.")
    letter: Text = Field(description="The provider's own words, before the facts.")
    because: Text | None = Field(
        default=None, description="What brought it about, where it is not the due date: a return."
    )
    clause_title: Text
    clause_text: Text = Field(description="The sentence of the policy that this follows from.")
    currency: CurrencyCode
    documents: tuple[LetterDocument, ...] = Field(default=(), description="Oldest due date first.")
    overdue: ExactDecimal = Field(default=Decimal(0), ge=0, description="Past due, open.")
    outstanding: ExactDecimal = Field(default=Decimal(0), ge=0, description="All that is open.")
    credit: ExactDecimal = Field(default=Decimal(0), ge=0, description="Held for the account.")
    late_fee: AddedFee | None = None
    to_pay: ExactDecimal = Field(
        default=Decimal(0),
        ge=0,
        description="What payment clears it: ends the case, or settles what a hold is for.",
    )
    coming: tuple[ComingStep, ...] = Field(default=(), description="If nothing is paid, in order.")
    services: tuple[Identifier, ...] = Field(
        default=(), description="What is off under a service hold, without what stays on."
    )
    protected_services: tuple[ProtectedService, ...] = Field(
        default=(), description="What stays on under a service hold, and why."
    )
    release_by: tuple[Text, ...] = Field(
        default=(), description="Titles of the roles that end the hold, once all is settled."
    )

    @property
    def may_buy(self) -> bool:
        """Whether something can be ordered now."""
        return not self.state.on_hold

    @property
    def may_get_support(self) -> bool:
        """Whether support answers now."""
        return self.state is not AccountState.SERVICE_HOLD

    @property
    def disputed(self) -> Decimal:
        """Of everything that is open, what is disputed."""
        return sum((entry.disputed for entry in self.documents), Decimal(0))

    @property
    def promised(self) -> Decimal:
        """Of everything that is open, what was promised to be paid."""
        return sum((entry.promised for entry in self.documents), Decimal(0))

    @property
    def pay_by(self) -> date | None:
        """The last day to pay before something follows; None when that is as soon as possible.

        Of a reminder, the first due date; of a notice, the day before the next step. What a hold
        takes away comes back the sooner it is paid: it has no such day.
        """
        if self.kind == "reminder":
            return min((entry.due_on for entry in self.documents), default=None)
        if self.kind != "notice" or not self.coming:
            return None
        day_before = self.coming[0].on - timedelta(days=1)
        return day_before if day_before > self.on else None


class SettledPayment(Frozen):
    """A payment that settled what was owed."""

    payment: Text = Field(description="Its name in the ledger, or its reference.")
    method: Text
    received_on: date
    amount: ExactDecimal = Field(gt=0)
    settled_on: date | None = Field(
        default=None, description="From when on the bank takes it back no more."
    )


class KeyToTurn(Frozen):
    """One of the roles whose approval ends a hold, and whether it was given (KR-16)."""

    role: Identifier
    title: Text
    approved_by: Text | None = None
    approved_at: datetime | None = None
    why: Text | None = None


class ReleaseQuestion(Frozen):
    """What an approver is told, and asked."""

    account: Identifier
    account_name: Text
    release: int = Field(ge=1)
    state: AccountState = Field(description="The hold that is to be ended.")
    held_since: datetime
    why: Text = Field(description="What put the account on hold, in one sentence.")
    clause_title: Text
    clause_text: Text = Field(description="The sentence of the policy about ending a hold.")
    currency: CurrencyCode
    was_owed: tuple[LetterDocument, ...] = Field(
        default=(), description="What was overdue when the hold came, as far as it is known."
    )
    paid: tuple[SettledPayment, ...] = ()
    outstanding: ExactDecimal = Field(description="What is open now; zero, or disputed.")
    disputed: ExactDecimal = Decimal(0)
    credit: ExactDecimal = Decimal(0)
    asked_role: Identifier = Field(description="The role of the approver who gets this mail.")
    roles: tuple[KeyToTurn, ...] = Field(min_length=1)
    link: Text = Field(description="The page of this one approver; it is nobody else's.")
    answer_by: datetime | None = Field(default=None, description="Then it is asked again.")
    reminder: int = Field(default=0, ge=0, description="Which reminder this is; 0: the first mail.")
    command: Text | None = Field(default=None, description="How to answer without the page.")


AlertKind = Literal["notice_undeliverable", "release_left_to_person", "payment_returned", "other"]


class AlertFact(Frozen):
    """A label and its value."""

    label: Text
    value: Text


class ProviderAlert(Frozen):
    """Something about an account that only a person can go on with."""

    kind: AlertKind
    account: Identifier
    account_name: Text
    title: Text = Field(description="A few words; the subject begins with them.")
    what: Text = Field(description="What happened, in a sentence or two.")
    consequence: Text = Field(description="What waits for it, and what goes on meanwhile.")
    facts: tuple[AlertFact, ...] = ()
    what_to_do: tuple[Text, ...] = Field(min_length=1, description="One line each.")
    commands: tuple[Text, ...] = Field(default=(), description="On the command line, after that.")


def notice_undeliverable(
    provider: str,
    account: str,
    account_name: str,
    step: str,
    step_title: str,
    attempts: Sequence[NoticeAttempt],
    waiting_for: str | None,
) -> ProviderAlert:
    """None of an account's contacts got a notice, so that the hold after it waits (DUN-09).

    Args:
        waiting_for: title of the step that is not taken without the notice, if one follows.
    """
    waits = f"'{waiting_for}' is not taken" if waiting_for else "The case stands still"
    return ProviderAlert(
        kind="notice_undeliverable",
        account=account,
        account_name=account_name,
        title="Notice not delivered",
        what=f"The letter '{step_title}' could not be delivered to any contact of the account.",
        consequence=f"{waits} until somebody says that the account knows. Nothing else changes.",
        facts=tuple(
            AlertFact(label=attempt.recipient, value=attempt.failed or "no delivery is known")
            for attempt in attempts
        )
        or (AlertFact(label="Contacts", value="the account has none"),),
        what_to_do=(
            "Reach the account another way, and mend its contacts in its account file.",
            "Then say that the notice counts, with your name and how they were told:",
        ),
        commands=(
            f"mspbill override-notice {account} {step} --provider {provider} --by NAME "
            '--why "told by phone"',
        ),
    )


def release_left_to_person(
    provider: str,
    account: str,
    account_name: str,
    missing: Sequence[KeyToTurn],
    reminders: int,
) -> ProviderAlert:
    """Nobody turned the last keys, however often they were asked (DUN-06)."""
    asked = "once" if not reminders else f"{reminders + 1} times"
    return ProviderAlert(
        kind="release_left_to_person",
        account=account,
        account_name=account_name,
        title="Release waits for approval",
        what=f"Everything is settled, but an approval is missing after we asked {asked}.",
        consequence="The account stays on hold although it has paid. Nobody is asked again.",
        facts=tuple(AlertFact(label=key.title, value="has not answered") for key in missing),
        what_to_do=("Ask those who may approve. The last approval ends the hold, also now.",),
        commands=(
            f"mspbill hold show {account} --provider {provider}",
            f"mspbill hold ask-again {account} --provider {provider} --by NAME",
        ),
    )
