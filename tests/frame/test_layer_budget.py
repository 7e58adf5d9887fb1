"""What `make budget` says and when it fails; the measuring itself takes too long for a test."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from tests.frame import repository
from tools.layer_budget import imports, sizes
from tools.layer_budget.imports import Measured, Start
from tools.layer_budget.sizes import MEGABYTE, Layer, NotBuiltError


def function(*layers: str) -> dict[str, Any]:
    return {"Properties": {"Layers": [{"Ref": layer} for layer in layers]}}


@pytest.fixture
def build(tmp_path: Path) -> Path:
    for name, size in {
        "Billing/python/msp_billing/a.py": 300_000,
        "Billing/python/one-1.0.dist-info/METADATA": 1_000,
        "Billing/python/single.py": 200_000,
        "Rendering/templates/a.typ": 2_000_000,
        "Rendering/python/typst/b.so": 5_000_000,
    }.items():
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(b"x" * size)
    return tmp_path


def test_layers_are_measured_by_package(build: Path) -> None:
    billing, rendering = sizes.built_layers(build, ["Billing", "Rendering"])
    assert list(billing.packages) == ["msp_billing", "single.py", "*.dist-info"]
    assert billing.size == 501_000
    assert rendering.packages == {"typst": 5_000_000, "templates": 2_000_000}
    functions = {"A": function("Billing"), "B": function("Billing", "Rendering")}
    report = sizes.size_report([billing, rendering], functions)
    assert "Billing                  0.5 MB" in report
    assert "1 functions carry 7.5 MB: Billing + Rendering" in report
    assert sizes.size_complaints([billing, rendering], functions) == []


def test_without_a_build_it_says_what_to_do(build: Path) -> None:
    with pytest.raises(NotBuiltError, match="make build"):
        sizes.built_layers(build, ["Billing", "Dependencies"])


def test_what_is_too_large_is_named() -> None:
    layers = [Layer("Small", {"a": 100 * MEGABYTE}), Layer("Large", {"b": 160 * MEGABYTE})]
    assert sizes.size_complaints(layers, {"F": function("Small", "Large")}) == [
        "Large has 160.0 MB, more than 150.0 MB",
        "F carries 260.0 MB in its layers",
    ]


def test_what_starts_too_slowly_is_named() -> None:
    measured = {
        "quick": Measured(Start(wall=9.0, cpu=0.3, modules=500), times=1.2),
        "slow": Measured(Start(wall=0.5, cpu=0.41, modules=700), times=1.7),
        "build_invoices": Measured(Start(wall=0.5, cpu=0.3, modules=700), times=1.7),
    }
    assert imports.import_complaints(measured) == [
        "slow takes 1.70 times the baseline to import",
        "slow takes 410 ms of the processor to import",
    ]
    report = imports.import_report(Start(0.4, 0.25, 490), measured)
    assert [line.split()[0] for line in report[1:]] == [
        "(baseline)",
        "slow",
        "build_invoices",
        "quick",
    ]


def test_a_fresh_process_is_measured_and_says_what_failed(tmp_path: Path) -> None:
    start = imports.start_once(repository.ROOT, "import json", "", str(tmp_path))
    assert start.modules > 20
    assert start.cpu > 0
    with pytest.raises(RuntimeError, match="no_such_module"):
        imports.start_once(repository.ROOT, "import no_such_module", "", str(tmp_path))


def test_the_exceptions_are_functions_that_there_are() -> None:
    folders = {path.name for path in repository.function_folders()}
    assert set(imports.MOST_TIMES_OF) | imports.HTTP_FUNCTIONS <= folders
