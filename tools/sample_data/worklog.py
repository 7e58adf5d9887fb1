"""Time entries as a PSA exports them: what an engineer did, and what was known of it by when."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta

TIME_HEADERS = (
    "Time Entry",
    "Summary",
    "Company",
    "Site",
    "Member",
    "Work Role",
    "Work Type",
    "Start",
    "End",
    "Billing",
    "Notes",
    "Ticket",
    "Approved By",
    "Approved On",
    "Entered On",
)
_EXPORTED_DAYS = 92


@dataclass(frozen=True)
class Work:
    """One time entry. Members are known by what they do, never by a name somebody might have."""

    entry: str
    summary: str
    company: str
    member: str
    role: str
    kind: str
    starts: str
    ends: str
    billing: str
    ticket: str
    notes: str = ""
    site: str = ""
    approved_by: str = ""
    approved_on: date | None = None
    entered_on: date | None = None

    @property
    def known_on(self) -> date:
        """When it was put into the PSA."""
        return self.entered_on or datetime.fromisoformat(self.ends).date()


def time_rows(works: Sequence[Work], day: date) -> list[list[str]]:
    """The entries of the last three months, as the PSA knew them at the end of a day."""
    since = day - timedelta(days=_EXPORTED_DAYS)
    return [_row(work, day) for work in works if since <= work.known_on <= day]


def _row(work: Work, day: date) -> list[str]:
    approved = work.approved_on is not None and work.approved_on <= day
    return [
        work.entry,
        work.summary,
        work.company,
        work.site,
        work.member,
        work.role,
        work.kind,
        work.starts,
        work.ends,
        work.billing,
        work.notes,
        work.ticket,
        work.approved_by if approved else "",
        str(work.approved_on) if approved else "",
        str(work.known_on),
    ]
