"""The command ``mspbill exceptions``: what needs a person, the most urgent first."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from mspbill.command_frames import about_stack
from mspbill.command_options import Provider
from mspbill.console import print_json, results
from mspbill.exit_codes import ExitCode
from mspbill.panels import OPERATE, add_commands
from mspbill.refusing import refuse_with
from mspbill.suggesting import suggested

if TYPE_CHECKING:  # loaded when a command runs: the help should not wait for it
    from mspbill.opening import OpenedStack

_EPILOG = (
    "Exit codes: 0 nobody is needed; 1 it could not be looked at; 2 the input is wrong; 4 "
    "something needs a person."
)


def register(app: typer.Typer) -> None:
    """Add the command to the program."""
    add_commands(app, OPERATE, {"exceptions": exceptions}, epilog=_EPILOG)


@about_stack()
def exceptions(
    found: OpenedStack,
    provider: Provider = None,
    account: Annotated[
        str | None, typer.Option(help="Only what is about this account, by its short name.")
    ] = None,
) -> None:
    """What needs a person now: failed cycles, missing exports, parked accounts, mails, payments.

    Of every provider, unless one is named. Each entry says what to do and by which command. The
    daily digest mail brings the same list.
    """
    from mspbill.exceptions_text import gather, print_exceptions, told_exceptions

    if found.is_saved:
        refuse_with(
            "no-exceptions",
            "A demo has ended: its runs have no day any more, and nothing of it waits for a "
            "person. What became of its months: " + suggested("cycle list"),
            as_json=found.as_json,
        )
    gathered = gather(found, provider, account)
    if found.as_json:
        print_json(told_exceptions(gathered))
    else:
        print_exceptions(gathered, results())
    if any(entries for _, entries in gathered.values()):
        raise typer.Exit(ExitCode.PARKED)
