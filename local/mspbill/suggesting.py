"""Commands that a command names: whole, so that they can be copied.

    with suggesting(source):
        suggested("cycle show agreement 2026-12")
        # 'mspbill cycle show agreement 2026-12 --provider birch --stack billing'

What was said on the command line about where to look is put behind each of them: whoever looked at
one stack of several must not change another one by what the first has told.
"""

from __future__ import annotations

import os
import re
import shlex
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from textwrap import wrap

from rich.console import Console
from rich.markup import escape

from mspbill.command_values import Source

_source: ContextVar[Source | None] = ContextVar("_source", default=None)


@contextmanager
def suggesting(source: Source) -> Iterator[None]:
    """Commands named meanwhile are about this stack and this provider."""
    before = _source.set(source)
    try:
        yield
    finally:
        _source.reset(before)


_ENDS_WITH_COMMAND = re.compile(
    r"(?P<sentence>.*): mspbill (?P<words>(?:[^:]|:(?! ))*?)", re.DOTALL
)
_NARROWEST = 20
_UNLIMITED = 10_000


def suggested(words: str, *, of_provider: bool = True) -> str:
    """The whole command of these words.

    Args:
        of_provider: whether it takes ``--provider``; those that read a directory do not.
    """
    source = _source.get() or Source()
    command = f"mspbill {words}"
    if source.provider is not None and of_provider:
        command += f" --provider {shlex.quote(source.provider)}"
    return on_this_stack(command)


def on_this_stack(command: str) -> str:
    """A command that names its provider, with the stack or the state that was looked at."""
    source = _source.get() or Source()
    if source.stack is not None:
        command += f" --stack {shlex.quote(source.stack)}"
    if source.state is not None:
        command += f" --state {shlex.quote(str(source.state))}"
    return command


def tell(text: str, console: Console, *, indent: int = 0, mark: str = "") -> None:
    """A text in lines that fit, broken between words; the command that ends it on its own line.

    A command is never broken: a part of it, copied, would do something else.

    Args:
        mark: what stands before it, with markup, such as ``[green]→[/green]``; it takes two cells.
    """
    sentence, command = _apart(text)
    margin = " " * indent
    hanging = margin + ("  " if mark else "")
    for number, line in enumerate(fitting(sentence, _width(console) - len(hanging))):
        before = f"{margin}{mark} " if mark and not number else hanging
        console.print(f"{before}{escape(line)}", soft_wrap=True)
    if command is not None:
        console.print(f"{hanging}  [green]$[/green] {escape(command)}", soft_wrap=True)


def _width(console: Console) -> int:
    """Of the terminal; lines that go into a file are not broken: somebody may search them."""
    return console.width if console.is_terminal or "COLUMNS" in os.environ else _UNLIMITED


def fitting(text: str, width: int) -> list[str]:
    """Lines of a width, broken between words only; what is longer than a line stays whole."""
    return wrap(text, max(width, _NARROWEST), break_long_words=False, break_on_hyphens=False)


def _apart(text: str) -> tuple[str, str | None]:
    """A text and the command that it ends with, whole."""
    found = _ENDS_WITH_COMMAND.fullmatch(text)
    if found is None:
        return text, None
    words = found["words"].rstrip(".")
    whole = "--stack " in words or "--state " in words
    if whole:
        return f"{found['sentence']}:", f"mspbill {words}"
    return f"{found['sentence']}:", suggested(words, of_provider="--provider " not in words)
