"""The first sheet of an account's comparison: what is billed, and why it differs (COL-05)."""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal
from typing import TYPE_CHECKING

from msp_billing.adapters.formatting import format_money, format_month
from msp_billing.adapters.language import _
from msp_billing.adapters.workbooks.xlsx_account import column_of
from msp_billing.adapters.workbooks.xlsx_cells import (
    Cell,
    Column,
    Formula,
    Table,
    amount_cells,
    cell,
)
from msp_billing.adapters.workbooks.xlsx_charts import (
    CategorySums,
    write_charts,
)
from msp_billing.adapters.workbooks.xlsx_words import (
    Change,
    change_of,
    change_sentence,
    change_word,
)
from msp_billing.domain.money import Money, zero
from msp_billing.domain.run_summary import count_changed_items

if TYPE_CHECKING:
    from msp_billing.adapters.workbooks.xlsx_sheets import Sheet
    from msp_billing.domain.comparison import Comparison, ComparisonRow


def write_summary(
    sheet: Sheet, comparison: Comparison, titles: dict[str, str], details: Sheet, table: Table
) -> None:
    """The sheet Summary: what is billed and why it differs, checked against sheet Comparison."""
    sheet.say(_headline(comparison))
    sums = _sums_by_category(comparison, titles)
    by_category = _write_categories(sheet, comparison, sums)
    _write_check(sheet, details, table)
    changes = comparison.has_previous and not comparison.currency_changed
    if changes:
        _write_causes(sheet, comparison, details, table)
    if comparison.has_previous:
        joined, left = count_changed_items(comparison)
        told = _("{joined} items joined and {left} left, by name in the sheet {sheet}")
        sheet.remark(told.format(joined=joined, left=left, sheet=_("Changes")))
    if sums:
        write_charts(sheet, by_category, sums, changes=changes)
    sheet.finish()


def _headline(comparison: Comparison) -> str:
    """What is billed, and how much more or less than the month before, in a sentence."""
    now, before = comparison.current_total, comparison.previous_total
    month = format_month(comparison.period)
    amount = format_money(now.amount, now.currency)
    if not comparison.has_previous or comparison.currency_changed:
        return _("{amount} will be billed for {month}.").format(amount=amount, month=month)
    change = (now - before).amount
    if not change:
        sentence = _("{amount} will be billed for {month}, as much as the month before.")
    elif change > 0:
        sentence = _("{amount} will be billed for {month}, {change} more than the month before.")
    else:
        sentence = _("{amount} will be billed for {month}, {change} less than the month before.")
    changed_by = format_money(abs(change), now.currency)
    return sentence.format(amount=amount, month=month, change=changed_by)


def _write_categories(
    sheet: Sheet, comparison: Comparison, sums: tuple[CategorySums, ...]
) -> Table:
    columns = (Column(_("Category"), "text", 34), *_amount_columns(comparison))
    table = sheet.table(
        columns,
        ((entry.title, *_category_cells(sheet, comparison, entry)) for entry in sums),
    )
    before, now = comparison.previous_total, comparison.current_total
    row = sheet.row
    _x, _y, difference, percent = amount_cells(row, 1, before, now)
    changes: dict[int, Cell] = {3: difference, 4: percent}
    sheet.totals(
        table,
        {
            0: _("Total"),
            1: table.sum_of(1, before.amount),
            2: table.sum_of(2, now.amount),
            **({} if comparison.currency_changed else changes),
        },
    )
    sheet.file.name_cell("Total_previous", cell(row, 1, sheet.name))
    sheet.file.name_cell("Total_current", cell(row, 2, sheet.name))
    sheet.colour_changes(table)
    return table


def _amount_columns(comparison: Comparison) -> tuple[Column, ...]:
    before, now = format_month(comparison.previous_period), format_month(comparison.period)
    return (
        Column(_("Previous, {month}").format(month=before), "money", 18),
        Column(_("Current, {month}").format(month=now), "money", 18),
        Column(_("Difference"), "money_change", 16),
        Column(_("Difference in percent"), "percent", 12),
    )


def _category_cells(sheet: Sheet, comparison: Comparison, entry: CategorySums) -> tuple[Cell, ...]:
    """Amounts and difference; no difference when the months are in two currencies."""
    if comparison.currency_changed:
        return entry.before.amount, entry.now.amount, None, None
    return amount_cells(sheet.row + 1, 1, entry.before, entry.now)


def _write_check(sheet: Sheet, details: Sheet, table: Table) -> None:
    """What the two sheets' totals differ by, which is nothing."""
    total_row = sheet.row - 1
    sheet.row += 1
    told = _("Check: difference to the sheet {sheet}, which must be zero")
    sheet.write(0, told.format(sheet=details.name), "text")
    for column, name in ((1, "before"), (2, "now")):
        there = cell(table.last_row + 1, column_of(table, name), details.name)
        formula = f"=ROUND({cell(total_row, column)}-{there},4)"
        sheet.write(column, Formula(formula, Decimal(0)), "money")
    sheet.row += 2


def _write_causes(sheet: Sheet, comparison: Comparison, details: Sheet, table: Table) -> None:
    """A row for each way in which products changed; together they are the whole difference."""
    by_change: dict[Change, list[ComparisonRow]] = {}
    for row in comparison.rows:
        by_change.setdefault(change_of(row), []).append(row)
    columns = (Column(_("Why the amount differs"), "text", 34), *_amount_columns(comparison))

    def rows() -> Iterator[tuple[Cell, ...]]:
        for change in Change:
            if change not in by_change:
                continue
            of_it = by_change[change]
            before = sum((row.previous_amount.amount for row in of_it), Decimal(0))
            now = sum((row.current_amount.amount for row in of_it), Decimal(0))
            currency = comparison.current_total.currency
            _before, _now, difference, percent = amount_cells(
                sheet.row + 1,
                1,
                Money(amount=before, currency=currency),
                Money(amount=now, currency=currency),
            )
            sums = (
                table.sum_where(
                    column_of(table, name),
                    column_of(table, "changed"),
                    change_word(change),
                    value,
                    details.name,
                )
                for name, value in (("before", before), ("now", now))
            )
            yield (change_sentence(change), *sums, difference, percent)

    causes = sheet.table(columns, rows())
    before, now = comparison.previous_total, comparison.current_total
    _x, _y, difference, percent = amount_cells(sheet.row, 1, before, now)
    sheet.totals(
        causes,
        {
            0: _("Total"),
            1: causes.sum_of(1, before.amount),
            2: causes.sum_of(2, now.amount),
            3: difference,
            4: percent,
        },
    )
    sheet.colour_changes(causes)
    sheet.row += 1


def _sums_by_category(comparison: Comparison, titles: dict[str, str]) -> tuple[CategorySums, ...]:
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
    return tuple(
        CategorySums(titles[category], before, now) for category, (before, now) in sums.items()
    )
