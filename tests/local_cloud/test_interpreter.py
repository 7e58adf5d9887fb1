"""State machines of every shape the repository uses, made by hand through the API."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from local_cloud import ExecutionRecord, LocalCloud

START = datetime(2026, 1, 15, tzinfo=UTC)
ROLE = "arn:aws:iam::123456789012:role/any"


def start(cloud: LocalCloud, states: dict[str, Any], payload: object, name: str = "one") -> str:
    """Make a state machine that begins with its first state, and start it."""
    definition = {"QueryLanguage": "JSONata", "StartAt": next(iter(states)), "States": states}
    machine = cloud.client("stepfunctions").create_state_machine(
        name=f"machine-{name}", definition=json.dumps(definition), roleArn=ROLE
    )
    started = cloud.client("stepfunctions").start_execution(
        stateMachineArn=machine["stateMachineArn"], name=name, input=json.dumps(payload)
    )
    return str(started["executionArn"])


def finished(cloud: LocalCloud, states: dict[str, Any], payload: object) -> ExecutionRecord:
    arn = start(cloud, states, payload)
    cloud.run_until_idle(START + timedelta(days=400))
    return next(execution for execution in cloud.executions() if execution.arn == arn)


def note(event: str) -> dict[str, Any]:
    return {
        "Type": "Task",
        "Resource": "arn:aws:states:::lambda:invoke",
        "Arguments": {"FunctionName": "local-NoteEventFunction", "Payload": {"at": event}},
        "Output": "{% $states.input %}",
    }


def noted(cloud: LocalCloud) -> list[str]:
    key = {"pk": {"S": "events"}, "sk": {"S": "all"}}
    answer = cloud.client("dynamodb").get_item(TableName=cloud.resource_id("Table"), Key=key)
    return [json.loads(entry["S"])["at"] for entry in answer["Item"]["noted"]["L"]]


@pytest.mark.parametrize("mode", ["INLINE", "DISTRIBUTED"])
def test_items_of_a_map_run_one_after_another_whatever_its_concurrency(
    cloud: LocalCloud, mode: str
) -> None:
    processor: dict[str, Any] = {
        "ProcessorConfig": {"Mode": mode},
        "StartAt": "First",
        "States": {
            "First": {**note("{% $states.input & '-first' %}"), "Next": "Pause"},
            "Pause": {"Type": "Wait", "Seconds": 10, "Next": "Second"},
            "Second": {**note("{% $states.input & '-second' %}"), "End": True},
        },
    }
    if mode == "DISTRIBUTED":
        processor["ProcessorConfig"]["ExecutionType"] = "STANDARD"
    states = {
        "Each": {
            "Type": "Map",
            "MaxConcurrency": 3,
            "Items": "{% $states.input %}",
            "ItemProcessor": processor,
            "End": True,
        }
    }
    execution = finished(cloud, states, ["a", "b", "c"])
    assert (execution.status, execution.output) == ("SUCCEEDED", ["a", "b", "c"])
    steps = [f"{item}-{step}" for item in "abc" for step in ("first", "second")]
    assert noted(cloud) == steps
    assert execution.stopped_at == START + timedelta(seconds=30)


@pytest.mark.parametrize(
    ("tolerance", "expected"),
    [
        ({}, "FAILED"),
        ({"ToleratedFailureCount": 1}, "FAILED"),
        ({"ToleratedFailureCount": 2}, "SUCCEEDED"),
        ({"ToleratedFailurePercentage": 40}, "FAILED"),
        ({"ToleratedFailurePercentage": 50}, "SUCCEEDED"),
    ],
)
def test_a_distributed_map_tolerates_as_many_failures_as_it_says(
    cloud: LocalCloud, tolerance: dict[str, int], expected: str
) -> None:
    states = {
        "Each": {
            "Type": "Map",
            **tolerance,
            "Items": "{% $states.input %}",
            "ItemProcessor": {
                "ProcessorConfig": {"Mode": "DISTRIBUTED", "ExecutionType": "STANDARD"},
                "StartAt": "Decide",
                "States": {
                    "Decide": {
                        "Type": "Choice",
                        "Choices": [{"Condition": "{% $states.input > 2 %}", "Next": "Bad"}],
                        "Default": "Good",
                    },
                    "Good": {"Type": "Succeed"},
                    "Bad": {"Type": "Fail", "Error": "TooBigError"},
                },
            },
            "Output": {},
            "End": True,
        }
    }
    execution = finished(cloud, states, [1, 2, 3, 4])
    assert execution.status == expected
    if expected == "FAILED":
        assert execution.error == "States.ExceedToleratedFailureThreshold"


def test_parallel_branches_wait_at_the_same_time(cloud: LocalCloud) -> None:
    def branch(name: str, seconds: int) -> dict[str, Any]:
        return {
            "StartAt": f"Wait{name}",
            "States": {
                f"Wait{name}": {"Type": "Wait", "Seconds": seconds, "Next": f"Note{name}"},
                f"Note{name}": {**note(name), "End": True},
            },
        }

    states = {
        "Both": {"Type": "Parallel", "Branches": [branch("A", 60), branch("B", 30)], "End": True}
    }
    execution = finished(cloud, states, {})
    assert execution.status == "SUCCEEDED"
    assert noted(cloud) == ["B", "A"]
    assert execution.stopped_at == START + timedelta(seconds=60)


def test_a_wait_of_a_year_costs_no_time(cloud: LocalCloud) -> None:
    states = {"Wait": {"Type": "Wait", "Seconds": "{% $states.input %}", "End": True}}
    execution = finished(cloud, states, 86_400 * 365)
    assert execution.stopped_at == START + timedelta(days=365)


def test_a_wait_for_a_time_that_is_over_goes_on_at_once(cloud: LocalCloud) -> None:
    states = {"Wait": {"Type": "Wait", "Timestamp": "2020-01-01T00:00:00Z", "End": True}}
    assert finished(cloud, states, {}).stopped_at == START


def test_a_child_state_machine_is_waited_for(cloud: LocalCloud) -> None:
    wait = {"Wait": {"Type": "Wait", "Seconds": 86_400, "Output": {"done": True}, "End": True}}
    child = start(cloud, wait, {}, name="child")
    machine = child.replace(":execution:", ":stateMachine:").rsplit(":", 1)[0]
    states = {
        "Child": {
            "Type": "Task",
            "Resource": "arn:aws:states:::states:startExecution.sync:2",
            "Arguments": {"StateMachineArn": machine, "Name": "inner", "Input": {"a": 1}},
            "Output": "{% $states.result.Output %}",
            "End": True,
        }
    }
    execution = finished(cloud, states, {})
    assert (execution.status, execution.output, execution.cause) == (
        "SUCCEEDED",
        {"done": True},
        None,
    )
    assert execution.stopped_at == START + timedelta(days=1)


def test_a_whole_execution_times_out_on_the_test_clock(cloud: LocalCloud) -> None:
    definition = {
        "QueryLanguage": "JSONata",
        "TimeoutSeconds": 60,
        "StartAt": "Wait",
        "States": {"Wait": {"Type": "Wait", "Seconds": 3600, "End": True}},
    }
    client = cloud.client("stepfunctions")
    machine = client.create_state_machine(
        name="short", definition=json.dumps(definition), roleArn=ROLE
    )
    client.start_execution(stateMachineArn=machine["stateMachineArn"], name="one", input="{}")
    cloud.run_until(START + timedelta(minutes=2))
    (execution,) = cloud.executions()
    assert execution.status == "TIMED_OUT"
    assert execution.stopped_at == START + timedelta(seconds=60)


def test_a_stopped_execution_is_aborted(cloud: LocalCloud) -> None:
    states = {"Wait": {"Type": "Wait", "Seconds": 3600, "End": True}}
    arn = start(cloud, states, {})
    cloud.run_until(START + timedelta(seconds=1))
    cloud.client("stepfunctions").stop_execution(executionArn=arn)
    cloud.run_until(START + timedelta(seconds=2))
    (execution,) = cloud.executions()
    assert (execution.status, execution.stopped_at) == ("ABORTED", START + timedelta(seconds=1))


def test_a_token_wait_without_timeout_is_left_waiting(cloud: LocalCloud) -> None:
    states = {
        "Ask": {
            "Type": "Task",
            "Resource": "arn:aws:states:::lambda:invoke.waitForTaskToken",
            "Arguments": {
                "FunctionName": "local-AskPersonFunction",
                "Payload": {"run": "r", "task_token": "{% $states.context.Task.Token %}"},
            },
            "End": True,
        }
    }
    assert finished(cloud, states, {}).status == "RUNNING"
    assert cloud.clock.now() == START


@pytest.mark.parametrize("is_beating", [True, False])
def test_a_missed_heartbeat_fails_the_task(cloud: LocalCloud, is_beating: bool) -> None:
    states = {
        "Ask": {
            "Type": "Task",
            "Resource": "arn:aws:states:::lambda:invoke.waitForTaskToken",
            "HeartbeatSeconds": 60,
            "TimeoutSeconds": 600,
            "Arguments": {
                "FunctionName": "local-AskPersonFunction",
                "Payload": {"run": "r", "task_token": "{% $states.context.Task.Token %}"},
            },
            "End": True,
        }
    }
    start(cloud, states, {})
    cloud.run_until(START + timedelta(seconds=50))
    if is_beating:
        key = {"pk": {"S": "r"}, "sk": {"S": "approval"}}
        answer = cloud.client("dynamodb").get_item(TableName=cloud.resource_id("Table"), Key=key)
        token = answer["Item"]["token"]["S"]
        cloud.client("stepfunctions").send_task_heartbeat(taskToken=token)
    cloud.run_until(START + timedelta(seconds=90))
    assert cloud.executions()[0].status == ("RUNNING" if is_beating else "FAILED")
