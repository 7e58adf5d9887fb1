"""What the use cases need of the world; adapters implement these.

A port speaks the domain's language: models in, models out, errors from :mod:`usecases.errors`.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime
from typing import Protocol

from msp_billing.domain.accounts import Account
from msp_billing.domain.calendars import BusinessCalendar
from msp_billing.domain.comparison import Comparison
from msp_billing.domain.cycles import Cycle, CycleId
from msp_billing.domain.documents import NamedDocument
from msp_billing.domain.feeds import FeedDefinition, FeedExport, FeedRow, FeedSeal
from msp_billing.domain.invoices import Invoice, InvoiceId
from msp_billing.domain.outbox import Attachment, MailId, MailState, OutboxMail
from msp_billing.domain.outcomes import AccountOutcome
from msp_billing.domain.policy import HolidayCalendar, ProviderPolicy, RunPolicy
from msp_billing.domain.price_book import PriceBook
from msp_billing.domain.problems import Problem
from msp_billing.domain.run_summary import RunRow, RunTotals
from msp_billing.usecases.records import (
    AccountRecord,
    Approval,
    BookEntry,
    CurrentVersions,
    StoredObject,
)


class Clock(Protocol):
    """The only way to learn the time."""

    def now(self) -> datetime:
        """The current instant, aware, in UTC."""


class Calendars(Protocol):
    """Business calendars from a policy's choice of holidays."""

    def business_calendar(self, ref: HolidayCalendar, years: Iterable[int]) -> BusinessCalendar:
        """The calendar over these years."""


class PolicyStore(Protocol):
    """Versions of policies and price books, and which one is current."""

    def providers(self) -> Iterator[str]:
        """Every provider."""

    def find_current(self, provider: str) -> CurrentVersions | None:
        """The versions in force, or None when the provider was never applied."""

    def current(self, provider: str) -> CurrentVersions:
        """The versions in force. Raises UnknownProviderError."""

    def policy(self, provider: str, version: str) -> ProviderPolicy:
        """A pinned policy. Raises UnknownProviderError."""

    def price_book(self, provider: str, version: str) -> PriceBook:
        """A pinned price book. Raises UnknownProviderError."""

    def put_versions(
        self, policy: ProviderPolicy, price_book: PriceBook, current: CurrentVersions
    ) -> None:
        """Store and put in force. Raises VersionConflictError for other content, same version."""


class Book(Protocol):
    """The provider's book of accounts."""

    def entries(self, provider: str) -> Iterator[BookEntry]:
        """Every account, in order of its name."""

    def put(self, provider: str, accounts: Sequence[Account], applied_at: datetime) -> None:
        """Store accounts, in place of what was there under their names."""


class CycleStore(Protocol):
    """Period locks, which are the cycles themselves, and their approvals."""

    def find(self, cycle: CycleId) -> Cycle | None:
        """The cycle, read consistently, or None."""

    def find_many(self, cycles: Sequence[CycleId]) -> dict[CycleId, Cycle]:
        """Those of the cycles that exist."""

    def take_lock(self, cycle: Cycle) -> Cycle:
        """Open a cycle once, ever; a failed one may be taken over.

        Returns the cycle that holds the lock: the given one, or somebody else's.
        """

    def update(self, cycle: Cycle) -> None:
        """Store a cycle's new state. Raises LockLostError when another owner holds it."""

    def put_approval(self, cycle: CycleId, approval: Approval) -> None:
        """Store that a person is asked, or what the person decided."""

    def approval(self, cycle: CycleId) -> Approval | None:
        """What was asked and decided."""


