"""That a run bills work, and up to which day."""

from __future__ import annotations

from pydantic import Field

from msp_billing.domain.base import Frozen, Identifier
from msp_billing.domain.date_rules import DateRule


class RunWork(Frozen):
    """Which work rules a run follows, when time entries are read, and where it stops."""

    rules: Identifier = Field(description="One of the policy's 'work_rules'.")
    moment: Identifier = Field(description="The snapshot moment at which time entries are read.")
    until: DateRule | None = Field(
        default=None,
        description="Work and approvals up to this day, which is the end of the service month "
        "where nothing is said. What comes later is billed by the next cycle.",
    )
