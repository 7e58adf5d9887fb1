"""The sheets of an account's comparison: every product, and every item by name (COL-05)."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from msp_billing.adapters.composed_texts import description_in_words
from msp_billing.adapters.language import _
from msp_billing.adapters.workbooks.xlsx_cells import Cell, Column, Formula, Table, cell
from msp_billing.adapters.workbooks.xlsx_words import change_of, change_word

if TYPE_CHECKING:
    from msp_billing.adapters.workbooks.xlsx_sheets import Sheet, WorkbookFile
    from msp_billing.domain.comparison import Comparison, ComparisonRow
    from msp_billing.domain.price_book import PriceBook

_FROM_LAST = {
    "changed": 7,
    "quantity_before": 6,
    "quantity": 5,
    "before": 3,
    "now": 2,
    "difference": 1,
}
"""Columns of the sheet Comparison, counted from its right end."""


def write_details(sheet: Sheet, comparison: Comparison, titles: dict[str, str]) -> Table:
    """The sheet Comparison: a row per section and product, with totals that tie out."""
    several_invoices = any(row.part != "all" for row in comparison.rows)
    columns = [
        *([Column(_("Invoice"), "code", 12)] if several_invoices else []),
        Column(_("Subscriber or site"), "text", 22),
        Column(_("Product"), "code", 10),
        Column(_("Description"), "text", 28),
        Column(_("Category"), "text", 14),
        Column(_("What changed"), "code", 12),
        Column(_("Quantity previous"), "quantity", 10),
        Column(_("Quantity current"), "quantity", 10),
        Column(_("Quantity difference"), "quantity_change", 11),
        Column(_("Amount previous"), "money", 13),
        Column(_("Amount current"), "money", 13),
        Column(_("Amount difference"), "money_change", 13),
    ]
    table = sheet.table(
        columns,
        (
            (*([row.part] if several_invoices else []), *entries)
            for row, entries in _detail_rows(sheet, comparison, titles, len(columns))
        ),
    )
    before, now, difference = (column_of(table, name) for name in ("before", "now", "difference"))
    sums = {before: comparison.previous_total.amount, now: comparison.current_total.amount}
    if not comparison.currency_changed:
        sums[difference] = (comparison.current_total - comparison.previous_total).amount
    totals: dict[int, Cell] = {at: table.sum_of(at, amount) for at, amount in sums.items()}
    sheet.totals(table, {0: _("Total"), **totals})
    sheet.totals_of_shown(table, sums)
    sheet.browse(table)
    sheet.colour_changes(table)
    sheet.finish()
    return table


def column_of(table: Table, name: str) -> int:
    """Where one of the columns named in ``_FROM_LAST`` is."""
    return len(table.columns) - _FROM_LAST[name]


def _detail_rows(
    sheet: Sheet, comparison: Comparison, titles: dict[str, str], width: int
) -> Iterator[tuple[ComparisonRow, tuple[Cell, ...]]]:
    for row in _by_section(comparison):
        # The table writes a row before it asks for the next one, so the sheet knows where it is.
        at = sheet.row + 1
        previous, current = cell(at, width - 3), cell(at, width - 2)
        quantity_before, quantity = cell(at, width - 6), cell(at, width - 5)
        yield (
            row,
            (
                row.subscriber_name,
                row.product,
                description_in_words(row.description),
                titles[row.category],
                change_word(change_of(row)),
                row.previous_quantity,
                row.current_quantity,
                Formula(f"={quantity}-{quantity_before}", row.quantity_change),
                row.previous_amount.amount,
                row.current_amount.amount,
                Formula(f"={current}-{previous}", row.amount_change.amount),
            ),
        )


def _by_section(comparison: Comparison) -> list[ComparisonRow]:
    """Sections in the invoice's order, what ended beside what goes on."""
    order: dict[tuple[str, str | None], int] = {}
    for row in comparison.rows:
        order.setdefault((row.part, row.subscriber), len(order))
    return sorted(comparison.rows, key=lambda row: order[row.part, row.subscriber])


def write_changes(file: WorkbookFile, comparison: Comparison, heading: str, compared: str) -> None:
    """The sheet Changes: every item that joined or left, by name (COL-05)."""
    note = _("Items that joined or left, {compared}").format(compared=compared)
    sheet = file.sheet(_("Changes"), heading, (note,))
    columns = (
        Column(_("Change"), "code", 9),
        Column(_("Item"), "text", 28),
        Column(_("Subscriber or site"), "text", 22),
        Column(_("Product"), "code", 10),
        Column(_("Description"), "text", 28),
        Column(_("Since"), "day", 18),
    )
    table = sheet.table(columns, _change_rows(comparison))
    sheet.browse(table)
    sheet.finish()


def _change_rows(comparison: Comparison) -> Iterator[tuple[Cell, ...]]:
    """A row per item; without a previous invoice nothing joined, because all of it is new."""
    written = False
    for row in comparison.rows if comparison.has_previous else ():
        for change, items in ((_("Joined"), row.joined), (_("Left"), row.left)):
            for item in items:
                written = True
                yield (
                    change,
                    item.name,
                    row.subscriber_name,
                    row.product,
                    description_in_words(row.description),
                    item.since_on,
                )
    if not written:
        reason = (
            _("No item changed") if comparison.has_previous else _("No previous invoice to compare")
        )
        yield ("–", reason, None, None, None, None)


def category_titles(comparison: Comparison, price_book: PriceBook) -> dict[str, str]:
    """Title by category; an older invoice may have one that the price book no longer has."""
    known = {entry.category: entry.title for entry in price_book.categories}
    return {row.category: known.get(row.category, row.category) for row in comparison.rows}
