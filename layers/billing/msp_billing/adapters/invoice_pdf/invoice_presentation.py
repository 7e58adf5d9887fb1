"""From an invoice to what stands on its pages: text only, ready to print.

The Typst templates hold layout and nothing else; every word, number and order is decided here,
where it can be tested without a PDF. The result is plain JSON:

    language, title, author, dated_on [year, month, day], paper, colours {primary, accent},
    draft, informational, compact, words {...}, reference
    running     {provider, heading, account}, short enough for the head and foot of every page
    provider    {name, address [line, ...], contact [line, ...]}
    kind        what the document is: "Invoice"
    heading     the invoice's label (KR-03)
    bill_to     [line, ...]
    facts       [[label, value], ...]
    due, payment, slip      see invoice_payment
    account, differences    see invoice_account
    note        text or null
    overview    see Charges.overview
    blocks      the charges in their order, each {kind, ...}: "lines", "products", "contents"
    totals      [{label, amount, strong}]
    changes, codes, counts, origins, clauses    see invoice_appendices
    time        see invoice_time
    widths      longest entry of each column of numbers, in characters
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from msp_billing.adapters.formatting import format_day, format_service_period
from msp_billing.adapters.invoice_pdf.document_frame import document_frame, provider_block
from msp_billing.adapters.invoice_pdf.invoice_account import present_account, present_differences
from msp_billing.adapters.invoice_pdf.invoice_appendices import (
    present_changes,
    present_clauses,
    present_codes,
    present_counts,
    present_origins,
)
from msp_billing.adapters.invoice_pdf.invoice_charges import Charges, column_widths, is_compact
from msp_billing.adapters.invoice_pdf.invoice_payment import Payment
from msp_billing.adapters.invoice_pdf.invoice_time import present_time
from msp_billing.adapters.invoice_pdf.invoice_totals import present_totals
from msp_billing.adapters.invoice_pdf.invoice_words import invoice_words
from msp_billing.adapters.invoice_pdf.printable_text import printable
from msp_billing.adapters.language import _
from msp_billing.domain.paper_sizes import usual_paper

if TYPE_CHECKING:
    from msp_billing.domain.at_issue import InvoiceAtIssue
    from msp_billing.domain.invoices import Invoice
    from msp_billing.domain.policy import ProviderPolicy
    from msp_billing.domain.price_book import PriceBook
    from msp_billing.domain.run_policy import RunPolicy

Json = dict[str, Any]


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
        **_first_page(invoice, policy, at_issue),
        "compact": is_compact(invoice),
        "overview": charges.overview(),
        "blocks": blocks,
        "totals": list(present_totals(invoice, at_issue)),
        "widths": column_widths(blocks, invoice_words()),
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
    reference = _("Draft invoice")
    if number is not None:
        reference = _("Invoice {number}").format(number=printable(number))
    return {
        **document_frame(
            policy,
            heading=invoice.label,
            reference=reference,
            account_name=invoice.account_name,
            dated_on=invoice.invoice_on,
            currency=invoice.currency,
            paper=invoice.paper or usual_paper(invoice.country),
        ),
        "words": invoice_words(),
        "draft": number is None,
        "informational": invoice.informational,
    }


def _first_page(invoice: Invoice, policy: ProviderPolicy, at_issue: InvoiceAtIssue | None) -> Json:
    payment = Payment(invoice, policy, at_issue)
    return {
        "provider": provider_block(policy),
        "kind": _("Draft invoice") if invoice.number is None else _("Invoice"),
        "heading": printable(invoice.label),
        "bill_to": [printable(line) for line in invoice.bill_to],
        "facts": list(_facts(invoice)),
        "due": payment.due(),
        "payment": payment.how(),
        "slip": payment.slip(),
        "account": present_account(invoice, at_issue),
        "differences": present_differences(invoice, at_issue),
        "note": policy.invoice_note and printable(policy.invoice_note, 500, unbroken=48),
    }


def _facts(invoice: Invoice) -> Iterator[list[str]]:
    number = invoice.number or _("given when it is issued")
    yield [_("Invoice number"), printable(number)]
    yield [_("Invoice date"), format_day(invoice.invoice_on)]
    yield [_("Service period"), format_service_period(invoice.service_period)]
    if invoice.due_on is not None and invoice.total.amount > 0:
        yield [_("Due date"), format_day(invoice.due_on)]
    if invoice.purchase_order is not None:
        yield [_("Purchase order"), printable(invoice.purchase_order)]
    named: tuple[tuple[str, str | None], ...] = (
        (_("Your reference"), invoice.buyer.reference),
        (_("Your VAT number"), invoice.buyer.vat_id),
        (_("Your registration"), invoice.buyer.registration_id),
    )
    for label, value in named:
        if value is not None:
            yield [label, printable(value)]


def _clause_numbers(invoice: Invoice, run: RunPolicy) -> dict[str, str]:
    """The clauses that the invoice rests on, each with its number."""
    named = [line.reason.clause for line in invoice.lines]
    named += [evidence.clause for evidence in invoice.counts]
    clauses = dict.fromkeys([*named, run.clause])
    return {clause: f"§{number}" for number, clause in enumerate(clauses, start=1)}
