"""Business hours: which part of a piece of work lies in them, and which after hours."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from typing import TYPE_CHECKING, Literal
from zoneinfo import ZoneInfo

from pydantic import Field, model_validator

from msp_billing.domain.base import Frozen
from msp_billing.domain.date_rules import local_instant

if TYPE_CHECKING:
    from msp_billing.domain.calendars import BusinessCalendar

Weekday = Literal["monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday"]
_WEEKDAYS: tuple[Weekday, ...] = (
    "monday",
    "tuesday",
    "wednesday",
    "thursday",
    "friday",
    "saturday",
    "sunday",
)
_MIDNIGHT = time(0)
_ONE_DAY = timedelta(days=1)


class OpenHours(Frozen):
    """From when to when the provider works on some days of the week, in its local time."""

    days: tuple[Weekday, ...] = Field(min_length=1)
    opens: time = Field(description="First minute of the business hours, HH:MM.")
    closes: time = Field(
        description="HH:MM; from this minute on it is after hours. 00:00 is the end of the day."
    )

    @model_validator(mode="after")
    def _opens_before_it_closes(self) -> OpenHours:
        if self.opens.tzinfo is not None or self.closes.tzinfo is not None:
            raise ValueError("'opens' and 'closes' are local times: write them without a zone")
        if self.closes != _MIDNIGHT and self.closes <= self.opens:
            raise ValueError(
                f"it closes at {self.closes:%H:%M}, before it opens at {self.opens:%H:%M}: hours "
                "that pass midnight are written as two blocks"
            )
        return self

    def window_on(self, day: date, zone: ZoneInfo) -> tuple[datetime, datetime] | None:
        """The two instants, in UTC, between which it is open on a day; None when it is closed."""
        if _WEEKDAYS[day.weekday()] not in self.days:
            return None
        last = day + _ONE_DAY if self.closes == _MIDNIGHT else day
        return local_instant(day, self.opens, zone), local_instant(last, self.closes, zone)


@dataclass(frozen=True)
class WorkPart:
    """A stretch of work that lies wholly within or wholly outside business hours.

    Both ends are in UTC, so that what lies between them is time that really passed: a night in
    which clocks change is as long as it was.
    """

    starts_at: datetime
    ends_at: datetime
    after_hours: bool

    @property
    def seconds(self) -> int:
        """How long it took."""
        return (self.ends_at - self.starts_at) // timedelta(seconds=1)


def split_at_business_hours(
    starts_at: datetime,
    ends_at: datetime,
    hours: Iterable[OpenHours],
    calendar: BusinessCalendar,
    zone: ZoneInfo,
) -> tuple[WorkPart, ...]:
    """Cut a piece of work where business hours begin and end (KR-12, COL-26).

    What begins at the minute in which business hours end is after hours, what ends then is not.
    A holiday has no business hours, whatever weekday it is.

    Args:
        starts_at: aware, before ``ends_at``.
        calendar: the provider's holidays, in its local time.
        zone: the provider's.

    Returns:
        Parts in order, without a gap, each as long as possible; together they are the whole.
    """
    starts_at, ends_at = starts_at.astimezone(UTC), ends_at.astimezone(UTC)
    parts: list[WorkPart] = []
    reached = starts_at
    for opens_at, closes_at in _windows(starts_at, ends_at, tuple(hours), calendar, zone):
        begin, end = max(opens_at, reached), min(closes_at, ends_at)
        if begin >= end:
            continue
        if reached < begin:
            parts.append(WorkPart(reached, begin, after_hours=True))
        if parts and not parts[-1].after_hours:
            parts[-1] = WorkPart(parts[-1].starts_at, end, after_hours=False)
        else:
            parts.append(WorkPart(begin, end, after_hours=False))
        reached = end
    if reached < ends_at:
        parts.append(WorkPart(reached, ends_at, after_hours=True))
    return tuple(parts)


def _windows(
    starts_at: datetime,
    ends_at: datetime,
    hours: tuple[OpenHours, ...],
    calendar: BusinessCalendar,
    zone: ZoneInfo,
) -> Iterator[tuple[datetime, datetime]]:
    """Every window of business hours that the work may touch, in order."""
    day, last = starts_at.astimezone(zone).date(), ends_at.astimezone(zone).date()
    while day <= last:
        if day not in calendar.holidays:
            found = (entry.window_on(day, zone) for entry in hours)
            yield from sorted(window for window in found if window is not None)
        day += _ONE_DAY
