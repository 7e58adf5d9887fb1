"""Starts ministack with what it does otherwise than AWS put right, where a trial would notice.

Run by the Python of ministack's own environment; it imports nothing of this project. All that is
known to differ is in docs/deploying.md, "A trial without AWS". What is put right here:

* State machines in JSONata: the reader, the selector, ``Output`` and ``Assign`` of a distributed
  Map, the time limit of a task and the ``Output`` of a ``Succeed`` are evaluated. A task that waits
  for a token fails when its function fails.
* An error of a handler has the name of its class, by which a state machine retries or catches it.
* A permission on a schedule is asked for in the schedule's own group, one to send mail for the
  sender's identity.
* An alarm on an expression can be made; it looks at the first of its metrics.
* The default bus takes events of SES from the trial, as ministack's own SES makes none.
"""

from __future__ import annotations

import json
import re
import threading
from collections.abc import Callable
from email.utils import parseaddr
from typing import Any

from ministack import app
from ministack.core import iam_actions
from ministack.services import eventbridge, lambda_svc, stepfunctions
from ministack.services.cloudformation import provisioners

_UNNAMED = "Runtime.HandlerError"


def mend_distributed_maps() -> None:
    """Evaluate JSONata where ministack reads a distributed Map as JSONPath."""
    resolve = stepfunctions._resolve_params_obj
    run = stepfunctions._run_distributed_map

    def resolve_either(template: Any, data: Any, ctx: Any = None) -> Any:
        if (ctx or {}).get("QueryLanguage") == "JSONata":
            return stepfunctions._apply_jsonata_template(template, data, ctx)
        return resolve(template, data, ctx)

    def run_either(
        state: Any, raw_input: Any, effective: Any, iterator: Any, execution: Any, ctx: Any
    ) -> Any:
        results, following = run(state, raw_input, effective, iterator, execution, ctx)
        if stepfunctions._state_query_language(state, ctx) != "JSONata":
            return results, following
        output = stepfunctions._apply_jsonata_output(
            state, raw_input, ctx, result=results, default=results
        )
        stepfunctions._apply_state_assign(state, raw_input, ctx, result=results)
        return output, following

    stepfunctions._resolve_params_obj = resolve_either
    stepfunctions._run_distributed_map = run_either


def mend_time_limits() -> None:
    """Evaluate the time limit of a task where it is an expression."""
    execute = stepfunctions._execute_task

    def execute_limited(state: Any, raw_input: Any, execution: Any, ctx: Any) -> Any:
        if isinstance(state.get("TimeoutSeconds"), str):
            limit = stepfunctions._jsonata_state_field(
                state, "TimeoutSeconds", "number", raw_input, ctx
            )
            state = {**state, "TimeoutSeconds": limit}
        return execute(state, raw_input, execution, ctx)

    stepfunctions._execute_task = execute_limited


def mend_failing_questions() -> None:
    """Fail a task whose function fails, although it waits for a token; ministack waits on."""
    asking = threading.local()
    call = stepfunctions._call_lambda
    ask = stepfunctions._invoke_with_callback

    def call_aloud(function: Any, event: Any) -> Any:
        try:
            return call(function, event)
        except stepfunctions._ExecutionError as error:
            if getattr(asking, "now", False):
                raise _AskingFailedError(error) from error
            raise

    def ask_aloud(resource: Any, given: Any, token: Any, state: Any) -> Any:
        asking.now = True
        try:
            return ask(resource, given, token, state)
        except _AskingFailedError as failed:
            raise failed.error from failed
        finally:
            asking.now = False

    stepfunctions._call_lambda = call_aloud
    stepfunctions._invoke_with_callback = ask_aloud


class _AskingFailedError(Exception):
    """Carries an error past ministack, which leaves those of its own aside there."""

    def __init__(self, error: Exception) -> None:
        super().__init__(str(error))
        self.error = error


def mend_outputs_of_success() -> None:
    """Evaluate what a Succeed state puts out."""
    put_out = stepfunctions._apply_output_path

    def put_out_either(state: Any, data: Any, ctx: Any = None) -> Any:
        if state.get("Type") == "Succeed" and "Output" in state:
            return stepfunctions._apply_jsonata_output(state, data, ctx, default=data)
        return put_out(state, data, ctx)

    stepfunctions._apply_output_path = put_out_either


def mend_error_names() -> None:
    """Name the class of a handler's error; ministack calls them all by one name."""
    execute: Callable[..., Any] = lambda_svc._execute_function_warm

    def execute_and_name(*arguments: Any, **named: Any) -> Any:
        answer = execute(*arguments, **named)
        body = answer.get("body")
        if answer.get("error") and isinstance(body, dict) and body.get("errorType") == _UNNAMED:
            body["errorType"] = error_name(body.get("errorMessage", ""), answer.get("log", ""))
        return answer

    lambda_svc._execute_function_warm = execute_and_name


def error_name(message: str, log: str) -> str:
    """The class of the error that a traceback ends with, as Lambda's Python reports it."""
    first = re.escape(message.splitlines()[0]) if message else ""
    found = re.findall(rf"^(?:\w+\.)*(\w+)(?:: {first})?$", log, re.MULTILINE)
    return found[-1] if found else _UNNAMED


def mend_named_resources() -> None:
    """Ask for permission on the resource that is meant.

    Ministack takes the group ``default`` for each schedule, and no identity for a mail.
    """
    extract = iam_actions.extract_resource_arn

    def extract_meant(
        service: str,
        method: str,
        path: str,
        headers: Any,
        body: bytes,
        query: Any,
        region: str,
        account: str,
    ) -> Any:
        arn = extract(service, method, path, headers, body, query, region, account)
        if service == "scheduler" and ":schedule/default/" in arn:
            return arn.replace(":schedule/default/", f":schedule/{_group_of(body, query)}/")
        if service == "ses" and path.endswith("/outbound-emails"):
            sender = parseaddr(json.loads(body).get("FromEmailAddress", ""))[1]
            return f"arn:aws:ses:{region}:{account}:identity/{sender}"
        return arn

    iam_actions.extract_resource_arn = extract_meant


def mend_alarms_on_sums() -> None:
    """Make an alarm on an expression as one on its first metric; ministack makes none at all."""
    record = provisioners._cw_metric_alarm_record

    def record_either(name: Any, properties: Any) -> Any:
        metrics = [
            entry["MetricStat"]["Metric"]
            for entry in properties.get("Metrics") or ()
            if "MetricStat" in entry
        ]
        if metrics:
            properties = {**properties, **metrics[0]}
            del properties["Metrics"]
        return record(name, properties)

    provisioners._cw_metric_alarm_record = record_either


def mend_events_of_ses() -> None:
    """Take events of SES from outside: ministack's SES makes none, and the trial does so for it."""
    put = eventbridge._put_events

    def put_from_ses(data: Any, allow_aws_source: bool = False) -> Any:
        sources = {entry.get("Source") for entry in data.get("Entries", ())}
        return put(data, allow_aws_source=allow_aws_source or sources == {"aws.ses"})

    eventbridge._put_events = put_from_ses


def _group_of(body: bytes, query: Any) -> str:
    named = (query or {}).get("groupName")
    if named:
        return str(named[0] if isinstance(named, list) else named)
    try:
        return str(json.loads(body or b"{}").get("GroupName") or "default")
    except ValueError:
        return "default"


if __name__ == "__main__":
    mend_distributed_maps()
    mend_time_limits()
    mend_failing_questions()
    mend_outputs_of_success()
    mend_error_names()
    mend_named_resources()
    mend_alarms_on_sums()
    mend_events_of_ses()
    app.main()
