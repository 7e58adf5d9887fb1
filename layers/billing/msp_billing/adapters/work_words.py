"""Work in words: when somebody worked, and on what; documents and explanations use these."""

from __future__ import annotations

from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

from msp_billing.adapters.formatting import format_day, format_moment
from msp_billing.adapters.language import _

if TYPE_CHECKING:
    from msp_billing.domain.work.work_done import WorkDone, WorkSpan


def span_in_words(span: WorkSpan, zone: ZoneInfo) -> str:
    """``2 November 2026, 16:00 to 17:00``, local; with offsets where clocks or days change."""
    starts, ends = span.starts_at.astimezone(zone), span.ends_at.astimezone(zone)
    if starts.date() == ends.date() and starts.utcoffset() == ends.utcoffset():
        return _("{day}, {first} to {last}").format(
            day=format_day(starts.date()), first=f"{starts:%H:%M}", last=f"{ends:%H:%M}"
        )
    return _("{first} to {last}").format(
        first=format_moment(starts, zone), last=format_moment(ends, zone)
    )


def work_in_words(work: WorkDone) -> str:
    """``Project, SR-1042 (time entry T-7)``."""
    what = f"{work.work}, {work.ticket}" if work.ticket else work.work
    return _("{work} (time entry {entry})").format(work=what, entry=work.entry)


def hours_in_words(work: WorkDone) -> str:
    """Whether it was in business hours."""
    return _("After hours") if work.after_hours else _("Business hours")
