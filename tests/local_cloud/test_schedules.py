from __future__ import annotations

from datetime import UTC, datetime
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from local_cloud.schedules import ScheduleExpressionError, next_fire_at

CHICAGO = "America/Chicago"
EPOCH = datetime(2026, 1, 1, tzinfo=UTC)


def fires(expression: str, zone: str, after: datetime, count: int) -> list[str]:
    found: list[str] = []
    for _ in range(count):
        instant = next_fire_at(expression, zone, after, EPOCH)
        if instant is None:
            break
        found.append(instant.isoformat(timespec="minutes").removesuffix("+00:00"))
        after = instant
    return found


@pytest.mark.parametrize(
    ("expression", "zone", "expected"),
    [
        ("cron(0 9 1 * ? *)", "UTC", ["2026-01-01T09:00", "2026-02-01T09:00"]),
        ("cron(0 9 L * ? *)", "UTC", ["2026-01-31T09:00", "2026-02-28T09:00"]),
        ("cron(0 9 L-3 * ? *)", "UTC", ["2026-01-28T09:00", "2026-02-25T09:00"]),
        ("cron(0 9 15W * ? *)", "UTC", ["2026-01-15T09:00", "2026-02-16T09:00"]),
        ("cron(0 9 ? * FRI#2 *)", "UTC", ["2026-01-09T09:00", "2026-02-13T09:00"]),
        ("cron(0 9 ? * 6L *)", "UTC", ["2026-01-30T09:00", "2026-02-27T09:00"]),
        ("cron(0 9 31 * ? *)", "UTC", ["2026-01-31T09:00", "2026-03-31T09:00"]),
        ("cron(0 9 29 2 ? *)", "UTC", ["2028-02-29T09:00", "2032-02-29T09:00"]),
        ("cron(0 9 1 1 ? 2027)", "UTC", ["2027-01-01T09:00"]),
        ("cron(0 6 1 3,4 ? *)", CHICAGO, ["2026-03-01T12:00", "2026-04-01T11:00"]),
        ("rate(2 days)", "UTC", ["2026-01-03T00:00", "2026-01-05T00:00"]),
        ("rate(1 hour)", "UTC", ["2026-01-01T01:00", "2026-01-01T02:00"]),
        ("at(2026-07-01T08:30:00)", CHICAGO, ["2026-07-01T13:30"]),
    ],
)
def test_expressions_fire_when_aws_would(expression: str, zone: str, expected: list[str]) -> None:
    assert fires(expression, zone, EPOCH, 2) == expected


def test_a_local_time_that_daylight_saving_skips_does_not_fire() -> None:
    before = datetime(2026, 3, 7, 12, tzinfo=UTC)
    assert fires("cron(30 2 * * ? *)", CHICAGO, before, 2) == [
        "2026-03-09T07:30",
        "2026-03-10T07:30",
    ]


def test_a_local_time_that_comes_twice_fires_once() -> None:
    before = datetime(2026, 10, 31, 12, tzinfo=UTC)
    assert fires("cron(30 1 * * ? *)", CHICAGO, before, 2) == [
        "2026-11-01T06:30",
        "2026-11-02T07:30",
    ]


def test_what_is_no_schedule_is_refused() -> None:
    with pytest.raises(ScheduleExpressionError):
        next_fire_at("every day", "UTC", EPOCH, EPOCH)


@given(
    minutes=st.integers(0, 60 * 24 * 365 * 3),
    expression=st.sampled_from(
        ["cron(0 6 1 * ? *)", "cron(15 3 L * ? *)", "cron(0/20 1-3 ? * SUN *)", "rate(7 hours)"]
    ),
)
def test_fires_come_strictly_one_after_another(minutes: int, expression: str) -> None:
    after = datetime.fromtimestamp(EPOCH.timestamp() + minutes * 60, tz=UTC)
    instants = [after]
    for _ in range(5):
        instant = next_fire_at(expression, CHICAGO, instants[-1], EPOCH)
        assert instant is not None
        instants.append(instant)
    assert all(earlier < later for earlier, later in pairwise(instants))
