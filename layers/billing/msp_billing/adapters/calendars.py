"""Business calendars; the ``holidays`` package is loaded when one is first asked for."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from msp_billing.domain.calendars import BusinessCalendar
    from msp_billing.domain.policy import HolidayCalendar


class HolidayCalendars:
    """Holidays by the ``holidays`` package, which takes long to load."""

    def business_calendar(self, ref: HolidayCalendar, years: Iterable[int]) -> BusinessCalendar:
        """The calendar over these years."""
        from msp_billing.adapters.holiday_calendar import business_calendar  # noqa: PLC0415 - slow

        return business_calendar(ref, years)
