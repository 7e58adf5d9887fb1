"""What the use cases need of the world; adapters implement these.

A port speaks the domain's language: models in, models out, errors from :mod:`usecases.errors`.
"""

from __future__ import annotations

from typing import Protocol

from msp_billing.usecases.ports.documents import (
    Composer,
    InvoiceRenderer,
    Reports,
    Workbooks,
)
from msp_billing.usecases.ports.mail import ContactStore, DocumentLinkStore, Pauses
from msp_billing.usecases.ports.outside import (
    Bus,
    Calendars,
    Clock,
    Executions,
    ExportReading,
    Feeds,
    FoundSchedule,
    Mailer,
    Schedules,
    UnusableRows,
)
from msp_billing.usecases.ports.receivables import (
    LedgerStore,
    PaymentFiles,
    PaymentStore,
    StandingStore,
    WriteOffStore,
)
from msp_billing.usecases.ports.state import (
    AtIssueStore,
    Book,
    CreditNoteStore,
    CycleStore,
    IncidentStore,
    InvoiceStore,
    Outbox,
    PolicyStore,
    Records,
)
from msp_billing.usecases.ports.stored import SchemaStore

__all__ = [
    "AtIssueStore",
    "Book",
    "Bus",
    "Calendars",
    "Clock",
    "Composer",
    "ContactStore",
    "CreditNoteStore",
    "CycleStore",
    "DocumentLinkStore",
    "Executions",
    "ExportReading",
    "Feeds",
    "FoundSchedule",
    "IncidentStore",
    "InvoiceRenderer",
    "InvoiceStore",
    "LedgerStore",
    "Mailer",
    "Outbox",
    "Pauses",
    "PaymentFiles",
    "PaymentStore",
    "PolicyStore",
    "Ports",
    "Records",
    "Reports",
    "Schedules",
    "SchemaStore",
    "StandingStore",
    "UnusableRows",
    "Workbooks",
    "WriteOffStore",
]


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
    def at_issue(self) -> AtIssueStore:
        """What is frozen with issued invoices."""

    @property
    def credit_notes(self) -> CreditNoteStore:
        """Credit notes."""

    @property
    def outbox(self) -> Outbox:
        """Mails."""

    @property
    def contacts(self) -> ContactStore:
        """How mail addresses stand."""

    @property
    def document_links(self) -> DocumentLinkStore:
        """Links to documents too large for mails."""

    @property
    def pauses(self) -> Pauses:
        """Waiting between mails."""

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
    def reports(self) -> Reports:
        """Reports to accounts."""

    @property
    def composer(self) -> Composer:
        """Mails as bytes."""

    @property
    def mailer(self) -> Mailer:
        """Sending."""

    @property
    def ledgers(self) -> LedgerStore:
        """What accounts owe and have paid."""

    @property
    def payments(self) -> PaymentStore:
        """Every payment that was reported."""

    @property
    def write_offs(self) -> WriteOffStore:
        """Debts that are to be given up."""

    @property
    def payment_files(self) -> PaymentFiles:
        """Files that banks send."""

    @property
    def standings(self) -> StandingStore:
        """How accounts stand."""

    @property
    def incidents(self) -> IncidentStore:
        """What functions came upon that a person should see."""

    @property
    def executions(self) -> Executions:
        """The state machine of the billing cycle."""

    @property
    def dunning_executions(self) -> Executions:
        """The state machine of dunning."""

    @property
    def release_executions(self) -> Executions:
        """The state machine that lets accounts out of a hold."""

    @property
    def schedules(self) -> Schedules:
        """Monthly schedules."""

    @property
    def digest_schedules(self) -> Schedules:
        """Schedules of the daily digest."""

    @property
    def schemas(self) -> SchemaStore:
        """In which shape the table's items are."""

    @property
    def bus(self) -> Bus:
        """Events."""

    @property
    def api_url(self) -> str:
        """Where the HTTP API answers, without a slash at its end: links in mails begin with it."""
