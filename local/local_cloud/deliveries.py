"""Asynchronous deliveries: EventBridge and Scheduler to functions, state machines and queues.

They take their turn in the line of the scheduler. A function that raises is called again after one
and after two minutes of the test clock, as Lambda does with asynchronous events; then the event
goes to the dead-letter queue, if there is one, and into `failures` in any case.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from botocore.exceptions import ClientError

from local_cloud.cooperative import CooperativeScheduler
from local_cloud.functions import Functions
from local_cloud.template import Template

RETRY_PAUSES_SECONDS = (60, 120)


@dataclass(frozen=True)
class FailedDelivery:
    """An event nobody took: what it was for, what it held, and why the last attempt failed."""

    failed_at: datetime
    target_arn: str
    payload: str
    error: str


class Deliveries:
    """Sends JSON text to whatever an arn names."""

    def __init__(
        self,
        template: Template,
        scheduler: CooperativeScheduler,
        functions: Functions,
        client: Callable[[str], Any],
        next_id: Callable[[], str],
    ) -> None:
        self.failures: list[FailedDelivery] = []
        self._scheduler = scheduler
        self._functions = functions
        self._client = client
        self._next_id = next_id
        self._dead_letter_queues = _dead_letter_queues(template, functions)
        self._attempts = _attempts(template, functions)

    def send(self, target_arn: str, payload: str, dead_letter_arn: str | None = None) -> None:
        """Deliver soon, in turn. Unknown kinds of targets raise at once."""
        service = target_arn.split(":")[2]
        deliver: Callable[[], None]
        match service:
            case "lambda":
                self._functions.by_name(target_arn)  # an unknown one is refused now
                deliver = lambda: self._attempt(target_arn, payload, 0)  # noqa: E731
            case "states":
                deliver = lambda: self._start(target_arn, payload, dead_letter_arn)  # noqa: E731
            case "sqs":
                deliver = lambda: self._queue(target_arn, payload)  # noqa: E731
            case "scheduler":
                deliver = lambda: self._call_sdk(target_arn, payload, dead_letter_arn)  # noqa: E731
            case _:
                raise NotImplementedError(f"the local cloud cannot deliver to {target_arn}")
        self._scheduler.spawn(deliver)

    def _attempt(self, target_arn: str, payload: str, number: int) -> None:
        function = self._functions.by_name(target_arn)
        answer = self._functions.call(function, payload)
        if not answer.is_error:
            return
        if number + 1 < self._attempts.get(function.name, 1 + len(RETRY_PAUSES_SECONDS)):
            self._scheduler.call_after(
                RETRY_PAUSES_SECONDS[number],
                lambda: self._attempt(target_arn, payload, number + 1),
            )
            return
        queue_arn = self._dead_letter_queues.get(function.name)
        self._fail(target_arn, payload, answer.payload, queue_arn)

    def _start(self, machine_arn: str, payload: str, dead_letter_arn: str | None) -> None:
        try:
            self._client("stepfunctions").start_execution(
                stateMachineArn=machine_arn, name=self._next_id(), input=payload
            )
        except ClientError as error:
            self._fail(machine_arn, payload, str(error), dead_letter_arn)

    def _queue(self, queue_arn: str, payload: str) -> None:
        queue = self._client("sqs").get_queue_url(QueueName=queue_arn.rsplit(":", 1)[-1])
        self._client("sqs").send_message(QueueUrl=queue["QueueUrl"], MessageBody=payload)

    def _call_sdk(self, target_arn: str, payload: str, dead_letter_arn: str | None) -> None:
        """A universal target, `arn:aws:scheduler:::aws-sdk:<service>:<action>`."""
        service, action = target_arn.split(":")[6:8]
        client = self._client(
            {"sfn": "stepfunctions", "eventbridge": "events"}.get(service, service)
        )
        method = {api.lower(): name for name, api in client.meta.method_to_api_mapping.items()}[
            action.lower()
        ]
        members = client.meta.service_model.operation_model(
            client.meta.method_to_api_mapping[method]
        ).input_shape.members
        # Scheduler wants every name with a capital, the SDK as the service spells it.
        names = {member.lower(): member for member in members}
        arguments = {names[name.lower()]: value for name, value in json.loads(payload).items()}
        try:
            getattr(client, method)(**arguments)
        except ClientError as error:
            self._fail(target_arn, payload, str(error), dead_letter_arn)

    def _fail(self, target_arn: str, payload: str, error: str, queue_arn: str | None) -> None:
        now = self._scheduler.clock.now()
        self.failures.append(FailedDelivery(now, target_arn, payload, error))
        if queue_arn is not None:
            self._queue(queue_arn, payload)


def _dead_letter_queues(template: Template, functions: Functions) -> Mapping[str, str]:
    """The queue of each function (by name) for asynchronous events that failed for good."""
    queues = {}
    for raw in template.resources("AWS::Lambda::Function"):
        arn = raw.properties.get("DeadLetterConfig", {}).get("TargetArn")
        if arn:
            queues[template.name(raw.logical_id)] = str(arn)
    for raw in template.resources("AWS::Lambda::EventInvokeConfig"):
        destination = raw.properties.get("DestinationConfig", {}).get("OnFailure", {})
        if destination:
            name = functions.by_name(str(raw.properties["FunctionName"])).name
            queues[name] = str(destination["Destination"])
    return queues


def _attempts(template: Template, functions: Functions) -> Mapping[str, int]:
    return {
        functions.by_name(str(raw.properties["FunctionName"])).name: 1
        + int(raw.properties["MaximumRetryAttempts"])
        for raw in template.resources("AWS::Lambda::EventInvokeConfig")
        if "MaximumRetryAttempts" in raw.properties
    }
