"""Work as an invoice shows it: who did what, when, for how long (KR-05)."""

from __future__ import annotations

from datetime import datetime, timedelta

from pydantic import Field

from msp_billing.domain.base import Frozen, Text
from msp_billing.domain.work.notes import WorkNote


class WorkSpan(Frozen):
    """From when to when; UTC."""

    starts_at: datetime
    ends_at: datetime

    @property
    def minutes(self) -> int:
        """How long it really took, whole minutes, rounded down."""
        return (self.ends_at - self.starts_at) // timedelta(minutes=1)


class WorkDone(Frozen):
    """The time detail behind one line, frozen into the invoice."""

    entry: Text = Field(description="The PSA's id of the time entry.")
    engineer: Text
    role: Text
    work: Text = Field(description="Kind of work.")
    ticket: Text | None = None
    note: WorkNote = ""
    after_hours: bool
    spans: tuple[WorkSpan, ...] = Field(
        min_length=1, description="The stretches of the entry that this line bills."
    )
    approval: Text = Field(description="Who approved it, or why nobody had to (COL-25).")
