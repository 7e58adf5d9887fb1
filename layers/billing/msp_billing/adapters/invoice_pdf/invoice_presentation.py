"""From an invoice to what stands on its pages: text only, ready to print.

The Typst templates hold layout and nothing else; every word, number and order is decided here,
where it can be tested without a PDF. The result is plain JSON:

    language, title, author, dated_on [year, month, day], paper, colours {primary, accent},
    draft, informational, compact, words {...}, reference
    running     {provider, heading, account}, short enough for the head and foot of every page
    provider    {name, address [line, ...], contact [line, ...]}
    heading     the invoice's label (KR-03)
    bill_to     [line, ...]
    facts       [[label, value], ...]
    due         {label, amount, by}
    payment     {title, lines [line, ...]}
    note        text or null
    overview    see Charges.overview
    blocks      the charges in their order, each {kind, ...}: "lines", "products", "contents"
    totals      [{label, amount, strong}]
    changes, codes, counts, origins, clauses    see invoice_appendices
    time        see invoice_time
    widths      longest entry of each column of numbers, in characters

A balance brought forward, credits and tax will be further entries of ``totals``; another language
is another set of words and another locale for the formats.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from msp_billing.adapters.formatting import format_day, format_money, format_service_period
from msp_billing.adapters.invoice_pdf.document_frame import document_frame, provider_block
from msp_billing.adapters.invoice_pdf.invoice_appendices import (
    present_changes,
    present_clauses,
    present_codes,
    present_counts,
    present_origins,
)
from msp_billing.adapters.invoice_pdf.invoice_charges import Charges, column_widths, is_compact
from msp_billing.adapters.invoice_pdf.invoice_time import present_time
from msp_billing.adapters.invoice_pdf.printable_text import printable
from msp_billing.domain.at_issue import InvoiceAtIssue
from msp_billing.domain.invoices import Invoice
from msp_billing.domain.policy import ProviderPolicy
from msp_billing.domain.price_book import PriceBook
from msp_billing.domain.run_policy import RunPolicy

Json = dict[str, Any]

WORDS = {
    "amount": "Amount",
    "as_of": "Export as of",
    "before": "Before",
    "bill_to": "Bill to",
    "checksum": "SHA-256",
    "code": "Code",
    "count": "Count",
    "counted_at": "Counted at",
    "description": "Description",
    "draft": "Draft",
    "hours": "Hours",
    "informational": "For information",
    "joined": "Joined",
    "left": "Left",
    "line": "Line",
    "lines": "Lines",
    "now": "Now",
    "of": "of",
    "page": "Page",
    "price_from": "Price from",
    "product": "Product",
    "quantity": "Qty",
    "quantity_from": "Quantity from",
    "since": "since",
    "source": "Source file",
    "time": "Time",
    "unit": "Unit",
    "unit_price": "Unit price",
    "work": "Work",
}
"""Words of the layout itself, in English."""

NOT_PAYABLE = "Please do not pay: it will be on your next regular invoice."


def present_invoice(
    invoice: Invoice,
    policy: ProviderPolicy,
    book: PriceBook,
    at_issue: InvoiceAtIssue | None = None,
) -> Json:
    """All that is printed of an invoice, in the order and wording in which it is printed.

    The clauses are numbered (§1, §2, ...) in the order in which the lines first refer to them.
    """
    run = policy.run_policy(invoice.id.run)
    clause_numbers = _clause_numbers(invoice, run)
    charges = Charges(invoice, book, frozenset(run.show), clause_numbers)
    blocks = list(charges.blocks())
    return {
        **_document(invoice, policy),
        **_first_page(invoice, policy),
        "compact": is_compact(invoice),
        "overview": charges.overview(),
        "blocks": blocks,
        "totals": list(charges.totals()),
        "widths": column_widths(blocks),
        "changes": present_changes(invoice),
        "codes": present_codes(invoice, book) if "summary_by_category" in run.show else None,
        "time": present_time(invoice, policy.zone),
        "counts": present_counts(invoice, policy.zone) if "items" in run.show else None,
        "origins": present_origins(invoice) if is_compact(invoice) else None,
        "clauses": present_clauses(invoice, policy, clause_numbers),
    }


def _document(invoice: Invoice, policy: ProviderPolicy) -> Json:
    """What makes the file and frames every page."""
    number = invoice.number
    reference = "Draft invoice" if number is None else f"Invoice {printable(number)}"
    return {
        **document_frame(
            policy,
            heading=invoice.label,
            reference=reference,
            account_name=invoice.account_name,
            dated_on=invoice.invoice_on,
            currency=invoice.currency,
        ),
        "words": WORDS,
        "draft": number is None,
        "informational": invoice.informational,
    }


def _first_page(invoice: Invoice, policy: ProviderPolicy) -> Json:
    return {
        "provider": provider_block(policy),
        "heading": printable(invoice.label),
        "bill_to": [printable(line) for line in invoice.bill_to],
        "facts": list(_facts(invoice)),
        "due": _due(invoice),
        "payment": _payment(invoice, policy),
        "note": policy.invoice_note and printable(policy.invoice_note, 500, unbroken=64),
    }


def _facts(invoice: Invoice) -> Iterator[list[str]]:
    yield ["Invoice number", printable(invoice.number or "given when it is issued")]
    yield ["Invoice date", format_day(invoice.invoice_on)]
    yield ["Service period", format_service_period(invoice.service_period)]
    yield ["Due date", "None" if invoice.due_on is None else format_day(invoice.due_on)]
    if invoice.purchase_order is not None:
        yield ["Purchase order", printable(invoice.purchase_order)]


def _due(invoice: Invoice) -> Json:
    if invoice.due_on is None:
        return {
            "label": f"For information, in {invoice.currency}",
            "amount": format_money(invoice.total.amount, invoice.currency),
            "by": NOT_PAYABLE,
        }
    by = f"Due {format_day(invoice.due_on)}"
    return {
        "label": f"Amount due in {invoice.currency}",
        "amount": format_money(invoice.total.amount, invoice.currency),
        "by": by if invoice.number else f"{by} once it is issued. Draft: please do not pay.",
    }


def _payment(invoice: Invoice, policy: ProviderPolicy) -> Json:
    """How to pay; of what is for information, that it is not to be paid (COL-24)."""
    lines = policy.remittance
    if invoice.informational:
        lines = (
            "No payment is due.",
            "This shows what work was done, how long it took and what it costs.",
        )
    return {
        "title": "Payment" if invoice.informational else "How to pay",
        "lines": [printable(line, 240, unbroken=48) for line in lines],
    }


def _clause_numbers(invoice: Invoice, run: RunPolicy) -> dict[str, str]:
    """The clauses that the invoice rests on, each with its number."""
    named = [line.reason.clause for line in invoice.lines]
    named += [evidence.clause for evidence in invoice.counts]
    clauses = dict.fromkeys([*named, run.clause])
    return {clause: f"§{number}" for number, clause in enumerate(clauses, start=1)}
