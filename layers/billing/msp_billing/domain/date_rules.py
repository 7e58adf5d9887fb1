"""Dates as data: "the 5th of the next month, or the business day after"."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta
from typing import TYPE_CHECKING, Literal
from zoneinfo import ZoneInfo

from pydantic import Field, model_validator

from msp_billing.domain.base import Frozen

if TYPE_CHECKING:
    from msp_billing.domain.calendars import BusinessCalendar
    from msp_billing.domain.periods import Period


class DateRule(Frozen):
    """One day relative to the service month, and the local time of day.

    Either ``day`` (a calendar day, clamped to the month's end) or ``business_day`` (1 is the
    first, -1 the last) is given. ``month`` is counted from the service month: -1 is the month
    before it, 1 the month after it.
    """

    month: int = Field(default=0, ge=-12, le=12, description="Months from the service month.")
    day: int | None = Field(default=None, ge=1, le=31, description="Day of that month, clamped.")
    business_day: int | None = Field(
        default=None, ge=-20, le=20, description="1 = first business day, -1 = last."
    )
    when_closed: Literal["keep", "next_business_day", "previous_business_day"] = Field(
        default="keep", description="What happens when the day is a weekend or a holiday."
    )
    no_later_than_day: int | None = Field(
        default=None,
        ge=1,
        le=31,
        description="Never after this day; the last business day up to it is taken instead.",
    )
    at: time = Field(default=time(8, 0), description="Local time of day, HH:MM.")

    @model_validator(mode="after")
    def _one_way_to_say_the_day(self) -> DateRule:
        if (self.day is None) == (self.business_day is None):
            raise ValueError("give either 'day' or 'business_day', not both and not neither")
        if self.business_day == 0:
            raise ValueError("business_day 0 does not exist: 1 is the first, -1 the last")
        if self.business_day is not None and self.when_closed != "keep":
            raise ValueError("a business_day is never closed: leave 'when_closed' out")
        if self.at.tzinfo is not None:
            raise ValueError("'at' is local time: write it without a zone")
        return self


class DaysAfterIssue(Frozen):
    """A due date by terms: "net 15" is 15 days after the invoice date."""

    days_after_issue: int = Field(ge=0, le=120, description="Calendar days, 15 for net 15.")


def resolve_due_day(
    rule: DateRule | DaysAfterIssue, invoice_on: date, period: Period, calendar: BusinessCalendar
) -> date:
    """The due date, by a date rule or by terms."""
    if isinstance(rule, DaysAfterIssue):
        return invoice_on + timedelta(days=rule.days_after_issue)
    return resolve_day(rule, period, calendar)


def resolve_day(rule: DateRule, period: Period, calendar: BusinessCalendar) -> date:
    """The date that the rule means for this service month.

    Raises:
        CalendarError: when the month has no such business day.
    """
    month = period.shifted(rule.month)
    if rule.business_day is not None:
        resolved = calendar.nth_of_month(month, rule.business_day)
    else:
        assert rule.day is not None, "the model admits no rule without a day"
        resolved = month.day(rule.day)
        if rule.when_closed == "next_business_day":
            resolved = calendar.on_or_after(resolved)
        elif rule.when_closed == "previous_business_day":
            resolved = calendar.on_or_before(resolved)
    if rule.no_later_than_day is not None:
        latest = month.day(rule.no_later_than_day)
        if resolved > latest:
            resolved = calendar.on_or_before(latest)
    return resolved


def resolve_instant(
    rule: DateRule, period: Period, calendar: BusinessCalendar, zone: ZoneInfo
) -> datetime:
    """The instant, in UTC, of the rule's day and local time in the provider's zone."""
    return local_instant(resolve_day(rule, period, calendar), rule.at, zone)


def local_instant(day: date, at: time, zone: ZoneInfo) -> datetime:
    """A local wall-clock time as UTC.

    A time that daylight saving skips is taken as it would have been without the change, one that
    happens twice as its first occurrence; both are what ``fold=0`` means.
    """
    return datetime.combine(day, at, tzinfo=zone).astimezone(UTC)
