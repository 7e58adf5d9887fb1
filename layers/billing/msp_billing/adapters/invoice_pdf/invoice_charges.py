"""The charges of an invoice as they are printed: overview, tables of lines, products and totals."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any

from msp_billing.adapters.composed_texts import (
    description_in_words,
    reason_in_words,
    unit_in_words,
)
from msp_billing.adapters.formatting import (
    format_money,
    format_quantity,
    format_service_period,
)
from msp_billing.adapters.invoice_pdf.invoice_totals import FOLLOWING, apart, title_of
from msp_billing.adapters.invoice_pdf.printable_text import printable
from msp_billing.adapters.invoice_pdf.text_width import line_widths, width_in_ems
from msp_billing.adapters.language import _
from msp_billing.adapters.line_words import is_only_amount, unit_price_in_words
from msp_billing.domain.invoices import (
    Invoice,
    InvoiceLine,
    InvoiceSection,
    LineKind,
    PriceBasis,
    summarise_by_product,
)
from msp_billing.domain.money import Money, total

if TYPE_CHECKING:
    from msp_billing.domain.price_book import PriceBook

Json = dict[str, Any]

_PLAIN = (PriceBasis.EACH, PriceBasis.PERCENT)
"""Whose arithmetic the columns show already, or the description does."""

MAX_SECTIONS_IN_OVERVIEW = 15
"""Sections beyond this get a table of contents of their own, with page numbers."""

MAX_DETAILED_LINES = 150
"""An invoice with more lines is set compactly, without the small print below each line."""


def is_compact(invoice: Invoice) -> bool:
    """Whether the invoice is so long that it is set without small print."""
    return (
        len(invoice.lines) > MAX_DETAILED_LINES or len(invoice.sections) > MAX_SECTIONS_IN_OVERVIEW
    )


@dataclass(frozen=True)
class Charges:
    """Words the charges of one invoice; ``clause_numbers`` says what each clause is called."""

    invoice: Invoice
    book: PriceBook
    show: frozenset[str]
    clause_numbers: dict[str, str]

    def overview(self) -> Json | None:
        """Amounts by section, or by category when the sections are too many to list.

        Shape: ``{title, rows: [{title, amount, section}], total}``, where ``section`` is where to
        find it, or None. None for an invoice of one section: its lines are the overview.
        """
        sections = self.invoice.sections
        if len(sections) == 1:
            return None
        if len(sections) <= MAX_SECTIONS_IN_OVERVIEW:
            rows = [self._section_row(section) for section in sections]
        else:
            rows = [self._section_row(section) for section in sections if section.internal]
            rows += self._category_rows()
        total_row = [_("Total"), _money(self.invoice.total)]
        return {"title": _("Summary"), "rows": rows, "total": total_row}

    def blocks(self) -> Iterator[Json]:
        """The charges: internal environment, summary by product, then every section (COL-06)."""
        internal = [section for section in self.invoice.sections if section.internal]
        others = [section for section in self.invoice.sections if not section.internal]
        if internal:
            yield self._lines_block(_("Your internal environment"), internal)
        if not others:
            return
        if "summary_by_product" in self.show:
            every, own = _("Summary by product, all customers"), _("Summary by product")
            yield self._products_block(every if internal else own, others)
        if len(others) > MAX_SECTIONS_IN_OVERVIEW:
            rows = [self._section_row(section) for section in others]
            title, head = _("Where to find each section"), _("Section")
            if internal:
                title, head = _("Where to find each customer"), _("Customer")
            yield {"kind": "contents", "title": title, "head": head, "rows": rows}
        yield self._lines_block(_("Detail by customer") if internal else _("Charges"), others)

    def _category_rows(self) -> list[Json]:
        internal = {section.subscriber for section in self.invoice.sections if section.internal}
        amounts: dict[str, list[Money]] = {}
        for line in self.invoice.lines:
            if line.subscriber not in internal:
                kind = apart(line)
                title = title_of(kind) if kind else self.book.category_title(line.category)
                amounts.setdefault(title, []).append(line.amount)
        return [
            {"title": printable(title), "amount": self._sum(entries), "section": None}
            for title, entries in amounts.items()
        ]

    def _section_row(self, section: InvoiceSection) -> Json:
        title = self._section_title(section)
        return {
            "title": title,
            "amount": self._sum(line.amount for line in self._lines_of(section)),
            "section": self._section_ids[section.subscriber],
            "ems": width_in_ems(title),
        }

    def _section_title(self, section: InvoiceSection) -> str:
        kinds = {line.kind for line in self._lines_of(section)}
        if kinds.issubset(FOLLOWING):
            return title_of(*kinds)
        return printable(section.title, unbroken=26)

    def _lines_of(self, section: InvoiceSection) -> list[InvoiceLine]:
        return self._lines_by_section.get(section.subscriber, [])

    @cached_property
    def _lines_by_section(self) -> dict[str | None, list[InvoiceLine]]:
        sections: dict[str | None, list[InvoiceLine]] = {}
        for line in self.invoice.lines:
            sections.setdefault(line.subscriber, []).append(line)
        return sections

    @cached_property
    def _section_ids(self) -> dict[str | None, str]:
        return {
            section.subscriber: f"section-{number}"
            for number, section in enumerate(self.invoice.sections, start=1)
        }

    def _lines_block(self, title: str, sections: list[InvoiceSection]) -> Json:
        alone = len(self.invoice.sections) == 1
        return {
            "kind": "lines",
            "title": title,
            "sections": [
                {
                    "id": self._section_ids[section.subscriber],
                    "title": None if alone else self._section_title(section),
                    "ems": width_in_ems(self._section_title(section)),
                    "amount": self._sum(line.amount for line in self._lines_of(section)),
                    "lines": [self._line(line) for line in self._lines_of(section)],
                }
                for section in sections
            ],
        }

    def _line(self, line: InvoiceLine) -> Json:
        only_amount = is_only_amount(line)
        code, text = printable(line.product, unbroken=16), _description(line.description)
        note = None if is_compact(self.invoice) else printable(self._small_print(line), 500)
        clause = self.clause_numbers[line.reason.clause]
        unit = "" if only_amount else printable(unit_in_words(line))
        return {
            "code": code,
            "description": text,
            "note": note,
            "clause": clause,
            "quantity": "" if only_amount else format_quantity(line.quantity),
            "unit": unit,
            "unit_price": "" if only_amount else unit_price_in_words(line),
            "amount": _money(line.amount),
            "discount": line.kind is LineKind.DISCOUNT,
            "ems": line_widths(code, text, clause, note, unit),
        }

    def _small_print(self, line: InvoiceLine) -> str:
        """Where quantity and price come from, and how a tier or a flat price came about."""
        parts = [reason_in_words(line.reason.quantity_from)]
        parts.append(reason_in_words(line.reason.price_from))
        if line.reason.price_basis not in _PLAIN:
            parts.append(reason_in_words(line.reason.arithmetic))
        if line.service_period != self.invoice.service_period:
            parts.insert(0, format_service_period(line.service_period))
        if line.kind is LineKind.ONE_TIME:
            parts.insert(0, _("one-time charge"))
        text = " · ".join(parts)
        return text[0].upper() + text[1:]

    def _products_block(self, title: str, sections: list[InvoiceSection]) -> Json:
        wanted = {section.subscriber for section in sections}
        lines = tuple(line for line in self.invoice.lines if line.subscriber in wanted)
        prices: dict[tuple[str, str], set[str]] = {}
        for line in lines:
            found = prices.setdefault((line.product, line.category), set())
            found.add(unit_price_in_words(line))
        rows = []
        for entry in summarise_by_product(lines, self.invoice.currency):
            product = self.book.find(entry.product)  # None for a discount's own code
            found = prices[entry.product, entry.category]
            rows.append(
                {
                    "code": printable(entry.product, unbroken=16),
                    "description": _description(entry.description),
                    "quantity": "" if product is None else format_quantity(entry.quantity),
                    "unit": "" if product is None else printable(product.unit),
                    "unit_price": "" if product is None else _one_price(found),
                    "amount": _money(entry.amount),
                }
            )
        amount = self._sum(line.amount for line in lines)
        return {"kind": "products", "title": title, "rows": rows, "amount": amount}

    def _sum(self, amounts: Iterable[Money]) -> str:
        return _money(total(amounts, self.invoice.currency))


def _description(text: str) -> str:
    return printable(description_in_words(text), 500)


def column_widths(blocks: list[Json], words: dict[str, str]) -> dict[str, int]:
    """How many characters the widest entry of each column has; the layout makes room for it.

    Args:
        words: the columns' heads, of which the longest word has to fit.
    """
    sections = [section for block in blocks for section in block.get("sections", [])]
    rows = [line for section in sections for line in section["lines"]]
    rows += [row for block in blocks if block["kind"] == "products" for row in block["rows"]]
    columns = ("code", "quantity", "unit", "unit_price", "amount")
    widest = {
        column: max(
            *(len(row[column]) for row in rows), *map(len, words[column].replace("-", " ").split())
        )
        for column in columns
    }
    sums = [entry["amount"] for entry in [*sections, *blocks] if "amount" in entry]
    return widest | {"amount": max(widest["amount"], *map(len, sums))}


def _one_price(prices: set[str]) -> str:
    return next(iter(prices)) if len(prices) == 1 else _("various")


def _money(money: Money) -> str:
    return format_money(money.amount, money.currency)
