"""The command ``mspbill explain``; what it does is imported when it is called."""

from __future__ import annotations

import shlex
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from mspbill.answering import answering
from mspbill.command_options import AsJson, Provider, Stack, State
from mspbill.command_values import Source
from mspbill.console import print_json, results
from mspbill.exit_codes import EPILOG
from mspbill.panels import LOOK, add_commands
from mspbill.refusing import refuse_with
from mspbill.suggesting import suggested, suggesting

if TYPE_CHECKING:  # loaded when the command runs: the help should not wait for it
    from msp_billing.domain.invoices import Invoice
    from msp_billing.domain.policy import ProviderPolicy


def register(app: typer.Typer) -> None:
    """Add the command to the program."""
    add_commands(app, LOOK, {"explain": explain}, epilog=EPILOG)


def explain(
    words: Annotated[
        list[str],
        typer.Argument(
            metavar="[OUT] INVOICE [LINE]",
            help="The folder that a run or the demo left, unless --stack or --state says where to "
            "look; the invoice's number, as INT-000003; the line, without which all are listed.",
        ),
    ],
    provider: Provider = None,
    stack: Stack = None,
    state: State = None,
    as_json: AsJson = False,
) -> None:
    """Say why a line of an invoice is what it is.

    The sum, the price and where it comes from, what was counted by name, what joined and left
    since the month before, the export with its checksum, and the sentence of the policy that it
    was billed by.
    """
    from msp_billing.domain.explaining import NoSuchLineError, explain_line
    from mspbill.explain_text import InvoiceFileError, explanation_rows, print_lines, print_rows

    source = Source(stack, state, provider)
    try:
        found, policy, line = _looked_up(words, source, as_json=as_json)
        shown = None if line is None else explain_line(found, line, policy)
    except InvoiceFileError as error:
        refuse_with("not-found", str(error), as_json=as_json)
    except NoSuchLineError as error:
        refuse_with("not-found", f"There is no such line: {error}.", as_json=as_json)
    if shown is None:
        if as_json:
            print_json(found.model_dump(mode="json", exclude={"counts"}))
        else:
            print_lines(found, _of_a_line(words, source), results())
    elif as_json:
        print_json(shown.model_dump(mode="json"))
    else:
        print_rows(explanation_rows(shown, found.currency, policy.zone), results())


def _of_a_line(words: list[str], source: Source) -> str:
    """The command that was called, for a line of the invoice."""
    with suggesting(source):
        return suggested(f"explain {shlex.join(words)} LINE")


def _looked_up(
    words: list[str], source: Source, *, as_json: bool
) -> tuple[Invoice, ProviderPolicy, int | None]:
    """The invoice, the policy that it was billed by, and the line that is asked about."""
    from msp_billing.usecases.explain_invoice import find_invoice
    from mspbill import explain_text

    if source.stack is None and source.state is None:
        out, number, line = _named(words, "a folder, the number of an invoice", 2)
        return *explain_text.find_invoice(Path(out), number), line
    _, number, line = _named(["", *words], "the number of an invoice", 2)
    with answering(source, as_json=as_json) as there:
        invoice = find_invoice(there.ports, there.provider, number.upper())
        return invoice, there.ports.policies.policy(there.provider, invoice.policy_version), line


def _named(words: list[str], what: str, needed: int) -> tuple[str, str, int | None]:
    given, rest = words[:needed], words[needed:]
    if len(given) != needed or len(rest) > 1 or not all(word.isdigit() for word in rest):
        raise typer.BadParameter(f"Give {what} and, if you like, the number of a line.")
    return given[0], given[1], int(rest[0]) if rest else None
