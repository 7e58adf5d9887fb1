"""``mspbill``: bill for managed services by your own policy, on this machine and on AWS."""

from __future__ import annotations

from typing import Annotated

import typer

from mspbill import (
    asking_commands,
    credit_command,
    cycle_commands,
    dunning_commands,
    earlier_names,
    exceptions_command,
    explain_command,
    export_command,
    feeds_commands,
    hold_commands,
    import_command,
    ledger_command,
    local_commands,
    opening_command,
    outbox_commands,
    payment_commands,
    provider_commands,
    recovery_commands,
    shadow_command,
    write_off_commands,
)
from mspbill.console import results
from mspbill.exit_codes import EPILOG
from mspbill.program import Program

GROUPS = (
    local_commands,
    import_command,
    provider_commands,
    opening_command,
    shadow_command,
    feeds_commands,
    cycle_commands,
    dunning_commands,
    payment_commands,
    hold_commands,
    credit_command,
    write_off_commands,
    asking_commands,
    explain_command,
    export_command,
    exceptions_command,
    outbox_commands,
    ledger_command,
    recovery_commands,
    earlier_names,
)
"""Modules with commands. Each adds its own, by ``register(app)``; the help shows them in this
order, in the panels of :mod:`mspbill.panels`."""

app = typer.Typer(
    name="mspbill",
    cls=Program,
    help="Bills managed services by your own policy: on this machine (no account, no cloud, "
    "nothing leaves it), and on a stack that you deployed (--stack NAME). Start with 'mspbill "
    "demo', then copy a directory of providers/ and make it yours.",
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


for _group in GROUPS:
    _group.register(app)
