"""What became of every row of an import, as a CSV file or a workbook."""

from __future__ import annotations

from collections.abc import Iterator

from msp_billing.adapters.clock import SystemClock
from msp_billing.adapters.csv_files import csv_file, inert
from msp_billing.adapters.directory.model_problems import read_model
from msp_billing.adapters.directory.provider_files import POLICY_FILE, DirectoryFiles
from msp_billing.adapters.directory.provider_logo import with_logo
from msp_billing.adapters.formatting import format_day
from msp_billing.adapters.importing.import_plan import SYSTEMS, ImportPlan
from msp_billing.adapters.importing.old_records import Outcome
from msp_billing.adapters.workbooks.xlsx_cells import Cell, Column
from msp_billing.adapters.workbooks.xlsx_sheets import WorkbookFile
from msp_billing.domain.policy import ProviderPolicy
from msp_billing.domain.problems import ProblemsError
from mspbill.import_text import counts

_COLUMNS = ("outcome", "what", "name", "file", "line", "column", "reason", "what to do")


def report_csv(plan: ImportPlan) -> bytes:
    """A row for each row of the files."""
    return csv_file(
        _COLUMNS,
        (
            [
                row.outcome.value,
                row.what,
                inert(row.name),
                inert(row.place.file),
                str(row.place.line),
                inert(row.place.column),
                inert(row.reason),
                inert(row.fix),
            ]
            for row in plan.report
        ),
    )


def report_workbook(plan: ImportPlan) -> bytes:
    """Sheets: what waits for a person first, then every row, then products without a name."""
    policy = _policy(plan)
    title = f"Brought in from {SYSTEMS[plan.order.old]}"
    file = WorkbookFile(policy, policy.currency, title, SystemClock().now())
    told = [f"{count:,} {what} {outcome.value}" for outcome, what, count in counts(plan.report)]
    notes = [f"As of {format_day(plan.order.as_of)}", *told]
    for name, only in (("To do", True), ("Every row", False)):
        sheet = file.sheet(name, title if only else "What became of every row", notes)
        rows = list(_rows(plan, only_left=only))
        if not rows:
            sheet.say("Nothing: every row was taken, or rightly passed over.")
        else:
            table = sheet.table(
                (
                    Column("Outcome", "text", 12),
                    Column("What", "text", 10),
                    Column("Name", "text", 24),
                    Column("File", "text", 20),
                    Column("Line", "quantity"),
                    Column("Column", "text", 14),
                    Column("Why", "text", 36),
                    Column("What to do", "text", 40),
                ),
                rows,
            )
            sheet.browse(table)
            sheet.colour_text(table, 0, Outcome.NOT_TAKEN.value)
        sheet.finish()
    if plan.unmapped:
        sheet = file.sheet("Products", "Products that nobody has named yet", notes[:1])
        table = sheet.table(
            (
                Column("Old product", "text", 24),
                Column("Description", "text", 36),
                Column("Seen", "quantity"),
                Column("Perhaps", "text", 16),
            ),
            [
                (entry.old_product, entry.description, entry.seen, entry.suggestion)
                for entry in plan.unmapped
            ],
        )
        sheet.browse(table)
        sheet.finish()
    return file.content()


def _rows(plan: ImportPlan, *, only_left: bool) -> Iterator[tuple[Cell, ...]]:
    for row in plan.report:
        if not only_left or row.outcome is Outcome.NOT_TAKEN:
            place = row.place
            yield (row.outcome.value, row.what, row.name, place.file, place.line, place.column,
                   row.reason, row.fix)  # fmt: skip


def _policy(plan: ImportPlan) -> ProviderPolicy:
    """The policy, also of a directory that has no accounts yet."""
    files = DirectoryFiles(plan.order.into)
    document, problems = with_logo(files.document(POLICY_FILE), files)
    policy, found = read_model(document, ProviderPolicy)
    if policy is None:
        raise ProblemsError([*problems, *found])
    return policy
