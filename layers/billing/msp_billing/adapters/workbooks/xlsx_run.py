"""The sheets of a run's comparison, for the provider's clerk."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

from msp_billing.adapters.workbooks.xlsx_cells import (
    Cell,
    Column,
    Formula,
    Table,
    amount_cells,
)
from msp_billing.domain.money import Money, zero
from msp_billing.domain.outcomes import OutcomeKind

if TYPE_CHECKING:
    from msp_billing.adapters.workbooks.xlsx_sheets import Sheet, WorkbookFile
    from msp_billing.domain.run_summary import CurrencyTotals, RunRow, RunTotals

OUTCOMES = {
    OutcomeKind.BILLED: "Billed",
    OutcomeKind.NOTHING_TO_BILL: "Nothing to bill",
    OutcomeKind.SKIPPED: "Skipped",
    OutcomeKind.PARKED: "Parked",
}


def write_accounts(sheet: Sheet, rows: Sequence[RunRow], totals: RunTotals) -> None:
    """The sheet Accounts: how each account ends the run, and the sum of each currency.

    A run in several currencies has a column that says which; an account that changed from one to
    another has a row in each.
    """
    several = len(totals.amounts) > 1
    columns = (
        Column("Account", "code", 12),
        Column("Name", "text", 24),
        Column("Outcome", "code", 14),
        *([Column("Currency", "code", 9)] if several else []),
        Column("Previous total", "money", 13),
        Column("Current total", "money", 13),
        Column("Difference", "money_change", 13),
        Column("Percent", "percent", 9),
        Column("Invoices", "quantity", 9),
        Column("Lines", "quantity", 8),
        Column("Items joined", "quantity", 8),
        Column("Items left", "quantity", 8),
        Column("Why not billed", "text", 30),
    )
    table = sheet.table(columns, _account_rows(sheet, rows, several=several))
    for number, entry in enumerate(totals.amounts):
        counts = (totals.invoice_count, totals.line_count, totals.joined_count, totals.left_count)
        _write_sums(sheet, table, entry, counts if number == 0 else (), several=several)
    sheet.browse(table)
    sheet.colour_changes(table)
    sheet.colour_text(table, 2, OUTCOMES[OutcomeKind.PARKED])
    sheet.finish()


def _account_rows(
    sheet: Sheet, rows: Sequence[RunRow], *, several: bool
) -> Iterator[tuple[Cell, ...]]:
    first_amount = 3 + several
    for row in rows:
        for number, (before, now) in enumerate(_amounts(row)):
            counts: tuple[Cell, ...] = (
                row.invoice_count,
                row.line_count,
                row.joined_count,
                row.left_count,
            )
            yield (
                row.account,
                row.account_name,
                OUTCOMES[row.outcome],
                *([now.currency] if several else []),
                *amount_cells(sheet.row + 1, first_amount, before, now),
                *(counts if number == 0 else (None,) * 4),
                "\n".join(row.reasons),
            )


def _amounts(row: RunRow) -> Iterator[tuple[Money, Money]]:
    """Previous and current total; in two currencies each beside nothing of the other."""
    before, now = row.previous_total, row.current_total
    if before.currency == now.currency:
        yield before, now
    else:
        yield zero(now.currency), now
        yield before, zero(before.currency)


def _write_sums(
    sheet: Sheet, table: Table, entry: CurrencyTotals, counts: Sequence[int], *, several: bool
) -> None:
    first = 3 + several
    _, _, difference, percent = amount_cells(
        sheet.row, first, entry.previous_total, entry.current_total
    )

    def summed(column: int, amount: Money) -> Formula:
        if not several:
            return table.sum_of(column, amount.amount)
        return table.sum_where(column, 3, entry.currency, amount.amount)

    sheet.totals(
        table,
        {
            0: "Total",
            **({3: entry.currency} if several else {}),
            first: summed(first, entry.previous_total),
            first + 1: summed(first + 1, entry.current_total),
            first + 2: difference,
            first + 3: percent,
            **{
                column: table.sum_of(column, count)
                for column, count in enumerate(counts, start=first + 4)
            },
        },
    )


def write_run_summary(sheet: Sheet, totals: RunTotals) -> None:
    """The sheet Summary: accounts by outcome, and what the run bills now and billed before."""
    outcomes = (
        ("Billed", totals.billed),
        ("Nothing to bill", totals.nothing_to_bill),
        ("Skipped", totals.skipped),
        ("Parked, see the sheet Parked", totals.parked),
    )
    table = sheet.table(
        (Column("Outcome", "text", 34), Column("Accounts", "quantity", 16)), outcomes
    )
    sheet.totals(table, {0: "All active accounts", 1: table.sum_of(1, totals.accounts)})
    sheet.row += 1
    columns = (
        Column("Amounts", "text", 34),
        Column("Previous", "money", 16),
        Column("Current", "money", 16),
        Column("Difference", "money_change", 16),
        Column("Percent", "percent", 10),
    )
    several = len(totals.amounts) > 1
    amounts = sheet.table(
        columns,
        (
            (
                f"All invoices in {entry.currency}" if several else "All invoices",
                *amount_cells(sheet.row + 1, 1, entry.previous_total, entry.current_total),
            )
            for entry in totals.amounts
        ),
    )
    sheet.colour_changes(amounts)
    for entry in totals.amounts if totals.parked else ():
        which = f", in {entry.currency}" if several else ""
        sheet.write(0, f"of which of accounts that are parked now{which}", "text")
        sheet.write(1, entry.parked_previous_total.amount, "money")
        sheet.row += 1
    sheet.finish()


def write_parked(file: WorkbookFile, rows: Sequence[RunRow]) -> None:
    """The sheet Parked: every problem, and what to do about it."""
    note = "Accounts set aside: nothing is billed to them until the problem is mended."
    sheet = file.sheet("Parked", "Parked accounts", (note,))
    columns = (
        Column("Account", "code", 12),
        Column("Name", "text", 24),
        Column("What is wrong", "text", 40),
        Column("What to do", "text", 40),
        Column("File", "text", 16),
        Column("Line", "quantity", 7),
        Column("Where", "text", 12),
        Column("Kind", "code", 12),
    )
    table = sheet.table(columns, _problem_rows(rows))
    sheet.browse(table)
    sheet.finish()


def _problem_rows(rows: Sequence[RunRow]) -> Iterator[tuple[Cell, ...]]:
    found = False
    for row in rows:
        for problem in row.problems:
            found = True
            yield (
                row.account,
                row.account_name,
                problem.what,
                problem.fix,
                problem.file,
                problem.line,
                problem.where,
                problem.code,
            )
    if not found:
        yield ("–", "No account is parked", *(None,) * 6)
