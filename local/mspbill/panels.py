"""Where ``mspbill --help`` shows a command: in a panel, by what somebody wants to do.

def register(app: typer.Typer) -> None:
add_commands(app, GET_PAID, {"promise": promise, "dispute": dispute})
add_group(app, GET_PAID, "hold", "The way out of a hold.", {"show": show})
"""

from __future__ import annotations

import inspect
from collections.abc import Callable, Mapping
from typing import Any

import typer

from mspbill.exit_codes import ACCOUNTS_EPILOG

SET_UP = "Set up: policy, prices, accounts"
BILL = "Bill: exports, cycles, approval"
GET_PAID = "Get paid: payments, promises, disputes, holds"
LOOK = "Look: changes nothing"
OPERATE = "Operate: what needs a person, mails, proofs"

Commands = Mapping[str, Callable[..., Any]]
"""By its name on the command line, what is called."""


def add_commands(
    app: typer.Typer,
    panel: str | None,
    commands: Commands,
    *,
    epilog: str | None = ACCOUNTS_EPILOG,
    hidden: bool = False,
) -> None:
    """Add commands to the program, or to a group of it."""
    for name, command in commands.items():
        told = paragraphs(command)
        app.command(name, help=told, epilog=epilog, rich_help_panel=panel, hidden=hidden)(command)


def paragraphs(command: Callable[..., Any]) -> str:
    """What a command says of itself, a line for each paragraph: the terminal breaks them anew."""
    written = (inspect.getdoc(command) or "").split("\n\n")
    return "\n\n".join(" ".join(paragraph.split()) for paragraph in written)


def add_group(
    app: typer.Typer,
    panel: str,
    name: str,
    about: str,
    commands: Commands,
    *,
    epilog: str | None = ACCOUNTS_EPILOG,
    hidden: bool = False,
) -> None:
    """Add commands that are called by two words, such as ``mspbill hold approve``."""
    group = typer.Typer(no_args_is_help=True, help=about, epilog=epilog)
    add_commands(group, None, commands, epilog=epilog)
    app.add_typer(group, name=name, rich_help_panel=panel, hidden=hidden)
