"""Business days: weekdays that are not a holiday."""

from __future__ import annotations

from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from msp_billing.domain.calendars import BusinessCalendar, CalendarError
from msp_billing.domain.periods import Period
from tests.unit.domain.builders import NO_HOLIDAYS, PROPERTY

#      January 2027              1 January is a Friday, the 18th (Monday) is a holiday too.
#  Mo Tu We Th Fr Sa Su
#               1  2  3
#   4  5  6  7  8  9 10
#  11 12 13 14 15 16 17
#  18 19 20 21 22 23 24
#  25 26 27 28 29 30 31
JANUARY = Period(year=2027, month=1)
CALENDAR = BusinessCalendar(holidays=frozenset({date(2027, 1, 1), date(2027, 1, 18)}))
DAYS = st.dates(min_value=date(2000, 1, 1), max_value=date(2060, 12, 31))


def january(day: int) -> date:
    return date(2027, 1, day)


@pytest.mark.parametrize(("day", "works"), [(1, False), (2, False), (3, False), (4, True)])
def test_weekends_and_holidays_are_closed(day: int, works: bool) -> None:
    assert CALENDAR.is_business_day(january(day)) is works


@pytest.mark.parametrize(
    ("n", "day"),
    [(1, 4), (2, 5), (5, 8), (6, 11), (11, 19), (19, 29), (-1, 29), (-2, 28), (-19, 4)],
)
def test_business_days_are_counted_from_either_end(n: int, day: int) -> None:
    assert CALENDAR.nth_of_month(JANUARY, n) == january(day)


@pytest.mark.parametrize("n", [0, 20, -20, 31])
def test_a_business_day_that_the_month_lacks_is_refused(n: int) -> None:
    with pytest.raises(CalendarError, match=f"2027-01 has no business day number {n}$"):
        CALENDAR.nth_of_month(JANUARY, n)


def test_without_holidays_a_weekday_works() -> None:
    assert NO_HOLIDAYS.nth_of_month(JANUARY, 1) == january(1)
    assert len(NO_HOLIDAYS.business_days(JANUARY)) == 21


def test_the_next_and_the_previous_business_day() -> None:
    assert CALENDAR.on_or_after(january(16)) == january(19)  # over a weekend and the holiday
    assert CALENDAR.on_or_before(january(18)) == january(15)
    assert CALENDAR.on_or_after(january(5)) == CALENDAR.on_or_before(january(5)) == january(5)
    assert CALENDAR.on_or_before(january(3)) == date(2026, 12, 31)  # over the year's end


def test_a_month_of_holidays_has_no_business_day() -> None:
    closed = BusinessCalendar(holidays=frozenset(january(day) for day in range(1, 32)))
    assert closed.business_days(JANUARY) == []
    for n in (1, -1):
        with pytest.raises(CalendarError, match="no business day"):
            closed.nth_of_month(JANUARY, n)
    assert closed.on_or_after(january(1)) == date(2027, 2, 1)
    assert closed.on_or_before(january(31)) == date(2026, 12, 31)


def test_a_provider_that_never_works_is_refused_instead_of_searched_for_ever() -> None:
    days = range(-800, 800)
    never = BusinessCalendar(
        holidays=frozenset(january(1) + timedelta(days=offset) for offset in days)
    )
    with pytest.raises(CalendarError, match="within a year of 2027-01-01"):
        never.on_or_after(january(1))
    with pytest.raises(CalendarError, match="within a year of 2027-01-01"):
        never.on_or_before(january(1))


@PROPERTY
@given(day=DAYS, holidays=st.frozensets(DAYS, max_size=20))
def test_the_day_that_is_found_works_and_none_between_does(
    day: date, holidays: frozenset[date]
) -> None:
    calendar = BusinessCalendar(holidays=holidays)
    after, before = calendar.on_or_after(day), calendar.on_or_before(day)
    assert before <= day <= after
    assert calendar.is_business_day(before)
    assert calendar.is_business_day(after)
    between = range(1, (after - before).days)
    assert all(
        not calendar.is_business_day(skipped) or skipped == day
        for skipped in (before + timedelta(days=offset) for offset in between)
    )


@PROPERTY
@given(
    period=st.builds(Period, year=st.integers(2000, 2060), month=st.integers(1, 12)),
    holidays=st.frozensets(DAYS, max_size=20),
)
def test_counting_from_both_ends_meets(period: Period, holidays: frozenset[date]) -> None:
    calendar = BusinessCalendar(holidays=holidays)
    days = calendar.business_days(period)
    assert days == sorted(days)
    for index in range(len(days)):
        assert calendar.nth_of_month(period, index + 1) == days[index]
        assert calendar.nth_of_month(period, index - len(days)) == days[index]


def test_a_calendar_has_the_same_bytes_in_every_process() -> None:
    days = [date(2027, month, 1) for month in range(1, 13)]
    listed = ",".join(f'"{day}"' for day in days)
    calendar = BusinessCalendar(holidays=frozenset(days))
    assert calendar.model_dump_json() == f'{{"holidays":[{listed}]}}'
