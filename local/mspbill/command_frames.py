"""What commands have in common that work on a deployed stack: their options, and how they end.

    @about_provider(changes=True)
    def promise(found: Opened, account: AccountName, until: Until, by: By, why: Why) -> None:
        ...

The command gets the options ``--provider``, ``--stack``, ``--state`` and ``--json`` behind its own,
and is called with what they opened. What it refuses ends with its reasons and the exit code.
"""

from __future__ import annotations

import inspect
from collections.abc import Callable, Mapping
from contextlib import AbstractContextManager
from functools import wraps
from pathlib import Path
from typing import TYPE_CHECKING, Any, Concatenate, ParamSpec, Protocol

from mspbill.answering import answering, answering_stack
from mspbill.command_options import AsJson, Provider, Stack, State
from mspbill.command_values import Source
from mspbill.suggesting import suggesting

if TYPE_CHECKING:  # loaded when a command runs: the help should not wait for it
    from mspbill.opening import Opened, OpenedStack

_Own = ParamSpec("_Own")

Command = Callable[..., None]

_WHERE: Mapping[str, tuple[object, object]] = {
    "stack": (Stack, None),
    "state": (State, None),
    "as_json": (AsJson, False),
}
_WHOSE: Mapping[str, tuple[object, object]] = {"provider": (Provider, None), **_WHERE}


class _Open(Protocol):
    """Opens where a command reads, for the time of the command."""

    def __call__(
        self, source: Source, *, as_json: bool, changes: bool
    ) -> AbstractContextManager[Any]: ...


def about_provider(
    *, changes: bool | str = False
) -> Callable[[Callable[Concatenate[Opened, _Own], None]], Command]:
    """A command about one provider's accounts, cycles or mails.

    Args:
        changes: whether the command changes anything, or the name of the option with which it does;
            what a demo left cannot be changed.
    """

    def framed(command: Callable[Concatenate[Opened, _Own], None]) -> Command:
        return _framed(command, _WHOSE, answering, changes=changes)

    return framed


def about_stack(
    *, changes: bool = False
) -> Callable[[Callable[Concatenate[OpenedStack, _Own], None]], Command]:
    """A command about the stack as a whole, or about a provider that may not be there yet."""

    def framed(command: Callable[Concatenate[OpenedStack, _Own], None]) -> Command:
        return _framed(command, _WHERE, answering_stack, changes=changes)

    return framed


def _framed(
    command: Callable[..., None],
    options: Mapping[str, tuple[object, object]],
    open_it: _Open,
    *,
    changes: bool | str,
) -> Command:
    own = list(inspect.signature(command).parameters.values())[1:]
    # Typer works annotations out by itself; the first one, which it does not see, it could not.
    known = [
        entry.replace(annotation=_worked_out(entry.annotation, command.__globals__))
        for entry in own
    ]
    added = [
        inspect.Parameter(
            name, inspect.Parameter.POSITIONAL_OR_KEYWORD, annotation=kind, default=default
        )
        for name, (kind, default) in options.items()
    ]

    @wraps(command)
    def run(**given: Any) -> None:
        provider = given.pop("provider") if "provider" in options else None
        stack: str | None = given.pop("stack")
        state: Path | None = given.pop("state")
        source = Source(stack, state, provider)
        as_json: bool = given.pop("as_json")
        changing = bool(given[changes]) if isinstance(changes, str) else changes
        with suggesting(source), open_it(source, as_json=as_json, changes=changing) as found:
            command(found, **given)

    whole = [*known, *added]
    run.__signature__ = inspect.Signature(whole)  # type: ignore[attr-defined]
    run.__annotations__ = {entry.name: entry.annotation for entry in whole}
    return run


def _worked_out(annotation: object, names: dict[str, Any]) -> object:
    return eval(annotation, names) if isinstance(annotation, str) else annotation  # noqa: S307
