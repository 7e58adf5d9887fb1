"""The command ``mspbill explain``; what it does is imported when it is called."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from mspbill.command_options import AsJson
from mspbill.console import print_json, results
from mspbill.exit_codes import EPILOG
from mspbill.panels import LOOK, add_commands
from mspbill.refusing import refuse_with


def register(app: typer.Typer) -> None:
    """Add the command to the program."""
    add_commands(app, LOOK, {"explain": explain}, epilog=EPILOG)


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
