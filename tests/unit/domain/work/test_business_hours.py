"""Business hours, minute by minute. 2 February 2026 is a Monday, the 16th is Presidents' Day."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from msp_billing.domain.calendars import BusinessCalendar
from msp_billing.domain.work.business_hours import OpenHours, WorkPart, split_at_business_hours
from tests.unit.domain.builders import PROPERTY
from tests.unit.domain.work.work_samples import CALENDAR, CHICAGO, PRESIDENTS_DAY, WEEKDAYS

KR_HOURS = OpenHours.model_validate({"days": WEEKDAYS, "opens": "08:00", "closes": "17:00"})
CENTRAL_HOURS = OpenHours.model_validate({"days": WEEKDAYS, "opens": "07:00", "closes": "19:00"})


def at(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=CHICAGO)


def minutes(
    starts: str, ends: str, *hours: OpenHours, calendar: BusinessCalendar = CALENDAR
) -> list[tuple[int, str]]:
    parts = split_at_business_hours(at(starts), at(ends), hours or (KR_HOURS,), calendar, CHICAGO)
    return [(part.seconds // 60, "after" if part.after_hours else "in") for part in parts]


@pytest.mark.rule("KR-12")
@pytest.mark.parametrize(
    ("starts", "ends", "expected"),
    [
        ("2026-02-02T09:00", "2026-02-02T10:30", [(90, "in")]),
        ("2026-02-02T08:00", "2026-02-02T17:00", [(540, "in")]),  # both boundaries, to the minute
        ("2026-02-02T16:59", "2026-02-02T17:00", [(1, "in")]),  # ends at 17:00: in
        ("2026-02-02T17:00", "2026-02-02T17:01", [(1, "after")]),  # starts at 17:00: after
        ("2026-02-02T07:59", "2026-02-02T08:00", [(1, "after")]),
        ("2026-02-02T08:00", "2026-02-02T08:01", [(1, "in")]),
        ("2026-02-02T16:30", "2026-02-02T17:45", [(30, "in"), (45, "after")]),  # split
        ("2026-02-02T07:30", "2026-02-02T08:30", [(30, "after"), (30, "in")]),
        (
            "2026-02-02T07:00",
            "2026-02-02T18:00",
            [(60, "after"), (540, "in"), (60, "after")],
        ),
        ("2026-02-07T10:00", "2026-02-07T11:00", [(60, "after")]),  # Saturday
        ("2026-02-08T10:00", "2026-02-08T11:00", [(60, "after")]),  # Sunday
        ("2026-02-16T10:00", "2026-02-16T11:00", [(60, "after")]),  # Presidents' Day, a Monday
        # Friday 16:00 to Saturday 02:00: an hour in, nine after.
        ("2026-02-06T16:00", "2026-02-07T02:00", [(60, "in"), (540, "after")]),
        # Sunday 23:00 to Monday 09:00 of the holiday: none of it is in; to Tuesday's is another.
        ("2026-02-15T23:00", "2026-02-16T09:00", [(600, "after")]),
        ("2026-02-16T23:00", "2026-02-17T09:00", [(540, "after"), (60, "in")]),
    ],
)
def test_work_outside_eight_to_five_on_weekdays_is_after_hours(
    starts: str, ends: str, expected: list[tuple[int, str]]
) -> None:
    assert minutes(starts, ends) == expected


@pytest.mark.rule("COL-26")
@pytest.mark.parametrize(
    ("starts", "ends", "expected"),
    [
        ("2026-02-02T07:00", "2026-02-02T19:00", [(720, "in")]),
        ("2026-02-02T18:59", "2026-02-02T19:01", [(1, "in"), (1, "after")]),
        ("2026-02-02T06:45", "2026-02-02T07:15", [(15, "after"), (15, "in")]),
        ("2026-02-02T19:00", "2026-02-02T20:00", [(60, "after")]),
        ("2026-02-07T12:00", "2026-02-07T13:00", [(60, "after")]),
        ("2026-02-16T12:00", "2026-02-16T13:00", [(60, "after")]),
    ],
)
def test_work_outside_seven_to_seven_central_is_after_hours(
    starts: str, ends: str, expected: list[tuple[int, str]]
) -> None:
    assert minutes(starts, ends, CENTRAL_HOURS) == expected


@pytest.mark.rule("COL-26")
def test_the_providers_zone_decides_wherever_the_work_was_done() -> None:
    # 19:30 in New York is 18:30 in Chicago: still open.
    starts, ends = at("2026-02-02T18:30"), at("2026-02-02T19:30")
    parts = split_at_business_hours(
        starts.astimezone(UTC), ends.astimezone(UTC), [CENTRAL_HOURS], CALENDAR, CHICAGO
    )
    assert [(part.seconds // 60, part.after_hours) for part in parts] == [(30, False), (30, True)]


@pytest.mark.rule("KR-12", "COL-26")
def test_a_night_in_which_clocks_change_is_as_long_as_it_really_was() -> None:
    # 1 November 2026: clocks go back from 02:00 to 01:00. Saturday 22:00 to Sunday 06:00 shows
    # eight hours on the clock and lasts nine.
    assert minutes("2026-10-31T22:00", "2026-11-01T06:00") == [(540, "after")]
    # 8 March 2026: clocks go forward from 02:00 to 03:00. The same night lasts seven.
    assert minutes("2026-03-07T22:00", "2026-03-08T06:00") == [(420, "after")]
    # The whole Sundays: 25 and 23 hours.
    assert minutes("2026-11-01T00:00", "2026-11-02T00:00") == [(1500, "after")]
    assert minutes("2026-03-08T00:00", "2026-03-09T00:00") == [(1380, "after")]


def test_a_change_of_clocks_within_business_hours_counts_too() -> None:
    every_day = OpenHours.model_validate(
        {"days": [*WEEKDAYS, "saturday", "sunday"], "opens": "00:00", "closes": "06:00"}
    )
    assert minutes("2026-11-01T00:00", "2026-11-01T06:00", every_day) == [(420, "in")]
    assert minutes("2026-03-08T00:00", "2026-03-08T06:00", every_day) == [(300, "in")]


def test_a_lunch_break_is_after_hours_and_midnight_ends_the_day() -> None:
    morning = OpenHours.model_validate({"days": ["monday"], "opens": "08:00", "closes": "12:00"})
    late = OpenHours.model_validate({"days": ["monday"], "opens": "13:00", "closes": "00:00"})
    assert minutes("2026-02-02T11:00", "2026-02-03T01:00", late, morning) == [
        (60, "in"),
        (60, "after"),
        (660, "in"),
        (60, "after"),
    ]


def test_blocks_that_touch_or_overlap_are_one() -> None:
    early = OpenHours.model_validate({"days": ["monday"], "opens": "08:00", "closes": "12:30"})
    rest = OpenHours.model_validate({"days": ["monday"], "opens": "12:00", "closes": "17:00"})
    assert minutes("2026-02-02T08:00", "2026-02-02T17:00", early, rest) == [(540, "in")]


@pytest.mark.parametrize(
    ("closes", "said"),
    [("08:00", "before it opens"), ("02:00", "two blocks"), ("17:00+01:00", "without a zone")],
)
def test_hours_that_make_no_sense_are_refused(closes: str, said: str) -> None:
    with pytest.raises(ValidationError, match=said):
        OpenHours.model_validate({"days": ["monday"], "opens": "08:00", "closes": closes})


# --- Properties ----------------------------------------------------------------------------------

# Two years by the minute, so that every holiday of the sample and all changes of clocks are hit.
starts_at = st.integers(0, 2 * 365 * 24 * 60).map(
    lambda minute: datetime(2026, 1, 1, tzinfo=UTC) + timedelta(minutes=minute)
)
lengths = st.integers(1, 24 * 60).map(lambda minute: timedelta(minutes=minute))
holidays = st.frozensets(
    st.dates(min_value=date(2026, 1, 1), max_value=date(2028, 1, 1)), max_size=40
)


@given(starts_at, lengths, st.sampled_from([KR_HOURS, CENTRAL_HOURS]), holidays)
@PROPERTY
@pytest.mark.rule("KR-12", "COL-26")
def test_the_parts_are_the_whole_without_gap_or_overlap(
    begin: datetime, length: timedelta, hours: OpenHours, closed: frozenset[date]
) -> None:
    calendar = BusinessCalendar(holidays=closed)
    parts = split_at_business_hours(begin, begin + length, [hours], calendar, CHICAGO)
    assert sum((part.ends_at - part.starts_at for part in parts), timedelta()) == length
    assert parts[0].starts_at == begin
    assert parts[-1].ends_at == begin + length
    for one, next_one in pairwise(parts):
        assert one.ends_at == next_one.starts_at
        assert one.after_hours is not next_one.after_hours


@given(starts_at, lengths, st.sampled_from([KR_HOURS, CENTRAL_HOURS]), holidays)
@PROPERTY
@pytest.mark.rule("KR-12", "COL-26")
def test_each_minute_is_in_business_hours_exactly_when_the_clock_on_the_wall_says_so(
    begin: datetime, length: timedelta, hours: OpenHours, closed: frozenset[date]
) -> None:
    calendar = BusinessCalendar(holidays=closed)
    parts = split_at_business_hours(begin, begin + length, [hours], calendar, CHICAGO)
    for part in parts:
        for moment in (part.starts_at, _middle(part), part.ends_at - timedelta(seconds=1)):
            wall = moment.astimezone(CHICAGO)
            is_open = (
                wall.weekday() < 5
                and wall.date() not in closed
                and hours.opens <= wall.time() < hours.closes
            )
            assert part.after_hours is not is_open


@given(st.integers(0, 1439), lengths)
@PROPERTY
@pytest.mark.rule("KR-12", "COL-26")
def test_a_holiday_is_always_after_hours(minute: int, length: timedelta) -> None:
    begin = datetime(2026, 2, 16, tzinfo=CHICAGO) + timedelta(minutes=minute)
    end = min(begin + length, datetime(2026, 2, 17, tzinfo=CHICAGO))
    parts = split_at_business_hours(begin, end, [KR_HOURS], CALENDAR, CHICAGO)
    assert begin.date() == PRESIDENTS_DAY
    assert [part.after_hours for part in parts] == [True]


def _middle(part: WorkPart) -> datetime:
    return part.starts_at + (part.ends_at - part.starts_at) / 2
