"""What is made for people: PDF, spreadsheets, mails."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from types import MappingProxyType
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from msp_billing.domain.at_issue import InvoiceAtIssue
    from msp_billing.domain.attention import Digest
    from msp_billing.domain.comparison import Comparison
    from msp_billing.domain.corrections.credit_notes import CreditNote
    from msp_billing.domain.cycles import Cycle, CycleId
    from msp_billing.domain.documents import NamedDocument
    from msp_billing.domain.dunning.letters import DunningLetter, ProviderAlert, ReleaseQuestion
    from msp_billing.domain.invoices import Invoice
    from msp_billing.domain.ledger.account_statement import AccountStatement
    from msp_billing.domain.ledger.credit_use import CreditUse
    from msp_billing.domain.money import Money
    from msp_billing.domain.outbox import MailId, OutboxMail
    from msp_billing.domain.policy import ProviderPolicy
    from msp_billing.domain.price_book import PriceBook
    from msp_billing.domain.reports.content import ReportContent, ReportFrame
    from msp_billing.domain.reports.exceptions import AccountFindings
    from msp_billing.domain.reports.notices import MadeReport, ReportNotice
    from msp_billing.domain.reports.report_policy import ReportPolicy
    from msp_billing.domain.run_policy import RunPolicy
    from msp_billing.domain.run_summary import RunRow, RunTotals


class InvoiceRenderer(Protocol):
    """Invoices as PDF."""

    def render_invoice(
        self,
        invoice: Invoice,
        policy: ProviderPolicy,
        price_book: PriceBook,
        at_issue: InvoiceAtIssue | None = None,
    ) -> bytes:
        """The PDF in the account's language; the same bytes for the same invoice.

        Args:
            at_issue: the account's balance and why the amount differs, as frozen at issue; an
                invoice of before that was kept has none.
        """

    def render_credit_note(
        self,
        note: CreditNote,
        policy: ProviderPolicy,
        use: CreditUse | None = None,
        sections: Mapping[str, str] = MappingProxyType({}),
    ) -> bytes:
        """The PDF; the same bytes for the same credit note.

        Args:
            use: what became of the amount, where the ledger has it.
            sections: titles of the invoice's sections, by subscriber.
        """

    def render_letter(self, letter: DunningLetter, policy: ProviderPolicy) -> bytes:
        """A letter about unpaid invoices as PDF; the same bytes for the same letter."""

    def render_statement(self, told: AccountStatement, policy: ProviderPolicy) -> bytes:
        """A statement of account as PDF; the same bytes for the same statement."""


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

    def exceptions_workbook(
        self,
        cycle: CycleId,
        entries: Iterable[AccountFindings],
        policy: ProviderPolicy,
        made_at: datetime,
    ) -> bytes:
        """What was found in a run's accounts, for the provider's clerk (INT-09)."""


class Reports(Protocol):
    """Reports to accounts as documents, with the words of the mail that brings them."""

    def make(self, content: ReportContent, report: ReportPolicy, frame: ReportFrame) -> MadeReport:
        """The report; the same bytes for the same content made at the same instant."""

    def make_statement(self, told: AccountStatement, policy: ProviderPolicy) -> MadeReport:
        """A statement of account; the same bytes for the same statement."""


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
        *,
        previous_total: Money | None = None,
        at_issue: InvoiceAtIssue | None = None,
    ) -> bytes:
        """The mail that brings an invoice, with the change since the month before if known.

        Args:
            at_issue: the account's balance and why the amount differs; None for old invoices.
        """

    def credit_note_mail(
        self,
        note: CreditNote,
        policy: ProviderPolicy,
        recipients: Sequence[str],
        pdf: NamedDocument,
        mail_id: MailId,
        made_at: datetime,
        *,
        use: CreditUse | None = None,
    ) -> bytes:
        """The mail that brings a credit note.

        Args:
            use: what became of the amount, where the ledger has it.
        """

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

    def report_mail(
        self,
        notice: ReportNotice,
        policy: ProviderPolicy,
        recipients: Sequence[str],
        documents: Sequence[NamedDocument],
        mail_id: MailId,
        made_at: datetime,
    ) -> bytes:
        """The mail that brings a report."""

    def approval_mail(  # noqa: PLR0913, PLR0917 - a mail needs what it tells
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
        *,
        exceptions: NamedDocument | None = None,
    ) -> bytes:
        """The mail that asks a person to approve a run."""

    def summary_mail(  # noqa: PLR0913 - a mail needs what it tells
        self,
        cycle: Cycle,
        run: RunPolicy,
        totals: RunTotals,
        parked: Sequence[RunRow],
        policy: ProviderPolicy,
        recipients: Sequence[str],
        mail_id: MailId,
        made_at: datetime,
        *,
        unsent: Sequence[OutboxMail] = (),
        exceptions: NamedDocument | None = None,
    ) -> bytes:
        """The mail that tells the provider how a cycle ended.

        Args:
            unsent: mails of the cycle that did not go out, or of which nobody knows.
        """

    def dunning_letter(
        self,
        letter: DunningLetter,
        policy: ProviderPolicy,
        recipients: Sequence[str],
        mail_id: MailId,
        made_at: datetime,
        document: NamedDocument | None = None,
    ) -> bytes:
        """The letter of a dunning step, of a hold that ended, or of one that is back (DUN-02).

        Args:
            document: the same letter as PDF; None where it could not be made.
        """

    def release_mail(
        self,
        question: ReleaseQuestion,
        policy: ProviderPolicy,
        recipients: Sequence[str],
        mail_id: MailId,
        made_at: datetime,
    ) -> bytes:
        """The mail that asks one approver to let an account out of a hold (DUN-06)."""

    def dunning_alert(
        self,
        alert: ProviderAlert,
        policy: ProviderPolicy,
        recipients: Sequence[str],
        mail_id: MailId,
        made_at: datetime,
    ) -> bytes:
        """The mail that tells the provider's people what only a person can go on with."""

    def digest_mail(
        self,
        digest: Digest,
        policy: ProviderPolicy,
        recipients: Sequence[str],
        mail_id: MailId,
        made_at: datetime,
    ) -> bytes:
        """The daily mail with everything that needs a person, or that nothing does."""
