"""The program as a whole: what it answers where no command does.

A command says itself what it refuses and what it could not do (:mod:`mspbill.answering`). What is
left is here: words on the command line that mean nothing, files that cannot be read or written, and
defects of the program. With ``--json`` standard output has one JSON document all the same.
"""

from __future__ import annotations

import sys
from collections.abc import Sequence
from typing import Any

import typer
from typer.core import TyperGroup

from mspbill.exit_codes import ExitCode
from mspbill.refusing import say_one

_DEFECT = "This is a defect of the program, or of the data: report it with everything it says."


class Program(TyperGroup):
    """``mspbill`` with its commands."""

    def main(
        self,
        args: Sequence[str] | None = None,
        prog_name: str | None = None,
        complete_var: str | None = None,
        standalone_mode: bool = True,
        windows_expand_args: bool = True,
        **extra: Any,
    ) -> Any:
        """Run a command, and end with its exit code; the arguments are those of Typer.

        Raises:
            Exception: a defect, after it was said that it is one.
        """
        given = sys.argv[1:] if args is None else list(args)
        as_json = "--json" in given
        code: int | None
        try:
            shown = standalone_mode and not as_json  # otherwise mistakes are raised, and told here
            code = super().main(given, prog_name, complete_var, shown, windows_expand_args, **extra)
        except typer.TyperException as error:
            fix = "See the command's --help."
            say_one("usage", error.format_message(), as_json=as_json, fix=fix)
            code = ExitCode.BAD_INPUT
        except typer.Abort:
            say_one("broken-off", "It was broken off.", as_json=as_json)
            code = ExitCode.FAILED
        except OSError as error:
            place = f"{error.filename}: " if error.filename else ""
            say_one("file", f"{place}{error.strerror or error}", as_json=as_json)
            code = ExitCode.FAILED
        except Exception as error:
            say_one("defect", f"{type(error).__name__}: {error}", as_json=as_json, fix=_DEFECT)
            raise
        sys.exit(code or ExitCode.DONE)
