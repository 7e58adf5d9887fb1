"""Months as periods: clamped days, leap years, year ends."""

from __future__ import annotations

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import BaseModel, ValidationError

from msp_billing.domain.periods import Period, ServicePeriod
from tests.unit.domain.builders import PROPERTY

PERIODS = st.builds(
    Period, year=st.integers(min_value=1980, max_value=2100), month=st.integers(1, 12)
)


@pytest.mark.parametrize(
    ("month", "anchor", "day"),
    [
        ("2026-01", 31, date(2026, 1, 31)),
        ("2026-02", 31, date(2026, 2, 28)),
        ("2026-02", 30, date(2026, 2, 28)),
        ("2026-02", 29, date(2026, 2, 28)),
        ("2028-02", 30, date(2028, 2, 29)),  # divisible by 4
        ("2100-02", 29, date(2100, 2, 28)),  # by 100, not by 400
        ("2000-02", 29, date(2000, 2, 29)),  # by 400
        ("2026-04", 31, date(2026, 4, 30)),
        ("2026-02", 28, date(2026, 2, 28)),
        ("2026-12", 1, date(2026, 12, 1)),
    ],
)
def test_an_anchor_day_is_clamped_to_the_end_of_the_month(
    month: str, anchor: int, day: date
) -> None:
    assert Period.parse(month).day(anchor) == day


def test_the_anchor_is_kept_from_month_to_month() -> None:
    january = Period.parse("2026-01")
    assert [january.shifted(months).day(31).day for months in range(5)] == [31, 28, 31, 30, 31]


@pytest.mark.parametrize(
    ("month", "by", "result"),
    [
        ("2026-12", 1, "2027-01"),
        ("2026-01", -1, "2025-12"),
        ("2026-06", 0, "2026-06"),
        ("2026-01", 12, "2027-01"),
        ("2026-01", -13, "2024-12"),
        ("2026-11", 14, "2028-01"),
        ("2026-12", -12, "2025-12"),
    ],
)
def test_periods_shift_over_year_ends(month: str, by: int, result: str) -> None:
    assert str(Period.parse(month).shifted(by)) == result


def test_a_month_has_its_first_and_last_day() -> None:
    february = Period.parse("2028-02")
    assert (february.first_day, february.last_day) == (date(2028, 2, 1), date(2028, 2, 29))
    assert ServicePeriod.of_month(february) == ServicePeriod(
        starts_on=date(2028, 2, 1), ends_on=date(2028, 2, 29)
    )


def test_a_month_contains_its_days_and_no_other() -> None:
    march = Period.parse("2026-03")
    inside = [date(2026, 3, 1), date(2026, 3, 31)]
    outside = [date(2026, 2, 28), date(2026, 4, 1), date(2025, 3, 15), date(2027, 3, 15)]
    assert all(Period.of(day) == march for day in inside)
    assert not any(Period.of(day) == march for day in outside)


def test_periods_are_in_the_order_of_the_calendar() -> None:
    texts = ["2026-02", "2025-12", "2026-10", "2026-01"]
    ordered = sorted(Period.parse(text) for text in texts)
    assert [str(period) for period in ordered] == ["2025-12", "2026-01", "2026-02", "2026-10"]
    assert Period.parse("2026-02") <= Period.parse("2026-02") < Period.parse("2026-03")


def test_a_period_is_not_compared_with_text() -> None:
    with pytest.raises(TypeError):
        assert Period.parse("2026-02") < "2026-03"


@pytest.mark.parametrize(
    "text",
    ["2026-13", "2026-00", "2026-1", "26-01", "2026/01", "2026-01-01", "", "January", "1969-12"],
)
def test_what_is_no_month_is_refused(text: str) -> None:
    with pytest.raises(ValidationError):
        Period.parse(text)


def test_the_message_says_how_to_write_a_month() -> None:
    with pytest.raises(ValidationError, match="'12/2026' is not a month: write it as YYYY-MM"):
        Period.parse("12/2026")


@pytest.mark.parametrize("text", ["2026-12\n", "٢٠٢٦-١٢", "2026-1２"])
def test_hidden_line_ends_and_digits_of_other_scripts_are_refused(text: str) -> None:
    with pytest.raises(ValidationError, match="is not a month"):
        Period.parse(text)


def test_a_period_is_text_in_json() -> None:
    class Holder(BaseModel):
        period: Period

    holder = Holder(period=Period.parse("2026-03"))
    assert holder.model_dump_json() == '{"period":"2026-03"}'
    assert Holder.model_validate_json('{"period":"2026-03"}') == holder
    assert Period.model_json_schema()["type"] == "string"


@PROPERTY
@given(period=PERIODS, months=st.integers(-36, 36))
def test_shifting_there_and_back_changes_nothing(period: Period, months: int) -> None:
    assert period.shifted(months).shifted(-months) == period
    assert (period.shifted(months) > period) == (months > 0)


@PROPERTY
@given(period=PERIODS)
def test_months_follow_each_other_without_a_gap(period: Period) -> None:
    following = period.shifted(1)
    assert (following.first_day - period.last_day).days == 1
    assert Period.of(period.first_day) == Period.of(period.last_day) == period


@PROPERTY
@given(period=PERIODS)
def test_every_period_comes_back_from_its_text(period: Period) -> None:
    assert Period.parse(str(period)) == period
    assert Period.model_validate_json(period.model_dump_json()) == period
    assert len({period, Period.parse(str(period))}) == 1
