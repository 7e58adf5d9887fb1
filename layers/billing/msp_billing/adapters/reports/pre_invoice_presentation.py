"""From a pre-invoice to what stands on its pages; the provider behind it appears nowhere (COL-27).

    lines   {title, head [word, ...], rows [{code, description, note, quantity, unit, unit_price,
            amount}], total [label, amount]}

The rest is as in :mod:`..invoice_pdf.invoice_presentation`, under the service provider's own
letterhead. Its draft mark is left out: the customer gets it as it is, with a number put on it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from msp_billing.adapters.account_documents.amount_panel import amount_panel
from msp_billing.adapters.formatting import (
    format_day,
    format_money,
    format_quantity,
    format_service_period,
)
from msp_billing.adapters.invoice_pdf.document_frame import Letterhead, framed
from msp_billing.adapters.invoice_pdf.printable_text import printable
from msp_billing.adapters.language import _

if TYPE_CHECKING:
    from msp_billing.domain.parties import Paper
    from msp_billing.domain.reports.pre_invoices import PreInvoice, PreInvoiceLine
    from msp_billing.domain.reports.resale import Resale

Json = dict[str, Any]


def present_pre_invoice(invoice: PreInvoice, resale: Resale, paper: Paper | None = None) -> Json:
    """All that is printed of a pre-invoice, in the language that is being written."""
    heading = _("Pre-invoice")
    sender = Letterhead.of_reseller(resale)
    frame = framed(
        sender,
        heading=heading,
        reference=heading,
        account_name=invoice.bill_to[0],
        dated_on=invoice.invoice_on,
        currency=invoice.currency,
        paper=paper,
    )
    due = format_day(invoice.due_on)
    label = _("Amount in {currency}").format(currency=invoice.currency)
    by = _("Due {day}, payable to {name}").format(day=due, name=printable(resale.name, 80))
    return {
        **frame,
        "title": f"{heading}, {printable(invoice.bill_to[0])}",
        "words": {**frame["words"], "bill_to": _("Bill to")},
        "provider": sender.block(),
        "heading": heading,
        "bill_to": [printable(line) for line in invoice.bill_to],
        "facts": [
            [_("Invoice number"), _("given by {name}").format(name=printable(resale.name, 60))],
            [_("Invoice date"), format_day(invoice.invoice_on)],
            [_("Service period"), format_service_period(invoice.service_period)],
            [_("Terms"), terms_in_words(invoice)],
            [_("Due date"), due],
        ],
        **amount_panel(label, _total(invoice), by, _("How to pay"), resale.payment),
        "lines": {
            "title": _("Services"),
            "head": [
                _("Code"),
                _("Description"),
                _("Qty"),
                _("Unit"),
                _("Unit price"),
                _("Amount"),
            ],
            "rows": [_line(line, invoice) for line in invoice.lines],
            "total": [_("Total"), _total(invoice)],
        },
        "note": printable(resale.note, 500, unbroken=64) if resale.note else None,
    }


def terms_in_words(invoice: PreInvoice) -> str:
    """Days from the invoice date until it has to be paid: ``net 30``."""
    # Translators: terms of payment: to be paid in full within so many days.
    return _("net {days}").format(days=(invoice.due_on - invoice.invoice_on).days)


def _line(line: PreInvoiceLine, invoice: PreInvoice) -> Json:
    other_period = line.service_period != invoice.service_period
    return {
        "code": printable(line.product),
        "description": printable(line.description, 300),
        "note": format_service_period(line.service_period) if other_period else None,
        "quantity": format_quantity(line.quantity),
        "unit": printable(line.unit, 20),
        "unit_price": format_money(line.unit_price.amount, invoice.currency),
        "amount": format_money(line.amount.amount, invoice.currency),
    }


def _total(invoice: PreInvoice) -> str:
    return format_money(invoice.total.amount, invoice.currency)
