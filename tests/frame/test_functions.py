"""Every Lambda function is complete: folder, thin handler, sample event, place in the template."""

from __future__ import annotations

import ast
import json
from pathlib import Path
from typing import Any

import pytest

from tests.frame import repository, source_checks

FOLDERS = repository.function_folders()


def template_functions() -> dict[str, dict[str, Any]]:
    """Properties of the template's functions, by logical id, with what Globals adds."""
    shared = repository.template().get("Globals", {}).get("Function", {})
    return {
        name: {**shared, **resource["Properties"]}
        for name, resource in repository.template()["Resources"].items()
        if resource["Type"] == "AWS::Serverless::Function"
    }


@pytest.mark.parametrize("folder", FOLDERS, ids=lambda folder: folder.name)
def test_a_function_folder_has_a_thin_handler(folder: Path) -> None:
    assert source_checks.handler_complaints(repository.parse(folder / "app.py")) == []


@pytest.mark.parametrize("folder", FOLDERS, ids=lambda folder: folder.name)
def test_a_function_has_a_sample_event(folder: Path) -> None:
    event = json.loads((repository.ROOT / "events" / f"{folder.name}.json").read_text("utf-8"))
    assert isinstance(event, dict)
    assert event or folder.name == "start_missed_cycles", "an empty event shows nobody anything"


def test_every_sample_event_belongs_to_a_function() -> None:
    events = {path.stem for path in (repository.ROOT / "events").glob("*.json")}
    assert events == {folder.name for folder in FOLDERS}


def test_the_template_names_each_function_folder_once() -> None:
    in_template = {
        name: properties["CodeUri"].strip("./").rstrip("/")
        for name, properties in template_functions().items()
    }
    assert sorted(in_template.values()) == [repository.relative(folder) for folder in FOLDERS]
    for name, code in in_template.items():
        words = Path(code).name.split("_")
        assert name == "".join(word.capitalize() for word in words) + "Function"


def test_every_function_starts_at_the_handler_of_its_app_module() -> None:
    assert {p["Handler"] for p in template_functions().values()} == {"app.handler"}


@pytest.mark.parametrize(
    ("source", "complaint"),
    [
        ("import boto3\ndef handler(event, context): ...", "line 1: imports boto3; "),
        (
            "from msp_billing.adapters.clock import SystemClock\ndef handler(event, context): ...",
            "line 1: imports msp_billing.adapters.clock.SystemClock; ",
        ),
        ("def main(event, context): ...", "has no function named handler"),
        ("def handler(event): ...", "handler takes ['event'], not event and context"),
    ],
)
def test_a_handler_that_is_not_thin_is_found(source: str, complaint: str) -> None:
    (found,) = source_checks.handler_complaints(ast.parse(source))
    assert found.startswith(complaint)


def test_a_thin_handler_passes() -> None:
    source = (
        "from typing import Any\n"
        "from msp_billing import wiring\n"
        "from msp_billing.usecases.open_cycle import open_cycle\n"
        "def handler(event: dict[str, Any], _context: object) -> dict[str, Any]:\n"
        "    return open_cycle(wiring.ports(), event)\n"
    )
    assert source_checks.handler_complaints(ast.parse(source)) == []
