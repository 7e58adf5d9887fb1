"""Nothing in the repository depends on the machine it was written on."""

from __future__ import annotations

import re
import subprocess
from pathlib import Path

import pytest

from tests.frame import repository

# Put together from parts, so that this file does not find itself.
REGISTRIES = re.compile(
    rb"pypi\." + rb"org|python" + rb"hosted\.org|registry\." + rb"npmjs|deb\." + rb"debian\.org",
    re.IGNORECASE,
)
MACHINE_PATHS = re.compile(
    rb"(?<![\w.~$})/-])/(?:"
    + rb"work|root|Users/\w+|home/\w+|opt/pypi|tmp/\w{1,2})/|"
    + rb"[A-Z]:\\Users"
)


def places(text: bytes) -> list[str]:
    """Registry hosts and paths of a machine in a file's bytes, as they stand there."""
    return [m.group().decode() for p in (REGISTRIES, MACHINE_PATHS) for m in p.finditer(text)]


def test_no_file_names_a_registry_host_or_a_path_of_a_machine() -> None:
    found = {repository.relative(p): places(p.read_bytes()) for p in repository.project_files()}
    assert {name: hits for name, hits in found.items() if hits} == {}


@pytest.mark.parametrize(
    "text",
    [
        "--index-url https://" + "pypi." + "org/simple",
        "cp /" + "home/ada/feeds .",
        "ROOT = '/" + "root/project'",
        "see /" + "Users/ada/x",
    ],
)
def test_a_place_is_found(text: str) -> None:
    assert places(text.encode())


@pytest.mark.parametrize("text", ["https://example.com/home/page/", "docs/work/it/", "/tmp/x"])
def test_what_only_looks_like_a_place_is_left_alone(text: str) -> None:
    assert places(text.encode()) == []


def test_scripts_can_be_executed() -> None:
    listed = subprocess.run(
        ["git", "ls-files", "--stage", ".ci/run", "tools/*.sh"],
        cwd=repository.ROOT,
        capture_output=True,
        check=True,
        text=True,
    ).stdout.splitlines()
    assert [line.split()[0] for line in listed] == ["100755"] * 3


@pytest.mark.parametrize(
    "path",
    [
        p
        for p in repository.project_files()
        if p.suffix in {".md", ".yaml", ".toml", ".sh", ".json"}
    ],
    ids=repository.relative,
)
def test_text_files_end_in_one_newline_and_have_no_carriage_returns(path: Path) -> None:
    content = path.read_bytes()
    assert b"\r" not in content
    assert not content or (content.endswith(b"\n") and not content.endswith(b"\n\n"))