class InvoiceStore(Protocol):
    """Outcomes and invoices of cycles."""

    def put_outcomes(self, cycle: CycleId, outcomes: Sequence[AccountOutcome]) -> None:
        """Record outcomes with their drafts; numbered invoices are never overwritten."""

    def records(self, cycle: CycleId, accounts: Sequence[str]) -> dict[str, AccountRecord]:
        """The records of these accounts, without invoices."""

    def all_records(self, cycle: CycleId) -> Iterator[AccountRecord]:
        """Every record of the cycle, read consistently, in order of the account."""

    def invoices(self, ids: Sequence[InvoiceId]) -> dict[InvoiceId, Invoice]:
        """Those of the invoices that exist."""

    def number_next(self, cycle: CycleId, prefix: str, limit: int) -> int:
        """Give the next numbers to at most so many drafts of the cycle, in order.

        Numbers are gapless per provider: counter, invoices and their mails (state WAITING) are
        committed together. Returns how many were numbered; 0 when no draft is left.
        """

    def find_by_number(self, provider: str, number: str) -> Invoice | None:
        """The invoice with this number."""


class Outbox(Protocol):
    """Mails to send and sent."""

    def put(self, mail: OutboxMail) -> None:
        """Add a mail, unless it is there already."""

    def find_many(self, ids: Sequence[MailId]) -> dict[MailId, OutboxMail]:
        """Those of the mails that exist, read consistently."""

    def all_of(self, cycle: CycleId) -> Iterator[OutboxMail]:
        """Every mail of the cycle."""

    def move(
        self,
        mail: MailId,
        expected: MailState,
        following: MailState,
        *,
        at: datetime,
        message_id: str | None = None,
        note: str | None = None,
        attachments: tuple[Attachment, ...] | None = None,
    ) -> bool:
        """Compare-and-set of the state. False when it is not in the expected state."""


class Records(Protocol):
    """Sealed objects: written once, never changed."""

    def put_once(self, key: str, content: bytes, media_type: str) -> StoredObject:
        """Store bytes under a key, once. Raises SealBrokenError when other bytes are there."""

    def put_by_hash(self, prefix: str, content: bytes) -> StoredObject:
        """Store bytes under a key that ends in their hash."""

    def get(self, key: str, sha256: str | None = None) -> bytes:
        """The bytes. Raises SealBrokenError when they do not have the given hash."""

    def find(self, key: str) -> bytes | None:
        """The bytes, or None when there is no such object."""


class UnusableRows(Protocol):
    """A problem in a feed's file, and whose rows it makes unusable."""

    @property
    def problem(self) -> Problem:
        """What is wrong."""

    @property
    def account(self) -> str | None:
        """The account as the feed names it; None: everybody's rows."""


class ExportReading(Protocol):
    """One export, read once from its beginning to its end, streaming."""

    def __iter__(self) -> Iterator[FeedRow | UnusableRows]:
        """The rows, with a problem in place of what cannot be used."""

    def seal_at(self, moment_at: datetime) -> FeedSeal:
        """What makes the count provable; to be asked for after the last row."""


class Feeds(Protocol):
    """Exports of a provider's tools."""

    def exports(self, provider: str, definition: FeedDefinition, zone: str) -> list[FeedExport]:
        """Every export of a feed, oldest first."""

    def read(self, provider: str, definition: FeedDefinition, export: FeedExport) -> ExportReading:
        """Begin to read an export."""

    def choose(
        self, exports: Sequence[FeedExport], moment_at: datetime, definition: FeedDefinition
    ) -> FeedExport | None:
        """The export that describes a moment, or None when none is fresh enough."""


class InvoiceRenderer(Protocol):
    """Invoices as PDF."""

    def render_invoice(
        self, invoice: Invoice, policy: ProviderPolicy, price_book: PriceBook
    ) -> bytes:
        """The PDF; the same bytes for the same invoice."""


class Workbooks(Protocol):
    """Spreadsheets."""

    def account_workbook(
        self,
        comparison: Comparison,
        policy: ProviderPolicy,
        price_book: PriceBook,
        made_at: datetime,
    ) -> bytes:
        """The comparison sheet of one account (COL-05)."""

    def run_workbook(
        self, cycle: CycleId, rows: Iterable[RunRow], policy: ProviderPolicy, made_at: datetime
    ) -> bytes:
        """The comparison of a whole run, for the provider's clerk."""


