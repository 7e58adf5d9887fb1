"""Lanes as pictures: where each state and each mark stands along the days."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, timedelta

from msp_billing.adapters.formatting import format_day, format_month
from msp_billing.domain.periods import Period
from mspbill.lanes import in_words
from mspbill.reports import AccountLane, LaneMark, LaneSegment, MarkKind

WIDTH = 1000
"""Units of the picture from its first to its last day."""

_LEAST_WIDTH = 2.0
_HEIGHTS = (8, 12, 16, 20)
"""By how harsh a state is: so it can be told without its colour."""

_ROOM_FOR_A_MONTH = 60.0


@dataclass(frozen=True)
class Placed:
    """A part of a lane with its place. Lengths are units of the picture."""

    x: float
    width: float
    kind: str
    title: str
    height: int = 0


@dataclass(frozen=True)
class LaneView:
    """One account's lane."""

    lane: AccountLane
    states: tuple[Placed, ...]
    marks: tuple[Placed, ...]

    @property
    def in_words(self) -> str:
        """For whoever does not see the picture."""
        return in_words(self.lane)


@dataclass(frozen=True)
class MonthLine:
    """Where a month begins."""

    x: float
    label: str


@dataclass(frozen=True)
class LanesView:
    """All lanes of a provider on one scale."""

    rows: tuple[LaneView, ...]
    months: tuple[MonthLine, ...]


def lanes_view(lanes: Sequence[AccountLane]) -> LanesView:
    """Place the lanes; the scale goes from their first to their last day."""
    if not lanes:
        return LanesView((), ())
    first = min(lane.segments[0].from_on for lane in lanes)
    last = max(lane.segments[-1].until_on for lane in lanes)
    scale = _Scale(first, max(last, first + timedelta(days=1)))
    rows = tuple(
        LaneView(
            lane=lane,
            states=tuple(scale.state(segment) for segment in lane.segments),
            marks=tuple(scale.marks(lane.marks)),
        )
        for lane in lanes
    )
    return LanesView(rows, tuple(scale.months()))


@dataclass(frozen=True)
class _Scale:
    first: date
    last: date

    def at(self, day: date) -> float:
        share = (day - self.first).days / (self.last - self.first).days
        return round(share * WIDTH, 1)

    def state(self, segment: LaneSegment) -> Placed:
        x = self.at(segment.from_on)
        days = (segment.until_on - segment.from_on).days
        name = segment.state.value.replace("_", " ")
        return Placed(
            x=x,
            width=max(_LEAST_WIDTH, round(self.at(segment.until_on) - x, 1)),
            kind=segment.state.value,
            title=f"{format_day(segment.from_on)}: {name}, {days} days. {segment.why}",
            height=_HEIGHTS[segment.state.harshness],
        )

    def marks(self, marks: Sequence[LaneMark]) -> Iterator[Placed]:
        """One for all of a kind on a day, so that each can be pointed at."""
        by_day: dict[tuple[date, MarkKind], list[str]] = {}
        for mark in marks:
            by_day.setdefault((mark.on, mark.kind), []).append(mark.what)
        for (on, kind), told in by_day.items():
            title = "\n".join((f"{format_day(on)}: {told[0]}", *told[1:]))
            yield Placed(x=self.at(on), width=0, kind=kind.value, title=title)

    def months(self) -> Iterator[MonthLine]:
        month = Period.of(self.first)
        if self.at(month.shifted(1).first_day) >= _ROOM_FOR_A_MONTH:
            yield MonthLine(0.0, _name(month))
        month = month.shifted(1)
        while month.first_day <= self.last:
            yield MonthLine(self.at(month.first_day), _name(month))
            month = month.shifted(1)


def _name(month: Period) -> str:
    """Short, for there are many; a January says of which year it is."""
    name, _, year = format_month(month).partition(" ")
    return f"{name[:3]} {year}" if month.month == 1 else name[:3]
