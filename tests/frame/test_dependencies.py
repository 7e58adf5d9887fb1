"""Every dependency is wanted, explained, pinned with hashes, and on AWS where it is used."""

from __future__ import annotations

import re
import sys
from pathlib import Path

import pytest

from tests.frame import repository, source_checks

REQUIREMENTS = repository.ROOT / "requirements"
LAYERS = repository.ROOT / "layers"
INPUTS = sorted(REQUIREMENTS.glob("*.in"))
LOCKS = [*sorted(REQUIREMENTS.glob("*.lock")), *sorted(LAYERS.glob("*/requirements.txt"))]
PIN = re.compile(r"^([A-Za-z0-9._-]+)==(\S+)", re.MULTILINE)
# Where the name to import is not the name to install.
IMPORT_NAMES = {"pyyaml": "yaml"}
# Environments of their own, which pin for themselves what others have too.
APART = {"sam", "ministack"}


def direct(path: Path) -> set[str]:
    """The dependencies an .in file names itself, without extras, comments and references."""
    lines = (line.split("#")[0].strip() for line in path.read_text("utf-8").splitlines())
    named = (line for line in lines if line and not line.startswith("-"))
    return {re.split(r"[\[<>=~!]", line)[0].lower() for line in named}


def pins(path: Path) -> dict[str, str]:
    return {name.lower(): version for name, version in PIN.findall(path.read_text("utf-8"))}


def test_the_documentation_explains_every_dependency_and_no_other() -> None:
    text = (repository.ROOT / "docs" / "dependencies.md").read_text("utf-8")
    explained = re.findall(r"^\| `([^`]+)` \|", text, re.MULTILINE)
    assert sorted(name.lower() for name in explained) == sorted(set().union(*map(direct, INPUTS)))


@pytest.mark.parametrize(
    "path", [p for p in INPUTS if p.stem not in APART], ids=lambda path: path.name
)
def test_a_dependency_is_named_in_one_place(path: Path) -> None:
    others = [direct(other) for other in INPUTS if other != path and other.stem not in APART]
    assert direct(path) & set().union(*others) == set()


@pytest.mark.parametrize("path", LOCKS, ids=repository.relative)
def test_a_lock_pins_every_package_with_hashes(path: Path) -> None:
    packages = re.split(r"\n(?=\S)", path.read_text("utf-8").strip())
    assert packages
    for package in packages:
        assert PIN.match(package), f"not pinned: {package}"
        assert re.search(r"--hash=sha256:[0-9a-f]{64}", package), f"no hash: {package}"


@pytest.mark.parametrize("path", INPUTS, ids=lambda path: path.name)
def test_every_dependency_is_in_the_lock(path: Path) -> None:
    lock = path.with_suffix(".lock")
    locked = pins(lock if lock.exists() else REQUIREMENTS / "dev.lock")
    assert direct(path) - set(locked) == set()


@pytest.mark.parametrize(
    "path", [p for p in LOCKS if p.stem not in {*APART, "bench"}], ids=repository.relative
)
def test_what_is_deployed_is_what_was_tested(path: Path) -> None:
    tested = pins(REQUIREMENTS / "dev.lock")
    assert {name: tested.get(name) for name in pins(path)} == pins(path)


def test_the_layers_bring_what_the_functions_need_but_not_the_sdk() -> None:
    brought = set(pins(LAYERS / "dependencies" / "requirements.txt"))
    assert direct(REQUIREMENTS / "runtime.in") - brought == {"boto3"}
    rendering = set(pins(LAYERS / "rendering" / "requirements.txt"))
    assert direct(REQUIREMENTS / "rendering.in") - rendering == set()


def test_the_package_imports_only_what_the_layers_bring() -> None:
    brought = direct(REQUIREMENTS / "runtime.in") | direct(REQUIREMENTS / "rendering.in")
    allowed = {IMPORT_NAMES.get(name, name.replace("-", "_")) for name in brought}
    allowed |= {"msp_billing", "botocore", *sys.stdlib_module_names}
    foreign = {
        repository.relative(path): name
        for path in repository.python_files("layers/billing", "functions")
        for _, name in source_checks.imported_modules(repository.parse(path))
        if not name.startswith(".") and name.split(".")[0] not in allowed
    }
    assert foreign == {}
