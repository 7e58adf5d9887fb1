"""Plays a guide: runs its commands one after the other, as a reader would type them.

A guide may say how it is played in comments that no reader sees, on lines of their own:

    <!-- play: at 2026-11-10T15:00Z -->      the test clock stands here when the guide begins
    <!-- play: until 2026-11-13T15:00Z -->   let time pass up to here, before what follows
    <!-- play: typed y -->                   what is typed when the next command asks; nobody can
                                             be asked in a test, and a plain yes is given by --yes
    <!-- play: code 4 -->                    how the next command ends, if not with 0
    <!-- play: not -->                       the next command is an example that cannot be run here

``mspbill`` is called in this process with a local cloud behind ``--stack``, whatever the guide
calls its stack; small commands of the shell (cp, mkdir, sha256sum) are run. What else there is
(``make``, ``sam``, ``git``, ``aws``) has to be named with the place that runs it.
"""

from __future__ import annotations

import re
import subprocess
from collections.abc import Iterator
from contextlib import chdir, contextmanager
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from shutil import copytree

from tests.documents.written_commands import Written, written_commands
from tests.frame import repository
from tests.mspbill.deployed_stack import STACK, DeployedStack, deployed_stack

SHELL = ("cp", "mkdir", "sha256sum")
_PLAY = re.compile(r"^<!-- play: (\w+) ?(.*?) -->$", re.MULTILINE)


@dataclass
class Turn:
    """A command, and how it is played."""

    command: Written
    until: list[datetime] = field(default_factory=list)
    typed: str | None = None
    code: int = 0
    left_out: bool = False


def turns(document: Path) -> tuple[datetime, list[Turn]]:
    """When a guide begins, and its commands with what is said about each."""
    text = document.read_text("utf-8")
    said = [
        (text.count("\n", 0, found.start()) + 1, found.group(1), found.group(2))
        for found in _PLAY.finditer(text)
    ]
    begin = next(datetime.fromisoformat(value) for _, what, value in said if what == "at")
    played = []
    line = 0
    for command in written_commands(document):
        turn = Turn(command)
        for at, what, value in said:
            if line < at < command.line:
                _apply(turn, what, value)
        line = command.line
        played.append(turn)
    return begin, played


def _apply(turn: Turn, what: str, value: str) -> None:
    match what:
        case "at":
            return
        case "until":
            turn.until.append(datetime.fromisoformat(value))
        case "typed":
            turn.typed = value.replace("\\n", "\n") + "\n"
        case "code":
            turn.code = int(value)
        case "not":
            turn.left_out = True
        case _:
            raise ValueError(f"{turn.command.document}: 'play: {what}' is not known.")


@contextmanager
def beginning(begin: datetime, folder: Path, *providers: str) -> Iterator[DeployedStack]:
    """An empty stack, in a folder with the sample providers of these names in it."""
    for name in providers:
        copytree(repository.ROOT / "providers" / name, folder / "providers" / name)
    with deployed_stack(begin) as stack, chdir(folder):
        yield stack


def play(stack: DeployedStack, turn: Turn) -> str:
    """Run one command; how it ends must be how the guide says, or a reader would stumble."""
    for instant in turn.until:
        stack.run_until(instant)
    program, *words = turn.command.words
    if program in SHELL:
        done = subprocess.run(
            turn.command.text, shell=True, capture_output=True, text=True, check=False
        )
        assert done.returncode == turn.code, f"{turn.command}\n{done.stderr}"
        return done.stdout
    assert program == "mspbill", f"{turn.command} is run nowhere: say where in ELSEWHERE."
    agreed = ("--yes",) if turn.typed == "y\n" else ()
    result = stack.result(*_with_stack(words), *agreed, typed=turn.typed)
    assert result.exit_code == turn.code, f"{turn.command}\n{result.output}"
    stack.settle()
    return result.output


def _with_stack(words: list[str]) -> list[str]:
    """The local cloud is the stack, whatever the guide calls it."""
    named = list(words)
    for at, word in enumerate(named):
        if word == "--stack":
            named[at + 1] = STACK
    return named
