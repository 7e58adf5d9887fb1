"""The source keeps the house's limits, and the domain stays pure."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest

from tests.frame import repository, source_checks


@pytest.mark.parametrize("path", repository.production_files(), ids=repository.relative)
def test_modules_and_functions_are_short_enough_to_read(path: Path) -> None:
    assert source_checks.size_complaints(path.read_text(encoding="utf-8")) == []


@pytest.mark.parametrize(
    "path", repository.python_files("layers/billing/msp_billing/domain"), ids=repository.relative
)
def test_the_domain_is_pure(path: Path) -> None:
    assert source_checks.purity_complaints(repository.parse(path)) == []


def test_there_is_source_to_check() -> None:
    assert repository.production_files()
    assert repository.python_files("layers/billing/msp_billing/domain")


def test_a_module_of_300_lines_is_too_long() -> None:
    assert source_checks.size_complaints("x = 1\n" * 299) == []
    assert source_checks.size_complaints("x = 1\n" * 300) == ["300 lines; a module stays under 300"]


def test_a_function_of_70_lines_is_too_long() -> None:
    shorter = "def f():\n" + "    x = 1\n" * 68
    assert source_checks.size_complaints(shorter) == []
    assert source_checks.size_complaints(shorter + "    x = 1\n") == [
        "line 1: f has 70 lines; a function stays under 70"
    ]


@pytest.mark.parametrize(
    ("source", "complaint"),
    [
        ("rate = 0.1", "line 1: the float 0.1; money is Decimal"),
        ("rate = float('1')", "line 1: float"),
        ("import uuid", "line 1: imports uuid"),
        ("from time import sleep", "line 1: imports time.sleep"),
        ("import boto3.session", "line 1: imports boto3.session"),
        ("def f():\n    import logging", "line 2: imports logging"),
        ("print(1)", "line 1: print"),
    ],
)
def test_impurity_is_found(source: str, complaint: str) -> None:
    assert source_checks.purity_complaints(ast.parse(source)) == [complaint]


@pytest.mark.parametrize(
    "source",
    ["timely = 1", "import datetime", "rate = 1", "x = '0.1'", "isinstance(x, bool | float)"],
)
def test_what_only_looks_impure_is_left_alone(source: str) -> None:
    assert source_checks.purity_complaints(ast.parse(source)) == []
