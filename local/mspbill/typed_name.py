"""Asking for a name to be typed before what cannot be taken back by another command."""

from __future__ import annotations

import typer

from mspbill.refusing import refuse_with


def typed_or_refused(question: str, name: str, typed: str | None, *, as_json: bool) -> None:
    """Go on only when the person has typed the name, now or with the option --type.

    A yes is typed out of habit; a name is not.
    """
    given = typed if typed is not None else typer.prompt(question, err=True)
    if given.strip() != name:
        refuse_with("not-typed", f"'{name}' was not typed. Nothing was changed.", as_json=as_json)
