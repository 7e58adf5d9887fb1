"""Asking for a yes before something is changed."""

from __future__ import annotations

import typer

from mspbill.console import at_a_terminal, notes
from mspbill.exit_codes import ExitCode
from mspbill.refusing import refuse_with


def agreed_or_ended(question: str, so: str, *, yes: bool, as_json: bool) -> None:
    """Go on only when somebody says yes: ``--yes`` was given, or they say so at the terminal.

    Where nobody can be asked, the command is refused: a program has to say ``--yes``.

    Args:
        so: what is said, and is true, when they say no: nothing was changed.
    """
    if yes:
        return
    if as_json or not at_a_terminal():
        message = f"Nobody can be asked here. {so} Say yes with --yes."
        refuse_with("not-agreed", message, as_json=as_json)
    if not typer.confirm(question, default=False, err=True):
        notes().print(so)
        raise typer.Exit(ExitCode.BAD_INPUT)
