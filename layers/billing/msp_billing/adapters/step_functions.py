"""Starting executions, and letting waiting ones go on."""

from __future__ import annotations

import json
from typing import Any

from botocore.exceptions import ClientError

from msp_billing.usecases.errors import ApprovalGoneError

_GONE = {"TaskTimedOut", "TaskDoesNotExist", "InvalidToken"}
_MAX_ERROR = 256
_MAX_CAUSE = 32_000
_MAX_WORDS = 1_000


class StepFunctionsExecutions:
    """The billing cycle's state machine."""

    def __init__(self, client: Any, state_machine_arn: str) -> None:
        self._client = client
        self._state_machine_arn = state_machine_arn

    def start(self, name: str, payload: dict[str, str]) -> bool:
        """Start a cycle's execution; False when one of this name ran in the last 90 days."""
        try:
            self._client.start_execution(
                stateMachineArn=self._state_machine_arn, name=name, input=json.dumps(payload)
            )
        except ClientError as error:
            if error.response["Error"]["Code"] == "ExecutionAlreadyExists":
                return False
            raise
        return True

    def is_running(self, execution: str) -> bool:
        """Whether an execution, by its name or ARN, is under way."""
        return self.how_it_ended(execution) is None

    def how_it_ended(self, execution: str) -> str | None:
        """How an execution, by its name or ARN, ended, in words; None while it is under way."""
        arn = execution
        if not execution.startswith("arn:"):
            machine = self._state_machine_arn.replace(":stateMachine:", ":execution:")
            arn = f"{machine}:{execution}"
        try:
            found = self._client.describe_execution(executionArn=arn)
        except ClientError as error:
            if error.response["Error"]["Code"] == "ExecutionDoesNotExist":
                return "there is no such execution (any more)"
            raise
        if found["status"] == "RUNNING":
            return None
        told = (found["status"], found.get("error"), found.get("cause"))
        return ": ".join(part for part in told if part)[:_MAX_WORDS]

    def approve(self, task_token: str, output: dict[str, str]) -> None:
        """Let a waiting execution go on. Raises ApprovalGoneError."""
        self._answer(
            lambda: self._client.send_task_success(taskToken=task_token, output=json.dumps(output))
        )

    def reject(self, task_token: str, error: str, cause: str) -> None:
        """Stop a waiting execution. Raises ApprovalGoneError."""
        self._answer(
            lambda: self._client.send_task_failure(
                taskToken=task_token, error=error[:_MAX_ERROR], cause=cause[:_MAX_CAUSE]
            )
        )

    @staticmethod
    def _answer(call: Any) -> None:
        try:
            call()
        except ClientError as failure:
            if failure.response["Error"]["Code"] in _GONE:
                raise ApprovalGoneError("the run does not wait for this decision any more") from (
                    failure
                )
            raise
