"""A picture of an invoice's first page, for the index page."""

from __future__ import annotations

import json
from pathlib import Path

import typst

from msp_billing.adapters.invoice_pdf.invoice_presentation import present_invoice
from msp_billing.domain.invoices import Invoice
from msp_billing.domain.policy import ProviderPolicy
from msp_billing.domain.price_book import PriceBook
from mspbill.reports import InvoiceReport, ProviderReport
from mspbill.repository import repository_root

PIXELS_PER_INCH = 72
_MOST_LINES = 40


def draw_thumbnail(
    report: ProviderReport, policy: ProviderPolicy, price_book: PriceBook, root: Path
) -> ProviderReport:
    """Draw the first page of one of the last invoices, by the same template as its PDF.

    Returns the report with the picture in it; without one when there is no invoice.
    """
    chosen = _telling_invoice(report)
    if chosen is None:
        return report
    invoice = Invoice.model_validate_json((root / chosen.data).read_bytes())
    rendering = repository_root() / "layers" / "rendering"
    fonts = typst.Fonts(
        include_system_fonts=False,
        include_embedded_fonts=False,
        font_paths=[rendering / "fonts"],
    )
    templates = rendering / "templates" / "typst"
    compiler = typst.Compiler(root=templates, font_paths=fonts, ignore_system_fonts=True)
    content = json.dumps(present_invoice(invoice, policy, price_book), ensure_ascii=False)
    pages = compiler.compile(
        input=templates / "invoice.typ",
        format="png",
        ppi=PIXELS_PER_INCH,
        sys_inputs={"content": content},
    )
    first = pages[0] if isinstance(pages, list) else pages
    assert isinstance(first, bytes), "pages into memory"
    name = f"thumbnails/{report.provider}.png"
    path = root / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(first)
    return report.model_copy(update={"thumbnail": name, "thumbnail_of": chosen})


def _telling_invoice(report: ProviderReport) -> InvoiceReport | None:
    """The longest of the short invoices of the last month: much to see, and quickly drawn."""
    if not report.invoices:
        return None
    last = max(cycle.period for cycle in report.cycles if cycle.invoices)
    recent = [
        invoice for cycle in report.cycles if cycle.period == last for invoice in cycle.invoices
    ]
    short = [invoice for invoice in recent if invoice.lines <= _MOST_LINES]
    return max(short or recent, key=lambda invoice: (len(short) and invoice.lines, invoice.number))
