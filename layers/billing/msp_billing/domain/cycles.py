"""A cycle: one run of one provider for one period, its dates and the way it goes."""

from __future__ import annotations

import re
from datetime import date, datetime, timedelta
from enum import StrEnum
from typing import TYPE_CHECKING

from pydantic import Field

from msp_billing.domain.base import Frozen, Identifier, Text
from msp_billing.domain.calendars import BusinessCalendar
from msp_billing.domain.date_rules import resolve_day, resolve_due_day, resolve_instant
from msp_billing.domain.periods import Period

if TYPE_CHECKING:
    from msp_billing.domain.policy import ProviderPolicy
    from msp_billing.domain.run_policy import RunPolicy

MAX_EXECUTION_NAME_LENGTH = 80


class CycleId(Frozen):
    """What a cycle is: a period of a run of a provider is billed once, ever."""

    provider: Identifier
    run: Identifier
    period: Period

    def __str__(self) -> str:
        return f"{self.provider}_{self.run}_{self.period}"

    @property
    def execution_name(self) -> str:
        """The name of its Step Functions execution, at most 80 characters.

        The name keeps a second start of the same cycle out for 90 days; the period lock does so
        for ever. Identifiers have no underscore, so that two cycles never share a name.
        """
        name = f"{self.provider}_{self.run}_{self.period}"
        if len(name) > MAX_EXECUTION_NAME_LENGTH:
            raise ValueError(f"the execution name {name} is over 80 characters")
        return name


class CycleState(StrEnum):
    """Where a cycle stands."""

    OPEN = "open"
    CLOSED = "closed"
    FAILED = "failed"


class PlannedMoment(Frozen):
    """One snapshot to take: the moment it describes, and when to take it."""

    moment: Identifier
    moment_at: datetime
    take_at: datetime = Field(description="The moment plus the time exports need to arrive.")


class CyclePlan(Frozen):
    """Every date of a cycle, worked out once when it opens. Instants are UTC."""

    opens_at: datetime
    moments: tuple[PlannedMoment, ...]
    compare_at: datetime
    issue_at: datetime
    invoice_on: date
    due_on: date | None = Field(description="None for documents that are for information.")
    charges_until: date = Field(
        description="Last local day of which one-time charges are billed: that of the comparison, "
        "at the latest the last of the service month."
    )


class Cycle(Frozen):
    """A cycle with what it pinned when it opened."""

    id: CycleId
    owner: Text = Field(description="Token of the execution that holds the period lock.")
    state: CycleState
    policy_version: Text
    price_book_version: Text
    plan: CyclePlan
    opened_at: datetime
    code: str = Field(
        default="",
        max_length=300,
        description="The version that works on it: the ARN of the function that opened it.",
    )
    attempt: int = Field(default=1, ge=1, description="Counts up when a failed cycle is retried.")
    count_attempt: int = Field(
        default=1,
        ge=1,
        description="The attempt whose count is in force.",
    )
    first_period: Period | None = Field(
        default=None, description="The provider's first service month with this system."
    )
    charges_from: date = Field(
        default=date.min,
        description="One-time charges that are dated before were billed before this system.",
    )
    numbered_at: datetime | None = Field(
        default=None, description="When the first of its invoices was about to get a number."
    )
    sealed_at: datetime | None = Field(default=None, description="When its snapshot was sealed.")
    unknown_customers: tuple[str, ...] = Field(
        default=(), description="Customers in its exports that the book does not know."
    )
    manifest_key: str | None = Field(default=None, description="The list of its batches.")
    parked: tuple[Identifier, ...] = Field(
        default=(), description="Accounts that were parked when it closed; the first so many."
    )
    closed_at: datetime | None = None
    failure: str | None = None
    error: str | None = Field(default=None, description="Name of the error that failed it.")
    summary: dict[str, str | int] = Field(default_factory=dict)

    @property
    def is_settled(self) -> bool:
        """Whether nobody has anything left to do about it: it is closed, with no account parked."""
        return self.state is CycleState.CLOSED and not self.parked


COUNTS_ANEW_AFTER = frozenset(
    {"RunRejectedError", "TooManyParkedError", "CompletenessGapError", "ChargeClaimedError"}
)
"""Failures whose reason lies in what was counted or in the policy, and not in the machinery."""


def counts_anew(failed: Cycle) -> bool:
    """Whether a failed cycle that is started again counts anew, with the versions then current.

    It does when a person or a check refused what was counted: the feeds, the policy or the prices
    have been mended since. After a failure of the machinery it goes on with what it pinned and
    counted, and so it does, whatever failed, once an invoice has its number.
    """
    return failed.numbered_at is None and failed.error in COUNTS_ANEW_AFTER


