"""Reports beside the invoice: which ones a run makes, when, and of what."""

from __future__ import annotations

from typing import Literal, get_args

from pydantic import Field, model_validator

from msp_billing.domain.base import Frozen, Identifier, Text
from msp_billing.domain.date_rules import DateRule

ReportKind = Literal[
    "device_report",
    "user_changes",
    "billed_contacts",
    "uncovered_devices",
    "pre_invoices",
    "quarterly_review",
]
"""What a report is. Every kind has recipients of its own in an account (COL-07)."""

REPORT_KINDS: tuple[ReportKind, ...] = get_args(ReportKind)

_COUNTED: frozenset[ReportKind] = frozenset({"device_report", "user_changes", "billed_contacts"})
_FROM_INVOICES: frozenset[ReportKind] = frozenset(
    {"billed_contacts", "uncovered_devices", "pre_invoices", "quarterly_review"}
)


class ReportPolicy(Frozen):
    """One report to the accounts of a run, in every cycle or in some months' cycles."""

    report: Identifier = Field(description="Becomes part of file names.")
    kind: ReportKind
    title: Text = Field(description="For people: 'Device report'.")
    after_moment: Identifier | None = Field(
        default=None, description="Made when this snapshot moment was taken (COL-03)."
    )
    at: DateRule | None = Field(
        default=None,
        description="Made on this day: after the last snapshot, not after the comparison (COL-19).",
    )
    goes_with: Literal["comparison", "invoices"] | None = Field(
        default=None, description="Made when the comparison, or the last invoice, has gone out."
    )
    count_rules: tuple[Identifier, ...] = Field(
        default=(), description="The counts that the report is about."
    )
    findings: tuple[Identifier, ...] = Field(
        default=(), description="The kinds of finding that the report is about (INT-09)."
    )
    days: int = Field(
        default=30, ge=1, le=92, description="How far back a device report looks (COL-03)."
    )
    months: tuple[int, ...] = Field(
        default=(),
        description="Service months, 1 to 12, in whose cycle it is made; every month's if empty.",
    )
    note: Text | None = Field(default=None, description="A sentence for whoever reads it.")
    clause: Identifier

    @model_validator(mode="after")
    def _consistent(self) -> ReportPolicy:
        given = [
            name for name in ("after_moment", "at", "goes_with") if getattr(self, name) is not None
        ]
        if len(given) != 1:
            raise ValueError(
                "say once when the report is made: give exactly one of 'after_moment', 'at' and "
                "'goes_with'"
            )
        if (self.kind in _COUNTED) != bool(self.count_rules):
            raise ValueError(
                f"a report of kind '{self.kind}' needs 'count_rules': which counts it is about"
                if self.kind in _COUNTED
                else f"a report of kind '{self.kind}' has no 'count_rules'"
            )
        if (self.kind == "uncovered_devices") != bool(self.findings):
            raise ValueError("'findings' belong to a report of kind 'uncovered_devices'")
        if self.kind in _FROM_INVOICES and self.goes_with is None:
            raise ValueError(
                f"a report of kind '{self.kind}' is made from invoices: say 'goes_with: comparison'"
                " or 'goes_with: invoices'"
            )
        if self.kind == "quarterly_review" and self.goes_with != "invoices":
            raise ValueError("a quarterly review is made when the invoices have gone out")
        if len(set(self.months)) != len(self.months) or any(
            not 1 <= month <= 12 for month in self.months
        ):
            raise ValueError("'months' are numbers from 1 to 12, each once")
        return self

    def made_in(self, month: int) -> bool:
        """Whether the cycle of this service month, 1 to 12, makes it."""
        return not self.months or month in self.months
