"""The sheets of a run's comparison, for the provider's clerk."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from msp_billing.adapters.workbooks.xlsx_cells import Cell, Column, amount_cells
from msp_billing.adapters.workbooks.xlsx_sheets import Sheet, WorkbookFile
from msp_billing.domain.outcomes import OutcomeKind
from msp_billing.domain.run_summary import RunRow, RunTotals

OUTCOMES = {
    OutcomeKind.BILLED: "Billed",
    OutcomeKind.NOTHING_TO_BILL: "Nothing to bill",
    OutcomeKind.SKIPPED: "Skipped",
    OutcomeKind.PARKED: "Parked",
}


def write_accounts(sheet: Sheet, rows: Sequence[RunRow], totals: RunTotals) -> None:
    """The sheet Accounts: how each account ends the run."""
    columns = (
        Column("Account", "code", 12),
        Column("Name", "text", 24),
        Column("Outcome", "code", 14),
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
    table = sheet.table(
        columns,
        (
            (
                row.account,
                row.account_name,
                OUTCOMES[row.outcome],
                *amount_cells(sheet.row + 1, 3, row.previous_total, row.current_total),
                row.invoice_count,
                row.line_count,
                row.joined_count,
                row.left_count,
                "\n".join(row.reasons),
            )
            for row in rows
        ),
    )
    _, _, difference, percent = amount_cells(
        table.last_row + 1, 3, totals.previous_total, totals.current_total
    )
    counts = (totals.invoice_count, totals.line_count, totals.joined_count, totals.left_count)
    sheet.totals(
        table,
        {
            0: "Total",
            3: table.sum_of(3, totals.previous_total.amount),
            4: table.sum_of(4, totals.current_total.amount),
            5: difference,
            6: percent,
            **{column: table.sum_of(column, count) for column, count in enumerate(counts, start=7)},
        },
    )
    sheet.browse(table)
    sheet.colour_changes(table)
    sheet.colour_text(table, 2, OUTCOMES[OutcomeKind.PARKED])
    sheet.finish()


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
    amounts = sheet.table(
        columns,
        (
            (
                "All invoices",
                *amount_cells(sheet.row + 1, 1, totals.previous_total, totals.current_total),
            ),
        ),
    )
    sheet.colour_changes(amounts)
    if totals.parked:
        sheet.write(0, "of which of accounts that are parked now", "text")
        sheet.write(1, totals.parked_previous_total.amount, "money")
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
