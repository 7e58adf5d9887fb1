"""The commands that the documents show in their blocks of code."""

from __future__ import annotations

import re
import shlex
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from tests.frame import repository

PROGRAMS = ("mspbill", "make", "aws", "sam", "git", "python", "pip", "pytest", "sha256sum")
_BLOCK = re.compile(r"^ *```(?:sh|bash|console|shell)?\n(.*?)^ *```", re.MULTILINE | re.DOTALL)
_ENVIRONMENT = re.compile(r"^(?:[A-Z_]+=\S+\s+)+")
_VENV = re.compile(r"^\.venv(?:-\w+)?/bin/")


@dataclass(frozen=True)
class Written:
    """A command as a document shows it, in one line and without its comment."""

    document: str
    line: int
    text: str

    @property
    def words(self) -> list[str]:
        """What a shell would hand to the program, with the program's name first."""
        return shlex.split(self.text)

    @property
    def program(self) -> str:
        return self.words[0]

    def __str__(self) -> str:
        return f"{self.document}:{self.line}: {self.text}"


def documents() -> list[Path]:
    """Every document that people read to use the project."""
    return [path for path in repository.project_files() if path.suffix == ".md"]


def written_commands(path: Path) -> Iterator[Written]:
    """The commands in the blocks of code of one document, in their order.

    A line that ends in a backslash goes on in the next; `` # `` begins a comment; ``$ `` before a
    command is a prompt, and other lines of such a block are answers.
    """
    text = path.read_text("utf-8")
    for block in _BLOCK.finditer(text):
        first = text.count("\n", 0, block.start(1)) + 1
        yield from _of_block(repository.relative(path), first, block.group(1))


def mentioned_commands(path: Path) -> Iterator[Written]:
    """Commands of ``mspbill`` that stand inside a sentence, complete or not.

    ``mspbill mails | resend`` are two.
    """
    text = path.read_text("utf-8")
    for found in re.finditer(r"(?<!`)`(mspbill [^`\n]+)`", text):
        line = text.count("\n", 0, found.start()) + 1
        first, *others = found.group(1).split(" | ")
        before = first.rsplit(" ", 1)[0]
        for command in (first, *(f"{before} {other}" for other in others)):
            yield Written(repository.relative(path), line, command)


def _of_block(document: str, first: int, block: str) -> Iterator[Written]:
    joined: list[str] = []
    started = first
    for number, line in enumerate(block.splitlines(), start=first):
        started = started if joined else number
        joined.append(line.removesuffix("\\").strip())
        if line.endswith("\\"):
            continue
        command = _bare(" ".join(joined))
        joined = []
        if command.split(" ")[0] in PROGRAMS:
            yield Written(document, started, command)


def _bare(line: str) -> str:
    line = re.sub(r"(?:^|\s+)#\s.*$", "", line).removeprefix("$ ").strip()
    return _VENV.sub("", _ENVIRONMENT.sub("", line))
