"""Ending with an exit code that says no, and every reason: in words, or as JSON for a program.

As JSON it is always ``{"ok": false, "problems": [...]}``, on standard output, with the fields of
:class:`~msp_billing.domain.problems.Problem` for each.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import NoReturn

import typer

from msp_billing.domain.problems import Problem
from mspbill.console import notes, print_json, print_problems
from mspbill.exit_codes import ExitCode
from mspbill.suggesting import tell


def refuse(
    problems: tuple[Problem, ...],
    *,
    as_json: bool,
    about: str = "the directory",
    so: str = "nothing was written",
) -> NoReturn:
    """Every problem, and the exit code of bad input.

    Args:
        about: what problems are of that name no file.
        so: what follows from it.
    """
    if as_json:
        _print_json(problems)
    else:
        console = notes()
        print_problems(problems, console, about)
        many = "1 problem" if len(problems) == 1 else f"{len(problems)} problems"
        console.print(f"\n{many}; {so}.")
    raise typer.Exit(ExitCode.BAD_INPUT)


def refuse_with(code: str, message: str, *, as_json: bool) -> NoReturn:
    """One reason in a sentence, and the exit code of bad input."""
    say_one(code, message, as_json=as_json)
    raise typer.Exit(ExitCode.BAD_INPUT)


def fail_with(code: str, message: str, *, as_json: bool) -> NoReturn:
    """What went wrong in a sentence, and the exit code of a failure."""
    say_one(code, message, as_json=as_json)
    raise typer.Exit(ExitCode.FAILED)


def say_one(code: str, message: str, *, as_json: bool, fix: str = "") -> None:
    """One reason in a sentence, and what to do where the sentence does not say it."""
    if as_json:
        _print_json([Problem(code=code, what=message, fix=fix)])
        return
    for sentence in filter(None, (message, fix)):
        tell(sentence, notes())


def _print_json(problems: Iterable[Problem]) -> None:
    told = [problem.model_dump(mode="json") for problem in problems]
    print_json({"ok": False, "problems": told})
