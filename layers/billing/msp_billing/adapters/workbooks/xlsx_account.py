"""The sheets of an account's comparison (COL-05)."""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal

from msp_billing.adapters.formatting import format_month
from msp_billing.adapters.workbooks.xlsx_cells import (
    Cell,
    Column,
    Formula,
    Table,
    amount_cells,
    cell,
)
from msp_billing.adapters.workbooks.xlsx_sheets import Sheet, WorkbookFile
from msp_billing.domain.comparison import Comparison, ComparisonRow
from msp_billing.domain.money import Money, zero
from msp_billing.domain.price_book import PriceBook
from msp_billing.domain.run_summary import count_changed_items


def write_details(sheet: Sheet, comparison: Comparison, titles: dict[str, str]) -> Table:
    """The sheet Comparison: a row per section and product, with totals that tie out."""
    several_invoices = any(row.part != "all" for row in comparison.rows)
    columns = [
        *([Column("Invoice", "code", 12)] if several_invoices else []),
        Column("Subscriber or site", "text", 22),
        Column("Product", "code", 10),
        Column("Description", "text", 28),
        Column("Category", "text", 14),
        Column("What changed", "code", 12),
        Column("Quantity previous", "quantity", 10),
        Column("Quantity current", "quantity", 10),
        Column("Quantity difference", "quantity_change", 11),
        Column("Amount previous", "money", 13),
        Column("Amount current", "money", 13),
        Column("Amount difference", "money_change", 13),
    ]
    table = sheet.table(
        columns,
        (
            (*([row.part] if several_invoices else []), *entries)
            for row, entries in _detail_rows(sheet, comparison, titles, len(columns))
        ),
    )
    last = len(columns) - 1
    sheet.totals(
        table,
        {
            0: "Total",
            last - 2: table.sum_of(last - 2, comparison.previous_total.amount),
            last - 1: table.sum_of(last - 1, comparison.current_total.amount),
            **_difference(table, last, comparison),
        },
    )
    sheet.browse(table)
    sheet.colour_changes(table)
    sheet.finish()
    return table


def _difference(table: Table, column: int, comparison: Comparison) -> dict[int, Cell]:
    """The sum of the differences; nothing when the months are in two currencies."""
    if comparison.currency_changed:
        return {}
    change = comparison.current_total - comparison.previous_total
    return {column: table.sum_of(column, change.amount)}


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
                row.description,
                titles[row.category],
                _what_changed(row),
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


def _what_changed(row: ComparisonRow) -> str:
    """One word to filter by."""
    if not row.previous_quantity and not row.previous_amount.amount:
        return "New"
    if not row.current_quantity and not row.current_amount.amount:
        return "Ended"
    if row.quantity_change:
        return "More" if row.quantity_change > 0 else "Fewer"
    if row.amount_change.amount:
        return "Price"
    return "Other items" if row.joined or row.left else "Same"


def write_summary(
    sheet: Sheet, comparison: Comparison, titles: dict[str, str], details: Sheet, table: Table
) -> None:
    """The sheet Summary: totals by category, checked against the sheet Comparison."""
    columns = (
        Column("Category", "text", 30),
        Column(f"Previous, {format_month(comparison.previous_period)}", "money", 18),
        Column(f"Current, {format_month(comparison.period)}", "money", 18),
        Column("Difference", "money_change", 16),
        Column("Difference in percent", "percent", 12),
    )
    sums = _sums_by_category(comparison)
    by_category = sheet.table(
        columns,
        (
            (titles[category], *_category_cells(sheet, comparison, before, now))
            for category, (before, now) in sums.items()
        ),
    )
    before, now = comparison.previous_total, comparison.current_total
    row = sheet.row
    _, _, difference, percent = amount_cells(row, 1, before, now)
    sheet.totals(
        by_category,
        {
            0: "Total",
            1: by_category.sum_of(1, before.amount),
            2: by_category.sum_of(2, now.amount),
            **({} if comparison.currency_changed else {3: difference, 4: percent}),
        },
    )
    sheet.colour_changes(by_category)
    _write_check(sheet, row, details, len(table.columns) - 1)
    if comparison.has_previous:
        joined, left = count_changed_items(comparison)
        sheet.write(0, f"{joined} items joined and {left} left, by name in Changes", "text")
        sheet.row += 1
    if sums:
        _write_chart(sheet, by_category)
    sheet.finish()


