"""Selection: which rows of a section a count rule lets count, and why the others do not."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from datetime import date, datetime
from enum import StrEnum
from typing import TYPE_CHECKING, Literal

from msp_billing.domain.counting.counts import CountRule, begun, present_at
from msp_billing.domain.date_rules import resolve_day

if TYPE_CHECKING:
    from msp_billing.domain.calendars import BusinessCalendar
    from msp_billing.domain.feeds.definitions import FeedRow
    from msp_billing.domain.periods import Period


class Standing(StrEnum):
    """How a row stands to a rule at the moment of the count."""

    COUNTS = "counts"
    PENDING = "pending"
    ABSENT = "absent"
    UNSEEN = "unseen"
    OFFBOARDED = "offboarded"
    OTHER_KIND = "other kind"


class LastCount(StrEnum):
    """What the last count of a rule and section had to do with a row."""

    COUNTED = "counted"
    COUNTED_AS_OTHER = "counted by another rule of the feed"
    NOT_COUNTED = "not counted"
    UNKNOWN = "unknown"


COUNTING = frozenset({Standing.COUNTS, Standing.PENDING})


@dataclass(frozen=True)
class CountingTime:
    """When is counted: the local moment, without a zone, and the service month."""

    moment: datetime
    period: Period
    calendar: BusinessCalendar

    def cut_off(self, rule: CountRule) -> datetime | None:
        """The local moment up to which changes reach the count."""
        if rule.cut_off is None:
            return None
        day = resolve_day(rule.cut_off, self.period, self.calendar)
        return datetime.combine(day, rule.cut_off.at)


@dataclass(frozen=True)
class LateRow:
    """A row whose newest change came after the cut-off and would have altered the count."""

    row: FeedRow
    received_on: date
    what: Literal["added", "removed"]


@dataclass
class Selection:
    """The rows of one section that a rule lets count, and what there is to say of the others."""

    rows: list[FeedRow] = field(default_factory=list)
    pending: list[FeedRow] = field(default_factory=list)
    late: list[LateRow] = field(default_factory=list)
    dropped: list[tuple[FeedRow, Standing]] = field(default_factory=list)

    @property
    def considered(self) -> list[FeedRow]:
        """The rows of the kind that the rule counts, whether they count or not."""
        of_the_kind = [row for row, standing in self.dropped if standing is not Standing.OTHER_KIND]
        return [*self.rows, *of_the_kind]


def select_rows(
    rule: CountRule,
    rows: Iterable[FeedRow],
    time: CountingTime,
    last_count: Callable[[FeedRow], LastCount],
) -> Selection:
    """Let every row of a section count, or not.

    A row whose newest change came too late stays as it was in the last count (COL-04, COL-13): a
    late addition does not count yet, a late removal still does. Where the last count is unknown,
    the row's own days decide: what came online in the service month is an addition, what was
    offboarded in it a removal.

    Args:
        last_count: what the last count of this rule and section had to do with the row.
    """
    found = Selection()
    cut_off = time.cut_off(rule)
    for row in rows:
        standing = standing_of(rule, row, time)
        counts = standing in COUNTING
        received_on = row.change_received_on
        if cut_off is not None and received_on is not None and not begun(received_on, cut_off):
            before = _counted_at(cut_off, rule, row, last_count(row), time.period)
            if before != counts:
                found.late.append(LateRow(row, received_on, "added" if counts else "removed"))
                counts = before
        if counts:
            found.rows.append(row)
            if standing is Standing.PENDING:
                found.pending.append(row)
        else:
            found.dropped.append((row, standing))
    return found


def standing_of(rule: CountRule, row: FeedRow, time: CountingTime) -> Standing:
    """How a row stands to a rule, changes after a cut-off left aside."""
    if not rule.matches(row):
        return Standing.OTHER_KIND
    return standing_in_time(rule, row, time)


def standing_in_time(rule: CountRule, row: FeedRow, time: CountingTime) -> Standing:
    """How a row's days stand to a rule, whatever kind of item it is.

    INT-07: an item that was switched off counts until the days since it was last seen are more
    than the rule's. INT-08: one whose offboarding was asked for is offboarded when it was seen on
    that day or later; until then it counts and its offboarding is pending.
    """
    if rule.window == "month":
        there = present_in(row, time.period)
        return Standing.COUNTS if there else Standing.ABSENT
    if not present_at(row, time.moment):
        return Standing.ABSENT
    limit, seen_on = rule.last_seen_within_days, row.last_seen_on
    if limit is not None and seen_on is not None and (time.moment.date() - seen_on).days > limit:
        return Standing.UNSEEN
    asked_on = row.offboard_requested_on
    if rule.offboarding_when_seen and asked_on is not None and begun(asked_on, time.moment):
        seen_since = seen_on is not None and seen_on >= asked_on
        return Standing.OFFBOARDED if seen_since else Standing.PENDING
    return Standing.COUNTS


def present_in(row: FeedRow, period: Period) -> bool:
    """Whether the item was there on any day of the month (COL-15).

    One that was created on the last day, or deleted on the first, was there on that day.
    """
    begins = row.online_on is None or row.online_on <= period.last_day
    lasts = row.offboarded_on is None or row.offboarded_on >= period.first_day
    return begins and lasts


def left_on(row: FeedRow, standing: Standing) -> date | None:
    """The day from which a row that does not count any more is gone, as far as it is known."""
    if row.offboarded_on is not None:
        return row.offboarded_on
    if standing in {Standing.UNSEEN, Standing.OFFBOARDED}:
        return row.last_seen_on
    return row.change_received_on if standing is Standing.OTHER_KIND else None


def _counted_at(
    cut_off: datetime, rule: CountRule, row: FeedRow, last: LastCount, period: Period
) -> bool:
    """Whether a row counted at the cut-off, before its newest change."""
    if last is LastCount.COUNTED:
        return True
    gone_on, came_on = row.offboarded_on, row.online_on
    removed = gone_on is not None and gone_on >= period.first_day and rule.matches(row)
    if came_on is not None and came_on >= period.first_day:
        # New in this month: it is this late removal that says it was there at the cut-off.
        return removed and begun(came_on, cut_off)
    if last is LastCount.UNKNOWN:
        return removed or (gone_on is None and came_on is not None and rule.matches(row))
    # It came too late for the last count, was there for this one, and its removal is late again.
    return removed and last is LastCount.NOT_COUNTED
