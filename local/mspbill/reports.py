"""What a run leaves, as data: the index page and summary.json are made from nothing else."""

from __future__ import annotations

from datetime import date, datetime
from enum import StrEnum

from pydantic import Field

from msp_billing.domain.base import Frozen
from msp_billing.domain.dunning.standing import AccountState
from msp_billing.domain.money import Money, totals_by_currency
from msp_billing.domain.outbox import MailKind, MailState
from msp_billing.domain.outcomes import OutcomeKind
from msp_billing.domain.periods import Period
from msp_billing.domain.problems import Problem


class CycleStatus(StrEnum):
    """How a cycle ended on this machine."""

    CLOSED = "closed"
    WAITS_FOR_APPROVAL = "waits_for_approval"
    FAILED = "failed"


class MailReport(Frozen):
    """A mail that SES took. Paths are relative to the folder with the index page."""

    kind: MailKind
    account: str
    subject: str
    recipients: tuple[str, ...]
    state: MailState
    file: str


class ReportFile(Frozen):
    """A report to an account, beside sheet and invoice."""

    title: str
    file: str


class InvoiceReport(Frozen):
    """A numbered invoice with its files."""

    number: str
    label: str
    part: str
    total: Money
    lines: int
    invoice_on: date
    due_on: date | None
    pdf: str
    data: str
    mail: MailReport | None


class AccountReport(Frozen):
    """How an account ended a cycle."""

    account: str
    name: str
    outcome: OutcomeKind
    reasons: tuple[str, ...]
    problems: tuple[Problem, ...] = ()
    total: Money
    previous_total: Money | None = Field(description="None without a month to compare with.")
    joined: int
    left: int
    invoices: tuple[InvoiceReport, ...] = ()

    @property
    def problem_texts(self) -> tuple[str, ...]:
        """Its problems, each with its place; the account is not named again."""
        return tuple(str(problem.model_copy(update={"where": None})) for problem in self.problems)


class EventKind(StrEnum):
    """What happened; decides how the timeline marks it."""

    OPENED = "opened"
    SNAPSHOT = "snapshot"
    SEALED = "sealed"
    BUILT = "built"
    PARKED = "parked"
    RECONCILED = "reconciled"
    COMPARED = "compared"
    APPROVAL = "approval"
    NUMBERED = "numbered"
    RENDERED = "rendered"
    MAIL = "mail"
    CLOSED = "closed"
    FAILED = "failed"
    ACCOUNT = "account"
    HELD = "held"


class TimelineEvent(Frozen):
    """Something that happened, when it did on the test clock."""

    at: datetime
    kind: EventKind
    what: str
    details: tuple[str, ...] = ()


NOT_IN_BOOK = (
    "in the exports, but in no account of the book, so nobody is billed for it. Correct the name, "
    "add it to an account's 'known_as', or list it under the feed's 'not_billed_here'."
)