def _category_cells(
    sheet: Sheet, comparison: Comparison, before: Money, now: Money
) -> tuple[Cell, ...]:
    """Amounts and difference; no difference when the months are in two currencies."""
    if comparison.currency_changed:
        return before.amount, now.amount, None, None
    return amount_cells(sheet.row + 1, 1, before, now)


def _write_check(sheet: Sheet, total_row: int, details: Sheet, last: int) -> None:
    """What the two sheets' totals differ by, which is nothing."""
    sheet.row += 1
    sheet.write(0, "Check: less the total of the sheet Comparison", "text")
    for column, other in ((1, last - 2), (2, last - 1)):
        there = cell(details.row - 1, other, "Comparison")
        formula = f"=ROUND({cell(total_row, column)}-{there},4)"
        sheet.write(column, Formula(formula, Decimal(0)), "money")
    sheet.row += 1


def _write_chart(sheet: Sheet, table: Table) -> None:
    """Both months by category, as bars."""
    brand = sheet.file.policy.brand
    chart = sheet.file.workbook.add_chart({"type": "bar"})
    for column, colour in ((1, "#b8c2cc"), (2, brand.primary)):
        chart.add_series(
            {
                "name": ["Summary", table.header_row, column],
                "categories": ["Summary", table.first_row, 0, table.last_row, 0],
                "values": ["Summary", table.first_row, column, table.last_row, column],
                "fill": {"color": colour},
                "gap": 60,
            }
        )
    chart.set_legend({"position": "bottom"})
    chart.set_y_axis({"reverse": True})
    gridlines = {"visible": True, "line": {"color": "#dfe4e8"}}
    chart.set_x_axis({"num_format": "#,##0", "major_gridlines": gridlines})
    rows = table.last_row - table.first_row + 1
    chart.set_size({"width": 760, "height": 150 + 44 * min(rows, 20)})
    sheet.sheet.insert_chart(sheet.row + 1, 0, chart)


def write_changes(file: WorkbookFile, comparison: Comparison, heading: str, compared: str) -> None:
    """The sheet Changes: every item that joined or left, by name (COL-05)."""
    sheet = file.sheet("Changes", heading, (f"Items that joined or left, {compared}",))
    columns = (
        Column("Change", "code", 9),
        Column("Item", "text", 28),
        Column("Subscriber or site", "text", 22),
        Column("Product", "code", 10),
        Column("Description", "text", 28),
        Column("Since", "day", 18),
    )
    table = sheet.table(columns, _change_rows(comparison))
    sheet.browse(table)
    sheet.finish()


def _change_rows(comparison: Comparison) -> Iterator[tuple[Cell, ...]]:
    """A row per item; without a previous invoice nothing joined, because all of it is new."""
    written = False
    for row in comparison.rows if comparison.has_previous else ():
        for change, items in (("Joined", row.joined), ("Left", row.left)):
            for item in items:
                written = True
                yield (
                    change,
                    item.name,
                    row.subscriber_name,
                    row.product,
                    row.description,
                    item.since_on,
                )
    if not written:
        reason = "No item changed" if comparison.has_previous else "No previous invoice to compare"
        yield ("–", reason, None, None, None, None)


def category_titles(comparison: Comparison, price_book: PriceBook) -> dict[str, str]:
    """Title by category; an older invoice may have one that the price book no longer has."""
    known = {entry.category: entry.title for entry in price_book.categories}
    return {row.category: known.get(row.category, row.category) for row in comparison.rows}


def _sums_by_category(comparison: Comparison) -> dict[str, tuple[Money, Money]]:
    """Previous and current sum by category, in order of first appearance."""
    nothing = (zero(comparison.previous_total.currency), zero(comparison.current_total.currency))
    sums: dict[str, tuple[Money, Money]] = {}
    for row in comparison.rows:
        before, now = sums.get(row.category, nothing)
        # Of a row in the other month's currency the amount of this month is nothing.
        if row.previous_amount.amount:
            before += row.previous_amount
        if row.current_amount.amount:
            now += row.current_amount
        sums[row.category] = (before, now)
    return sums
