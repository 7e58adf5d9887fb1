"""The appendices of an invoice: what changed, what the counts are made of, and the clauses.

They are what lets a customer check an amount without asking (INT-10, KR-02).
"""

from __future__ import annotations

from collections import Counter
from datetime import datetime
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

from msp_billing.adapters.composed_texts import description_in_words, reason_in_words
from msp_billing.adapters.count_words import named_items, named_late, named_left, split_changes
from msp_billing.adapters.formatting import (
    format_day,
    format_moment,
    format_money,
    format_month,
    format_quantity,
)
from msp_billing.adapters.invoice_pdf.invoice_totals import apart
from msp_billing.adapters.invoice_pdf.printable_text import printable
from msp_billing.adapters.language import _
from msp_billing.domain.invoices import (
    CountEvidence,
    Invoice,
    InvoiceLine,
    LineKind,
    summarise_by_category,
    summarise_by_product,
)
from msp_billing.domain.money import total

if TYPE_CHECKING:
    from msp_billing.domain.counting.counts import Count, CountedItem
    from msp_billing.domain.feeds.definitions import FeedSeal
    from msp_billing.domain.policy import ProviderPolicy
    from msp_billing.domain.price_book import PriceBook

Json = dict[str, Any]

MAX_ORIGINS = 40
"""Combinations of a count and a price's source that a long invoice lists."""

CHECKSUM_LETTERS = 16
"""Letters of a file's checksum that are printed: enough to tell two files apart."""


def present_changes(invoice: Invoice) -> Json | None:
    """What joined and left, by name, since the last count; None when nothing was compared.

    Shape: ``{title, summary, rows: [{section, title, before, now, joined: [{name, since}],
    left: [text]}]}``, ``section`` and ``since`` may be None. A comparison that found nothing has
    no rows, and a summary that says so.
    """
    compared = [entry for entry in invoice.counts if entry.compared_with is not None]
    if not compared or compared[0].compared_with is None:
        return None
    month = format_month(compared[0].compared_with)
    changed = [
        entry for entry in compared if entry.count.joined or entry.count.left or entry.count.changed
    ]
    titles = _section_titles(invoice, changed)
    joined = sum(len(entry.count.joined) for entry in changed)
    left = sum(len(entry.count.left) for entry in changed)
    summary = _("Compared with {month}: every count is made of the same items")
    if changed:
        summary = _("Compared with {month}: {joined} joined, {left} left")
    return {
        "title": _("What changed since {month}").format(month=month),
        "summary": summary.format(
            month=month, joined=format_quantity(joined), left=format_quantity(left)
        ),
        "rows": [
            {
                "section": titles[entry.subscriber] if len(invoice.sections) > 1 else None,
                "title": printable(entry.title),
                "before": format_quantity(entry.count.quantity_before),
                "now": format_quantity(entry.count.quantity),
                **_joined_and_left(entry.count),
            }
            for entry in _in_order_of_sections(invoice, changed)
        ],
    }


def _joined_and_left(count: Count) -> Json:
    """Names on both sides; a quantity that rose stands with what joined."""
    risen, fallen = split_changes(count)
    names = named_items(count.joined)
    joined = [_joined(name, item) for name, item in zip(names, count.joined, strict=True)]
    return {
        "joined": [*joined, *({"name": printable(text), "since": None} for text in risen)],
        "left": [printable(text) for text in (*map(named_left, count.left), *fallen)],
    }


def _joined(name: str, item: CountedItem) -> Json:
    since = None if item.since_on is None else format_day(item.since_on)
    return {"name": printable(name), "since": since}


def present_codes(invoice: Invoice, book: PriceBook) -> Json:
    """All product codes of the invoice by category, with what they come to (COL-06).

    Shape: ``{title, categories: [{title, amount, rows: [{code, description, quantity, amount}]}],
    total: [label, amount] or null}``
    """
    charges = tuple(
        line
        for line in invoice.lines
        if line.kind is not LineKind.DISCOUNT and book.find(line.product) is not None
    )
    products = summarise_by_product(charges, invoice.currency)
    amounts = dict(summarise_by_category(charges, invoice.currency))
    categories = []
    for category in book.categories:
        inside = [entry for entry in products if entry.category == category.category]
        if not inside:
            continue
        amount = amounts[category.category]
        categories.append(
            {
                "title": printable(category.title),
                "amount": format_money(amount.amount, amount.currency),
                "rows": [
                    {
                        "code": printable(entry.product, unbroken=16),
                        "description": printable(description_in_words(entry.description), 500),
                        "quantity": format_quantity(entry.quantity),
                        "amount": format_money(entry.amount.amount, entry.amount.currency),
                    }
                    for entry in sorted(inside, key=lambda entry: book.position(entry.product))
                ],
            }
        )
    return {
        "title": _("Product codes by category"),
        "categories": categories,
        "total": _total_of_codes(invoice, charges),
    }


def _total_of_codes(invoice: Invoice, charges: tuple[InvoiceLine, ...]) -> list[str] | None:
    """What all codes come to, if it is one of the sums below the lines: then it can be found there.

    Shape: ``[label, amount]``.
    """
    amount = total((line.amount for line in charges), invoice.currency)
    before = (line.amount for line in invoice.lines if apart(line) is None)
    shown = format_money(amount.amount, amount.currency)
    if amount == invoice.total:
        return [_("Total"), shown]
    return [_("Charges"), shown] if amount == total(before, invoice.currency) else None


