"""Commands that bill on this machine: check a directory, bill a month, the demo."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from msp_billing.domain.problems import ProblemsError
from mspbill.backtest_command import backtest
from mspbill.command_options import AsJson, Directory
from mspbill.console import print_json, results, shown_steps
from mspbill.exit_codes import EPILOG, ExitCode, exit_code_of
from mspbill.panels import BILL, SET_UP, add_commands
from mspbill.preview_command import preview
from mspbill.refusing import refuse, refuse_with


def register(app: typer.Typer) -> None:
    """Add the commands to the program."""
    add_commands(app, SET_UP, {"demo": demo, "validate": validate}, epilog=EPILOG)
    add_commands(app, SET_UP, {"preview": preview, "schema": schema}, epilog=None)
    add_commands(app, BILL, {"run": run, "backtest": backtest}, epilog=EPILOG)


def validate(directory: Directory, as_json: AsJson = False) -> None:
    """Say everything that is wrong in a provider directory, with file, line and what to do.

    Policy, price book, accounts and every export are read; nothing is written. If all is well,
    it says how much there is and when each run sends its next invoices.
    """
    from msp_billing.adapters.clock import SystemClock
    from msp_billing.adapters.directory.provider_directory import (
        check_exports,
        load_provider_directory,
    )
    from mspbill.validation import describe, print_description

    try:
        loaded = load_provider_directory(directory)
    except ProblemsError as error:
        refuse(error.problems, as_json=as_json)
    problems = check_exports(loaded)
    if problems:
        refuse(problems, as_json=as_json)
    told = describe(loaded, SystemClock().now().astimezone(loaded.policy.zone).date())
    if as_json:
        print_json({"ok": True, "problems": [], **told})
    else:
        print_description(told, loaded.policy, results())


def run(  # noqa: PLR0913, PLR0917 - a command has its options
    directory: Directory,
    period: Annotated[
        str, typer.Option(help="The month whose services are billed, such as 2026-12.")
    ],
    out: Annotated[
        Path | None, typer.Option(help="The folder for the results; made, must be empty.")
    ] = None,
    only_run: Annotated[
        str | None, typer.Option("--run", help="Bill only this run of the policy.")
    ] = None,
    approved_by: Annotated[
        str | None,
        typer.Option(help="Who approves, where the policy asks for a person's approval."),
    ] = None,
    strict: Annotated[
        bool, typer.Option(help="Refuse broken exports, rather than park the accounts in them.")
    ] = False,
    force: Annotated[
        bool, typer.Option(help="Replace the results of an earlier run in the same folder.")
    ] = False,
    dry: Annotated[
        bool,
        typer.Option(
            help="Only show what would be billed, and what differs from the month before and why; "
            "nothing is numbered or written."
        ),
    ] = False,
    as_json: AsJson = False,
) -> None:
    """Bill one month from a provider directory: invoices, emails and comparison, in one folder.

    It runs what would run in production, with a clock that is set forward from date to date.
    Nothing is sent: emails are written as .eml files. Where the policy asks for a person's
    approval, give it with --approved-by; otherwise you are asked, or, where nobody can be asked,
    that run stops before any number is given and leaves the comparison to look at (exit code 3);
    the policy's other runs go on. Then run it again with --approved-by and --force.
    """
    from mspbill.dry_run import show_dry_runs
    from mspbill.output_folder import OutputFolderError
    from mspbill.run_command import RunOptions, run_month

    options = RunOptions(
        directory, period, out, only_run, approved_by, strict=strict, force=force, as_json=as_json
    )
    try:
        if dry:
            raise typer.Exit(show_dry_runs(options.order(may_ask=False), as_json=as_json))
        raise typer.Exit(run_month(options))
    except ProblemsError as error:
        refuse(error.problems, as_json=as_json)
    except OutputFolderError as error:
        refuse_with("output-folder", str(error), as_json=as_json)


def demo(
    out: Annotated[Path, typer.Option(help="The folder for the results.")] = Path("demo-output"),
) -> None:
    """Bill four months for three sample providers, and leave a page to look at.

    Everything that goes wrong in it is meant to: exports that are broken, a device without a
    price. Those accounts are parked by name, and the others are billed. A folder that an earlier
    demo left is replaced.
    """
    from msp_billing.adapters.directory.provider_directory import load_provider_directory
    from mspbill.demo import DemoJob, run_demo
    from mspbill.output_folder import OutputFolderError, written_whole
    from mspbill.repository import repository_root
    from mspbill.run_result import print_result, write_results

    providers = sorted((repository_root() / "providers").glob("*/provider.yaml"))
    try:
        loaded = [load_provider_directory(path.parent) for path in providers]
        with written_whole(out, replace=True) as folder, shown_steps() as steps:
            reports = run_demo([DemoJob(directory, folder) for directory in loaded], steps)
            write_results(folder, reports)
    except ProblemsError as error:
        refuse(error.problems, as_json=False)
    except OutputFolderError as error:
        refuse_with("output-folder", str(error), as_json=False)
    print_result(reports, out, results())
    if exit_code_of(reports) is ExitCode.FAILED:
        raise typer.Exit(ExitCode.FAILED)


def schema(
    out: Annotated[Path, typer.Option(help="The folder for the schemas.")] = Path("docs/schemas"),
) -> None:
    """Write the JSON Schemas of provider directories, by which an editor helps to fill them in."""
    from msp_billing.adapters.directory.provider_schemas import (
        provider_schemas,
        schema_file_name,
        schema_text,
    )

    out.mkdir(parents=True, exist_ok=True)
    for name, content in provider_schemas().items():
        path = out / schema_file_name(name)
        path.write_text(schema_text(content), "utf-8")
        results().print(str(path))
