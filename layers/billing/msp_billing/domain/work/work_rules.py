"""Work rules: how a provider bills the work that its contracts do not cover, as data."""

from __future__ import annotations

from pydantic import Field

from msp_billing.domain.base import Frozen, Identifier, Text
from msp_billing.domain.work.approval_terms import WorkApproval
from msp_billing.domain.work.business_hours import OpenHours
from msp_billing.domain.work.time_entries import BillingWords


class WorkRules(Frozen):
    """Where time entries come from, and what becomes of them (KR-05, KR-12, COL-24 to 26)."""

    rules: Identifier
    title: Text = Field(description="For people: 'Work outside the contract'.")
    feed: Identifier = Field(description="The export of time entries.")
    rate_card: Identifier
    billing: BillingWords
    business_hours: tuple[OpenHours, ...] = Field(
        min_length=1, description="Anything else, and every holiday, is after hours."
    )
    after_hours_included_with: tuple[Identifier, ...] = Field(
        default=(),
        description="Coverage levels whose agreements include support after hours, where the "
        "agreement itself does not say.",
    )
    approval: WorkApproval | None = Field(
        default=None, description="Whether billable work needs an approver; nobody is asked if not."
    )
    clause: Identifier = Field(description="What the contract does not cover is charged.")
    after_hours_clause: Identifier = Field(
        description="Support after hours is charged where the contract does not include it."
    )
