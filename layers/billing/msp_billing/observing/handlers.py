"""Wrapping a handler, so that its file says only what it reads, which use case and what it gives.

Every line of a call carries the same ids. What fails is logged once, with them, and goes on to
Lambda, whose retries and state machines decide what happens next.
"""

from __future__ import annotations

import functools
import os
from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING, Any, TypeVar

from aws_lambda_powertools.utilities.typing import LambdaContext
from pydantic import BaseModel

from msp_billing.observing import metrics, traces
from msp_billing.observing.keys import keys_of, told_of
from msp_billing.observing.logs import logger_of, quietly, service_name
from msp_billing.observing.measures import of_error

if TYPE_CHECKING:
    from msp_billing.observing.metrics import Measure

Handler = Callable[[dict[str, Any], LambdaContext], dict[str, Any]]
Request = TypeVar("Request", bound=BaseModel)
Result = TypeVar("Result", bound=BaseModel)


def observed(handler: Handler) -> Handler:
    """A handler whose calls are logged, traced and counted; what it returns or raises stands."""
    service = service_name()
    logged = logger_of(service).inject_lambda_context(_told(handler, service), clear_state=True)

    @functools.wraps(handler)
    def call(event: dict[str, Any], context: LambdaContext) -> dict[str, Any]:
        before = metrics.begin(service)
        try:
            with traces.step(service):
                answer: dict[str, Any] = logged(event, context)
                return answer
        finally:
            metrics.end(before)

    return call


def _told(handler: Handler, service: str) -> Handler:
    @functools.wraps(handler)
    def call(event: dict[str, Any], context: LambdaContext) -> dict[str, Any]:
        try:
            return handler(event, context)
        except Exception as error:
            with quietly():
                logger_of(service).exception("failed")
                function = os.environ.get("AWS_LAMBDA_FUNCTION_NAME", "")
                metrics.count(*of_error(error), function=function)
            raise

    return call


def about(request: Request, **further: str) -> Request:
    """Say what this call works on: its ids go on every further line, on the trace and on metrics.

    Args:
        further: ids that the request does not have.
    """
    with quietly():
        keys = keys_of(request) | further
        logger_of(service_name()).append_keys(**keys)
        metrics.concerning(keys)
        traces.annotate(keys)
    return request


def done(
    result: Result,
    measured: Callable[[Result], Iterable[Measure]] | None = None,
    *,
    leave_out: set[str] | None = None,
) -> dict[str, Any]:
    """Say what came of it, and give the handler's answer.

    Args:
        measured: what of the result is counted (:mod:`msp_billing.observing.measures`).
        leave_out: fields that the answer does not have.
    """
    with quietly():
        logger_of(service_name()).info("done", result=told_of(result))
        if measured is not None:
            metrics.count(*measured(result))
    return result.model_dump(mode="json", exclude=leave_out)
