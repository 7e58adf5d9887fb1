"""Asking for a name to be typed before what cannot be taken back by another command."""

from __future__ import annotations

import typer

from mspbill.refusing import refuse_with


def typed_or_refused(question: str, name: str, typed: str | None, *, as_json: bool) -> None:
    """Go on only when the person has typed the name, now or with the option --type.

    A yes is typed out of habit; a name is not. Where nobody can be asked, the command is refused.
    """
    if typed is None:
        typed = "" if as_json else _asked(question)
    if typed.strip() != name:
        message = f"'{name}' was not typed. Nothing was changed. A script gives it with --type."
        refuse_with("not-typed", message, as_json=as_json)


def _asked(question: str) -> str:
    try:
        answer: str = typer.prompt(question, err=True)
    except typer.Abort:  # nobody is there, or they broke it off
        return ""
    return answer
