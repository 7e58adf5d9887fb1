"""Mails: multipart text and HTML from Jinja2 templates, with their documents attached."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from msp_billing.adapters.formatting import (
    format_day,
    format_due_day,
    format_month,
    format_service_period,
)
from msp_billing.adapters.mails import mail_views as views
from msp_billing.adapters.mails.credit_note_view import credit_note_view
from msp_billing.adapters.mails.dunning_mails import DunningMails
from msp_billing.adapters.mails.mail_builder import DraftInvoiceError
from msp_billing.adapters.mails.mail_text import counted, one_line
from msp_billing.adapters.mails.mail_views import Fact, money
from msp_billing.adapters.mails.report_view import report_view
from msp_billing.adapters.mails.run_mails import RunMails
from msp_billing.domain.comparison import Comparison
from msp_billing.domain.corrections.credit_notes import CreditNote
from msp_billing.domain.cycles import Cycle
from msp_billing.domain.documents import NamedDocument
from msp_billing.domain.invoices import Invoice
from msp_billing.domain.money import Money
from msp_billing.domain.outbox import MailId
from msp_billing.domain.policy import ProviderPolicy
from msp_billing.domain.reports.notices import ReportNotice
from msp_billing.domain.run_summary import count_changed_items


class MailComposer(RunMails, DunningMails):
    """The port ``Composer``. The same mail made at the same instant is the same bytes.

    Args:
        assets: the folder with ``templates/mail``; ``/opt`` on AWS.
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
    ) -> bytes:
        """The mail that brings an invoice.

        Args:
            previous_total: of the same invoice of the month before, when there was one.

        Raises:
            DraftInvoiceError: when it has no number.
            MailTooLargeError: above SES's size.
            RecipientCountError: for no recipient, or more than SES takes.
        """
        if invoice.number is None:
            raise DraftInvoiceError(invoice)
        period = invoice.id.period
        label, month = one_line(invoice.label, 60), format_month(period)
        due = format_due_day(invoice.due_on)
        payable = invoice.total.amount > 0 and not invoice.informational
        pay = f"{money(invoice.total)} due {due}" if payable else "nothing to pay"
        if invoice.informational:
            pay = f"{money(invoice.total)} for information, no payment due"
        name = one_line(invoice.account_name)
        previous = (
            views.compare_amounts(invoice.total, previous_total, format_month(period.shifted(-1)))
            if previous_total is not None
            else None
        )
        facts = [
            Fact("Invoice number", invoice.number),
            Fact("Billed to", name),
            Fact("Invoice date", format_day(invoice.invoice_on)),
            Fact("Service period", format_service_period(invoice.service_period)),
        ]
        if invoice.purchase_order:
            facts.append(Fact("Your purchase order", one_line(invoice.purchase_order)))
        return self._build(
            "invoice",
            f"Invoice {invoice.number} · {label} · {month} · {pay} · {one_line(name, 60)}",
            policy,
            recipients,
            mail_id,
            made_at,
            (pdf,),
            label=label,
            month=month,
            account=name,
            amount=money(invoice.total),
            payable=payable,
            informational=invoice.informational,
            due=due,
            previous=previous,
            facts=facts,
            changes=views.item_changes(invoice),
            entries=views.billed_entries(invoice),
            line_count=counted(len(invoice.lines), "line"),
            remittance=[one_line(line, 200) for line in policy.remittance],
            note=one_line(policy.invoice_note, 500) if policy.invoice_note else None,
            document=views.attached(pdf),
            number=invoice.number,
        )

    def credit_note_mail(
        self,
        note: CreditNote,
        policy: ProviderPolicy,
        recipients: Sequence[str],
        pdf: NamedDocument,
        mail_id: MailId,
        made_at: datetime,
    ) -> bytes:
        """The mail that brings a credit note, in the thread of the account."""
        shown = credit_note_view(note, pdf)
        subject = (
            f"Credit note {shown['number']} · {shown['amount']} · invoice {shown['invoice']} · "
            f"{one_line(note.account_name, 60)}"
        )
        return self._build(
            "credit-note", subject, policy, recipients, mail_id, made_at, (pdf,), **shown
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
        month = format_month(comparison.period)
        before = format_month(comparison.previous_period)
        name, now = one_line(comparison.account_name), comparison.current_total
        issue_on = format_day(cycle.plan.invoice_on)
        difference = views.compare_amounts(now, comparison.previous_total, before)
        joined, left = count_changed_items(comparison)
        facts = [Fact("Account", name)]
        what = "nothing to invoice"
        if comparison.has_current:
            what = f"{money(now)} · to be invoiced {issue_on}"
            facts.append(Fact("To be invoiced on", issue_on))
            facts.append(Fact("Due on", format_due_day(cycle.plan.due_on)))
        if comparison.has_previous:
            facts.append(Fact("Items", f"{joined:,} joined, {left:,} left"))
        return self._build(
            "comparison",
            f"Before we invoice: {month} · {what} · {one_line(name, 60)}",
            policy,
            recipients,
            mail_id,
            made_at,
            (workbook,),
            month=month,
            before=before,
            account=name,
            amount=money(now),
            difference=difference if comparison.has_previous else None,
            issue_on=issue_on,
            billed=comparison.has_current,
            facts=facts,
            entries=views.largest_changes(comparison) if comparison.has_previous else (),
            document=views.attached(workbook),
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
        subject = (
            f"{shown.title} · {shown.about} · {shown.headline} · {one_line(shown.account, 60)}"
        )
        return self._build(
            "report",
            subject,
            policy,
            recipients,
            mail_id,
            made_at,
            tuple(documents),
            report=shown,
            files=[views.attached(document) for document in documents],
        )
