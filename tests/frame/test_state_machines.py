"""State machines stop in time, retry only what may pass, and end in Fail when something failed."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import pytest

from tests.frame import repository
from tests.frame.state_machine_checks import complaints, groups

DEFINITIONS = repository.state_machines()


@pytest.mark.parametrize("path", DEFINITIONS, ids=lambda path: path.name)
def test_a_state_machine_is_in_order(path: Path) -> None:
    assert complaints(json.loads(path.read_text("utf-8"))) == []


def template_state_machines() -> dict[str, dict[str, Any]]:
    """The template's state machines: path of the definition to properties."""
    return {
        resource["Properties"]["DefinitionUri"].removeprefix("./"): resource["Properties"]
        for resource in repository.template()["Resources"].values()
        if resource["Type"] == "AWS::Serverless::StateMachine"
    }


def test_the_template_uses_every_state_machine() -> None:
    assert sorted(template_state_machines()) == [repository.relative(p) for p in DEFINITIONS]
    assert DEFINITIONS


@pytest.mark.parametrize("path", DEFINITIONS, ids=lambda path: path.name)
def test_the_template_fills_every_placeholder_and_no_other(path: Path) -> None:
    placeholders = set(re.findall(r"\$\{(\w+)\}", path.read_text("utf-8")))
    properties = template_state_machines()[repository.relative(path)]
    assert set(properties.get("DefinitionSubstitutions", {})) == placeholders


@pytest.mark.parametrize("path", DEFINITIONS, ids=lambda path: path.name)
def test_every_state_is_named_once(path: Path) -> None:
    names = [n for states in groups(json.loads(path.read_text("utf-8"))["States"]) for n in states]
    assert len(names) == len(set(names))


def test_each_worker_that_mails_knows_how_many_there_are() -> None:
    """It takes its share of SES's rate by that: see docs/mail-delivery.md."""
    path = repository.ROOT / "statemachines" / "billing_cycle.asl.json"
    mailing = [
        state
        for states in groups(json.loads(path.read_text("utf-8"))["States"])
        for state in states.values()
        if state["Type"] == "Map" and "${DeliverMailFunctionArn}" in json.dumps(state)
    ]
    assert len(mailing) == 3
    for state in mailing:
        assert state["ItemSelector"]["workers"] == state["MaxConcurrency"]
        payloads = [
            step["Arguments"]["Payload"]
            for step in state["ItemProcessor"]["States"].values()
            if step.get("Arguments", {}).get("FunctionName") == "${DeliverMailFunctionArn}"
        ]
        assert [payload["workers"] for payload in payloads] == ["{% $states.input.workers %}"]


def retry(**changes: object) -> dict[str, object]:
    sound = {
        "ErrorEquals": ["Lambda.ServiceException", "Lambda.TooManyRequestsException"],
        "IntervalSeconds": 1,
        "BackoffRate": 2,
        "MaxAttempts": 5,
        "MaxDelaySeconds": 30,
        "JitterStrategy": "FULL",
    }
    return {key: value for key, value in {**sound, **changes}.items() if value is not None}


def task(**changes: object) -> dict[str, object]:
    sound: dict[str, object] = {
        "Type": "Task",
        "TimeoutSeconds": 60,
        "Retry": [retry()],
        "Catch": [{"ErrorEquals": ["States.ALL"], "Next": "Note"}],
        "Next": "Done",
    }
    return {key: value for key, value in {**sound, **changes}.items() if value is not None}


def machine(build: dict[str, object], **others: object) -> dict[str, Any]:
    states = {
        "Build": build,
        "Done": {"Type": "Succeed"},
        "Note": {"Type": "Task", "TimeoutSeconds": 60, "Next": "Failed"},
        "Failed": {"Type": "Fail"},
        **others,
    }
    definition = {"QueryLanguage": "JSONata", "TimeoutSeconds": 99, "States": states}
    return {**definition, "StartAt": "Build"}


def test_a_sound_machine_passes() -> None:
    assert complaints(machine(task())) == []


@pytest.mark.parametrize(
    ("definition", "complaint"),
    [
        (machine(task(TimeoutSeconds=None)), "Build: a Task without TimeoutSeconds"),
        (
            machine(task(Retry=[retry(ErrorEquals=["States.ALL"])])),
            "Build: retries States.ALL",
        ),
        (
            machine(task(Retry=[retry(JitterStrategy=None)])),
            "Build: retries without JitterStrategy FULL",
        ),
        (
            machine(task(Retry=[retry(MaxAttempts=None)])),
            "Build: retries without MaxAttempts",
        ),
        (
            machine(task(), Note={"Type": "Pass", "End": True}),
            "Build: what it catches can end in Pass",
        ),
        (
            machine(task(), Note={"Type": "Choice", "Choices": [], "Default": "Done"}),
            "Build: what it catches can end in Succeed",
        ),
        (
            machine({"Type": "Map", "ToleratedFailureCount": 1, "Next": "Done"}),
            "ToleratedFailureCount hides failures",
        ),
        (
            machine(
                {
                    "Type": "Map",
                    "ItemProcessor": {"States": {"One": {"Type": "Task", "End": True}}},
                    "Next": "Done",
                }
            ),
            "One: a Task without TimeoutSeconds",
        ),
        (
            {key: v for key, v in machine(task()).items() if key != "TimeoutSeconds"},
            "the state machine has no TimeoutSeconds",
        ),
    ],
)
def test_a_fault_is_found(definition: dict[str, Any], complaint: str) -> None:
    assert complaints(definition) == [complaint]


def test_a_failure_path_that_goes_round_is_followed_once() -> None:
    again = task(Next="Build", Catch=None)
    definition = machine(task(), Note=again)
    assert complaints(definition) == ["Build: what it catches can end in Succeed"]


def test_a_person_who_does_not_answer_in_time_is_no_failure() -> None:
    unanswered = [{"ErrorEquals": ["States.Timeout"], "Next": "Done"}]
    waiting = "arn:aws:states:::lambda:invoke.waitForTaskToken"
    assert complaints(machine(task(Resource=waiting, Catch=unanswered))) == []
    called = machine(task(Resource="arn:aws:states:::lambda:invoke", Catch=unanswered))
    assert complaints(called) == ["Build: what it catches can end in Succeed"]
