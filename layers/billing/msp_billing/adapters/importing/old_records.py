"""What exports of the system before say, each with the place where it stands."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from enum import StrEnum

WHOLE_BALANCE = "OPENING-"
"""How the number begins of what a customer owes in all, where no single document is known."""

CREDITS = frozenset(
    {"credit", "credit memo", "credit note", "payment", "prepayment", "unapplied payment"}
)
"""Kinds of documents that are held for a customer, however their amounts are signed."""


@dataclass(frozen=True)
class Place:
    """Where something stands in the files that were given."""

    file: str
    line: int
    column: str = ""


class Outcome(StrEnum):
    """What became of a row."""

    TAKEN = "taken"
    PASSED_OVER = "passed over"  # rightly: a total, a heading, an inactive customer
    NOT_TAKEN = "not taken"  # somebody has to look at it


@dataclass(frozen=True)
class ReportRow:
    """What became of one row of one file, and what to do about it."""

    outcome: Outcome
    what: str
    name: str
    place: Place
    reason: str = ""
    fix: str = ""


@dataclass(frozen=True)
class Doubt:
    """Why something cannot be told from something else, and what to do."""

    reason: str
    fix: str


@dataclass(frozen=True)
class OldCustomer:
    """A customer of the old system, or a site of one.

    Attributes:
        parent: whose site or job it is; empty for a customer of its own.
        ids: every name and number by which other exports may know it.
    """

    name: str
    place: Place
    parent: str = ""
    ids: tuple[str, ...] = ()
    account: str = ""
    active: bool = True
    emails: tuple[str, ...] = ()
    address: tuple[str, ...] = ()
    country: str = ""
    currency: str = ""
    purchase_order: str = ""


@dataclass(frozen=True)
class OldAgreement:
    """A contract of the old system, without what it provides."""

    customer: str
    name: str
    place: Place
    starts_on: date | None = None
    ends_on: date | None = None
    active: bool = True
    kind: str = ""
    cycle: str = ""
    amount: Decimal | None = None
    doubt: Doubt | None = None


@dataclass(frozen=True)
class OldLine:
    """Something that an agreement of the old system provides, month by month.

    Attributes:
        agreement_runs: whether the export says so; it may say nothing of it.
        row_agreement: its agreement, where the line's own row describes it.
    """

    customer: str
    agreement: str
    product: str
    place: Place
    description: str = ""
    quantity: Decimal | None = None
    unit_price: Decimal | None = None
    starts_on: date | None = None
    ends_on: date | None = None
    active: bool = True
    billable: bool = True
    subscriber: str = ""
    agreement_runs: bool = False
    row_agreement: OldAgreement | None = None
    doubt: Doubt | None = None


@dataclass(frozen=True)
class OldOpenItem:
    """What a customer owes of one document, or what is held for it (below zero)."""

    customer: str
    number: str
    on: date
    amount: Decimal
    place: Place
    kind: str = ""
    due_on: date | None = None
    currency: str = ""


@dataclass
class OldBook:
    """Everything that the files say."""

    customers: list[OldCustomer] = field(default_factory=list)
    agreements: list[OldAgreement] = field(default_factory=list)
    lines: list[OldLine] = field(default_factory=list)
    open_items: list[OldOpenItem] = field(default_factory=list)
    report: list[ReportRow] = field(default_factory=list)

    def pass_over(self, what: str, name: str, place: Place, reason: str) -> None:
        """Say of a row that it was rightly not taken."""
        self.report.append(ReportRow(Outcome.PASSED_OVER, what, name, place, reason))

    def leave(self, what: str, name: str, place: Place, reason: str, fix: str) -> None:
        """Say of a row that it was not taken, and what to do."""
        self.report.append(ReportRow(Outcome.NOT_TAKEN, what, name, place, reason, fix))

    def take(self, what: str, name: str, place: Place, reason: str = "") -> None:
        """Say of a row that it was taken."""
        self.report.append(ReportRow(Outcome.TAKEN, what, name, place, reason))