NOBODY_ANSWERED = "States.Timeout"
"""What Step Functions says when a task took too long; for a question: that nobody answered it."""

_SAID_BY_ITSELF = frozenset({"RunRejectedError"})
"""Failures whose words say all; the names of others lead into the runbook."""

_ERROR_NAME = re.compile(r"([A-Za-z_][A-Za-z0-9_.]*): ?(.*)", re.DOTALL)


def failure_in_words(failure: str | None) -> str:
    """Why a cycle stopped, as people read it: the words first, then the name of the error.

    ``9 of 10 accounts are parked (TooManyParkedError)`` of ``TooManyParkedError: 9 of 10 ...``.
    """
    if not failure:
        return "the reason was not recorded"
    named = _ERROR_NAME.fullmatch(failure.strip())
    if named is None:
        return failure
    name, words = named[1], named[2].strip().rstrip(".")
    if name == NOBODY_ANSWERED and not words:
        words = "a step took longer than it may"
    if not words or name in _SAID_BY_ITSELF:
        return words or name
    return f"{words} ({name})"


def plan_cycle(
    policy: ProviderPolicy, run: RunPolicy, period: Period, calendar: BusinessCalendar
) -> CyclePlan:
    """Work out every date of a cycle from the policy.

    Raises:
        CyclePlanError: when the policy's rules contradict each other in this month.
    """
    zone = policy.zone
    moments = tuple(
        PlannedMoment(
            moment=entry.moment,
            moment_at=(at := resolve_instant(entry.at, period, calendar, zone)),
            take_at=at + timedelta(hours=entry.wait_hours),
        )
        for entry in run.moments
    )
    invoice_on = resolve_day(run.issue, period, calendar)
    compare_at = resolve_instant(run.compare, period, calendar, zone)
    plan = CyclePlan(
        opens_at=resolve_instant(run.opens, period, calendar, zone),
        moments=tuple(sorted(moments, key=lambda entry: (entry.take_at, entry.moment))),
        compare_at=compare_at,
        issue_at=resolve_instant(run.issue, period, calendar, zone),
        invoice_on=invoice_on,
        due_on=None if run.due is None else resolve_due_day(run.due, invoice_on, period, calendar),
        charges_until=min(period.last_day, compare_at.astimezone(zone).date()),
    )
    _check_order(plan, run, period)
    return plan


def _check_order(plan: CyclePlan, run: RunPolicy, period: Period) -> None:
    taken = [entry.take_at for entry in plan.moments]
    if taken and plan.opens_at > min(taken):
        raise CyclePlanError(run, period, "the cycle opens after the first snapshot is to be taken")
    if plan.opens_at > plan.compare_at:
        raise CyclePlanError(run, period, "the cycle opens after the comparison is to be made")
    if taken and max(taken) > plan.compare_at:
        raise CyclePlanError(run, period, "the comparison is made before the last snapshot")
    if plan.compare_at > plan.issue_at:
        raise CyclePlanError(run, period, "the invoices go out before the comparison")
    if plan.due_on is not None and plan.due_on < plan.invoice_on:
        raise CyclePlanError(run, period, "the invoices are due before they go out")


class CyclePlanError(ValueError):
    """A run's dates contradict each other in some month."""

    def __init__(self, run: RunPolicy, period: Period, what: str) -> None:
        super().__init__(f"run {run.run}, {period}: {what}")


def first_day_of_charges(
    policy: ProviderPolicy, run: RunPolicy, first_period: Period, calendar: BusinessCalendar
) -> date:
    """The first day whose one-time charges the provider's first cycle of a run takes.

    It is the day after those that the cycle before it would have taken: whatever billed then has
    billed them. Without it, a first cycle would bill every order that is still in the files.

    Args:
        calendar: of the years around the first period.

    Raises:
        CyclePlanError: when the policy's rules contradict each other in the month before.
    """
    before = plan_cycle(policy, run, first_period.shifted(-1), calendar)
    return before.charges_until + timedelta(days=1)


def due_periods(
    policy: ProviderPolicy, run: RunPolicy, now: datetime, first_period: Period
) -> tuple[Period, ...]:
    """Every period, from the first one on, whose cycle should have opened by now.

    Args:
        now: aware instant.
        first_period: the first service month that the provider bills with this system.
    """
    result: list[Period] = []
    period = first_period
    while opening_at(policy, run, period) <= now:
        result.append(period)
        period = period.shifted(1)
    return tuple(result)


def opening_at(policy: ProviderPolicy, run: RunPolicy, period: Period) -> datetime:
    """When the cycle of a period opens: the instant at which its schedule fires."""
    # The model admits only a plain day as 'opens', so no holiday is ever looked up.
    return resolve_instant(run.opens, period, BusinessCalendar(), policy.zone)
