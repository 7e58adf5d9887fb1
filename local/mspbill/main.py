"""``mspbill``: bill for managed services by your own policy, on this machine."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from msp_billing.domain.problems import ProblemsError
from mspbill import (
    asking_commands,
    dunning_commands,
    export_command,
    mail_commands,
    payment_commands,
    preview_command,
    release_commands,
    write_off_commands,
)
from mspbill.backtest_command import backtest
from mspbill.command_options import AsJson, Directory
from mspbill.console import print_json, results, shown_steps
from mspbill.exit_codes import EPILOG, ExitCode, exit_code_of
from mspbill.refusing import refuse, refuse_with

app = typer.Typer(
    name="mspbill",
    help="Bills managed services by your own policy, on this machine: no account, no cloud, "
    "nothing leaves it. Start with 'mspbill demo', then copy a directory of providers/ and make "
    "it yours.",
    epilog=EPILOG,
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)


def _show_version(wanted: bool) -> None:
    if wanted:
        from mspbill.repository import project_version

        results().print(f"mspbill {project_version()}")
        raise typer.Exit


@app.callback()
def _main(
    _version: Annotated[
        bool,
        typer.Option(
            "--version", callback=_show_version, is_eager=True, help="Show the version and stop."
        ),
    ] = False,
) -> None:
    pass


@app.command(epilog=EPILOG)
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


@app.command(epilog=EPILOG)
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


@app.command(epilog=EPILOG)
def explain(
    out: Annotated[Path, typer.Argument(help="The folder that a run, or the demo, left.")],
    invoice: Annotated[str, typer.Argument(help="The number of the invoice: INT-000003.")],
    line: Annotated[
        int | None, typer.Argument(help="The line to explain; without it all lines are listed.")
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Say why a line of an invoice is what it is.

    The sum, the price and where it comes from, what was counted by name, what joined and left
    since the month before, the export with its checksum, and the sentence of the policy. It needs
    nothing but the folder of the run.
    """
    from msp_billing.domain.explaining import NoSuchLineError, explain_line
    from mspbill.explain_text import (
        InvoiceFileError,
        explanation_rows,
        find_invoice,
        print_lines,
        print_rows,
    )

    try:
        found, policy = find_invoice(out, invoice)
        shown = None if line is None else explain_line(found, line, policy)
    except (InvoiceFileError, NoSuchLineError) as error:
        refuse_with("not-found", str(error), as_json=as_json)
    if shown is None:
        if as_json:
            print_json(found.model_dump(mode="json", exclude={"counts"}))
        else:
            print_lines(found, results())
    elif as_json:
        print_json(shown.model_dump(mode="json"))
    else:
        print_rows(explanation_rows(shown, found.currency, policy.zone), results())


@app.command(epilog=EPILOG)
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


@app.command()
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


app.command(epilog=EPILOG)(backtest)
for _group in (
    asking_commands,
    payment_commands,
    dunning_commands,
    release_commands,
    write_off_commands,
    mail_commands,
    export_command,
    preview_command,
):
    _group.register(app)
