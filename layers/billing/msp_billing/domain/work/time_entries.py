"""Time entries: one engineer's stretch of work, as the PSA's export gives it."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import UTC, date, datetime, time, timedelta
from enum import StrEnum
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

from pydantic import Field

from msp_billing.domain.accounts import feed_key
from msp_billing.domain.base import Frozen, Text
from msp_billing.domain.problems import Problem
from msp_billing.domain.work.notes import MAX_NOTE_LENGTH, WorkNote

if TYPE_CHECKING:
    from msp_billing.domain.feeds.definitions import FeedRow

ENGINEER, ROLE, WORK, STARTS, ENDS, BILLING = (
    "engineer",
    "role",
    "work",
    "starts",
    "ends",
    "billing",
)
NOTE, TICKET, APPROVED_BY, APPROVED_ON, ENTERED_ON = (
    "note",
    "ticket",
    "approved-by",
    "approved-on",
    "entered-on",
)
REQUIRED_ATTRIBUTES = (ENGINEER, ROLE, WORK, STARTS, ENDS, BILLING)
"""Attributes that a feed of time entries must map to a column; the others may be missing."""

MAX_ENTRY_HOURS = 24
_MAX_NAME = 200
_LOCAL = re.compile(
    r"^(\d{4})-(\d{2})-(\d{2})[T ](\d{2}):(\d{2})(?::(\d{2}))?\s?(Z|[+-]\d{2}:?\d{2})?$"
)
_DAY = re.compile(r"^(\d{4}-\d{2}-\d{2})(?:[T ].*)?$")


class Billing(StrEnum):
    """What the PSA says of an entry, whatever words it uses."""

    BILLABLE = "billable"
    COVERED = "covered"
    FREE = "free"


class BillingWords(Frozen):
    """The words of the export for the three things that an entry can be."""

    billable: tuple[Text, ...] = Field(
        min_length=1, description="Not covered by the contract: charged by the rate card."
    )
    covered: tuple[Text, ...] = Field(
        min_length=1, description="Covered by the contract, in business hours."
    )
    free: tuple[Text, ...] = Field(default=(), description="Never charged, whenever it was.")

    def meaning(self, text: str) -> Billing | None:
        """What a word of the export means; None for one that the policy does not know."""
        for kind, words in (
            (Billing.BILLABLE, self.billable),
            (Billing.COVERED, self.covered),
            (Billing.FREE, self.free),
        ):
            if feed_key(text) in {feed_key(word) for word in words}:
                return kind
        return None


def charge_id(entry: str) -> str:
    """The id under which a time entry is billed, once, ever."""
    return f"time:{entry}"


class TimeEntry(Frozen):
    """What one engineer did, when, for whom. Times are UTC, days are local."""

    entry: Text = Field(description="The PSA's id; it is billed once, ever.")
    title: Text
    site: str | None = Field(description="Subscriber, as the feed names it.")
    engineer: Text
    role: Text
    work: Text = Field(description="Kind of work, as the rate card names it.")
    starts_at: datetime
    ends_at: datetime
    note: WorkNote = ""
    ticket: Text | None = None
    billing: Billing
    approved_by: Text | None = None
    approved_on: date | None = None
    entered_on: date | None = Field(default=None, description="When it was put into the PSA.")
    row: int = Field(description="Line in the export.")

    @property
    def charge(self) -> str:
        """The id under which it is billed, once."""
        return charge_id(self.entry)

    def ended_on(self, zone: ZoneInfo) -> date:
        """The local day whose work it is: midnight sharp still ends the day before."""
        return (self.ends_at.astimezone(zone) - timedelta(microseconds=1)).date()

    def ready_on(self, zone: ZoneInfo) -> date:
        """The day on which it was over and in the PSA."""
        return max(self.ended_on(zone), self.entered_on or date.min)


def read_time_entry(row: FeedRow, words: BillingWords, zone: ZoneInfo) -> TimeEntry | list[Problem]:
    """One row of a PSA's export as a time entry, or everything that is wrong with it.

    A wrong entry is a problem and never left out: work that nobody can read must not be billed as
    nothing.
    """
    billing = words.meaning(row.attributes.get(BILLING, ""))
    faults = list(_missing(row))
    if billing is None and row.attributes.get(BILLING, ""):
        faults.append(
            (
                "time-entry-billing",
                f"says '{row.attributes[BILLING]}', which is neither billable nor covered",
                "Correct it in the PSA, or add the word to 'billing' of the policy's work rules.",
            )
        )
    starts_at = _instant(row, STARTS, zone, faults)
    ends_at = _instant(row, ENDS, zone, faults)
    if starts_at is not None and ends_at is not None:
        faults += _wrong_length(starts_at, ends_at)
    approved_on = _day(row, APPROVED_ON, faults)
    entered_on = _day(row, ENTERED_ON, faults)
    if faults:
        return [_problem(row, *fault) for fault in faults]
    assert starts_at is not None, "a missing start is a fault"
    assert ends_at is not None, "a missing end is a fault"
    assert billing is not None, "a missing word is a fault"
    return TimeEntry(
        entry=row.item_id,
        title=_cut(row.name, _MAX_NAME),
        site=row.subscriber,
        engineer=_text(row, ENGINEER),
        role=_text(row, ROLE),
        work=_text(row, WORK),
        starts_at=starts_at,
        ends_at=ends_at,
        note=_cut(_one_line(row.attributes.get(NOTE, "")), MAX_NOTE_LENGTH),
        ticket=_text(row, TICKET) or None,
        billing=billing,
        approved_by=_text(row, APPROVED_BY) or None,
        approved_on=approved_on,
        entered_on=entered_on,
        row=row.row,
    )


def begins_after(row: FeedRow, day: date) -> bool:
    """Whether a row that cannot be read whole is work of a later day, which is not looked at yet.

    A timer that is still running must not hold up the invoice of the month before.
    """
    match = _DAY.match(row.attributes.get(STARTS, "").strip())
    return match is not None and match[1] > day.isoformat()


_Fault = tuple[str, str, str]


def _missing(row: FeedRow) -> Iterator[_Fault]:
    for name in REQUIRED_ATTRIBUTES:
        if not row.attributes.get(name, "").strip():
            yield (
                "time-entry-incomplete",
                f"has no {name}",
                "Complete it in the PSA and export it again.",
            )


def _instant(row: FeedRow, name: str, zone: ZoneInfo, faults: list[_Fault]) -> datetime | None:
    """The instant in a cell, in UTC; None when it is empty, or when it went to the faults."""
    text = row.attributes.get(name, "").strip()
    if not text:
        return None
    match = _LOCAL.match(text)
    fix = "Export it as YYYY-MM-DD HH:MM in the provider's local time."
    if match is None:
        faults.append(("time-entry-time", f"{name} at '{text}', which is no time of a day", fix))
        return None
    try:
        day = date(int(match[1]), int(match[2]), int(match[3]))
        local = datetime.combine(day, time(int(match[4]), int(match[5]), int(match[6] or 0)))
        if match[7] is not None:
            return datetime.fromisoformat(f"{local.isoformat()}{match[7]}").astimezone(UTC)
    except ValueError:
        faults.append(("time-entry-time", f"{name} at {text}, which does not exist", fix))
        return None
    return _from_local(local, name, zone, faults)


def _from_local(
    local: datetime, name: str, zone: ZoneInfo, faults: list[_Fault]
) -> datetime | None:
    """A wall-clock time as UTC, if it happened once.

    In the nights in which clocks change, an hour did not happen, or happened twice.
    """
    first = local.replace(tzinfo=zone, fold=0).astimezone(UTC)
    second = local.replace(tzinfo=zone, fold=1).astimezone(UTC)
    if first == second:
        return first
    happened = first.astimezone(zone).replace(tzinfo=None) == local
    why = "happened twice" if happened else "did not happen"
    faults.append(
        (
            "time-entry-clock-change",
            f"{name} at {local:%Y-%m-%d %H:%M}, which {why}: clocks were changed that night",
            "Correct it in the PSA, or export the time with its offset, such as "
            f"{local:%Y-%m-%dT%H:%M}{_offset(first.astimezone(zone))}.",
        )
    )
    return None


def _offset(moment: datetime) -> str:
    text = f"{moment:%z}"
    return f"{text[:3]}:{text[3:]}"


def _wrong_length(starts_at: datetime, ends_at: datetime) -> Iterator[_Fault]:
    if ends_at <= starts_at:
        yield (
            "time-entry-order",
            "does not end after it starts",
            "Correct its start or its end in the PSA and export it again.",
        )
    elif ends_at - starts_at > timedelta(hours=MAX_ENTRY_HOURS):
        yield (
            "time-entry-too-long",
            f"is longer than {MAX_ENTRY_HOURS} hours",
            "Correct its end in the PSA, or enter it as one entry per day.",
        )


def _day(row: FeedRow, name: str, faults: list[_Fault]) -> date | None:
    text = row.attributes.get(name, "").strip()
    if not text:
        return None
    match = _DAY.match(text)
    try:
        return date.fromisoformat(match[1] if match else "")
    except ValueError:
        faults.append(
            (
                "time-entry-date",
                f"has '{text}' as {name}, which is no date",
                "Export dates as YYYY-MM-DD, such as 2026-11-30.",
            )
        )
        return None


def _problem(row: FeedRow, code: str, what: str, fix: str) -> Problem:
    return Problem(
        code=code,
        what=f"Time entry {row.item_id} ({_who(row)}, line {row.row}) {what}.",
        fix=fix,
        where=row.account,
    )


def _who(row: FeedRow) -> str:
    return _text(row, ENGINEER) or "no engineer"


def _text(row: FeedRow, name: str) -> str:
    return _cut(_one_line(row.attributes.get(name, "")), _MAX_NAME)


def _one_line(text: str) -> str:
    return " ".join(text.split())


def _cut(text: str, length: int) -> str:
    return text if len(text) <= length else f"{text[: length - 2]} …"
