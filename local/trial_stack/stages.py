"""Where a trial is played: what the story needs of a stack, deployed or in this process."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from pathlib import Path
from typing import Any, Protocol

from msp_billing.usecases.ports import Ports

Seen = Callable[[], bool]


class StageError(RuntimeError):
    """The story cannot go on; the message says what was waited for in vain, or what failed."""


class Stage(Protocol):
    """A stack, and a clock that the story sets."""

    @property
    def ports(self) -> Ports:
        """The ports of the stack, for looking."""

    def move_to(self, instant: datetime) -> None:
        """Set the clock of the trial; it never goes back."""

    def mspbill(self, *arguments: str) -> str:
        """Call a command as a person does; returns what it says. Raises StageError."""

    def invoke(self, function: str, payload: dict[str, Any]) -> Any:
        """Call a function by its logical id and wait for its answer. Raises StageError."""

    def upload(self, folder: Path, prefix: str) -> None:
        """Put every file of a folder into the feeds bucket."""

    def wait_until(self, what: str, seen: Seen) -> None:
        """Let what is due happen until this is seen. Raises StageError when it never is."""

    def mails_arrive(self) -> None:
        """Let SES report on every mail that it has taken."""

    def schedules(self) -> dict[str, dict[str, Any]]:
        """Every schedule of the stack, with when it fires; afterwards none fires any more."""

    def accepted(self) -> dict[str, Any] | None:
        """Recipients and subject of what SES took, and how often; None where SES keeps none."""
