from __future__ import annotations

from datetime import date

import pytest

from msp_billing.adapters.holiday_calendar import UnknownHolidaysError, business_calendar
from msp_billing.domain.policy import HolidayCalendar

US = HolidayCalendar(country="US")


@pytest.mark.parametrize(
    "day",
    [
        date(2026, 7, 3),  # 4 July 2026 is a Saturday
        date(2026, 11, 26),
        date(2026, 12, 25),
        date(2027, 7, 5),  # 4 July 2027 is a Sunday
        date(2027, 12, 31),  # 1 January 2028 is a Saturday
    ],
)
def test_holidays_close_the_day_on_which_they_are_observed(day):
    calendar = business_calendar(US, [2026, 2027])
    assert day.weekday() < 5
    assert not calendar.is_business_day(day)


def test_only_the_years_asked_for_are_worked_out():
    calendar = business_calendar(US, [2026, 2026])
    assert {day.year for day in calendar.holidays} == {2026}


def test_a_subdivision_adds_its_own_holidays():
    texas = business_calendar(HolidayCalendar(country="US", subdivision="TX"), [2026])
    day_after_thanksgiving = date(2026, 11, 27)
    assert not texas.is_business_day(day_after_thanksgiving)
    assert business_calendar(US, [2026]).is_business_day(day_after_thanksgiving)


def test_days_of_the_provider_itself_are_closed_every_year():
    reference = HolidayCalendar(country="US", also_closed=("12-23", "02-29"))
    calendar = business_calendar(reference, [2027, 2028])
    own = calendar.holidays - business_calendar(US, [2027, 2028]).holidays
    assert own == {date(2027, 12, 23), date(2028, 12, 23), date(2028, 2, 29)}


@pytest.mark.parametrize(
    ("reference", "key", "says"),
    [
        (HolidayCalendar(country="UK"), "country", "country 'UK'"),
        (HolidayCalendar(country="US", subdivision="MNN"), "subdivision", "Did you mean 'MN'"),
        (HolidayCalendar(country="US", also_closed=("24 Dec",)), "also_closed", "MM-DD"),
        (HolidayCalendar(country="US", also_closed=("02-30",)), "also_closed", "does not exist"),
    ],
)
def test_what_does_not_exist_is_refused_with_what_to_write(reference, key, says):
    with pytest.raises(UnknownHolidaysError, match=says) as caught:
        business_calendar(reference, [2026])
    assert caught.value.key == key
