"""Terms of approval: who approves billable work, and what needs no approval (COL-25)."""

from __future__ import annotations

from typing import Literal

from pydantic import Field, model_validator

from msp_billing.domain.base import Frozen, Identifier, Text
from msp_billing.domain.money import ExactDecimal


class AutoApproval(Frozen):
    """Up to how much billable work goes without being asked about. All limits given must hold."""

    hours: ExactDecimal | None = Field(
        default=None, gt=0, le=1_000, description="Billed hours, this many included."
    )
    amount: ExactDecimal | None = Field(
        default=None, gt=0, description="In the account's currency, this much included."
    )
    per: Literal["entry", "ticket"] = Field(
        default="ticket",
        description="Whether each time entry is measured by itself, or all of its ticket so far.",
    )

    @model_validator(mode="after")
    def _limits_something(self) -> AutoApproval:
        if self.hours is None and self.amount is None:
            raise ValueError(
                "an auto-approve limit without 'hours' and 'amount' would approve everything: "
                "give at least one"
            )
        return self


class WorkApproval(Frozen):
    """That billable work needs an approver (COL-25)."""

    auto: AutoApproval | None = Field(
        default=None, description="Limit for accounts that have none of their own."
    )
    clause: Identifier


class AccountWork(Frozen):
    """What an account has agreed on billable work."""

    auto_approve: AutoApproval | None = Field(
        default=None, description="Its auto-approve limit, in place of the provider's."
    )
    approvers: tuple[Text, ...] = Field(
        default=(),
        description="Who may approve billable work, as the PSA names them; anybody where nobody "
        "is named (COL-25).",
    )
