"""Pre-invoices in the service provider's own name: a PDF and a CSV file for each customer (COL-27).

Nothing in them names the provider that bills the account, and nothing is numbered: the invoice,
its number and the money are the service provider's own.
"""

from __future__ import annotations

import io
import zipfile
from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING

from msp_billing.adapters.csv_files import csv_file, inert
from msp_billing.adapters.formatting import (
    format_day,
    format_money,
    format_month,
    format_quantity,
)
from msp_billing.adapters.language import _, ngettext
from msp_billing.adapters.reports.pre_invoice_presentation import (
    present_pre_invoice,
    terms_in_words,
)
from msp_billing.adapters.reports.words import document_name
from msp_billing.domain.documents import NamedDocument
from msp_billing.domain.reports.notices import (
    MadeReport,
    ReportEntry,
    ReportFact,
    ReportList,
    ReportNotice,
)

if TYPE_CHECKING:
    from msp_billing.adapters.invoice_pdf.typst_renderer import TypstRenderer
    from msp_billing.domain.reports.content import ReportFrame
    from msp_billing.domain.reports.pre_invoices import PreInvoice, PreInvoices
    from msp_billing.domain.reports.report_policy import ReportPolicy

CSV = "text/csv"
ZIP = "application/zip"
MAX_ATTACHED_BYTES = 26_000_000
"""SES takes 40 MB with attachments encoded, which makes them longer by a third and line ends."""

_COLUMNS = (
    "subscriber",
    "customer",
    "invoice_date",
    "due_date",
    "terms",
    "product",
    "description",
    "quantity",
    "unit",
    "unit_price",
    "amount",
    "currency",
    "service_from",
    "service_to",
    "ownership",
)


def pre_invoice_documents(
    told: PreInvoices, report: ReportPolicy, frame: ReportFrame, typst: TypstRenderer
) -> MadeReport:
    """One CSV file of all lines, and a folder, zipped, with PDF and CSV of each customer.

    The PDFs of very many customers may be too large for a mail. Then the mail brings the CSV files
    alone and says so.
    """
    lines = _csv_file(told.invoices)
    files = [
        *((f"{entry.subscriber}-{told.period}.csv", _csv_file((entry,))) for entry in told.invoices)
    ]
    pdfs = [
        (f"{entry.subscriber}-{told.period}.pdf", _pdf(entry, told, typst))
        for entry in told.invoices
    ]
    folder = _zip([*pdfs, *files], frame)
    without_pdfs = len(folder) + len(lines) > MAX_ATTACHED_BYTES
    if without_pdfs:
        folder = _zip(files, frame)
    documents = (
        NamedDocument(
            file_name=document_name(told.account, told.period, report.report, "csv"),
            media_type=CSV,
            content=lines,
        ),
        NamedDocument(
            file_name=document_name(told.account, told.period, report.report, "zip"),
            media_type=ZIP,
            content=folder,
        ),
    )
    return MadeReport(notice=_notice(told, report, without_pdfs), documents=documents)


# --- CSV -----------------------------------------------------------------------------------------


def _csv_file(invoices: Iterable[PreInvoice]) -> bytes:
    """Lines as CSV that spreadsheets and accounting programs read: UTF-8 with its mark, CRLF."""
    return csv_file(_COLUMNS, (row for invoice in invoices for row in _csv_rows(invoice)))


def _csv_rows(invoice: PreInvoice) -> Iterator[tuple[str, ...]]:
    for line in invoice.lines:
        yield (
            invoice.subscriber,
            inert(invoice.bill_to[0]),
            str(invoice.invoice_on),
            str(invoice.due_on),
            invoice.terms,
            inert(line.product),
            inert(line.description),
            f"{line.quantity:f}",
            inert(line.unit),
            f"{line.unit_price.amount:f}",
            f"{line.amount.amount:f}",
            invoice.currency,
            str(line.service_period.starts_on),
            str(line.service_period.ends_on),
            line.ownership or "",
        )


def _zip(files: Iterable[tuple[str, bytes]], frame: ReportFrame) -> bytes:
    """Files in one archive, with the report's own date, so that the same is the same bytes."""
    buffer = io.BytesIO()
    made_at = frame.made_at.astimezone(frame.policy.zone)
    stamp = (made_at.year, made_at.month, made_at.day, made_at.hour, made_at.minute, 0)
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in files:
            entry = zipfile.ZipInfo(name, date_time=stamp)
            entry.compress_type = zipfile.ZIP_DEFLATED
            entry.external_attr = 0o644 << 16
            entry.create_system = 3
            archive.writestr(entry, content)
    return buffer.getvalue()


# --- PDF -----------------------------------------------------------------------------------------


def _pdf(invoice: PreInvoice, told: PreInvoices, typst: TypstRenderer) -> bytes:
    return typst.render("pre-invoice.typ", present_pre_invoice(invoice, told.resale, told.paper))


# --- Mail ----------------------------------------------------------------------------------------


def _notice(told: PreInvoices, report: ReportPolicy, without_pdfs: bool) -> ReportNotice:
    currency = told.total.currency
    margin = told.total - told.cost
    first = told.invoices[0]
    count = ngettext("in {number} pre-invoice", "in {number} pre-invoices", len(told.invoices))
    files = _(
        "The CSV file has every line, for import into your accounting. The folder has a PDF and a "
        "CSV file for each of your customers, in your name, address and prices."
    )
    if without_pdfs:
        files = _(
            "The CSV files have every line, for import into your accounting. The PDFs are too "
            "large for a mail: ask us for them."
        )
    return ReportNotice(
        title=report.title,
        about=format_month(told.period),
        account_name=told.account_name,
        lead=report.note
        or _("Pre-invoices for your own customers, made from the detail of your invoice."),
        headline_label=_("To invoice to your customers"),
        headline=format_money(told.total.amount, currency),
        headline_note=count.format(number=format_quantity(len(told.invoices))),
        facts=(
            ReportFact(label=_("In the name of"), value=told.resale.name),
            ReportFact(label=_("Terms"), value=terms_in_words(first)),
            ReportFact(label=_("Invoice date"), value=format_day(first.invoice_on)),
            ReportFact(label=_("Due date"), value=format_day(first.due_on)),
            ReportFact(
                label=_("These services cost you"),
                value=format_money(told.cost.amount, currency),
            ),
            ReportFact(label=_("Your margin"), value=format_money(margin.amount, currency)),
        ),
        lists=(
            ReportList(
                heading=_("By customer"),
                entries=tuple(_entry(invoice) for invoice in told.invoices),
            ),
        ),
        closing=(
            files,
            _(
                "They are drafts: they have no number, and they are payable to you. Check them "
                "before you send them; sales tax is not included."
            ),
        ),
    )


def _entry(invoice: PreInvoice) -> ReportEntry:
    lines = ngettext("{number} line", "{number} lines", len(invoice.lines))
    return ReportEntry(
        what=invoice.bill_to[0],
        detail=lines.format(number=format_quantity(len(invoice.lines))),
        amount=format_money(invoice.total.amount, invoice.currency),
    )
