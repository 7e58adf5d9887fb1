"""Local times that a zone's clocks skip or repeat: no schedule may be set to one.

"03:00 or later" is not enough: Helsinki's clocks go from 03:00 to 04:00, Chatham's from 02:45 to
03:45, Nuuk's from 23:00 to 24:00. Scheduler does not fire at a time that does not exist.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, datetime, time, timedelta
from functools import lru_cache
from zoneinfo import ZoneInfo

YEARS = range(2026, 2041)
"""For which a zone's rules are followed; they are what is known of them when a policy is read."""

_WEEK = timedelta(days=7)
_NOON = time(12, 0)


def is_moved(local: datetime) -> bool:
    """Whether a local time, with its zone, does not exist or comes twice."""
    return local.replace(fold=0).utcoffset() != local.replace(fold=1).utcoffset()


@lru_cache(maxsize=256)
def first_moved(zone: str, at: time, day: int | None = None) -> date | None:
    """The first day on which a local time is skipped or repeated, or None.

    Args:
        day: only this day of each month; every day, if left out.
    """
    tz = ZoneInfo(zone)
    for on in _days_of_change(zone):
        wanted = day is None or on.day == day
        if wanted and is_moved(datetime.combine(on, at, tzinfo=tz)):
            return on
    return None


@lru_cache(maxsize=64)
def _days_of_change(zone: str) -> tuple[date, ...]:
    """The days around each change of a zone's offset. No zone changes it twice within a week."""
    tz = ZoneInfo(zone)
    return tuple(_around_changes(tz))


def _around_changes(tz: ZoneInfo) -> Iterator[date]:
    noon = datetime.combine(date(YEARS.start, 1, 1), _NOON, tzinfo=tz)
    before = noon.utcoffset()
    while noon.year < YEARS.stop:
        noon += _WEEK
        offset = noon.utcoffset()
        if offset != before:
            yield from (noon.date() - timedelta(days=back) for back in range(7, -1, -1))
        before = offset
