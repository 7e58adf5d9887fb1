"""What `make budget` says and when it fails; the measuring itself takes too long for a test."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from tests.frame import repository
from tools.layer_budget import imports, sizes
from tools.layer_budget.imports import Measured, Start
from tools.layer_budget.sizes import MEGABYTE, Layer, NotBuiltError

_BUILT_AT_IMPORT = """
import runpy, sys
from msp_billing.domain.base import Frozen

for path in sys.argv[1:]:
    runpy.run_path(path)

def models(of):
    return {of}.union(*map(models, of.__subclasses__()))

found = models(Frozen) - {Frozen}
print(len(found), "/", *sorted(m.__name__ for m in found if m.__pydantic_complete__))
"""


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
        "bill_again": Measured(Start(wall=0.5, cpu=0.3, modules=700), times=1.7),
    }
    assert imports.import_complaints(measured) == [
        "slow takes 1.70 times the baseline to import",
        "slow takes 410 ms of the processor to import",
    ]
    report = imports.import_report(Start(0.4, 0.25, 490), measured)
    assert [line.split()[0] for line in report[1:]] == [
        "(baseline)",
        "slow",
        "bill_again",
        "quick",
    ]


def test_of_each_the_shortest_time_counts(monkeypatch: pytest.MonkeyPatch) -> None:
    """A machine that is three times slower for one round makes nobody slow."""
    took = {imports.BASELINE: 0.2, imports.HTTP_BASELINE: 0.4, "payments_api": 0.5, "other": 0.3}
    calls: list[str] = []

    def start_once(_root: Path, code: str, function: str, _compiled: str) -> Start:
        calls.append(function)
        is_slow = calls.count("other") == 2
        return Start(9.0, took[function or code] * (3 if is_slow else 1), 500)

    monkeypatch.setattr(imports, "start_once", start_once)
    baseline, measured = imports.measure(repository.ROOT, ["payments_api", "other"], rounds=3)
    assert baseline.cpu == 0.2
    assert {name: round(entry.times, 3) for name, entry in measured.items()} == {
        "payments_api": 1.25,
        "other": 1.5,
    }


def test_a_fresh_process_is_measured_and_says_what_failed(tmp_path: Path) -> None:
    start = imports.start_once(repository.ROOT, "import json", "", str(tmp_path))
    assert start.modules > 20
    assert start.cpu > 0
    with pytest.raises(RuntimeError, match="no_such_module"):
        imports.start_once(repository.ROOT, "import no_such_module", "", str(tmp_path))


def test_the_exceptions_are_functions_that_there_are() -> None:
    folders = {path.name for path in repository.function_folders()}
    assert set(imports.MOST_TIMES_OF) | imports.HTTP_FUNCTIONS <= folders


def test_no_model_is_built_before_it_is_used() -> None:
    """A default that is an instance would build its model in every function that starts."""
    apps = [str(folder / "app.py") for folder in repository.function_folders()]
    told = subprocess.run(
        [sys.executable, "-c", _BUILT_AT_IMPORT, *apps],
        check=True,
        capture_output=True,
        text=True,
        env={**os.environ, "AWS_DEFAULT_REGION": "us-east-1", "POWERTOOLS_TRACE_DISABLED": "true"},
    )
    models, built = told.stdout.split("/")
    assert int(models) > 300
    assert built.split() == ["BooksAccount"], "use default_factory"
