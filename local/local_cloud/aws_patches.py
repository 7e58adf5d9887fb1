"""moto's other services on the test clock, with in-process functions and repeatable ids.

The interpreter of Step Functions has its own module, `interpreter`.
"""

from __future__ import annotations

import datetime as real_datetime
import json
import secrets
import time as real_time
from base64 import urlsafe_b64encode
from datetime import UTC, datetime
from typing import Any

import botocore.endpoint
import moto.core.utils
import moto.dynamodb.models
import moto.events.models
import moto.s3.models
import moto.scheduler.models
import moto.sqs.models
from botocore.retries.quota import RetryQuota
from moto.awslambda_simple.models import LambdaSimpleBackend
from moto.core.responses import ActionResult, EmptyResult
from moto.moto_api._internal import mock_random
from moto.stepfunctions.parser import utils as parser_utils
from moto.stepfunctions.responses import StepFunctionResponse

from local_cloud.clock import Clock
from local_cloud.deliveries import Deliveries
from local_cloud.functions import Functions
from local_cloud.patching import Overlay, PatchSet
from local_cloud.times import datetime_on

_TIMED_PACKAGES = ("dynamodb", "events", "s3", "scheduler", "ses", "sesv2", "sqs")


def exchange_time(patches: PatchSet, clock: Clock) -> None:
    """Dates on objects, schedules and messages are the test clock's."""
    originals = (
        (moto.core.utils.utcnow, lambda: clock.now().replace(tzinfo=None)),
        (moto.core.utils.unix_time, lambda dt=None: _seconds(clock, dt)),
        (moto.core.utils.unix_time_millis, lambda dt=None: _seconds(clock, dt) * 1000),
    )
    for package in _TIMED_PACKAGES:
        for original, replacement in originals:
            patches.replace_everywhere(f"moto.{package}", original, replacement)
    patches.replace(moto.s3.models, "datetime", Overlay(real_datetime, datetime=datetime_on(clock)))


def _seconds(clock: Clock, instant: datetime | None) -> float:
    if instant is None:
        return clock.now().timestamp()
    return (instant if instant.tzinfo else instant.replace(tzinfo=UTC)).timestamp()


def make_ids_repeatable(patches: PatchSet, seed: int) -> None:
    """Message ids, task tokens, secrets and the like are the same in every run with a seed."""
    mock_random.seed(seed)
    patches.replace(parser_utils, "uuid4", mock_random.uuid4)
    patches.replace(
        secrets,
        "token_urlsafe",
        lambda size: urlsafe_b64encode(mock_random.randbytes(size)).decode().rstrip("="),
    )


def skip_retry_pauses(patches: PatchSet) -> None:
    """Pauses of botocore between retries take no time at all, and no retry is denied.

    Botocore's standard mode gives each client a budget of retries. Clients outlive a cloud, and
    faults on order would use up the budget of the clouds that come after it.
    """
    patches.replace(botocore.endpoint, "time", Overlay(real_time, sleep=lambda _: None))
    patches.replace(RetryQuota, "acquire", lambda *_: True)


def call_functions_in_process(
    patches: PatchSet, functions: Functions, deliveries: Deliveries
) -> None:
    """Lambda's Invoke calls the handler; an Event takes its turn later."""

    def invoke(
        _: Any, name: str, qualifier: str | None, body: Any, headers: Any, response_headers: Any
    ) -> Any:
        called = f"{name}:{qualifier}" if qualifier else name
        function = functions.by_name(called)
        text = body.decode() if isinstance(body, bytes) else body or "{}"
        if headers.get("X-Amz-Invocation-Type") == "Event":
            is_arn = called.startswith("arn:")
            deliveries.send(called if is_arn else f"arn:aws:lambda:::function:{called}", text)
            return b""
        answer = functions.call(function, text)
        if answer.is_error:
            response_headers["x-amz-function-error"] = "Unhandled"
        return answer.payload.encode()

    patches.replace(LambdaSimpleBackend, "invoke", invoke)


def keep_causes_of_failed_tasks(patches: PatchSet) -> None:
    """SendTaskFailure's cause reaches the execution; moto drops it."""

    def send_task_failure(response: Any) -> ActionResult:
        given = {name: response._get_param(name) for name in ("error", "cause")}
        token = response._get_param("taskToken")
        response.stepfunction_backend.send_task_failure(token, **given)
        return EmptyResult()

    patches.replace(StepFunctionResponse, "send_task_failure", send_task_failure)


def deliver_events(patches: PatchSet, deliveries: Deliveries) -> None:
    """EventBridge rules reach functions and state machines, which moto's do not."""
    models: Any = moto.events.models

    def send_to_targets(rule: Any, event: Any, transform_input: bool = True) -> None:
        del transform_input
        if rule.state != "ENABLED" or not rule.event_pattern.matches_event(event):
            return
        moment = event["time"]
        if not isinstance(moment, str):
            moment = datetime.fromtimestamp(float(moment), tz=UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
        shown = {**event, "time": moment}
        for target in rule.targets:
            queue_arn = target.get("DeadLetterConfig", {}).get("Arn")
            deliveries.send(
                target["Arn"], _input_of(models.EventTemplateParser, target, shown), queue_arn
            )

    patches.replace(moto.events.models.Rule, "send_to_targets", send_to_targets)


def _input_of(parser: Any, target: Any, event: Any) -> str:
    if target.get("Input"):
        return str(target["Input"])
    if target.get("InputPath"):
        value = event
        for part in target["InputPath"].removeprefix("$").strip(".").split("."):
            value = value[part] if part else value
        return json.dumps(value)
    transformer = target.get("InputTransformer")
    if not transformer:
        return json.dumps(event)
    transformed = parser.parse(
        input_template=transformer.get("InputTemplate"),
        input_paths_map=transformer.get("InputPathsMap", {}),
        event=event,
    )
    return transformed if isinstance(transformed, str) else json.dumps(transformed)
