"""The commands about accounts as a clerk calls them, on stores in memory."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from typer.testing import CliRunner, Result

from mspbill import opening
from mspbill.command_values import Source
from mspbill.main import app
from tests.mspbill.followed_account import Followed


class Desk:
    """A followed account, and the program in front of it."""

    def __init__(self, followed: Followed, monkeypatch: pytest.MonkeyPatch) -> None:
        self.followed = followed
        self.account = followed.account
        self.asked_to_change: list[bool] = []

        @contextmanager
        def opened(source: Source, *, changes: bool) -> Iterator[opening.Opened]:
            assert source == Source()
            self.asked_to_change.append(changes)
            yield opening.Opened(followed.ports, followed.provider, followed.policy)

        monkeypatch.setattr(opening, "opened", opened)
        monkeypatch.setenv("COLUMNS", "80")

    def __call__(self, *arguments: object, code: int = 0) -> str:
        """What the program prints; a failure of the program itself is raised."""
        result = self.result(*arguments)
        assert result.exit_code == code, result.output
        return result.output

    def json(self, *arguments: object, code: int = 0) -> Any:
        result = self.result(*arguments, "--json")
        assert result.exit_code == code, result.output
        return json.loads(result.stdout)

    def words(self, *arguments: object, code: int = 0) -> str:
        """The same without its line breaks."""
        return " ".join(self(*arguments, code=code).split())

    @staticmethod
    def result(*arguments: object) -> Result:
        result = CliRunner().invoke(app, [str(argument) for argument in arguments])
        if result.exception is not None and not isinstance(result.exception, SystemExit):
            raise result.exception
        return result
