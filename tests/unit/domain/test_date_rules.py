"""Dates as data: which day a rule means, and which instant that is."""

from __future__ import annotations

from datetime import UTC, date, datetime, time
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from msp_billing.domain.calendars import BusinessCalendar, CalendarError
from msp_billing.domain.date_rules import (
    DateRule,
    DaysAfterIssue,
    local_instant,
    resolve_day,
    resolve_due_day,
    resolve_instant,
)
from msp_billing.domain.periods import Period
from tests.unit.domain.builders import NO_HOLIDAYS, PROPERTY

CHICAGO = ZoneInfo("America/Chicago")
# 16 January 2027 is a Saturday, Monday the 18th a holiday, the 31st a Sunday.
JANUARY = Period.parse("2027-01")
CALENDAR = BusinessCalendar(holidays=frozenset({date(2027, 1, 1), date(2027, 1, 18)}))


def resolved(service_month: str, calendar: BusinessCalendar = CALENDAR, **rule: Any) -> date:
    return resolve_day(DateRule.model_validate(rule), Period.parse(service_month), calendar)


@pytest.mark.parametrize(
    ("day", "when_closed", "expected"),
    [
        (16, "keep", date(2027, 1, 16)),
        (16, "next_business_day", date(2027, 1, 19)),
        (16, "previous_business_day", date(2027, 1, 15)),
        (18, "next_business_day", date(2027, 1, 19)),  # a holiday on a Monday
        (18, "previous_business_day", date(2027, 1, 15)),
        (20, "keep", date(2027, 1, 20)),  # open days stay
        (20, "next_business_day", date(2027, 1, 20)),
        (20, "previous_business_day", date(2027, 1, 20)),
        (31, "next_business_day", date(2027, 2, 1)),  # over the month's end
        (1, "previous_business_day", date(2026, 12, 31)),  # over the year's end
    ],
)
def test_a_closed_day_is_kept_or_moved_as_the_rule_says(
    day: int, when_closed: str, expected: date
) -> None:
    assert resolved("2027-01", day=day, when_closed=when_closed) == expected


@pytest.mark.parametrize(
    ("latest", "expected"),
    [
        (20, date(2027, 1, 19)),  # the next business day is early enough
        (19, date(2027, 1, 19)),
        (18, date(2027, 1, 15)),  # the 18th and the weekend before it are closed
        (17, date(2027, 1, 15)),
        (16, date(2027, 1, 15)),
    ],
)
def test_a_day_is_never_after_the_latest(latest: int, expected: date) -> None:
    rule: dict[str, Any] = {
        "day": 16,
        "when_closed": "next_business_day",
        "no_later_than_day": latest,
    }
    assert resolved("2027-01", **rule) == expected


def test_the_latest_day_holds_for_business_days_too() -> None:
    # The 6th business day is Monday the 11th; the last one up to Sunday the 10th is Friday the 8th.
    assert resolved("2027-01", business_day=6) == date(2027, 1, 11)
    assert resolved("2027-01", business_day=6, no_later_than_day=10) == date(2027, 1, 8)


def test_the_latest_day_is_clamped_to_the_month() -> None:
    rule: dict[str, Any] = {"day": 28, "when_closed": "next_business_day", "no_later_than_day": 31}
    # 28 February 2027 is a Sunday; 1 March is after the last day of February.
    assert resolved("2027-02", **rule) == date(2027, 2, 26)


@pytest.mark.parametrize(
    ("service_month", "month", "day", "expected"),
    [
        ("2026-12", 1, 10, date(2027, 1, 10)),
        ("2026-12", 2, 5, date(2027, 2, 5)),
        ("2027-01", -1, 15, date(2026, 12, 15)),
        ("2027-03", -1, 30, date(2027, 2, 28)),
        ("2028-03", -1, 30, date(2028, 2, 29)),
        ("2027-01", -12, 31, date(2026, 1, 31)),
        ("2027-01", 12, 31, date(2028, 1, 31)),
        ("2027-02", 0, 31, date(2027, 2, 28)),
    ],
)
def test_months_are_counted_over_year_ends_and_days_clamped(
    service_month: str, month: int, day: int, expected: date
) -> None:
    assert resolved(service_month, NO_HOLIDAYS, month=month, day=day) == expected


def test_business_days_are_those_of_the_month_that_the_rule_names() -> None:
    assert resolved("2026-12", month=1, business_day=1) == date(2027, 1, 4)
    assert resolved("2027-02", month=-1, business_day=-1) == date(2027, 1, 29)


def test_a_business_day_that_does_not_exist_is_refused() -> None:
    with pytest.raises(CalendarError, match="2027-01 has no business day number 20"):
        resolved("2027-01", business_day=20)


@pytest.mark.parametrize(
    ("rule", "message"),
    [
        ({}, "either 'day' or 'business_day'"),
        ({"day": 1, "business_day": 1}, "either 'day' or 'business_day'"),
        ({"business_day": 0}, "business_day 0 does not exist"),
        ({"business_day": 1, "when_closed": "next_business_day"}, "never closed"),
        ({"day": 1, "at": "08:00+02:00"}, "without a zone"),
        ({"day": 0}, "greater than or equal to 1"),
        ({"day": 32}, "less than or equal to 31"),
        ({"day": 1, "month": 13}, "less than or equal to 12"),
        ({"day": 1, "when_closed": "never"}, "Input should be"),
        ({"day": 1, "no_latter_than_day": 2}, "Extra inputs"),
    ],
)
def test_a_rule_that_says_nothing_or_two_things_is_refused(
    rule: dict[str, Any], message: str
) -> None:
    with pytest.raises(ValidationError, match=message):
        DateRule.model_validate(rule)


