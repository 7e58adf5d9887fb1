from __future__ import annotations

from typing import Any

import boto3
import pytest
from botocore.exceptions import ClientError
from botocore.stub import Stubber

from msp_billing.adapters.step_functions import StepFunctionsExecutions
from msp_billing.usecases.errors import ApprovalGoneError

MACHINE = "arn:aws:states:us-east-1:123456789012:stateMachine:cycle"
EXECUTION = "arn:aws:states:us-east-1:123456789012:execution:cycle:name"
NOW = "2026-09-01T00:00:00Z"


@pytest.fixture
def stubbed() -> tuple[StepFunctionsExecutions, Stubber]:
    client = boto3.client(
        "stepfunctions",
        region_name="us-east-1",
        aws_access_key_id="none",
        aws_secret_access_key="none",
    )
    stubber = Stubber(client)
    stubber.activate()
    return StepFunctionsExecutions(client, MACHINE), stubber


def test_a_start_and_a_name_that_is_taken(stubbed: tuple[StepFunctionsExecutions, Stubber]) -> None:
    """docs/faults.md 1."""
    executions, stubber = stubbed
    wanted = {"stateMachineArn": MACHINE, "name": "name", "input": '{"run": "managed"}'}
    started: dict[str, Any] = {"executionArn": EXECUTION, "startDate": NOW}
    stubber.add_response("start_execution", started, wanted)
    assert executions.start("name", {"run": "managed"})
    stubber.add_client_error("start_execution", "ExecutionAlreadyExists")
    assert not executions.start("name", {"run": "managed"})
    stubber.add_client_error("start_execution", "StateMachineDoesNotExist")
    with pytest.raises(ClientError):
        executions.start("name", {"run": "managed"})


@pytest.mark.parametrize("execution", ["name", EXECUTION])
@pytest.mark.parametrize(
    ("status", "running"),
    [("RUNNING", True), ("SUCCEEDED", False), ("ABORTED", False), ("TIMED_OUT", False)],
)
def test_whether_an_execution_is_under_way(
    stubbed: tuple[StepFunctionsExecutions, Stubber], execution: str, status: str, running: bool
) -> None:
    executions, stubber = stubbed
    answer: dict[str, Any] = {
        "executionArn": EXECUTION,
        "stateMachineArn": MACHINE,
        "status": status,
        "startDate": NOW,
    }
    stubber.add_response("describe_execution", answer, {"executionArn": EXECUTION})
    assert executions.is_running(execution) is running
    stubber.add_client_error("describe_execution", "ExecutionDoesNotExist")
    assert not executions.is_running(execution)


@pytest.mark.parametrize("code", ["TaskTimedOut", "TaskDoesNotExist", "InvalidToken"])
def test_a_decision_that_nobody_waits_for(
    stubbed: tuple[StepFunctionsExecutions, Stubber], code: str
) -> None:
    executions, stubber = stubbed
    stubber.add_client_error("send_task_success", code)
    with pytest.raises(ApprovalGoneError):
        executions.approve("token", {"decision": "approved"})
    stubber.add_client_error("send_task_failure", code)
    with pytest.raises(ApprovalGoneError):
        executions.reject("token", "RunRejectedError", "because")


def test_a_long_reason_is_cut_to_what_step_functions_takes(
    stubbed: tuple[StepFunctionsExecutions, Stubber],
) -> None:
    executions, stubber = stubbed
    wanted = {"taskToken": "token", "error": "E" * 256, "cause": "c" * 32_000}
    stubber.add_response("send_task_failure", {}, wanted)
    executions.reject("token", "E" * 300, "c" * 40_000)
    stubber.assert_no_pending_responses()
