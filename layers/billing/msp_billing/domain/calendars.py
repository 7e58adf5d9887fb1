"""Business days: weekdays that are not a holiday of the provider."""

from __future__ import annotations

from datetime import date, timedelta
from typing import TYPE_CHECKING

from pydantic import Field, field_serializer

from msp_billing.domain.base import Frozen

if TYPE_CHECKING:
    from msp_billing.domain.periods import Period

_SATURDAY = 5
_MAX_SEARCH_DAYS = 366


class BusinessCalendar(Frozen):
    """Which days the provider works. Holidays come in as data, worked out by an adapter."""

    holidays: frozenset[date] = Field(default=frozenset())

    @field_serializer("holidays", when_used="json")
    def _holidays_in_order(self, holidays: frozenset[date]) -> list[date]:
        """The order of a set differs by process."""
        return sorted(holidays)

    def is_business_day(self, day: date) -> bool:
        """Monday to Friday, and not a holiday."""
        return day.weekday() < _SATURDAY and day not in self.holidays

    def on_or_after(self, day: date) -> date:
        """The first business day from this day on."""
        return self._search(day, 1)

    def on_or_before(self, day: date) -> date:
        """The last business day up to this day."""
        return self._search(day, -1)

    def nth_of_month(self, period: Period, n: int) -> date:
        """The n-th business day of the month; from the end when n is negative.

        Raises:
            CalendarError: when the month has fewer business days than that, or n is zero.
        """
        days = self.business_days(period)
        if n == 0 or abs(n) > len(days):
            raise CalendarError(f"{period} has no business day number {n}")
        return days[n - 1] if n > 0 else days[n]

    def business_days(self, period: Period) -> list[date]:
        """Every business day of the month, in order."""
        days = range((period.last_day - period.first_day).days + 1)
        every = (period.first_day + timedelta(days=offset) for offset in days)
        return [day for day in every if self.is_business_day(day)]

    def nth_after(self, day: date, n: int) -> date:
        """The n-th business day after this day, which itself is not counted (COL-20)."""
        found = day
        for _ in range(n):
            found = self.on_or_after(found + timedelta(days=1))
        return found

    def nth_up_to(self, day: date, n: int) -> date:
        """The n-th business day counted back from this day, which is the first if it is one."""
        found = self.on_or_before(day)
        for _ in range(n - 1):
            found = self.on_or_before(found - timedelta(days=1))
        return found

    def _search(self, day: date, step: int) -> date:
        for offset in range(_MAX_SEARCH_DAYS):
            candidate = day + timedelta(days=offset * step)
            if self.is_business_day(candidate):
                return candidate
        raise CalendarError(f"no business day within a year of {day}")


class CalendarError(ValueError):
    """A date that a policy asks for does not exist in this calendar."""
