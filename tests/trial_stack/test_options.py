"""The trial is called from the repository's folder, and works in one of its own."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from trial_stack import __main__ as trial


def test_programs_are_found_from_every_folder(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """The Makefile names them from the repository; SAM and ministack run elsewhere."""
    programs = tmp_path / ".venv" / "bin"
    programs.mkdir(parents=True)
    (tmp_path / "python-of-the-system").touch()
    (programs / "sam").touch()
    (programs / "python").symlink_to(tmp_path / "python-of-the-system")
    monkeypatch.chdir(tmp_path)
    arguments = ["trial_stack", "--sam", ".venv/bin/sam", "--ministack", ".venv/bin/python"]
    monkeypatch.setattr(sys, "argv", arguments)

    options = trial._options()

    assert options.sam == programs / "sam"
    assert options.ministack == programs / "python", "the environment's, not what it links to"


def test_a_program_that_is_not_there_is_named(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(sys, "argv", ["trial_stack", "--ministack", ".venv-ministack/bin/python"])

    with pytest.raises(SystemExit):
        trial._options()

    assert f"{tmp_path}/.venv-ministack/bin/python is not there" in capsys.readouterr().err
