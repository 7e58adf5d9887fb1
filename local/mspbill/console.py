"""What the program shows: results on standard output, everything else on standard error."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from itertools import groupby
from typing import Any

from rich.console import Console
from rich.markup import escape
from rich.progress import BarColumn, Progress, SpinnerColumn, TaskID, TextColumn, TimeElapsedColumn

from msp_billing.domain.problems import Problem
from mspbill.suggesting import tell


def results() -> Console:
    """Where results go; made when it is used, because tests exchange standard output."""
    return Console(soft_wrap=True, highlight=False)


def notes() -> Console:
    """Where progress, questions and errors go."""
    return Console(stderr=True, soft_wrap=True, highlight=False)


def at_a_terminal() -> bool:
    """Whether somebody can be asked."""
    return sys.stdin.isatty() and sys.stderr.isatty()


def print_json(value: Any) -> None:
    """A result for a program: plain JSON, whatever the terminal."""
    results().out(json.dumps(value, indent=2, ensure_ascii=False), highlight=False)


def print_problems(
    problems: Sequence[Problem], console: Console, about: str = "the directory"
) -> None:
    """Every problem with its place and what to do, grouped by file.

    Args:
        about: what problems are of that name no file; nothing, where that needs no saying.
    """
    for file, group in groupby(problems, key=lambda problem: problem.file):
        if file or about:
            console.print(f"[bold]{escape(file or about)}[/bold]")
        for problem in group:
            place = f"{file}:{problem.line}" if file and problem.line else file or ""
            where = f" ({problem.where})" if problem.where else ""
            tell(f"{place}{where}: {problem.what}".lstrip(": "), console, indent=2)
            tell(problem.fix, console, indent=4, mark="[green]→[/green]")


class Steps:
    """Shows how far each task is: bars on a terminal, a line per step anywhere else."""

    def __init__(self, console: Console, progress: Progress | None) -> None:
        self._console = console
        self._progress = progress
        self._tasks: dict[str, TaskID] = {}

    def begin(self, task: str, steps: int) -> None:
        """Announce a task of so many steps."""
        if self._progress is not None:
            self._tasks[task] = self._progress.add_task(escape(task), total=steps, what="")

    def step(self, task: str, what: str) -> None:
        """The task is at its next step."""
        if self._progress is not None:
            self._progress.update(self._tasks[task], advance=1, what=escape(what))
        else:
            self._console.print(f"{escape(task)}  {escape(what)}")

    def end(self, task: str, what: str) -> None:
        """The task is done."""
        if self._progress is not None:
            known = self._progress.tasks[self._tasks[task]]
            self._progress.update(self._tasks[task], completed=known.total, what=escape(what))
        else:
            self._console.print(f"{escape(task)}  {escape(what)}")

    @contextmanager
    def paused(self) -> Iterator[None]:
        """Bars stand still meanwhile, for a question."""
        if self._progress is None:
            yield
            return
        self._progress.stop()
        try:
            yield
        finally:
            self._progress.start()


@contextmanager
def shown_steps() -> Iterator[Steps]:
    """A display for the time of a run."""
    console = notes()
    if not console.is_terminal:
        yield Steps(console, None)
        return
    with Progress(
        SpinnerColumn(),
        TextColumn("[bold]{task.description}"),
        BarColumn(bar_width=16),
        TextColumn("{task.fields[what]}"),
        TimeElapsedColumn(),
        console=console,
    ) as progress:
        yield Steps(console, progress)