class CycleReport(Frozen):
    """One service month of one run."""

    run: str
    period: Period
    status: CycleStatus
    failure: str | None = None
    opened_at: datetime | None = None
    invoice_on: date
    due_on: date | None
    totals: tuple[Money, ...] = Field(description="By currency, the provider's own first.")
    previous_totals: tuple[Money, ...] | None = Field(
        description="Of the month before, in the same way; None in the first month."
    )
    accounts: tuple[AccountReport, ...]
    workbook: str | None = None
    sheets: dict[str, str] = Field(default={}, description="Account and its comparison sheet.")
    reports: dict[str, tuple[ReportFile, ...]] = Field(
        default={}, description="Account and its other reports."
    )
    exceptions: str | None = Field(default=None, description="What a person should look at.")
    unknown_customers: tuple[str, ...] = Field(
        default=(), description="In its exports, but in no account of the book."
    )
    mails: tuple[MailReport, ...] = Field(default=(), description="Mails that are no invoices'.")
    events: tuple[TimelineEvent, ...] = ()

    @property
    def changes(self) -> tuple[Money, ...]:
        """What each currency comes to more than in the month before; currencies never mix."""
        amounts = (*self.totals, *(-entry for entry in self.previous_totals or ()))
        return totals_by_currency(amounts, self.totals[0].currency)

    def with_outcome(self, kind: OutcomeKind) -> tuple[AccountReport, ...]:
        """The accounts that ended so."""
        return tuple(entry for entry in self.accounts if entry.outcome is kind)

    @property
    def parked(self) -> tuple[AccountReport, ...]:
        """The accounts that a person has to look at."""
        return self.with_outcome(OutcomeKind.PARKED)

    @property
    def informational(self) -> bool:
        """Whether its documents ask for nothing: their charges are on invoices (COL-24)."""
        return self.due_on is None

    @property
    def invoices(self) -> tuple[InvoiceReport, ...]:
        """Every numbered invoice, or document for information."""
        return tuple(invoice for entry in self.accounts for invoice in entry.invoices)


class MarkKind(StrEnum):
    """What a mark on a lane stands for."""

    INVOICE = "invoice"
    PAYMENT = "payment"
    RETURNED = "returned"
    CREDIT_NOTE = "credit_note"
    NOTE = "note"


class LaneMark(Frozen):
    """Something that happened to an account on a day."""

    on: date
    kind: MarkKind
    what: str


class LaneSegment(Frozen):
    """Some days in one state."""

    state: AccountState
    from_on: date
    until_on: date
    why: str


class AccountLane(Frozen):
    """An account through the demo, coloured by its state."""

    account: str
    name: str
    state: AccountState = Field(description="At the end.")
    balance: Money
    segments: tuple[LaneSegment, ...] = Field(min_length=1)
    marks: tuple[LaneMark, ...]

    @property
    def trouble(self) -> int:
        """How harsh it got at worst, 0 to 3."""
        return max(segment.state.harshness for segment in self.segments)


class RunReport(Frozen):
    """One run of a provider with its months, oldest first."""

    run: str
    title: str
    calendar: tuple[tuple[str, str], ...] = Field(description="Step and when, in words.")
    cycles: tuple[CycleReport, ...]


class ProviderReport(Frozen):
    """Everything that was billed for one provider."""

    provider: str
    name: str
    primary: str
    accent: str
    time_zone: str
    currency: str
    policy_version: str
    price_book_version: str
    runs: tuple[RunReport, ...]
    lanes: tuple[AccountLane, ...] = Field(
        default=(), description="Accounts on their way through payments and holds."
    )
    letters: tuple[MailReport, ...] = Field(
        default=(), description="Mails about unpaid invoices and holds, of no cycle."
    )
    events: tuple[TimelineEvent, ...] = Field(
        default=(), description="Those letters, and every change of an account's state."
    )
    ledgers_proven: int = Field(
        default=0, description="Ledgers that fit their entries, hashes and anchors."
    )
    thumbnail: str | None = Field(default=None, description="Picture of an invoice's first page.")
    thumbnail_of: InvoiceReport | None = None

    @property
    def cycles(self) -> tuple[CycleReport, ...]:
        """The cycles of all runs."""
        return tuple(cycle for run in self.runs for cycle in run.cycles)

    @property
    def invoices(self) -> tuple[InvoiceReport, ...]:
        """The invoices of all cycles, without documents for information."""
        paid = (cycle for cycle in self.cycles if not cycle.informational)
        return tuple(invoice for cycle in paid for invoice in cycle.invoices)

    @property
    def for_information(self) -> int:
        """How many documents ask for nothing."""
        return sum(len(cycle.invoices) for cycle in self.cycles if cycle.informational)

    @property
    def totals(self) -> tuple[Money, ...]:
        """What was billed."""
        return totals_by_currency((entry.total for entry in self.invoices), self.currency)
