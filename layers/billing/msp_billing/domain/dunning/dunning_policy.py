"""What a provider does about an account that does not pay: steps, days and thresholds, as data.

Kill Bill keeps its overdue states as data too; what is different here is in docs/dunning.md: the
clock runs from a due date, a hold is scoped, and a step waits for the notice before it.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, time
from decimal import Decimal
from typing import Annotated, Literal

from pydantic import Field, StringConstraints, model_validator

from msp_billing.domain.base import EmailAddress, Frozen, Identifier, Text
from msp_billing.domain.money import ExactDecimal

StepKind = Literal["reminder", "notice", "credit_hold", "service_hold"]
"""A reminder goes out before the due date, to an account that owes nothing overdue yet."""

StepName = Annotated[str, StringConstraints(pattern=r"^[a-z][a-z0-9-]{0,28}[a-z0-9]$")]
"""At most 30 characters: it becomes part of the names of letters."""


class LateFee(Frozen):
    """A fee that a step adds, once. It is never taken on fees, so that it does not compound."""

    amount: ExactDecimal | None = Field(default=None, gt=0, description="In the currency.")
    percent: ExactDecimal | None = Field(
        default=None, gt=0, le=100, description="Of what is overdue, without fees."
    )

    @model_validator(mode="after")
    def _one_measure(self) -> LateFee:
        if (self.amount is None) == (self.percent is None):
            raise ValueError("give either 'amount' or 'percent' of a late fee")
        return self


class DunningStep(Frozen):
    """One step: when it is due, and what it does (DUN-02, DUN-03)."""

    step: StepName
    kind: StepKind
    title: Text = Field(description="Subject of its letter, and what a person reads about it.")
    clause: Identifier = Field(description="The sentence of the policy that it follows from.")
    counted_from: Literal["due_date", "credit_hold"] = Field(
        default="due_date",
        description="The due date of the oldest unpaid invoice, or the day of the credit hold.",
    )
    days: int = Field(
        default=1, ge=-60, le=365, description="Days after that; negative for a reminder."
    )
    day_of_month: int | None = Field(
        default=None,
        ge=1,
        le=28,
        description="Only on this day of a month: the first one from 'days' on (MSA-03).",
    )
    when_closed: Literal["keep", "next_business_day"] = "keep"
    at: time = Field(default=time(9, 0), description="Local time from which on it may happen.")
    letter: Text = Field(
        description="What the letter says, in the provider's words, before the facts. A hold has "
        "one too: it tells the account about the hold."
    )
    recipients: Literal["contacts", "escalation_contacts"] = Field(
        default="contacts",
        description="Whom the letter goes to: the account's contacts for dunning, in their order, "
        "one after the other until one got it; or its escalation contacts before them.",
    )
    copy_to: tuple[EmailAddress, ...] = Field(
        default=(), max_length=5, description="The provider's own people who are told."
    )
    late_fee: LateFee | None = None

    @property
    def is_hold(self) -> bool:
        """Whether it takes something away."""
        return self.kind in {"credit_hold", "service_hold"}


class ProtectedService(Frozen):
    """A service that a service hold leaves on (DUN-10)."""

    service: Identifier
    reason: Text
    until: date | None = Field(default=None, description="The last day; None: until it is changed.")


class Exemption(Frozen):
    """What an account is spared, with a reason and an end (DUN-10)."""

    exempt_from: Literal["service_hold", "all_holds"] | None = None
    service: Identifier | None = Field(
        default=None, description="Only this service stays on under a service hold."
    )
    reason: Text
    approved_by: Text
    until: date = Field(description="The last day.")

    @model_validator(mode="after")
    def _one_scope(self) -> Exemption:
        if (self.exempt_from is None) == (self.service is None):
            raise ValueError("give either 'exempt_from' or 'service'")
        return self


class AccountDunning(Frozen):
    """What was agreed with one account about unpaid invoices."""

    contacts: tuple[EmailAddress, ...] = Field(
        default=(), max_length=20, description="In their order; billing contacts if left out."
    )
    escalation_contacts: tuple[EmailAddress, ...] = Field(default=(), max_length=20)
    exemptions: tuple[Exemption, ...] = ()


class ReleaseRole(Frozen):
    """One of the keys that let an account out of a hold (KR-16)."""

    role: Identifier
    title: Text
    approvers: tuple[EmailAddress, ...] = Field(min_length=1, max_length=20)


class ReleasePolicy(Frozen):
    """When and by whom a hold is ended (DUN-06)."""

    clause: Identifier
    roles: tuple[ReleaseRole, ...] = Field(default=(), max_length=5)
    settles: Literal["outstanding", "overdue"] = Field(
        default="outstanding", description="What has to be paid: everything, or what is overdue."
    )
    remind_after_days: int = Field(default=1, ge=1, le=30)
    reminders: int = Field(default=3, ge=0, le=30, description="Then it goes to a person.")
    escalate_to: tuple[EmailAddress, ...] = Field(
        default=(), description="Who is told when nobody answered; the provider's reply address."
    )
    letter: Text = Field(description="What the account reads when the hold has ended.")


class DunningPolicy(Frozen):
    """Everything about unpaid invoices. A case keeps the version that it began with."""

    clause: Identifier
    minimum_amount: ExactDecimal = Field(
        default=Decimal(0), ge=0, description="Less than this overdue is left alone."
    )
    minimum_share: ExactDecimal = Field(
        default=Decimal(0),
        ge=0,
        lt=1,
        description="So is an overdue document of which less than this share of its first amount "
        "is open.",
    )
    steps: tuple[DunningStep, ...] = Field(min_length=1, max_length=20)
    services: tuple[Identifier, ...] = Field(
        default=(), description="What a service hold shuts off, by the names consumers use."
    )
    protected_services: tuple[ProtectedService, ...] = ()
    release: ReleasePolicy
    recheck_hours: int = Field(
        default=24,
        ge=1,
        le=168,
        description="How often a hold that waits for a notice looks again.",
    )

    @property
    def reminders(self) -> tuple[DunningStep, ...]:
        """Letters before the due date."""
        return tuple(step for step in self.steps if step.kind == "reminder")

    @property
    def case_steps(self) -> tuple[DunningStep, ...]:
        """What happens to an account that is overdue, in this order."""
        return tuple(step for step in self.steps if step.kind != "reminder")

    def step(self, name: str) -> DunningStep:
        """The step with this name; KeyError when there is none."""
        for entry in self.steps:
            if entry.step == name:
                return entry
        raise KeyError(name)

    @model_validator(mode="after")
    def _consistent(self) -> DunningPolicy:
        problems = list(_inconsistencies(self))
        if problems:
            raise ValueError("; ".join(problems))
        return self

    def clauses(self) -> Iterator[str]:
        """Every clause that it refers to."""
        yield self.clause
        yield self.release.clause
        yield from (step.clause for step in self.steps)


def _inconsistencies(policy: DunningPolicy) -> Iterator[str]:
    names = [step.step for step in policy.steps]
    for name in sorted({name for name in names if names.count(name) > 1}):
        yield f"the dunning step '{name}' is listed twice: keep one"
    roles = [role.role for role in policy.release.roles]
    for name in sorted({name for name in roles if roles.count(name) > 1}):
        yield f"the role '{name}' is listed twice: keep one"
    for step in policy.steps:
        if (step.kind == "reminder") is not (step.days <= 0):
            yield f"step {step.step}: a reminder has zero or negative days, any other step positive"
    yield from _wrong_order(policy)
    if any(step.is_hold for step in policy.steps) and not policy.release.roles:
        yield "a policy with holds needs at least one role that approves their end"


def _wrong_order(policy: DunningPolicy) -> Iterator[str]:
    """Steps happen in the order in which they are listed, so the days must not go back."""
    told = held = False
    latest: dict[str, int] = {}
    for step in policy.case_steps:
        if step.is_hold and not told:
            yield f"step {step.step}: a hold needs a notice before it"
        told = not step.is_hold  # each hold needs a notice of its own
        if step.counted_from == "credit_hold" and not held:
            yield f"step {step.step} counts from a credit hold that no step before it places"
        if held and step.counted_from == "due_date":
            yield f"step {step.step} comes after the credit hold: count it from the credit hold"
        if step.kind == "credit_hold":
            if held:
                yield f"step {step.step} places a second credit hold"
            held = True
        if step.days < latest.get(step.counted_from, step.days):
            yield f"step {step.step} is due before the step that is listed before it"
        latest[step.counted_from] = step.days
    kinds = [step.kind for step in policy.case_steps]
    if "service_hold" in kinds and kinds.index("service_hold") != len(kinds) - 1:
        yield "a service hold is the last step: nothing comes after it"
