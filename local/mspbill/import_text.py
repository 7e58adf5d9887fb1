"""What an import shows: the plan, what was not taken and why, differences, what was written."""

from __future__ import annotations

import shlex
from collections import Counter
from collections.abc import Sequence
from difflib import unified_diff
from typing import Any

from rich.console import Console
from rich.markup import escape

from msp_billing.adapters.formatting import format_day, format_moneys
from msp_billing.adapters.importing.import_plan import (
    SYSTEMS,
    FileChange,
    ImportPlan,
    of_change,
)
from msp_billing.adapters.importing.old_records import Outcome, ReportRow
from msp_billing.adapters.importing.opening_file import OPENING_FILE
from msp_billing.adapters.importing.product_mapping import MAPPING_FILE
from msp_billing.adapters.mails.mail_text import counted
from mspbill.suggesting import tell

_SHOWN = 25


def print_plan(plan: ImportPlan, console: Console) -> None:
    """Files that were read, counts, what waits for a person, and what would be written."""
    system = SYSTEMS[plan.order.old]
    console.print(f"[bold]From {system} into {escape(str(plan.order.into))}[/bold]")
    console.print(f"As of {format_day(plan.order.as_of)}\n")
    for entry in plan.read:
        console.print(f"  {entry.file}: {entry.title}", markup=False)
    console.print()
    for outcome, what, count in counts(plan.report):
        console.print(f"  {count:>5}  {what} {outcome.value}", markup=False)
    if plan.open_sums:
        console.print(f"\nOpen in the accounts above: {format_moneys(plan.open_sums)}")
    if plan.open_left:
        console.print(f"Open, but not taken: {format_moneys(plan.open_left)}")
    left = [row for row in plan.report if row.outcome is Outcome.NOT_TAKEN]
    if left:
        console.print("\n[bold]Not taken[/bold]")
    for row in left[:_SHOWN]:
        tell(f"{_where(row)}: {row.what} '{row.name}': {row.reason}.", console, indent=2)
        tell(row.fix, console, indent=4, mark="[green]→[/green]")
    if len(left) > _SHOWN:
        console.print(f"  and {len(left) - _SHOWN} more: --report FILE.xlsx has them all")
    if plan.unmapped:
        console.print(f"\n[bold]Products that nobody has named yet[/bold] (in {MAPPING_FILE})")
        for product in plan.unmapped[:_SHOWN]:
            hint = f"  perhaps {product.suggestion}" if product.suggestion else ""
            console.print(f"  {product.old_product} ({product.seen}){hint}", markup=False)


def print_written(
    plan: ImportPlan, written: Sequence[FileChange], report: object, console: Console
) -> None:
    """What was written, what stays as it is, and what comes next."""
    console.print()
    same = list(of_change(plan, "same"))
    names = {entry.name for entry in written}
    kept = [entry for entry in of_change(plan, "changed") if entry.name not in names]
    console.print(f"Written: {len(written)}; the same already: {len(same)}; "
                  f"different and kept: {len(kept)}.")  # fmt: skip
    for entry in written[:_SHOWN]:
        console.print(f"  {plan.order.into / entry.name}", markup=False)
    for entry in kept:
        console.print(f"  kept: {entry.name} (--replace writes it anew)", markup=False)
    if report is not None:
        console.print(f"The report: {report}", markup=False)
    waiting = [entry for entry in of_change(plan, "new") if entry.name not in names]
    if waiting:
        files = counted(len(waiting), "new file")
        console.print(f"Not written yet: {files}. Run it again and say yes, or give --yes.")
    if plan.unmapped:
        console.print(f"Next: complete {MAPPING_FILE}, and run this again.")
    elif OPENING_FILE in names or any(entry.name == OPENING_FILE for entry in same):
        into = shlex.quote(str(plan.order.into))
        tell(f"Look at the accounts next: mspbill validate {into}", console)
        on = plan.order.as_of.isoformat()
        tell(
            "When they are in force, enter what they owe: mspbill opening-balances "
            f"{into} --on {on} --total TOTAL --by NAME --stack STACK",
            console,
        )


def print_difference(entry: FileChange, console: Console) -> None:
    """What would change in a file, line by line."""
    before = (entry.before or b"").decode("utf-8", "replace").splitlines()
    after = entry.after.decode().splitlines()
    for line in unified_diff(before, after, f"{entry.name} (now)", f"{entry.name} (imported)",
                             lineterm="", n=1):  # fmt: skip
        console.print(line, markup=False)


def counts(report: Sequence[ReportRow]) -> list[tuple[Outcome, str, int]]:
    """How many of what were taken, passed over and not taken."""
    many = Counter((row.outcome, row.what) for row in report)
    order = list(Outcome)
    found = sorted(many.items(), key=lambda entry: (order.index(entry[0][0]), entry[0][1]))
    plural = {"customer": "customers", "site": "sites", "agreement": "agreements",
              "line": "lines", "open item": "open items", "row": "rows"}  # fmt: skip
    return [(outcome, what if n == 1 else plural[what], n) for (outcome, what), n in found]


def plan_json(plan: ImportPlan, written: Sequence[FileChange]) -> dict[str, Any]:
    """The same for a program."""
    names = {entry.name for entry in written}
    return {
        "ok": True,
        "as_of": plan.order.as_of.isoformat(),
        "read": [{"file": entry.file, "as": entry.title} for entry in plan.read],
        "files": [
            {"name": entry.name, "change": entry.change, "written": entry.name in names}
            for entry in plan.files
        ],
        "open": [money.model_dump(mode="json") for money in plan.open_sums],
        "open_not_taken": [money.model_dump(mode="json") for money in plan.open_left],
        "unmapped": [
            {"old_product": entry.old_product, "seen": entry.seen, "suggestion": entry.suggestion}
            for entry in plan.unmapped
        ],
        "rows": [
            {
                "outcome": row.outcome.value,
                "what": row.what,
                "name": row.name,
                "file": row.place.file,
                "line": row.place.line,
                "column": row.place.column,
                "reason": row.reason,
                "fix": row.fix,
            }
            for row in plan.report
        ],
    }


def _where(row: ReportRow) -> str:
    column = f", {row.place.column}" if row.place.column else ""
    return f"{row.place.file}:{row.place.line}{column}"
