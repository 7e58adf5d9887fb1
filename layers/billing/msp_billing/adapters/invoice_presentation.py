"""From an invoice to what stands on its pages: text only, ready to print.

The Typst templates hold layout and nothing else; every word, number and order is decided here,
where it can be tested without a PDF. The result is plain JSON:

    language, title, author, dated_on [year, month, day], paper, colours {primary, accent}, draft
    words       fixed words of the layout, by name
    provider    {name, address [...], contact [...]}
    heading, bill_to [...], facts [[label, value], ...]
    due         {label, amount, by}          payment [line, ...]        note
    overview    {title, rows [{title, amount, section}]} or null
    blocks      charges in their order, each {kind, ...}: "lines", "products", "contents"
    totals      [{label, amount, strong}]
    changes, codes, counts, clauses    the appendices, or null
    widths      longest number of each column, in characters

Where a balance brought forward, credits and tax will stand: further entries of ``totals``.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from msp_billing.adapters.brand_colours import readable_on_white
from msp_billing.adapters.formatting import (
    format_day,
    format_money,
    format_quantity,
    format_service_period,
)
from msp_billing.adapters.invoice_appendices import (
    present_changes,
    present_clauses,
    present_codes,
    present_counts,
    present_origins,
)
from msp_billing.adapters.printable_text import printable
from msp_billing.domain.invoices import (
    Invoice,
    InvoiceLine,
    InvoiceSection,
    LineKind,
    PriceBasis,
    summarise_by_product,
)
from msp_billing.domain.money import Money, total
from msp_billing.domain.policy import ProviderPolicy, RunPolicy
from msp_billing.domain.price_book import PriceBook

Json = dict[str, Any]

LETTER_PAPER_CURRENCIES = frozenset({"USD", "CAD", "MXN", "COP", "CLP", "PHP"})
"""Where office paper is Letter; everywhere else it is A4."""

MAX_SECTIONS_IN_OVERVIEW = 15
"""Sections beyond this get a table of contents of their own, with page numbers."""

MAX_DETAILED_LINES = 150
"""An invoice with more lines is set compactly, without the small print below each line."""

WORDS = {
    "bill_to": "Bill to",
    "how_to_pay": "How to pay",
    "code": "Code",
    "description": "Description",
    "product": "Product",
    "quantity": "Quantity",
    "unit": "Unit",
    "unit_price": "Unit price",
    "amount": "Amount",
    "page": "Page",
    "of": "of",
    "draft": "Draft",
    "joined": "Joined",
    "left": "Left",
    "now": "Now",
    "none": "none",
    "appendix": "Appendix",
    "source": "Source",
    "as_of": "As of",
    "counted_at": "Counted",
    "checksum": "SHA-256",
    "count": "Count",
    "lines": "Lines",
    "names": "Names",
}
"""Words of the layout itself, in English; another language is another dictionary."""


def present_invoice(invoice: Invoice, policy: ProviderPolicy, book: PriceBook) -> Json:
    """All that is printed of an invoice, in the order and wording in which it is printed.

    The clauses are numbered (§1, §2, ...) in the order in which the lines first refer to them.
    """
    page = _Page(invoice, policy, book)
    blocks = list(page.blocks())
    return {
        "language": "en",
        "title": f"{printable(invoice.label)}, {page.reference}",
        "author": printable(policy.name),
        "dated_on": [invoice.invoice_on.year, invoice.invoice_on.month, invoice.invoice_on.day],
        "paper": "us-letter" if invoice.currency in LETTER_PAPER_CURRENCIES else "a4",
        "colours": {
            "primary": readable_on_white(policy.brand.primary),
            "accent": readable_on_white(policy.brand.accent),
        },
        "draft": invoice.number is None,
        "compact": page.compact,
        "words": WORDS,
        "provider": {
            "name": printable(policy.name),
            "address": [printable(line) for line in policy.address],
            "contact": [printable(line) for line in page.contact()],
        },
        "reference": page.reference,
        "account": printable(invoice.account_name, 60),
        "heading": printable(invoice.label),
        "bill_to": [printable(line) for line in invoice.bill_to],
        "facts": list(page.facts()),
        "due": page.due(),
        "payment": [printable(line, 500) for line in policy.remittance],
        "note": None if policy.invoice_note is None else printable(policy.invoice_note, 500),
        "overview": page.overview(),
        "blocks": blocks,
        "totals": list(page.totals()),
        "changes": present_changes(invoice),
        "codes": present_codes(invoice, book) if "summary_by_category" in page.run.show else None,
        "counts": present_counts(invoice, policy.zone) if "items" in page.run.show else None,
        "clauses": present_clauses(invoice, policy, page.clause_numbers),
        "origins": present_origins(invoice) if page.compact else [],
        "widths": _widths(blocks),
    }


@dataclass(frozen=True)
class _Page:
    """An invoice with what is needed to word it."""

    invoice: Invoice
    policy: ProviderPolicy
    book: PriceBook

    @cached_property
    def run(self) -> RunPolicy:
        return self.policy.run_policy(self.invoice.id.run)

    @cached_property
    def reference(self) -> str:
        number = self.invoice.number
        return "Draft invoice" if number is None else f"Invoice {number}"

    @cached_property
    def compact(self) -> bool:
        invoice = self.invoice
        return (
            len(invoice.lines) > MAX_DETAILED_LINES
            or len(invoice.sections) > MAX_SECTIONS_IN_OVERVIEW
        )

    @cached_property
    def clause_numbers(self) -> dict[str, str]:
        """The clauses that the invoice rests on, each with its number."""
        named = [line.reason.clause for line in self.invoice.lines]
        named += [evidence.clause for evidence in self.invoice.counts]
        clauses = dict.fromkeys([*named, self.run.clause])
        return {clause: f"§{number}" for number, clause in enumerate(clauses, start=1)}

    @cached_property
    def _lines_by_section(self) -> dict[str | None, list[InvoiceLine]]:
        sections: dict[str | None, list[InvoiceLine]] = {}
        for line in self.invoice.lines:
            sections.setdefault(line.subscriber, []).append(line)
        return sections

    @cached_property
    def _section_ids(self) -> dict[str | None, str]:
        return {
            section.subscriber: f"s{number}"
            for number, section in enumerate(self.invoice.sections, start=1)
        }

    def contact(self) -> Iterator[str]:
        if self.policy.phone is not None:
            yield self.policy.phone
        yield self.policy.reply_to
        if self.policy.website is not None:
            yield self.policy.website

    def facts(self) -> Iterator[list[str]]:
        invoice = self.invoice
        yield ["Invoice number", invoice.number or "given when it is issued"]
        yield ["Invoice date", format_day(invoice.invoice_on)]
        yield ["Service period", format_service_period(invoice.service_period)]
        yield ["Due date", format_day(invoice.due_on)]
        if invoice.purchase_order is not None:
            yield ["Purchase order", printable(invoice.purchase_order)]

    def due(self) -> Json:
        draft = self.invoice.number is None
        by = f"Due {format_day(self.invoice.due_on)}"
        return {
            "label": f"Amount due in {self.invoice.currency}",
            "amount": self._money(self.invoice.total),
            "by": f"{by}, once it is issued. This is a draft: do not pay it." if draft else by,
        }

    def overview(self) -> Json | None:
        """One line per section; per category when the sections are too many; else nothing."""
        sections = self.invoice.sections
        if len(sections) == 1:
            return None
        if len(sections) <= MAX_SECTIONS_IN_OVERVIEW:
            rows = [self._section_row(section) for section in sections]
            return {"title": "Summary", "rows": rows}
        rows = [self._section_row(section) for section in sections if section.internal]
        rows += self._category_rows()
        return {"title": "Summary", "rows": rows}

    def _category_rows(self) -> list[Json]:
        internal = {section.subscriber for section in self.invoice.sections if section.internal}
        categories: dict[str, list[Money]] = {}
        for line in self.invoice.lines:
            if line.subscriber not in internal:
                title = (
                    "Discounts"
                    if line.kind is LineKind.DISCOUNT
                    else self.book.category_title(line.category)
                )
                categories.setdefault(title, []).append(line.amount)
        return [
            {"title": title, "amount": self._sum(amounts), "section": None}
            for title, amounts in categories.items()
        ]

    def _section_row(self, section: InvoiceSection) -> Json:
        return {
            "title": self._section_title(section),
            "amount": self._money(self._section_total(section)),
            "section": self._section_ids[section.subscriber],
        }

    def _section_title(self, section: InvoiceSection) -> str:
        lines = self._lines_by_section.get(section.subscriber, [])
        if lines and all(line.kind is LineKind.DISCOUNT for line in lines):
            return "Discounts"
        return printable(section.title)

    def _section_total(self, section: InvoiceSection) -> Money:
        lines = self._lines_by_section.get(section.subscriber, [])
        return total((line.amount for line in lines), self.invoice.currency)

    def blocks(self) -> Iterator[Json]:
        """The charges: internal environment, summary by product, then every section (COL-06)."""
        internal = [section for section in self.invoice.sections if section.internal]
        others = [section for section in self.invoice.sections if not section.internal]
        if internal:
            yield self._lines_block("Your internal environment", internal)
        if not others:
            return
        if "summary_by_product" in self.run.show:
            yield self._products_block(others, "all customers" if internal else "all sections")
        if len(others) > MAX_SECTIONS_IN_OVERVIEW:
            rows = [self._section_row(section) for section in others]
            yield {"kind": "contents", "title": "Where to find each section", "rows": rows}
        yield self._lines_block("Detail by customer" if internal else "Charges", others)

    def _lines_block(self, title: str, sections: list[InvoiceSection]) -> Json:
        alone = len(self.invoice.sections) == 1
        return {
            "kind": "lines",
            "title": title,
            "sections": [
                {
                    "id": self._section_ids[section.subscriber],
                    "title": None if alone else self._section_title(section),
                    "amount": self._money(self._section_total(section)),
                    "lines": [
                        self._line(line)
                        for line in self._lines_by_section.get(section.subscriber, [])
                    ],
                }
                for section in sections
            ],
        }

    def _line(self, line: InvoiceLine) -> Json:
        discount = line.kind is LineKind.DISCOUNT
        return {
            "code": printable(line.product),
            "description": printable(line.description, 500),
            "note": None if self.compact else printable(" · ".join(self._note(line)), 500),
            "clause": self.clause_numbers[line.reason.clause],
            "quantity": "" if discount else format_quantity(line.quantity),
            "unit": "" if discount else printable(line.unit),
            "unit_price": "" if discount else self._money(line.unit_price),
            "amount": self._money(line.amount),
            "discount": discount,
        }

    def _note(self, line: InvoiceLine) -> Iterator[str]:
        """The small print: where quantity and price come from, and how a tier was worked out."""
        if line.kind is LineKind.ONE_TIME:
            yield "one-time charge"
        if line.service_period != self.invoice.service_period:
            yield format_service_period(line.service_period)
        yield line.reason.quantity_from
        yield line.reason.price_from
        if line.reason.price_basis is not PriceBasis.EACH:
            yield line.reason.arithmetic

    def _products_block(self, sections: list[InvoiceSection], over: str) -> Json:
        wanted = {section.subscriber for section in sections}
        lines = tuple(line for line in self.invoice.lines if line.subscriber in wanted)
        prices: dict[tuple[str, str], set[Money]] = {}
        for line in lines:
            prices.setdefault((line.product, line.category), set()).add(line.unit_price)
        rows = []
        for entry in summarise_by_product(lines, self.invoice.currency):
            product = self.book.find(entry.product)
            found = prices[entry.product, entry.category]
            rows.append(
                {
                    "code": printable(entry.product),
                    "description": printable(entry.description, 500),
                    "quantity": "" if product is None else format_quantity(entry.quantity),
                    "unit": "" if product is None else printable(product.unit),
                    "unit_price": self._one_price(found) if product else "",
                    "amount": self._money(entry.amount),
                }
            )
        return {
            "kind": "products",
            "title": f"Summary by product, {over}",
            "rows": rows,
            "amount": self._sum(line.amount for line in lines),
        }

    def _one_price(self, prices: set[Money]) -> str:
        return self._money(next(iter(prices))) if len(prices) == 1 else "various"

    def totals(self) -> Iterator[Json]:
        charges: list[Money] = []
        discounts: list[Money] = []
        for line in self.invoice.lines:
            (discounts if line.kind is LineKind.DISCOUNT else charges).append(line.amount)
        if discounts:
            yield {"label": "Charges", "amount": self._sum(charges), "strong": False}
            yield {"label": "Discounts", "amount": self._sum(discounts), "strong": False}
        label = f"Total due {format_day(self.invoice.due_on)}"
        yield {"label": label, "amount": self._money(self.invoice.total), "strong": True}

    def _money(self, money: Money) -> str:
        return format_money(money.amount, money.currency)

    def _sum(self, amounts: Iterable[Money]) -> str:
        return self._money(total(amounts, self.invoice.currency))


def _widths(blocks: list[Json]) -> dict[str, int]:
    """How many characters the widest entry of each column has; the layout makes room for it."""
    rows = [
        row
        for block in blocks
        for row in (
            block["rows"]
            if block["kind"] == "products"
            else [line for section in block.get("sections", []) for line in section["lines"]]
        )
    ]
    amounts = [section["amount"] for block in blocks for section in block.get("sections", [])]
    amounts += [block["amount"] for block in blocks if "amount" in block]
    widest = {
        column: max((len(row[column]) for row in rows), default=0)
        for column in ("code", "quantity", "unit", "unit_price", "amount")
    }
    return widest | {"amount": max(widest["amount"], *map(len, amounts))}
