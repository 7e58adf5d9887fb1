from __future__ import annotations

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from msp_billing.domain.feeds.date_formats import DateFormat, DateFormatError

AMERICAN = "M/d/yyyy h:mm:ss tt"


@pytest.mark.parametrize(
    ("written", "text", "day"),
    [
        (AMERICAN, "11/3/2026 9:15:00 PM", date(2026, 11, 3)),
        # Newer versions of Windows write a narrow space before AM and PM.
        (AMERICAN, "11/3/2026 9:15:00\u202fPM", date(2026, 11, 3)),
        (AMERICAN, "2/29/2028 12:00:00 a.m.", date(2028, 2, 29)),
        ("dd.MM.yyyy HH:mm:ss", "03.11.2026 21:15:00", date(2026, 11, 3)),
        ("d/MM/yyyy h:mm:ss tt", "3/11/2026 9:15:00 p. m.", date(2026, 11, 3)),
        ("yyyy-MM-dd H:mm:ss", "2026-11-03 9:15:00", date(2026, 11, 3)),
        ("yyyy-MM-dd'T'HH:mm:ss", "2026-11-03T09:15:00", date(2026, 11, 3)),
        ("d. M. yyyy", "3. 11. 2026", date(2026, 11, 3)),
    ],
)
def test_a_date_is_read_as_its_format_says(written, text, day):
    assert DateFormat(written).read(text) == day


@pytest.mark.parametrize(
    "text", ["13/3/2026 9:15:00 PM", "3.11.2026 9:15:00 PM", "2/29/2026 1:00:00 AM", "", "never"]
)
def test_what_is_written_otherwise_is_no_date(text):
    assert DateFormat(AMERICAN).read(text) is None


@pytest.mark.parametrize(
    ("written", "says"),
    [
        ("M/d/yy", "'yy' in 'M/d/yy' is not known"),
        ("dddd, d MMMM yyyy", "'dddd' in"),
        ("M/yyyy", "each once"),
        ("d/d/M/yyyy", "each once"),
        ("%m/%d/%Y", "is not known; known are yyyy"),
        ("", "each once"),
    ],
)
def test_a_format_that_leaves_room_for_a_guess_is_refused(written, says):
    with pytest.raises(DateFormatError, match=says):
        DateFormat(written)


@given(st.dates(date(1980, 1, 1), date(2199, 12, 31)))
def test_every_day_that_is_written_by_a_format_is_read_back(day):
    assert DateFormat(AMERICAN).read(f"{day.month}/{day.day}/{day.year} 1:02:03 AM") == day
    assert DateFormat("dd.MM.yyyy").read(f"{day:%d.%m.%Y}".rjust(10, "0")) == day
