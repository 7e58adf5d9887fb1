"""Rate cards: which rate holds, and how time is rounded."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from msp_billing.domain.work.rate_cards import BilledTime, RateCard, exact_hours
from tests.unit.domain.builders import PROPERTY
from tests.unit.domain.work.work_samples import card_data

A_DAY = date(2026, 2, 2)


def card(**changes: Any) -> RateCard:
    return RateCard.model_validate(card_data(**changes))


@pytest.mark.rule("MSA-02")
def test_the_rate_follows_role_and_kind_of_work() -> None:
    by_role_and_work = [
        {"role": "Engineer", "product": "T1", "per_hour": "150"},
        {"role": "Engineer", "work": "Project", "product": "T1", "per_hour": "180"},
        {"role": "Senior Engineer", "work": "Project", "product": "T1", "per_hour": "210"},
    ]
    schedule = card(rates=by_role_and_work)

    def hourly(role: str, work: str) -> Decimal | None:
        rate = schedule.rate_on(role, work, A_DAY)
        return rate.hourly(after_hours=False) if rate else None

    assert hourly("Engineer", "Support") == Decimal(150)  # any kind of work
    assert hourly("engineer ", "project") == Decimal(180)  # the kind of work goes before
    assert hourly("Senior Engineer", "Project") == Decimal(210)
    assert hourly("Senior Engineer", "Support") is None  # not on the card: nobody guesses
    assert hourly("Apprentice", "Support") is None


@pytest.mark.rule("MSA-02")
def test_the_rate_of_the_day_of_the_work_holds() -> None:
    schedule = card(
        rates=[
            {"role": "Engineer", "product": "T1", "per_hour": "150", "from_on": "2025-01-01"},
            {"role": "Engineer", "product": "T1", "per_hour": "160", "from_on": "2026-02-01"},
        ]
    )
    found = {
        day: rate.per_hour if (rate := schedule.rate_on("Engineer", "Support", day)) else None
        for day in (date(2024, 12, 31), date(2025, 1, 1), date(2026, 1, 31), date(2026, 2, 1))
    }
    assert list(found.values()) == [None, Decimal(150), Decimal(150), Decimal(160)]


@pytest.mark.parametrize(
    ("after_hours", "expected"),
    [
        ({"after_hours_per_hour": "240"}, Decimal(240)),
        ({"after_hours_multiplier": "1.5"}, Decimal("225.0")),  # 150 x 1.5
        ({}, None),
    ],
)
def test_after_hours_has_a_rate_of_its_own_or_a_multiple_or_none(
    after_hours: dict[str, str], expected: Decimal | None
) -> None:
    rates = [{"role": "Engineer", "product": "T1", "per_hour": "150", **after_hours}]
    rate = card(rates=rates).rate_on("Engineer", "Support", A_DAY)
    assert rate is not None
    assert rate.hourly(after_hours=True) == expected
    assert rate.hourly(after_hours=False) == Decimal(150)


@pytest.mark.parametrize(
    ("minutes_in", "minutes_after", "expected"),
    [
        # In quarters of an hour, rounded up, and never less than half an hour.
        (60, 0, (60, 0)),
        (61, 0, (75, 0)),
        (75, 0, (75, 0)),
        (1, 0, (30, 0)),
        (0, 1, (0, 30)),
        (0, 46, (0, 60)),
        # The whole is rounded: 40 + 40 = 80, up to 90; of these 40 after hours, to the nearest
        # quarter 45; the rest, 45, at the lower rate.
        (40, 40, (45, 45)),
        # 10 + 20 = 30; 20 to the nearest is 15. Rounding each would have billed 45.
        (10, 20, (15, 15)),
        # 7 minutes after hours are nearer to none than to a quarter, 8 are not.
        (60, 7, (75, 0)),
        (60, 8, (60, 15)),
        # 2 + 28 = 30; 28 to the nearest is 30: all of it after hours.
        (2, 28, (0, 30)),
    ],
)
def test_the_time_of_an_entry_is_rounded_once(
    minutes_in: int, minutes_after: int, expected: tuple[int, int]
) -> None:
    found = card(minimum_minutes=30).billed_time(minutes_in * 60, minutes_after * 60)
    assert (found.minutes, found.minutes_after_hours) == expected


def test_a_second_more_is_an_increment_more() -> None:
    assert card().billed_time(3600, 0) == BilledTime(60, 0)
    assert card().billed_time(3601, 0) == BilledTime(75, 0)


@pytest.mark.parametrize(
    ("minutes", "hours"), [(3, "0.05"), (6, "0.10"), (15, "0.25"), (90, "1.50"), (1440, "24.00")]
)
def test_hours_are_exact_decimals(minutes: int, hours: str) -> None:
    assert str(exact_hours(minutes)) == hours


def test_minutes_that_are_no_exact_hours_are_refused() -> None:
    with pytest.raises(ValueError, match="10 minutes"):
        exact_hours(10)


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"increment_minutes": 10}, "no exact part of a decimal hour"),
        ({"minimum_minutes": 20}, "no multiple of the increment"),
        (
            {
                "rates": [
                    {"role": "Engineer", "product": "T1", "per_hour": "1"},
                    {"role": "engineer", "product": "T1", "per_hour": "2"},
                ]
            },
            "the rate of 'engineer' for 'any work' is listed twice",
        ),
        (
            {
                "rates": [
                    {
                        "role": "Engineer",
                        "product": "T1",
                        "per_hour": "1",
                        "after_hours_per_hour": "2",
                        "after_hours_multiplier": "2",
                    }
                ]
            },
            "keep one",
        ),
    ],
)
def test_a_card_that_means_two_things_is_refused(changes: dict[str, Any], said: str) -> None:
    with pytest.raises(ValidationError, match=said):
        card(**changes)


@given(
    st.integers(0, 86_400),
    st.integers(0, 86_400),
    st.sampled_from([3, 6, 15, 30, 60]),
    st.sampled_from([0, 1, 2]),
)
@PROPERTY
def test_rounding_costs_less_than_an_increment_and_never_time_itself(
    seconds: int, after: int, step: int, least_steps: int
) -> None:
    if seconds + after == 0:
        return
    schedule = card(increment_minutes=step, minimum_minutes=step * least_steps)
    found = schedule.billed_time(seconds, after)
    billed = (found.minutes + found.minutes_after_hours) * 60
    assert seconds + after <= billed < max(seconds + after + step * 60, step * least_steps * 60 + 1)
    assert found.minutes % step == found.minutes_after_hours % step == 0
    assert after > 0 or found.minutes_after_hours == 0
    assert seconds > 0 or found.minutes == 0
    assert exact_hours(found.minutes + found.minutes_after_hours) == found.hours