def present_counts(invoice: Invoice, zone: ZoneInfo) -> Json | None:
    """The items by name that every count is made of, by section, and the files they come from.

    Shape: ``{title, sources: [{title, file, checksum, as_of, counted_at}],
    sections: [{title, counts: [{title, quantity, names, columns, late}]}]}``; ``columns`` is how
    many names fit beside each other, ``late`` says what waits for the next count, or is None. None
    without counts.
    """
    counted = [entry for entry in invoice.counts if entry.count.items or entry.count.late]
    if not counted:
        return None
    titles = _section_titles(invoice, counted)
    sections: dict[str | None, list[Json]] = {}
    for entry in _in_order_of_sections(invoice, counted):
        names = [printable(name) for name in named_items(entry.count.items)]
        sections.setdefault(entry.subscriber, []).append(
            {
                "title": printable(entry.title),
                "quantity": _came_to(entry.count),
                "names": names,
                "columns": _columns_for(max(map(len, names), default=0)),
                "late": _late(entry.count),
            }
        )
    return {
        "title": _("What the counts are made of"),
        "sources": _sources(counted, zone),
        "sections": [
            {"title": titles[subscriber], "counts": counts}
            for subscriber, counts in sections.items()
        ],
    }


def _came_to(count: Count) -> str:
    """The quantity, with how it comes from the items where that is not their number."""
    quantity = format_quantity(count.quantity)
    if count.arithmetic is None:
        return quantity
    return f"{quantity} ({reason_in_words(count.arithmetic)})"


def _late(count: Count) -> str | None:
    """What was received after the cut-off, by name and date (COL-04, COL-13)."""
    if not count.late:
        return None
    waiting = ", ".join(named_late(change) for change in count.late)
    return printable(_("For the next count: {names}").format(names=waiting), 2_000)


def _columns_for(longest: int) -> int:
    return 4 if longest <= 18 else 3 if longest <= 32 else 2


def _sources(counts: list[CountEvidence], zone: ZoneInfo) -> list[Json]:
    """Every file and moment once, with all the counts that were taken from it."""
    titles: dict[tuple[FeedSeal, datetime], dict[str, None]] = {}
    for entry in counts:
        titles.setdefault((entry.source, entry.moment_at), {})[entry.title] = None
    return [
        {
            "title": ", ".join(printable(title) for title in named),
            "file": printable(seal.key, unbroken=60),
            "checksum": seal.sha256[:CHECKSUM_LETTERS],
            "as_of": format_moment(seal.as_of_at, zone),
            "counted_at": format_moment(moment_at, zone),
        }
        for (seal, moment_at), named in titles.items()
    ]


def present_clauses(invoice: Invoice, policy: ProviderPolicy, numbers: dict[str, str]) -> Json:
    """The sentences of the provider's policy that the lines refer to by number.

    Shape: ``{title, rows: [{number, title, text}], made_from}``.
    """
    return {
        "title": _("The rules this invoice follows"),
        "rows": [
            {
                "number": number,
                "title": printable(policy.clause(clause).title, 500),
                "text": printable(policy.clause(clause).text, 500),
            }
            for clause, number in numbers.items()
        ],
        "made_from": _(
            "Made with policy {policy}, price book {price_book} and the counts sealed as {seal}."
        ).format(
            policy=printable(invoice.policy_version),
            price_book=printable(invoice.price_book_version),
            seal=invoice.snapshot_sha256[:CHECKSUM_LETTERS],
        ),
    }


def present_origins(invoice: Invoice) -> Json:
    """Where quantities and prices come from, once each with how many lines: for long invoices.

    Shape: ``{title, rows: [{quantity_from, price_from, lines}]}``. Where prices differ by the line
    of the agreement only, as with hundreds of sites, the lines are not told apart.
    """
    origins = Counter(
        (line.reason.quantity_from, line.reason.price_from.split(" line ")[0])
        for line in invoice.lines
    )
    return {
        "title": _("Where quantities and prices come from"),
        "rows": [
            {
                "quantity_from": printable(_capitalised(reason_in_words(quantity_from)), 500),
                "price_from": printable(_capitalised(reason_in_words(price_from)), 500),
                "lines": format_quantity(lines),
            }
            for (quantity_from, price_from), lines in origins.most_common(MAX_ORIGINS)
        ],
    }


def _capitalised(text: str) -> str:
    return text[:1].upper() + text[1:]


def _section_titles(invoice: Invoice, counts: list[CountEvidence]) -> dict[str | None, str]:
    """What the section of every count is called; a section without lines by its own id."""
    titles = {entry.subscriber: entry.subscriber or invoice.account_name for entry in counts}
    titles |= {section.subscriber: section.title for section in invoice.sections}
    return {subscriber: printable(title, unbroken=26) for subscriber, title in titles.items()}


def _in_order_of_sections(invoice: Invoice, counts: list[CountEvidence]) -> list[CountEvidence]:
    """Counts as their sections follow each other; those of sections without lines come last."""
    order = {section.subscriber: index for index, section in enumerate(invoice.sections)}
    return sorted(counts, key=lambda entry: order.get(entry.subscriber, len(order)))
