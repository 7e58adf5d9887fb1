"""Pages that say where something is, or which test proves it, name what is there."""

from __future__ import annotations

import re

import pytest

from tests.documents.named_places import tables, wrong_names
from tests.frame import repository

DOCS = repository.ROOT / "docs"
PACKAGE = repository.ROOT / "layers" / "billing" / "msp_billing"
TESTS = repository.ROOT / "tests"
FAULTS = DOCS / "faults.md"
_PLACES = {"module", "where", "module (below `layers/billing/msp_billing/`)"}
_REFERRED = re.compile(r"faults\.md,? ([0-9]+(?:(?:, | and )[0-9]+)*)")


@pytest.mark.parametrize("name", ["faults.md", "architecture.md"])
def test_every_module_and_test_is_there(name: str) -> None:
    wrong: dict[str, list[str]] = {}
    for row in tables(DOCS / name):
        places = " ".join(cell for heading, cell in row.items() if heading in _PLACES)
        named = [
            *wrong_names(places, PACKAGE, repository.ROOT),
            *wrong_names(row.get("test", ""), TESTS, repository.ROOT),
        ]
        if named:
            wrong[next(iter(row.values()))] = named
    assert wrong == {}


@pytest.mark.parametrize(
    ("name", "heading"),
    [("glossary.md", "code (`layers/billing/msp_billing/`)"), ("data-model.md", "written by")],
)
def test_every_file_is_there(name: str, heading: str) -> None:
    cells = [row[heading] for row in tables(DOCS / name) if heading in row]
    assert len(cells) > 20
    adapters = PACKAGE / "adapters"
    named = (wrong_names(cell, PACKAGE, adapters, repository.ROOT) for cell in cells)
    assert [entry for wrong in named for entry in wrong if entry.endswith((".py", ".yaml"))] == []


def numbered() -> list[tuple[str, str]]:
    """Number and tests of each fault that has a number."""
    return [(row["#"], row["test"]) for row in tables(FAULTS) if "#" in row]


def test_every_fault_has_a_number_of_its_own_and_a_test_or_says_that_it_has_none() -> None:
    numbers = sorted(int(number) for number, _ in numbered())
    assert numbers == list(range(1, len(numbers) + 1))
    assert [number for number, test in numbered() if "test" not in test] == []


def test_numbers_that_code_and_tests_refer_to_are_there() -> None:
    referred = {
        number
        for root in (PACKAGE, TESTS)
        for path in root.rglob("*.py")
        for told in _REFERRED.findall(path.read_text("utf-8"))
        for number in re.findall("[0-9]+", told)
    }
    assert len(referred) > 30
    assert referred - {number for number, _ in numbered()} == set()


@pytest.mark.parametrize(
    ("cell", "wrong"),
    [
        ("`frame/test_source.py`", []),
        ("`frame/test_gone.py`", ["frame/test_gone.py"]),
        ("`frame/test_source.py`, `test_template.py`", []),
        ("`frame/test_source.py` `test_a_module_of_300_lines_is_too_long`", []),
        ("`frame/test_source.py` `test_gone`", ["test_gone"]),
        ("`frame/test_*.py` `test_a_module_of_300_lines`", ["test_a_module_of_300_lines"]),
        ("`frame/`, `make test`", []),
    ],
)
def test_what_is_not_there_is_found(cell: str, wrong: list[str]) -> None:
    assert wrong_names(cell, TESTS) == wrong