class Composer(Protocol):
    """Mails as bytes, ready to send; the same bytes for the same mail."""

    def invoice_mail(
        self,
        invoice: Invoice,
        policy: ProviderPolicy,
        recipients: Sequence[str],
        pdf: NamedDocument,
        mail_id: MailId,
        made_at: datetime,
    ) -> bytes:
        """The mail that brings an invoice."""

    def comparison_mail(
        self,
        comparison: Comparison,
        policy: ProviderPolicy,
        recipients: Sequence[str],
        workbook: NamedDocument,
        mail_id: MailId,
        made_at: datetime,
        cycle: Cycle,
    ) -> bytes:
        """The mail that brings a comparison sheet (COL-05)."""

    def approval_mail(
        self,
        cycle: Cycle,
        run: RunPolicy,
        totals: RunTotals,
        parked: Sequence[RunRow],
        policy: ProviderPolicy,
        recipients: Sequence[str],
        workbook: NamedDocument,
        mail_id: MailId,
        made_at: datetime,
        decide_by: datetime,
    ) -> bytes:
        """The mail that asks a person to approve a run."""

    def summary_mail(
        self,
        cycle: Cycle,
        run: RunPolicy,
        totals: RunTotals,
        parked: Sequence[RunRow],
        policy: ProviderPolicy,
        recipients: Sequence[str],
        mail_id: MailId,
        made_at: datetime,
    ) -> bytes:
        """The mail that tells the provider how a cycle ended."""


class Mailer(Protocol):
    """Sending, once."""

    def send(self, raw: bytes, sender: str, mail: OutboxMail) -> str:
        """Hand a mail to SES in one attempt; returns its message id.

        Raises:
            MailRefusedForNowError: not taken; may be tried again later.
            MailRejectedError: not taken, and never will be.
            MailOutcomeUnknownError: perhaps taken; must not be sent again blindly.
        """


class Executions(Protocol):
    """The state machine and its waiting tasks."""

    def start(self, name: str, payload: dict[str, str]) -> bool:
        """Start a cycle's execution; False when one of this name ran in the last 90 days."""

    def approve(self, task_token: str, output: dict[str, str]) -> None:
        """Let a waiting execution go on. Raises ApprovalGoneError when nobody waits any more."""

    def reject(self, task_token: str, error: str, cause: str) -> None:
        """Stop a waiting execution. Raises ApprovalGoneError when nobody waits any more."""


class Schedules(Protocol):
    """Monthly schedules, one per provider and run."""

    def of_provider(self, provider: str) -> dict[str, str]:
        """Name and fingerprint of every schedule of the provider."""

    def put(self, name: str, *, cron: str, zone: str, payload: str, fingerprint: str) -> None:
        """Create or replace a schedule."""

    def delete(self, name: str) -> None:
        """Remove a schedule; nothing happens when it is gone already."""


class Bus(Protocol):
    """What happened, for everyone else."""

    def publish(self, detail_type: str, detail: dict[str, str | int]) -> None:
        """Put one event on the bus."""


class Ports(Protocol):
    """All ports of one deployment, each made when it is first used."""

    @property
    def clock(self) -> Clock:
        """The clock."""

    @property
    def calendars(self) -> Calendars:
        """Business calendars."""

    @property
    def policies(self) -> PolicyStore:
        """Policies and price books."""

    @property
    def book(self) -> Book:
        """The accounts."""

    @property
    def cycles(self) -> CycleStore:
        """Cycles and approvals."""

    @property
    def invoices(self) -> InvoiceStore:
        """Outcomes and invoices."""

    @property
    def outbox(self) -> Outbox:
        """Mails."""

    @property
    def records(self) -> Records:
        """Sealed objects."""

    @property
    def feeds(self) -> Feeds:
        """Exports."""

    @property
    def renderer(self) -> InvoiceRenderer:
        """PDF."""

    @property
    def workbooks(self) -> Workbooks:
        """Spreadsheets."""

    @property
    def composer(self) -> Composer:
        """Mails as bytes."""

    @property
    def mailer(self) -> Mailer:
        """Sending."""

    @property
    def executions(self) -> Executions:
        """The state machine."""

    @property
    def schedules(self) -> Schedules:
        """Monthly schedules."""

    @property
    def bus(self) -> Bus:
        """Events."""
