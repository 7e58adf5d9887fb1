"""Asking for a yes before something is changed."""

from __future__ import annotations

import typer

from mspbill.console import at_a_terminal
from mspbill.refusing import refuse_with


def agreed(question: str, *, yes: bool, as_json: bool) -> bool:
    """Whether somebody says yes: ``--yes`` was given, or they answer so at the terminal.

    Where nobody can be asked, the command is refused: a program has to say ``--yes``.
    """
    if yes:
        return True
    if as_json or not at_a_terminal():
        refuse_with(
            "not-agreed",
            "Nobody can be asked here, and nothing was changed. Say yes with --yes.",
            as_json=as_json,
        )
    return typer.confirm(question, default=False, err=True)
