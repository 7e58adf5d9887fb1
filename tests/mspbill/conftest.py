from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from mspbill.main import app
from tests.mspbill.small_provider import write_provider

Mspbill = Callable[..., Result]


def call(*arguments: object, typed: str | None = None) -> Result:
    """Call the program as from a shell; a failure of the program itself is raised."""
    result = CliRunner().invoke(app, [str(argument) for argument in arguments], input=typed)
    if result.exception is not None and not isinstance(result.exception, SystemExit):
        raise result.exception
    return result


@pytest.fixture
def mspbill() -> Mspbill:
    return call


@pytest.fixture
def provider(tmp_path: Path) -> Path:
    return write_provider(tmp_path / "pinewood")


class Billed:
    """One run of the small provider for December, made once for all tests that only look."""

    def __init__(self, out: Path, result: Result) -> None:
        self.out = out
        self.result = result


@pytest.fixture(scope="session")
def billed(tmp_path_factory: pytest.TempPathFactory) -> Billed:
    root = tmp_path_factory.mktemp("billed")
    directory = write_provider(root / "pinewood")
    out = root / "out"
    options = ("--period", "2026-12", "--approved-by", "Pat <b>Lee</b>", "--json")
    return Billed(out, call("run", directory, "--out", out, *options))
