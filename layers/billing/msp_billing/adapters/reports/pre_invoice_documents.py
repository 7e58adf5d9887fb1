"""Pre-invoices in the service provider's own name: a PDF and a CSV file for each customer (COL-27).

Nothing in them names the provider that bills the account, and nothing is numbered: the invoice,
its number and the money are the service provider's own.
"""

from __future__ import annotations

import csv
import io
import zipfile
from collections.abc import Iterable, Iterator
from typing import Any

from msp_billing.adapters.formatting import (
    format_day,
    format_money,
    format_month,
    format_quantity,
    format_service_period,
)
from msp_billing.adapters.invoice_pdf.brand_colours import readable_on_white
from msp_billing.adapters.invoice_pdf.document_frame import LETTER_PAPER_CURRENCIES
from msp_billing.adapters.invoice_pdf.invoice_words import invoice_words
from msp_billing.adapters.invoice_pdf.printable_text import printable
from msp_billing.adapters.invoice_pdf.typst_renderer import TypstRenderer
from msp_billing.adapters.mails.mail_text import counted
from msp_billing.adapters.reports.words import document_name
from msp_billing.adapters.workbooks.xlsx_cells import FORMULA_STARTS
from msp_billing.domain.documents import NamedDocument
from msp_billing.domain.reports.content import ReportFrame
from msp_billing.domain.reports.notices import (
    MadeReport,
    ReportEntry,
    ReportFact,
    ReportList,
    ReportNotice,
)
from msp_billing.domain.reports.pre_invoices import PreInvoice, PreInvoices
from msp_billing.domain.reports.report_policy import ReportPolicy
from msp_billing.domain.reports.resale import Resale

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
    buffer = io.StringIO(newline="")
    writer = csv.writer(buffer)
    writer.writerow(_COLUMNS)
    for invoice in invoices:
        writer.writerows(_csv_rows(invoice))
    return buffer.getvalue().encode("utf-8-sig")


def _csv_rows(invoice: PreInvoice) -> Iterator[tuple[str, ...]]:
    for line in invoice.lines:
        yield (
            invoice.subscriber,
            _inert(invoice.bill_to[0]),
            str(invoice.invoice_on),
            str(invoice.due_on),
            invoice.terms,
            _inert(line.product),
            _inert(line.description),
            f"{line.quantity:f}",
            _inert(line.unit),
            f"{line.unit_price.amount:f}",
            f"{line.amount.amount:f}",
            invoice.currency,
            str(line.service_period.starts_on),
            str(line.service_period.ends_on),
            line.ownership or "",
        )


def _inert(text: str) -> str:
    """Text that a spreadsheet does not take for a formula when it opens the file."""
    return f"'{text}" if text.startswith(FORMULA_STARTS) else text


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
    return typst.render("pre-invoice.typ", present_pre_invoice(invoice, told.resale))


def present_pre_invoice(invoice: PreInvoice, resale: Resale) -> dict[str, Any]:
    """All that is printed of a pre-invoice; the provider behind it appears nowhere."""
    name = printable(resale.name)
    customer = printable(invoice.bill_to[0], 50)
    amount = format_money(invoice.total.amount, invoice.currency)
    due = format_day(invoice.due_on)
    on = invoice.invoice_on
    return {
        "language": "en",
        "title": f"Pre-invoice, {printable(invoice.bill_to[0])}",
        "author": name,
        "dated_on": [on.year, on.month, on.day],
        "paper": "us-letter" if invoice.currency in LETTER_PAPER_CURRENCIES else "a4",
        "colours": {
            "primary": readable_on_white(resale.primary),
            "accent": readable_on_white(resale.accent),
        },
        "words": invoice_words(),
        "draft": False,
        "informational": False,
        "reference": "Pre-invoice",
        "running": {
            "provider": printable(resale.name, 50),
            "heading": "Pre-invoice",
            "account": customer,
        },
        "provider": {
            "name": name,
            "address": [printable(line) for line in resale.address],
            "contact": [printable(line, unbroken=64) for line in resale.contact],
        },
        "heading": "Pre-invoice",
        "bill_to": [printable(line) for line in invoice.bill_to],
        "facts": [
            ["Invoice number", f"given by {printable(resale.name, 60)}"],
            ["Invoice date", format_day(invoice.invoice_on)],
            ["Service period", format_service_period(invoice.service_period)],
            ["Terms", invoice.terms],
            ["Due date", due],
        ],
        "due": {
            "label": f"Amount in {invoice.currency}",
            "amount": amount,
            "by": f"Due {due}, payable to {printable(resale.name, 80)}",
        },
        "payment": {
            "title": "How to pay",
            "lines": [printable(line, 240, unbroken=48) for line in resale.payment],
        },
        "lines_title": "Services",
        "lines": [
            {
                "code": printable(line.product),
                "description": printable(line.description, 300),
                "note": None
                if line.service_period == invoice.service_period
                else format_service_period(line.service_period),
                "quantity": format_quantity(line.quantity),
                "unit": printable(line.unit, 20),
                "unit_price": format_money(line.unit_price.amount, invoice.currency),
                "amount": format_money(line.amount.amount, invoice.currency),
            }
            for line in invoice.lines
        ],
        "totals": [["Total", amount]],
        "note": printable(resale.note, 500, unbroken=64) if resale.note else None,
    }


# --- Mail ----------------------------------------------------------------------------------------


def _notice(told: PreInvoices, report: ReportPolicy, without_pdfs: bool) -> ReportNotice:
    currency = told.total.currency
    margin = told.total - told.cost
    closing = [
        "The CSV file has every line, for import into your accounting. The folder has a PDF and a "
        "CSV file for each of your customers, in your name, address and prices.",
        "They are drafts: they have no number, and they are payable to you. Check them before you "
        "send them; sales tax is not included.",
    ]
    if without_pdfs:
        closing[0] = (
            "The CSV files have every line, for import into your accounting. The PDFs are too "
            "large for a mail: ask us for them."
        )
    return ReportNotice(
        title=report.title,
        about=format_month(told.period),
        account_name=told.account_name,
        lead=report.note
        or "Pre-invoices for your own customers, made from the detail of your invoice.",
        headline_label="To invoice to your customers",
        headline=format_money(told.total.amount, currency),
        headline_note=f"in {counted(len(told.invoices), 'pre-invoice')}",
        facts=(
            ReportFact(label="In the name of", value=told.resale.name),
            ReportFact(label="Terms", value=told.invoices[0].terms),
            ReportFact(label="Invoice date", value=format_day(told.invoices[0].invoice_on)),
            ReportFact(label="Due date", value=format_day(told.invoices[0].due_on)),
            ReportFact(
                label="These services cost you",
                value=format_money(told.cost.amount, currency),
            ),
            ReportFact(label="Your margin", value=format_money(margin.amount, currency)),
        ),
        lists=(
            ReportList(
                heading="By customer",
                entries=tuple(
                    ReportEntry(
                        what=entry.bill_to[0],
                        detail=counted(len(entry.lines), "line"),
                        amount=format_money(entry.total.amount, entry.currency),
                    )
                    for entry in told.invoices
                ),
            ),
        ),
        closing=tuple(closing),
    )
