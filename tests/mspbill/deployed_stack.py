r"""A deployed stack for tests of commands: the local cloud, as ``--stack trial``.

    with deployed_stack(START_AT, directory) as stack:
        told = stack("aging", "--stack", "trial")          # what it prints; exit code 0
        answer = stack.json("cycle", "list", "--stack", "trial")
        stack("cycle", "start", "2026-12", ..., typed="y\n", code=2)
        stack.pass_time(hours=8)                           # what was set going takes its turn

The commands find the stack's names as they find them on AWS, and nothing else: the variables that
the functions have are not set while a command runs. They go by the test clock.
"""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import pytest
from typer.testing import CliRunner, Result

from msp_billing import wiring
from msp_billing.adapters.directory.provider_directory import ProviderDirectory
from msp_billing.domain.periods import Period
from msp_billing.usecases.ports import Clock, Ports
from mspbill import environment, opening
from mspbill.billing_run import LocalBilling
from mspbill.main import app
from mspbill.stack_names import StackNames, stack_names

STACK = "trial"


@dataclass(frozen=True)
class DeployedStack:
    """A local cloud, and the program in front of it."""

    billing: LocalBilling
    variables: tuple[str, ...]
    """Those of the functions: set between commands, for tests that look by themselves."""

    @property
    def ports(self) -> Ports:
        """What the functions use."""
        return wiring.ports()

    def now(self) -> datetime:
        return self.billing.cloud.clock.now()

    def pass_time(self, **until: float) -> None:
        """Let time pass, as ``timedelta`` is told: what is due meanwhile happens."""
        self.billing.cloud.run_until(self.now() + timedelta(**until))

    def run_until(self, instant: datetime) -> None:
        self.billing.cloud.run_until(instant)

    def settle(self) -> None:
        """Let what commands set going take its turn, at this instant."""
        self.billing.cloud.run_until(self.now())

    def __call__(self, *arguments: object, code: int = 0, typed: str | None = None) -> str:
        """What a command prints, results and notes together; any other exit code fails."""
        result = self.result(*arguments, typed=typed)
        assert result.exit_code == code, result.output
        return result.output

    def json(self, *arguments: object, code: int = 0) -> Any:
        """What a command answers to a program."""
        result = self.result(*arguments, "--json")
        assert result.exit_code == code, result.output
        return json.loads(result.stdout)

    def words(self, *arguments: object, code: int = 0, typed: str | None = None) -> str:
        """What a command prints, without its line breaks."""
        return " ".join(self(*arguments, code=code, typed=typed).split())

    def result(self, *arguments: object, typed: str | None = None) -> Result:
        """Call the program as from a shell; a failure of the program itself is raised."""
        kept = {name: os.environ.pop(name) for name in self.variables if name in os.environ}
        try:
            result = CliRunner().invoke(app, [str(entry) for entry in arguments], input=typed)
        finally:
            os.environ.update(kept)
            wiring.use_clock(self.billing.cloud.clock)
        if result.exception is not None and not isinstance(result.exception, SystemExit):
            raise result.exception
        return result


@contextmanager
def deployed_stack(
    start_at: datetime,
    *directories: ProviderDirectory,
    first_period: Period | None = None,
) -> Iterator[DeployedStack]:
    """A stack that was deployed just now; the providers of these directories are in force.

    Args:
        first_period: the first service month that they bill; the month of the start, if left out.
    """
    with LocalBilling(start_at) as billing, pytest.MonkeyPatch.context() as patched:
        patched.setenv("COLUMNS", "80")
        patched.setattr(opening, "stack_names", lambda stack: _names(billing, stack))
        patched.setattr(opening, "clock_of_stack", lambda _: _clock(billing))
        for directory in directories:
            billing.load(directory, first_period or Period.of(start_at.date()))
        names = (
            variable
            for function in environment.function_names()
            for variable in billing.cloud.function_environment(function)
        )
        yield DeployedStack(billing, (*dict.fromkeys(names), "ASSETS_DIRECTORY"))


def _clock(billing: LocalBilling) -> Clock:
    return billing.cloud.clock


def _names(billing: LocalBilling, stack: str) -> StackNames:
    """What CloudFormation would say; of a stack of another name it says the truth."""
    if stack != STACK:
        return stack_names(stack)
    cloud = billing.cloud
    return StackNames(STACK, cloud.resource_ids(), cloud.outputs(), "us-east-1")
