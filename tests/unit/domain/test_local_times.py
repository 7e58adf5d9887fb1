"""Local times that clocks skip or repeat: found in every zone, and refused in a policy."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo, available_timezones

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import ValidationError

from msp_billing.domain.date_rules import DateRule
from msp_billing.domain.digest_policy import DigestPolicy
from msp_billing.domain.local_times import YEARS, first_moved
from msp_billing.domain.policy import ProviderPolicy
from msp_billing.domain.policy_checks import inconsistencies_of_new
from tests.end_to_end.small_provider import MANAGED, birch

ZONES = sorted(zone for zone in available_timezones() if "/" in zone and "posix" not in zone)
HOSTILE = (
    "Australia/Lord_Howe",
    "Asia/Kathmandu",
    "Pacific/Chatham",
    "America/Sao_Paulo",
    "Pacific/Apia",
    "Europe/Helsinki",
    "America/Nuuk",
    "Pacific/Easter",
    "Africa/Casablanca",
)
QUARTER = timedelta(minutes=15)


def instants_of(zone: ZoneInfo, wall: datetime) -> list[datetime]:
    """The instants at which the clocks of a zone show a time: none, one, or two; by trying all."""
    first = wall.replace(tzinfo=UTC) - timedelta(hours=15)
    tried = (first + QUARTER * number for number in range(30 * 4))
    return [at for at in tried if at.astimezone(zone).replace(tzinfo=None) == wall]


@pytest.mark.parametrize(
    ("zone", "at", "day", "on"),
    [
        ("Europe/Helsinki", "03:00", 28, date(2027, 3, 28)),  # 03:00 becomes 04:00
        ("Europe/Helsinki", "03:59", 28, date(2027, 3, 28)),
        ("Europe/Helsinki", "04:00", 28, None),
        ("Pacific/Chatham", "03:15", 27, date(2026, 9, 27)),  # 02:45 becomes 03:45
        ("Pacific/Chatham", "03:45", 27, None),
        ("America/Nuuk", "23:30", 28, date(2026, 3, 28)),  # 23:00 becomes 24:00
        ("America/Chicago", "03:00", 8, None),  # 02:00 becomes 03:00
        ("Australia/Lord_Howe", "03:00", 4, None),  # half an hour, at 02:00
        ("Asia/Kathmandu", "03:00", 1, None),
        ("America/Sao_Paulo", "03:00", 1, None),
        ("Pacific/Apia", "03:00", 26, None),
    ],
)
def test_hours_that_clocks_move(zone: str, at: str, day: int, on: date | None) -> None:
    """docs/faults.md 2."""
    assert first_moved(zone, time.fromisoformat(at), day) == on


@given(
    zone=st.sampled_from(HOSTILE) | st.sampled_from(ZONES),
    day=st.integers(1, 28),
    at=st.times(time(0), time(23, 59)).map(
        lambda at: at.replace(minute=at.minute // 15 * 15, second=0, microsecond=0)
    ),
)
@settings(max_examples=40, deadline=None)
def test_the_first_moved_day_is_the_first_that_has_not_one_instant(
    zone: str, day: int, at: time
) -> None:
    """docs/faults.md 2: compared with a search through all instants of four years."""
    tz = ZoneInfo(zone)
    days = [date(year, month, day) for year in YEARS[:4] for month in range(1, 13)]
    moved = [on for on in days if len(instants_of(tz, datetime.combine(on, at))) != 1]
    found = first_moved(zone, at, day)
    if moved:
        assert found == moved[0]
    else:
        assert found is None or found > days[-1]


def test_a_new_policy_whose_run_would_open_in_such_an_hour_is_refused() -> None:
    """docs/faults.md 2: it is 'at 03:00 or later', and March's run would not start."""
    helsinki = birch(zone="Europe/Helsinki")
    opens = DateRule(day=28, at=time(3, 30))
    policy = helsinki.with_run(MANAGED, opens=opens).policy
    assert list(inconsistencies_of_new(policy)) == [
        "run managed opens at 03:30, which the clocks of Europe/Helsinki skip or repeat on "
        "2027-03-28"
    ]
    later = opens.model_copy(update={"at": time(4, 0)})
    assert list(inconsistencies_of_new(helsinki.with_run(MANAGED, opens=later).policy)) == []


def test_a_new_policy_whose_digest_would_go_in_such_an_hour_is_refused() -> None:
    helsinki = birch(zone="Europe/Helsinki")
    policy = helsinki.with_policy(digest=DigestPolicy(at=time(3, 30))).policy
    assert "the digest goes at 03:30" in "".join(inconsistencies_of_new(policy))
    policy = helsinki.with_policy(digest=DigestPolicy(at=time(3, 30), enabled=False)).policy
    assert list(inconsistencies_of_new(policy)) == []


def test_a_policy_that_is_stored_is_read_whatever_its_hours_and_names_are_by_now() -> None:
    """An older release took it, or the law about a zone's clocks changed since."""
    helsinki = birch(zone="Europe/Helsinki")
    stored = helsinki.with_run(MANAGED, opens=DateRule(day=28, at=time(3, 30))).policy
    runs = tuple(run.model_copy(update={"run": "digest"}) for run in stored.runs)
    stored = stored.model_copy(update={"runs": runs})
    assert ProviderPolicy.model_validate_json(stored.model_dump_json()) == stored
    assert len(list(inconsistencies_of_new(stored))) == 2


@pytest.mark.parametrize("at", ["02:59", "00:00"])
def test_a_digest_before_three_is_refused_anywhere(at: str) -> None:
    with pytest.raises(ValidationError, match="03:00 or later"):
        DigestPolicy(at=time.fromisoformat(at))
