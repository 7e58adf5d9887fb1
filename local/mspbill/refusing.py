"""Ending with the exit code of bad input, and every reason."""

from __future__ import annotations

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
        told = [problem.model_dump(mode="json") for problem in problems]
        print_json({"ok": False, "problems": told})
    else:
        console = notes()
        print_problems(problems, console, about)
        many = "1 problem" if len(problems) == 1 else f"{len(problems)} problems"
        console.print(f"\n{many}; {so}.")
    raise typer.Exit(ExitCode.BAD_INPUT)


def refuse_with(code: str, message: str, *, as_json: bool) -> NoReturn:
    """One reason in a sentence, and the exit code of bad input."""
    if as_json:
        print_json({"ok": False, "problems": [{"code": code, "what": message}]})
    else:
        tell(message, notes())
    raise typer.Exit(ExitCode.BAD_INPUT)
