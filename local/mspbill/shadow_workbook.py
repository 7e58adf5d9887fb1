"""A shadow month as a workbook: totals that add up, differences, and every line of both."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from msp_billing.adapters.clock import SystemClock
from msp_billing.adapters.formatting import format_month
from msp_billing.adapters.workbooks.xlsx_cells import Cell, Column
from msp_billing.adapters.workbooks.xlsx_sheets import WorkbookFile
from msp_billing.domain.periods import Period
from msp_billing.domain.policy import ProviderPolicy
from mspbill.shadow import NO_MONEY, ShadowRow, ShadowTotal, totals

_COLUMNS = (
    Column("Account", "text", 18),
    Column("Product", "code", 10),
    Column("What", "text", 24),
    Column("Difference is", "text", 14),
    Column("Quantity there", "quantity", 10),
    Column("Quantity here", "quantity", 10),
    Column("Price there", "money", 12),
    Column("Price here", "money", 12),
    Column("There", "money", 12),
    Column("Here", "money", 12),
    Column("Difference", "money_change", 14),
    Column("Currency", "code", 8),
    Column("Known", "text", 24),
    Column("Why, as counted here", "text", 40),
    Column("Where there", "text", 16),
)
_KIND, _KNOWN = 3, 12
_THERE, _HERE, _DIFFERENCE = 8, 9, 10


def shadow_workbook(period: Period, rows: Sequence[ShadowRow], policy: ProviderPolicy) -> bytes:
    """Sheets: Summary, Differences (what anybody pays), Every line."""
    currencies = sorted({row.currency for row in rows}) or [policy.currency]
    title = f"{format_month(period)}, billed by both systems"
    file = WorkbookFile(policy, currencies[0], title, SystemClock().now(), others=currencies[1:])
    _write_summary(file, title, rows)
    differing = [row for row in rows if row.kind not in NO_MONEY or row.known]
    _write_rows(file, "Differences", "What differs in money", differing)
    _write_rows(file, "Every line", "Every line of both systems", rows)
    return file.content()


def _write_summary(file: WorkbookFile, title: str, rows: Sequence[ShadowRow]) -> None:
    still = sum(row.is_open for row in rows)
    notes = ["Nothing of it was numbered, kept or mailed.", f"Differences to explain: {still}"]
    sheet = file.sheet("Summary", title, notes)
    for total in totals(rows):
        table = sheet.table(
            (
                Column("From there to here", "text", 30),
                Column("Lines", "quantity"),
                Column("Amount", "money", 16),
                Column("Currency", "code", 8),
            ),
            list(_steps(total)),
        )
        here = table.sum_of(2, total.new)
        sheet.totals(table, {0: "Here", 2: here, 3: total.currency})
        sheet.row += 1
    sheet.finish()


def _steps(total: ShadowTotal) -> Iterable[tuple[Cell, ...]]:
    """What the old system billed, and each kind of difference: their sum is what we would bill."""
    yield ("Old system", None, total.old, total.currency)
    for kind, (count, difference) in total.by_kind.items():
        yield (kind.value, count, difference, total.currency)


def _write_rows(file: WorkbookFile, name: str, title: str, rows: Sequence[ShadowRow]) -> None:
    sheet = file.sheet(name, title, ["There: the old system. Here: what would be billed."])
    if not rows:
        sheet.say("Nothing differs.")
        sheet.finish()
        return
    table = sheet.table(_COLUMNS, [_row(row) for row in rows])
    currencies = {row.currency for row in rows}
    if len(currencies) == 1:
        there = sum(row.old_amount for row in rows)
        here = sum(row.new_amount for row in rows)
        sums = {
            _THERE: table.sum_of(_THERE, there),
            _HERE: table.sum_of(_HERE, here),
            _DIFFERENCE: table.sum_of(_DIFFERENCE, here - there),
        }
        sheet.totals(table, {0: "Total", **sums})
    sheet.colour_changes(table)
    sheet.browse(table)
    sheet.finish()


def _row(row: ShadowRow) -> tuple[Cell, ...]:
    old, new = row.old, row.new
    return (
        row.account,
        row.product,
        row.title,
        row.kind.value,
        None if old is None else old.quantity,
        None if new is None else new.quantity,
        None if old is None else old.unit_price,
        None if new is None else new.unit_price,
        None if old is None else old.amount,
        None if new is None else new.amount,
        row.difference,
        row.currency,
        row.known,
        row.why,
        "" if old is None else old.where,
    )
