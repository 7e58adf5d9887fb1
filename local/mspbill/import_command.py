"""``mspbill import``: customers, agreements and open invoices of the system before."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from msp_billing.domain.problems import ProblemsError
from mspbill.command_options import AsJson, Dates, DecimalComma, Encoding, OldSystem, Yes
from mspbill.console import notes, print_json, results
from mspbill.exit_codes import ExitCode
from mspbill.panels import SET_UP, add_commands
from mspbill.refusing import refuse, refuse_with

if TYPE_CHECKING:  # loaded when the command runs
    from msp_billing.adapters.importing.import_plan import FileChange, ImportPlan

EPILOG = (
    "Exit codes: 0 everything was taken, or is there already; 2 something cannot be read and "
    "nothing was written; 4 done, but some rows were not taken and wait for a person."
)


def register(app: typer.Typer) -> None:
    """Add the command to the program."""
    add_commands(app, SET_UP, {"import": import_}, epilog=EPILOG)


def import_(  # noqa: PLR0913, PLR0917 - a command has its options
    files: Annotated[
        list[Path] | None,
        typer.Argument(metavar="FILES", help="Exports of the old system, or templates."),
    ] = None,
    old: OldSystem = "template",
    into: Annotated[
        Path | None, typer.Option("--into", help="The provider directory to write into.")
    ] = None,
    template: Annotated[
        Path | None,
        typer.Option("--template", help="Write the empty documents into this folder, and stop."),
    ] = None,
    on: Annotated[
        str | None,
        typer.Option("--on", help="The day of the take-over, as 2026-11-30; today, if left out."),
    ] = None,
    dates: Dates = None,
    decimal_comma: DecimalComma = False,
    encoding: Encoding = None,
    report: Annotated[
        Path | None,
        typer.Option(help="Write what became of every row into this file: .csv or .xlsx."),
    ] = None,
    replace: Annotated[
        bool, typer.Option("--replace", help="Also replace account files that are different now.")
    ] = False,
    yes: Yes = False,
    as_json: AsJson = False,
) -> None:
    """Bring accounts, agreements and opening balances in from CSV files of the old system.

    Everything is read first, and a plan is shown: what would be written, and of every row that was
    not taken the file, line and column, why, and what to do. Nothing is written while a file
    cannot be read. Account files that are there and say something else are shown with the
    difference, and stay unless you say otherwise. docs/bringing-customers-in.md goes through it.
    """
    from mspbill.command_values import day

    if template is not None:
        _write_templates(template, as_json=as_json)
        return
    if not files or into is None:
        refuse_with("bad-input", "Give the files, and --into DIR.", as_json=as_json)
    from msp_billing.adapters.clock import SystemClock
    from msp_billing.adapters.importing.import_plan import ImportOrder, plan_import

    as_of = day(on) if on else SystemClock().now().astimezone().date()  # where they sit
    order = ImportOrder(tuple(files), old, into, as_of, dates, decimal_comma, encoding)
    try:
        _check_report(report, as_json=as_json)
        plan = plan_import(order)
        _carry_out(plan, report, replace=replace, yes=yes, as_json=as_json)
    except ProblemsError as error:
        refuse(error.problems, as_json=as_json, about="the files")
    raise typer.Exit(ExitCode.PARKED if _left(plan) else ExitCode.DONE)


def _carry_out(
    plan: ImportPlan, report: Path | None, *, replace: bool, yes: bool, as_json: bool
) -> None:
    from msp_billing.adapters.importing.import_plan import check_result, of_change, write_files
    from mspbill.import_text import plan_json, print_plan, print_written

    new = list(of_change(plan, "new"))
    changed = list(of_change(plan, "changed"))
    check_result(plan, [*new, *changed])
    if not as_json:
        print_plan(plan, results())
    chosen = [*new, *_to_replace(changed, replace=replace, yes=yes, as_json=as_json)]
    written: list[FileChange] = []
    if chosen and _agreed(len(chosen), yes=yes, as_json=as_json):
        if len(chosen) < len(new) + len(changed):
            check_result(plan, chosen)
        write_files(plan.order.into, chosen)
        written = chosen
    if report is not None:
        _write_report(plan, report)
    if as_json:
        print_json(plan_json(plan, written))
    else:
        print_written(plan, written, report, results())


def _to_replace(
    changed: list[FileChange], *, replace: bool, yes: bool, as_json: bool
) -> list[FileChange]:
    """Of the files that are there and different, those that somebody wants replaced.

    What a clerk completes (the mapping) keeps every answer, and so is brought up to date.
    """
    from msp_billing.adapters.importing.product_mapping import MAPPING_FILE
    from mspbill.console import at_a_terminal

    chosen: list[FileChange] = []
    for entry in changed:
        if replace or entry.name == MAPPING_FILE:
            chosen.append(entry)
        elif not yes and not as_json and at_a_terminal():
            from mspbill.import_text import print_difference

            print_difference(entry, notes())
            if typer.confirm(f"Replace {entry.name}?", default=False, err=True):
                chosen.append(entry)
    return chosen


def _agreed(files: int, *, yes: bool, as_json: bool) -> bool:
    from mspbill.console import at_a_terminal

    if yes:
        return True
    if as_json or not at_a_terminal():
        return False
    many = "1 file" if files == 1 else f"{files} files"
    return typer.confirm(f"Write {many}?", default=False, err=True)


def _left(plan: ImportPlan) -> bool:
    from msp_billing.adapters.importing.old_records import Outcome

    return any(row.outcome is Outcome.NOT_TAKEN for row in plan.report)


def _check_report(report: Path | None, *, as_json: bool) -> None:
    if report is None:
        return
    from mspbill.whole_files import refuse_taken

    if report.suffix.lower() not in {".csv", ".xlsx"}:
        message = f"{report} is to be a .csv or an .xlsx file."
        refuse_with("output-file", message, as_json=as_json)
    refuse_taken(report, "--report", as_json=as_json)


def _write_report(plan: ImportPlan, report: Path) -> None:
    from mspbill.import_report import report_csv, report_workbook
    from mspbill.whole_files import write_whole

    is_csv = report.suffix.lower() == ".csv"
    write_whole(report, report_csv(plan) if is_csv else report_workbook(plan))


def _write_templates(out: Path, *, as_json: bool) -> None:
    from msp_billing.adapters.importing.import_templates import template_files
    from mspbill.whole_files import write_whole

    files = template_files()
    taken = sorted(name for name in files if (out / name).exists())
    if taken:
        message = f"{out / taken[0]} is there already. Give another --template."
        refuse_with("output-file", message, as_json=as_json)
    out.mkdir(parents=True, exist_ok=True)
    for name, content in files.items():
        write_whole(out / name, content)
    if as_json:
        print_json({"ok": True, "files": [str(out / name) for name in files]})
        return
    console = results()
    for name in files:
        console.print(str(out / name), markup=False)
    console.print("\nEach has one sample row, which is never taken. docs/bringing-customers-in.md")
