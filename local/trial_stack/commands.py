"""Calling ``mspbill`` as a person does, in this process."""

from __future__ import annotations

from collections.abc import Sequence

from typer.testing import CliRunner

from mspbill.main import app
from trial_stack.stages import StageError


def call(arguments: Sequence[str]) -> str:
    """What a command says. Raises StageError when it ends with anything but 0."""
    done = CliRunner().invoke(app, [*arguments])
    if done.exit_code != 0:
        said = done.output if done.exception is None else f"{done.output}\n{done.exception!r}"
        raise StageError(f"mspbill {' '.join(arguments)} ended with {done.exit_code}:\n{said}")
    return str(done.output)