def test_due_by_terms_counts_calendar_days_from_the_invoice_date() -> None:
    # Net 15 from 20 December: 11 days to the 31st, 4 more in January.
    issued = date(2026, 12, 20)
    assert resolve_due_day(DaysAfterIssue(days_after_issue=15), issued, JANUARY, CALENDAR) == date(
        2027, 1, 4
    )
    on_receipt = DaysAfterIssue(days_after_issue=0)
    assert resolve_due_day(on_receipt, issued, JANUARY, CALENDAR) == issued


def test_due_by_a_date_rule_does_not_look_at_the_invoice_date() -> None:
    rule = DateRule(day=30)
    for issued in (date(2027, 1, 2), date(2027, 1, 20)):
        assert resolve_due_day(rule, issued, JANUARY, CALENDAR) == date(2027, 1, 30)


@pytest.mark.parametrize("days", [-1, 121])
def test_terms_are_between_none_and_120_days(days: int) -> None:
    with pytest.raises(ValidationError):
        DaysAfterIssue(days_after_issue=days)


# Wall-clock times in the summer and winter of the United States: -5 and -6 hours in Chicago.
# Clocks go forward on Sunday 8 March 2026 (02:00 becomes 03:00), back on Sunday 1 November 2026
# (02:00 becomes 01:00). In Lord Howe they go forward by half an hour, in Havana at midnight.
@pytest.mark.parametrize(
    ("zone", "day", "at", "expected"),
    [
        ("America/Chicago", "2026-01-15", "08:00", "2026-01-15T14:00"),
        ("America/Chicago", "2026-07-15", "08:00", "2026-07-15T13:00"),
        ("America/Chicago", "2026-03-08", "01:59", "2026-03-08T07:59"),
        ("America/Chicago", "2026-03-08", "02:30", "2026-03-08T08:30"),  # skipped: as in winter
        ("America/Chicago", "2026-03-08", "03:00", "2026-03-08T08:00"),
        ("America/Chicago", "2026-11-01", "00:59", "2026-11-01T05:59"),
        ("America/Chicago", "2026-11-01", "01:30", "2026-11-01T06:30"),  # twice: the first
        ("America/Chicago", "2026-11-01", "02:00", "2026-11-01T08:00"),
        ("Europe/Berlin", "2026-03-29", "02:30", "2026-03-29T01:30"),
        ("Europe/Berlin", "2026-10-25", "02:30", "2026-10-25T00:30"),
        ("Australia/Lord_Howe", "2026-10-04", "02:15", "2026-10-03T15:45"),
        ("America/Havana", "2026-03-08", "00:00", "2026-03-08T05:00"),
        ("Asia/Kolkata", "2026-01-01", "00:00", "2025-12-31T18:30"),
        ("UTC", "2026-01-01", "00:00", "2026-01-01T00:00"),
    ],
)
def test_local_times_become_instants_also_when_the_clocks_change(
    zone: str, day: str, at: str, expected: str
) -> None:
    instant = local_instant(date.fromisoformat(day), time.fromisoformat(at), ZoneInfo(zone))
    assert instant == datetime.fromisoformat(expected).replace(tzinfo=UTC)
    assert instant.tzinfo is UTC


def test_a_rule_keeps_its_local_time_all_year() -> None:
    rule = DateRule(day=23, at=time(18))
    february, july = (Period.parse(text) for text in ("2026-02", "2026-07"))
    instants = [resolve_instant(rule, month, CALENDAR, CHICAGO) for month in (february, july)]
    # 18:00 in Chicago is midnight UTC in winter and 23:00 in summer.
    assert instants == [
        datetime(2026, 2, 24, 0, tzinfo=UTC),
        datetime(2026, 7, 23, 23, tzinfo=UTC),
    ]


@PROPERTY
@given(
    period=st.builds(Period, year=st.integers(2000, 2060), month=st.integers(1, 12)),
    day=st.integers(1, 31),
    latest=st.integers(1, 31),
    when_closed=st.sampled_from(["keep", "next_business_day", "previous_business_day"]),
    holidays=st.frozensets(
        st.dates(min_value=date(2000, 1, 1), max_value=date(2061, 1, 1)), max_size=10
    ),
)
def test_whatever_the_rule_the_latest_day_holds(
    period: Period, day: int, latest: int, when_closed: str, holidays: frozenset[date]
) -> None:
    calendar = BusinessCalendar(holidays=holidays)
    rule = DateRule.model_validate(
        {"day": day, "when_closed": when_closed, "no_later_than_day": latest}
    )
    result = resolve_day(rule, period, calendar)
    assert result <= period.day(latest)
    kept = when_closed == "keep" and result == period.day(day)
    assert kept or calendar.is_business_day(result)
