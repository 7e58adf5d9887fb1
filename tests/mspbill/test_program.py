"""What the program answers where no command does, in words and to a program."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import NoReturn

import pytest
from botocore.exceptions import EndpointConnectionError
from typer.testing import CliRunner, Result

from msp_billing.domain.problems import Problem
from msp_billing.usecases.errors import InterferedWithError
from mspbill import opening
from mspbill.command_values import Source
from mspbill.main import app
from tests.mspbill.conftest import call

Failing = Callable[[Exception], None]


@pytest.fixture
def failing(monkeypatch: pytest.MonkeyPatch) -> Failing:
    """What is wrong when a stack is opened."""

    def put(error: Exception) -> None:
        def opened(_source: Source, *, changes: bool) -> NoReturn:
            raise error

        monkeypatch.setattr(opening, "opened", opened)
        monkeypatch.setenv("COLUMNS", "80")

    return put


def problem(result: Result, code: int) -> Problem:
    """The one problem of an answer, which has to be in the form that is promised."""
    assert result.exit_code == code, result.output
    told = json.loads(result.stdout)
    assert told.keys() == {"ok", "problems"}
    assert told["ok"] is False
    (found,) = told["problems"]
    assert found.keys() == Problem.model_fields.keys()
    return Problem.model_validate(found)


def test_what_failed_is_told_to_a_program_too(failing: Failing) -> None:
    failing(EndpointConnectionError(endpoint_url="https://dynamodb.example"))
    told = problem(call("aging", "--json"), 1)
    assert told.code == "failed"
    assert "Could not connect" in told.what
    result = call("aging")
    assert (result.exit_code, result.stdout) == (1, "")
    assert "It could not be done: Could not connect" in result.stderr


def test_what_was_done_in_part_does_not_pass_for_refused(failing: Failing) -> None:
    """Exit code 2 says that nothing was changed."""
    failing(InterferedWithError("Some of the accounts are in force."))
    told = problem(call("aging", "--json"), 1)
    assert (told.code, told.what) == (
        "failed",
        "It could not be done: Some of the accounts are in force.",
    )


@pytest.mark.parametrize(
    ("words", "what"),
    [
        (("aging", "--wrong"), "No such option: --wrong"),
        (("agin",), "No such command 'agin'. Did you mean 'aging'"),
        (("account",), "Missing argument 'ACCOUNT'."),
        (("aging", "--on", "tomorrow"), "'tomorrow' is no day: write it as 2026-12-31."),
        (("outbox", "settle", "A-1", "--as", "lost", "--by", "x", "--why", "y"), "'lost'"),
    ],
)
def test_words_that_mean_nothing_are_told_to_a_program_too(
    words: tuple[str, ...], what: str
) -> None:
    told = problem(call(*words, "--json"), 2)
    assert told.code == "usage"
    assert what in told.what
    shown = call(*words)
    assert (shown.exit_code, shown.stdout) == (2, "")
    assert "Usage" in shown.stderr


def test_what_is_refused_has_the_same_form(tmp_path: Path) -> None:
    (tmp_path / "there.zip").write_text("mine")
    assert problem(call("aging", "--state", tmp_path, "--stack", "x", "--json"), 2).what == (
        "Give either --stack or --state."
    )
    assert problem(call("validate", tmp_path / "nowhere", "--json"), 2).fix


def test_a_file_that_cannot_be_used_is_named(tmp_path: Path, failing: Failing) -> None:
    failing(PermissionError(13, "Permission denied", str(tmp_path / "bank.csv")))
    told = problem(call("aging", "--json"), 1)
    assert (told.code, told.what) == ("file", f"{tmp_path / 'bank.csv'}: Permission denied")
    result = call("aging")
    assert result.exit_code == 1
    assert "Permission denied" in result.stderr
    assert "Traceback" not in result.stderr


def test_a_defect_is_said_to_be_one_and_not_hidden(failing: Failing) -> None:
    failing(KeyError("nobody"))
    for words in (("aging",), ("aging", "--json")):
        result = CliRunner().invoke(app, words)
        assert isinstance(result.exception, KeyError)
        assert "This is a defect of the program" in result.output
    told = json.loads(CliRunner().invoke(app, ["aging", "--json"]).stdout)
    assert [entry["code"] for entry in told["problems"]] == ["defect"]


def test_what_is_broken_off_is_told_to_a_program(failing: Failing) -> None:
    failing(EOFError())
    assert problem(call("aging", "--json"), 1).code == "broken-off"


def test_help_is_help_also_for_who_asks_for_json() -> None:
    result = call("aging", "--json", "--help")
    assert result.exit_code == 0
    assert "Usage" in result.stdout
