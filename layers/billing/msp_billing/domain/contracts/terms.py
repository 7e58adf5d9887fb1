"""Contract terms: what a provider's contracts say of their beginning, their terms and their end.

They are part of the policy, by name, and each agreement says which of them it follows. Every part
is optional: an agreement whose terms are silent on something is billed as if nobody had thought of
it, which is what an agreement without terms is.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import date, timedelta
from typing import TYPE_CHECKING, Literal

from pydantic import Field, model_validator

from msp_billing.domain.base import Frozen, Identifier, Text
from msp_billing.domain.periods import Period

if TYPE_CHECKING:
    from msp_billing.domain.calendars import BusinessCalendar


class Trial(Frozen):
    """Days at the beginning in which the customer may leave without penalty (KR-10)."""

    days: int = Field(ge=1, le=366, description="Calendar days; the first day is day 1.")
    clause: Identifier

    def last_day(self, starts_on: date) -> date:
        """The last day of the trial: day 90 of an agreement that starts on day 1."""
        return starts_on + timedelta(days=self.days - 1)


class FreeStart(Frozen):
    """Service months at the beginning that are free, that of the start included (INT-06)."""

    months: int = Field(default=1, ge=1, le=12)
    clause: Identifier


class NoticePeriod(Frozen):
    """How long an agreement, or a line of it, runs on after notice (KR-11, COL-20)."""

    days: int | None = Field(default=None, ge=1, le=366, description="Calendar days.")
    business_days: int | None = Field(
        default=None, ge=1, le=250, description="Business days of the provider's calendar."
    )
    clause: Identifier

    @model_validator(mode="after")
    def _one_way_to_count(self) -> NoticePeriod:
        if (self.days is None) == (self.business_days is None):
            raise ValueError("give a notice either in 'days' or in 'business_days', exactly one")
        return self

    def last_day(self, notice_on: date, calendar: BusinessCalendar) -> date:
        """The last day of the notice; the day on which it is given is not counted."""
        if self.days is not None:
            return notice_on + timedelta(days=self.days)
        assert self.business_days is not None, "the model admits exactly one of the two"
        return calendar.nth_after(notice_on, self.business_days)

    def deadline(self, ends_on: date, calendar: BusinessCalendar) -> date:
        """The last day on which notice is in time for this last day of service."""
        if self.days is not None:
            return ends_on - timedelta(days=self.days)
        assert self.business_days is not None, "the model admits exactly one of the two"
        return calendar.nth_up_to(ends_on, self.business_days) - timedelta(days=1)

    def in_words(self) -> str:
        """'60 days', '30 business days'."""
        return f"{self.days} days" if self.days else f"{self.business_days} business days"


class EarlyEnd(Frozen):
    """What becomes of a wish to leave before the contract ends (KR-10)."""

    how: Literal["pay_out_remainder", "none"] = Field(
        description="'pay_out_remainder': service ends when the customer wants, and the remaining "
        "months are paid at once. 'none': it runs on to the contract's end."
    )
    clause: Identifier


class ChangeWindow(Frozen):
    """When a counted quantity may fall below the contracted one (KR-06)."""

    every_months: int = Field(ge=1, le=60, description="Months from the agreement's start.")
    clause: Identifier


class Renewal(Frozen):
    """How an agreement goes on after its term, where the agreement itself does not say (KR-11)."""

    how: Literal["monthly", "term"]
    clause: Identifier


class ListPrices(Frozen):
    """Which price list applies to an agreement's lines without a price of their own (KR-11)."""

    how: Literal["fixed_for_term", "current"] = Field(
        description="'fixed_for_term': the list in force when the term began. 'current': the list "
        "in force on the first day of the service month."
    )
    clause: Identifier


class ContractTerms(Frozen):
    """The terms that agreements of one kind follow."""

    terms: Identifier
    title: Text
    free_start: FreeStart | None = None
    trial: Trial | None = None
    renewal: Renewal | None = Field(
        default=None, description="By the month where neither this nor the agreement says how."
    )
    prices: ListPrices | None = Field(default=None, description="'current' where not given.")
    change_window: ChangeWindow | None = None
    notice: NoticePeriod | None = None
    early_end: EarlyEnd | None = Field(
        default=None, description="Without it an agreement runs on to the contract's end."
    )

    def clauses(self) -> Iterator[str]:
        """The clauses that its parts refer to."""
        parts = (getattr(self, name) for name in TERMS_PARTS)
        yield from (part.clause for part in parts if part is not None)


TERMS_PARTS = (
    "free_start",
    "trial",
    "renewal",
    "prices",
    "change_window",
    "notice",
    "early_end",
)
"""The parts of contract terms; each refers to the clause that it follows."""


class EndRule(Frozen):
    """How charges for one product end when it is cancelled (COL-21)."""

    notice_by_day: int | None = Field(
        default=None,
        ge=1,
        le=28,
        description="In place of the notice of the agreement's terms: told up to this day of the "
        "month in which it is to end, that month is the last; later, one more month is billed.",
    )
    returned_and_verified: bool = Field(
        default=False,
        description="Billed up to the month in which the hardware is received and verified.",
    )
    clause: Identifier

    @model_validator(mode="after")
    def _says_something(self) -> EndRule:
        if self.notice_by_day is None and not self.returned_and_verified:
            raise ValueError(
                "an end rule says nothing: give it 'notice_by_day' or 'returned_and_verified'"
            )
        return self


def months_after(day: date, months: int) -> date:
    """The same day so many months later, clamped to the month's end.

    Always counted from the first day and never from a clamped one: a year after 29 February 2024
    is 28 February 2025, and four years after it is 29 February 2028.
    """
    return Period.of(day).shifted(months).day(day.day)


def first_month_from(day: date) -> Period:
    """The first service month that begins on this day or later."""
    month = Period.of(day)
    return month if day == month.first_day else month.shifted(1)


def terms_inconsistencies(terms: Sequence[ContractTerms]) -> Iterator[str]:
    """What does not fit together in a policy's contract terms, one sentence each."""
    names = [entry.terms for entry in terms]
    for name in sorted({name for name in names if names.count(name) > 1}):
        yield f"the contract terms '{name}' are listed twice: keep one"
