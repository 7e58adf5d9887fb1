"""The commands that the documents promise are there, and the gate calls them."""

from __future__ import annotations

import re
import subprocess

from tests.frame import repository

MAKEFILE = (repository.ROOT / "Makefile").read_text("utf-8")
# Steps of other commands, not commands of their own.
STEPS = {"setup-sam", "setup-bench", "setup-ministack", "format-check", "rules-check"}


def commands() -> set[str]:
    (named,) = re.findall(r"^\.PHONY:((?:.*\\\n)*.*)$", MAKEFILE, re.MULTILINE)
    return set(named.replace("\\\n", " ").split()) - STEPS


def test_make_alone_lists_every_command_with_a_sentence() -> None:
    shown = subprocess.run(
        ["make", "-C", str(repository.ROOT)], capture_output=True, check=True, text=True
    ).stdout
    assert set(re.findall(r"^  ([a-z-]+) +\w.{10,}$", shown, re.MULTILINE)) == commands()


def test_the_documents_name_only_commands_that_exist() -> None:
    named = {
        (repository.relative(path), command)
        for path in repository.project_files()
        if path.suffix == ".md"
        for command in re.findall(
            r"(?:^|`)make ([a-z][a-z-]*)", path.read_text("utf-8"), re.MULTILINE
        )
    }
    assert {(path, command) for path, command in named if command not in commands()} == set()
    assert any(path == "CONTRIBUTING.md" for path, _ in named)


def test_a_change_lands_by_the_same_commands_that_people_run() -> None:
    script = (repository.ROOT / ".ci" / "run").read_text("utf-8")
    called = re.findall(r"^make (?:-\S+ )*([a-z-]+)", script, re.MULTILINE)
    assert called == ["setup", "setup-sam", "test", "check"]
    assert 'wait "$sam"' in script
    assert "set -euo pipefail" in script


def test_the_gate_is_what_the_contributing_guide_says() -> None:
    (steps,) = re.findall(r"^check: ([a-z -]+?) ##", MAKEFILE, re.MULTILINE)
    assert steps.split() == ["format-check", "lint", "types", "imports", "rules-check", "template"]
