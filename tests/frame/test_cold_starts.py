"""What a function loads when it starts, counted: times vary, modules do not (see `make budget`).

Counted is what a handler imports at once, and what that imports. Adapters come with their ports,
when a port is first used; what is imported for annotations is not imported at all.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import pytest

from tests.frame import repository
from tests.frame.test_functions import template_functions

#: What takes long to load: only with the first document, mail or calendar.
HEAVY = frozenset(
    {"babel", "css_inline", "holidays", "jinja2", "segno", "typst", "xlsxwriter", "yaml"}
)
MOST_MODULES = 110
#: These do in one call what others do in several steps.
MOST_MODULES_OF = {
    "BillAgainFunction": 130,  # builds, numbers, posts, renders and mails
    "MakeReportsFunction": 120,
    "PaymentsApiFunction": 130,  # has every route
}
FUNCTIONS = template_functions()
PACKAGE = repository.PACKAGE.parent


def imported(body: list[ast.stmt]) -> Iterator[str]:
    """Modules that are imported when a file is loaded; names of a `from` as if they were some."""
    for node in body:
        match node:
            case ast.Import():
                yield from (alias.name for alias in node.names)
            case ast.ImportFrom(module=str(module)):
                yield module
                yield from (f"{module}.{alias.name}" for alias in node.names)
            case ast.If() if ast.unparse(node.test) != "TYPE_CHECKING":
                yield from imported([*node.body, *node.orelse])
            case ast.Try():
                yield from imported(node.body)


def file_of(module: str) -> Path | None:
    place = PACKAGE / module.replace(".", "/")
    found = (place.with_suffix(".py"), place / "__init__.py")
    return next((path for path in found if path.is_file()), None)


@cache
def loaded_by(path: Path) -> frozenset[str]:
    """Modules of ours, with the packages that they are in, and others by their first name."""
    found = set()
    for name in imported(repository.parse(path).body):
        if not name.startswith("msp_billing"):
            found.add(name.split(".")[0])
            continue
        parts = name.split(".")
        parents = (".".join(parts[:end]) for end in range(1, len(parts) + 1))
        found |= {parent for parent in parents if file_of(parent)}
    return frozenset(found)


@cache
def loaded(function: str) -> frozenset[str]:
    """Everything that is there once a function's handler is imported."""
    waiting = set(loaded_by(repository.ROOT / FUNCTIONS[function]["CodeUri"] / "app.py"))
    seen: set[str] = set()
    while waiting:
        module = waiting.pop()
        path = file_of(module)
        if module not in seen and path is not None:
            waiting |= loaded_by(path) - seen
        seen.add(module)
    return frozenset(seen)


def own(function: str) -> int:
    return sum(module.startswith("msp_billing") for module in loaded(function))


@pytest.mark.parametrize("function", sorted(FUNCTIONS))
def test_a_function_starts_without_what_takes_long_to_load(function: str) -> None:
    assert loaded(function) & HEAVY == set()


@pytest.mark.parametrize("function", sorted(FUNCTIONS))
def test_a_function_starts_with_few_modules(function: str) -> None:
    assert own(function) <= MOST_MODULES_OF.get(function, MOST_MODULES)


def test_what_is_small_stays_small() -> None:
    """What schedules call, and what a cycle begins with."""
    for function in ("StartCycleFunction", "OpenCycleFunction", "NumberInvoicesFunction"):
        assert own(function) <= 50, function


def test_counting_sees_what_is_loaded_and_nothing_else(tmp_path: Path) -> None:
    app = tmp_path / "app.py"
    app.write_text(
        "from typing import TYPE_CHECKING\n"
        "import typst\n"
        "from msp_billing.domain.money import Money\n"
        "if TYPE_CHECKING:\n    import babel\n"
        "def later():\n    import jinja2\n"
    )
    parsed = set(imported(ast.parse(app.read_text()).body))
    assert {"typst", "msp_billing.domain.money"} <= parsed
    assert parsed & {"babel", "jinja2"} == set()
    assert all(own(function) for function in FUNCTIONS)
