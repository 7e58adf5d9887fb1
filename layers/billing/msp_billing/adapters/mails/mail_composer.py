"""Mails: multipart text and HTML from Jinja2 templates, with their documents attached."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import TYPE_CHECKING

from msp_billing.adapters.language import in_language
from msp_billing.adapters.mails import mail_views as views
from msp_billing.adapters.mails.comparison_view import comparison_view
from msp_billing.adapters.mails.credit_note_view import credit_note_view
from msp_billing.adapters.mails.digest_mails import DigestMails
from msp_billing.adapters.mails.dunning_mails import DunningMails
from msp_billing.adapters.mails.invoice_view import invoice_view
from msp_billing.adapters.mails.mail_builder import DraftInvoiceError
from msp_billing.adapters.mails.mail_text import one_line
from msp_billing.adapters.mails.report_view import report_view
from msp_billing.adapters.mails.run_mails import RunMails

if TYPE_CHECKING:
    from msp_billing.domain.at_issue import InvoiceAtIssue
    from msp_billing.domain.comparison import Comparison
    from msp_billing.domain.corrections.credit_notes import CreditNote
    from msp_billing.domain.cycles import Cycle
    from msp_billing.domain.documents import NamedDocument
    from msp_billing.domain.invoices import Invoice
    from msp_billing.domain.ledger.credit_use import CreditUse
    from msp_billing.domain.money import Money
    from msp_billing.domain.outbox import MailId
    from msp_billing.domain.policy import ProviderPolicy
    from msp_billing.domain.reports.notices import ReportNotice


class MailComposer(RunMails, DunningMails, DigestMails):
    """The port ``Composer``. The same mail made at the same instant is the same bytes.

    What goes to an account is in the account's language, what goes to the provider's own people in
    the provider's.

    Args:
        assets: the folder with ``templates/mail`` and ``fonts``; ``/opt`` on AWS.
        stack: the deployed stack, which commands in mails name; None where there is none.
    """

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
        """The mail that brings an invoice.

        Args:
            previous_total: of the same invoice of the month before, when there was one.
            at_issue: the account's balance and why the amount differs; says more than the former.

        Raises:
            DraftInvoiceError: when it has no number.
            MailTooLargeError: above SES's size.
            RecipientCountError: for no recipient, or more than SES takes.
        """
        if invoice.number is None:
            raise DraftInvoiceError(invoice)
        with in_language(invoice.locale):
            shown = invoice_view(invoice, policy, pdf, previous_total, at_issue)
            subject = str(shown.pop("subject"))
            return self._build(
                "invoice", subject, policy, recipients, mail_id, made_at, (pdf,), shown
            )

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
        """The mail that brings a credit note, in the thread of the account.

        Args:
            use: what became of the amount, where the ledger has it.
        """
        with in_language(note.locale):
            shown = credit_note_view(note, policy, pdf, use)
            subject = str(shown.pop("subject"))
            return self._build(
                "credit-note", subject, policy, recipients, mail_id, made_at, (pdf,), shown
            )

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
        """The mail that brings a comparison sheet before the invoice is issued (COL-05)."""
        with in_language(comparison.locale):
            shown = comparison_view(comparison, policy, workbook, cycle)
            subject = str(shown.pop("subject"))
            return self._build(
                "comparison",
                subject,
                policy,
                recipients,
                mail_id,
                made_at,
                (workbook,),
                shown,
                can_be_stopped=True,
            )

    def report_mail(
        self,
        notice: ReportNotice,
        policy: ProviderPolicy,
        recipients: Sequence[str],
        documents: Sequence[NamedDocument],
        mail_id: MailId,
        made_at: datetime,
    ) -> bytes:
        """The mail that brings a report, in the words that were stored with it."""
        shown = report_view(notice)
        parts = (shown.title, shown.about, shown.headline, one_line(shown.account, 60))
        with in_language(notice.locale):
            return self._build(
                "report",
                " · ".join(parts),
                policy,
                recipients,
                mail_id,
                made_at,
                tuple(documents),
                {
                    "preview": shown.lead,
                    "report": shown,
                    "files": [views.attached(document, policy.zone) for document in documents],
                },
                can_be_stopped=True,
            )
