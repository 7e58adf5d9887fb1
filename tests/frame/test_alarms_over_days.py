"""Alarms over several days: whom they wake, and that they are steady in between."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from itertools import pairwise

import pytest

from tests.frame.alarms import Alarm, alarms

DAY = 24
SWEEPS = [alarms()["SweepOfAccountsMissingAlarm"], alarms()["SweepOfCyclesMissingAlarm"]]
TOLD_BY_DIGESTS = [
    alarm
    for alarm in alarms().values()
    if any(metric.name == "NeedsPerson" for metric in alarm.metrics)
]
_ACTIONS = {
    "ALARM": "AlarmActions",
    "OK": "OKActions",
    "INSUFFICIENT_DATA": "InsufficientDataActions",
}

Hours = list[Mapping[str, list[float]]]


def told(alarm: Alarm, states: list[str]) -> Iterator[tuple[int, str]]:
    """After which hour somebody is told what; an alarm that was just made tells nothing by that."""
    for hour, (before, after) in enumerate(pairwise(["INSUFFICIENT_DATA", *states])):
        if before != after and alarm.properties.get(_ACTIONS[after]):
            yield hour, after


def swept(days: int, *, first: int, until: int) -> Hours:
    """Whether a sweep came to its end, hour by hour; nothing is told when it did not."""
    return [
        {"m": [1.0]} if hour % DAY == first and hour < until else {} for hour in range(days * DAY)
    ]


@pytest.mark.parametrize("alarm", SWEEPS, ids=lambda alarm: alarm.logical_id)
@pytest.mark.parametrize("first", [0, 5, 23], ids=lambda hour: f"first after {hour} hours")
def test_nobody_is_told_of_a_new_stack_that_its_sweeps_have_not_run_yet(
    alarm: Alarm, first: int
) -> None:
    states = alarm.states(swept(6, first=first, until=6 * DAY))
    assert list(told(alarm, states)) == [(first, "OK")]


@pytest.mark.parametrize("alarm", SWEEPS, ids=lambda alarm: alarm.logical_id)
def test_sweeps_that_stop_are_told_of_once_and_so_is_that_they_are_back(alarm: Alarm) -> None:
    """docs/faults.md 2: with the 26th hour without one, whoever subscribes is told."""
    stopped = swept(6, first=11, until=3 * DAY)
    back = swept(2, first=11, until=2 * DAY)
    last = 2 * DAY + 11
    assert list(told(alarm, alarm.states(stopped + back))) == [
        (11, "OK"),
        (last + 26, "INSUFFICIENT_DATA"),
        (6 * DAY + 11, "OK"),
    ]


def digests(alarm: Alarm, days: list[tuple[float, float]], shift_on: int | None = None) -> Hours:
    """What two providers tell each day, one of them an hour after the other.

    Args:
        days: what the first and the second find of the alarm's first kind.
        shift_on: from this day on clocks go back: both tell an hour later.
    """
    hours: Hours = []
    kind, *others = (metric.id for metric in alarm.metrics)
    for day, (first, second) in enumerate(days):
        later = int(shift_on is not None and day >= shift_on)
        for hour in range(DAY):
            finds = {12 + later: first, 13 + later: second}.get(hour)
            none: Mapping[str, list[float]] = {other: [0.0] for other in others}
            hours.append({} if finds is None else {kind: [finds], **none})
    return hours


@pytest.mark.parametrize("alarm", TOLD_BY_DIGESTS, ids=lambda alarm: alarm.logical_id)
@pytest.mark.parametrize("shift_on", [None, 2], ids=["every day alike", "clocks go back"])
def test_one_provider_does_not_take_back_what_another_one_tells(
    alarm: Alarm, shift_on: int | None
) -> None:
    """The first needs somebody for four days, the second never does."""
    days = [(1.0, 0.0)] * 4 + [(0.0, 0.0)] * 3
    found = list(told(alarm, alarm.states(digests(alarm, days, shift_on))))
    assert [state for _, state in found] == ["ALARM", "OK"]
    (begun, _), (ended, _) = found
    assert begun == 12
    assert 4 * DAY <= ended <= 4 * DAY + 12 + 3, "an hour or two after the digest that found none"


@pytest.mark.parametrize("alarm", TOLD_BY_DIGESTS, ids=lambda alarm: alarm.logical_id)
def test_what_the_last_digest_told_stays_when_there_are_no_more_digests(alarm: Alarm) -> None:
    silent: Hours = [{}] * (3 * DAY)
    states = alarm.states(digests(alarm, [(0.0, 1.0)]) + silent)
    assert states[-1] == "ALARM"
