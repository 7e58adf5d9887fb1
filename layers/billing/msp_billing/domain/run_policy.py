"""One kind of invoice: what it bills, and its calendar."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Annotated, Literal

from pydantic import Field, StringConstraints, field_serializer, model_validator

from msp_billing.domain.base import EmailAddress, Frozen, Identifier, Text
from msp_billing.domain.date_rules import DateRule, DaysAfterIssue
from msp_billing.domain.reports.report_policy import ReportPolicy
from msp_billing.domain.work.run_work import RunWork

_LAST_SCHEDULE_DAY = 28
_FIRST_SCHEDULE_HOUR = 3


NumberPrefix = Annotated[str, StringConstraints(pattern=r"^[A-Z0-9]{1,8}-$")]
"""What the numbers of a series of documents begin with."""


class SnapshotMoment(Frozen):
    """One moment at which counts are taken, and how long the exports may take to arrive."""

    moment: Identifier
    at: DateRule
    wait_hours: int = Field(
        default=6, ge=0, le=72, description="Hours to wait for the exports before counting."
    )


class ApprovalPolicy(Frozen):
    """Whether a person looks at the run before its invoices are numbered."""

    by: Literal["automatic", "person"]
    approvers: tuple[EmailAddress, ...] = Field(default=(), description="Who is asked.")
    wait_days: int = Field(default=5, ge=1, le=30, description="Days until the run is stopped.")

    @model_validator(mode="after")
    def _somebody_is_asked(self) -> ApprovalPolicy:
        if self.by == "person" and not self.approvers:
            raise ValueError("approval by a person needs at least one address in 'approvers'")
        return self


class MustBePriced(Frozen):
    """Items of a feed that may not be left over: each must be counted by some line (INT-02)."""

    feed: Identifier
    moment: Identifier
    attribute: Identifier = Field(description="The attribute that says what kind of item it is.")
    priced_by: tuple[Identifier, ...] = Field(
        default=(),
        description="The count rules of which one must count the item; any rule of the feed and "
        "moment where nothing is said.",
    )
    clause: Identifier


class RunPolicy(Frozen):
    """One kind of invoice with its own calendar."""

    run: Identifier
    title: Text = Field(description="For people: 'Agreement invoice'.")
    label: Text = Field(description="The invoice's heading, unless the coverage has its own.")
    labels_by_coverage: dict[Identifier, Text] = Field(
        default={}, description="Heading by the agreement's coverage (KR-03)."
    )
    categories: tuple[Identifier, ...] = Field(
        default=(),
        description="The product categories that this run bills; none for an informational run.",
    )
    invoice_per: Literal["account", "agreement"] = "account"
    opens: DateRule = Field(description="When the cycle starts; the schedule is made from this.")
    moments: tuple[SnapshotMoment, ...] = ()
    compare: DateRule = Field(description="When the comparison is made and sent.")
    comparison_to_accounts: bool = Field(
        default=False, description="Whether accounts get their own comparison sheet (COL-05)."
    )
    approval: ApprovalPolicy
    issue: DateRule = Field(description="The invoice date, when it is numbered and sent.")
    due: DateRule | DaysAfterIssue | None = Field(
        default=None, description="When it is to be paid; only what is for information has none."
    )
    informational: bool = Field(
        default=False,
        description="Its documents are for information: nothing is due, and a regular run bills "
        "the same work again, once (COL-24).",
    )
    number_prefix: NumberPrefix | None = Field(
        default=None, description="Of an informational run's own row of numbers, such as PW-."
    )
    work: RunWork | None = Field(
        default=None, description="That it bills work by the hour (KR-05, KR-12, COL-24)."
    )
    must_be_priced: tuple[MustBePriced, ...] = ()
    reports: tuple[ReportPolicy, ...] = Field(
        default=(), description="What accounts get beside sheet and invoice."
    )
    show: frozenset[Literal["items", "summary_by_product", "summary_by_category"]] = Field(
        default=frozenset({"items"}), description="Parts of the document beside the sections."
    )
    clause: Identifier = Field(description="The clause that this run's calendar follows.")

    def report(self, report: str) -> ReportPolicy:
        """The report with this name. Raises KeyError when the run has none."""
        for entry in self.reports:
            if entry.report == report:
                return entry
        raise KeyError(report)

    @field_serializer("show", when_used="json")
    def _show_in_order(self, show: frozenset[str]) -> list[str]:
        """The order of a set differs by process, and versions are compared by their bytes."""
        return sorted(show)

    @model_validator(mode="after")
    def _consistent(self) -> RunPolicy:
        names = [entry.moment for entry in self.moments]
        if len(set(names)) != len(names):
            raise ValueError("two snapshot moments have the same name")
        opens = self.opens
        moved = opens.when_closed != "keep" or opens.no_later_than_day is not None
        if opens.day is None or opens.day > _LAST_SCHEDULE_DAY or moved:
            raise ValueError(
                "'opens' needs a plain 'day' from 1 to 28: the monthly schedule is made from it"
            )
        if opens.at.hour < _FIRST_SCHEDULE_HOUR:
            raise ValueError(
                "'opens' must be at 03:00 or later: daylight saving skips or repeats earlier times"
            )
        if self.labels_by_coverage and self.invoice_per != "agreement":
            raise ValueError("labels_by_coverage needs 'invoice_per: agreement'")
        problems = list(_purpose_inconsistencies(self))
        if problems:
            raise ValueError("; ".join(problems))
        return self


def _purpose_inconsistencies(run: RunPolicy) -> Iterator[str]:
    """Whether a run is for information or for payment, not something between."""
    if run.informational:
        if run.due is not None:
            yield "nothing is due of an informational run: leave 'due' out"
        if run.number_prefix is None:
            yield "an informational run numbers its documents apart: give its 'number_prefix'"
        if run.work is None:
            yield "an informational run shows work: say which under 'work'"
        if run.categories:
            yield "an informational run bills no product categories: leave 'categories' out"
    else:
        if not run.categories:
            yield "'categories' is missing: say which product categories the run bills"
        if run.due is None:
            yield "'due' is missing: say when the invoices are to be paid"
        if run.number_prefix is not None:
            yield "only an informational run has its own 'number_prefix': leave it out"
    if run.work is not None and run.work.moment not in {entry.moment for entry in run.moments}:
        yield f"'work' is read at '{run.work.moment}', which is no snapshot moment of the run"
