"""Structured logs: one line per event, with ids, without what people wrote."""

from __future__ import annotations

import copy
import json
import logging
import os
import re
import traceback
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from functools import cache
from typing import Any

from aws_lambda_powertools import Logger
from aws_lambda_powertools.logging.formatter import LambdaPowertoolsFormatter

_ADDRESS = re.compile(r"[\w.%+'-]+@[\w-]+(?:\.[\w-]+)+")
_LONGEST = 500
_MOST_FRAMES = 12
_MOST_CAUSES = 4


def service_name() -> str:
    """What logs, traces and metrics call this installation: the name of its stack."""
    return os.environ.get("POWERTOOLS_SERVICE_NAME", "msp-billing")


@cache
def logger_of(service: str) -> Logger:
    """The logger of this process. What use cases log by Python's own loggers goes through it too.

    So their lines carry the call's ids, and an error's text is held back as below. On Lambda they
    then do not go to the runtime's own handler as well, which would write every line twice.
    """
    formatter = Formatter(json_serializer=written, use_rfc3339=True)
    logger = Logger(service=service, logger_formatter=formatter)
    package = logging.getLogger("msp_billing")
    package.setLevel(logger.log_level)
    if logger.registered_handler not in package.handlers:
        package.addHandler(logger.registered_handler)
    package.propagate = "AWS_LAMBDA_RUNTIME_API" not in os.environ
    return logger


@contextmanager
def quietly() -> Iterator[None]:
    """What goes wrong in here is logged, and goes no further: telling must not stop billing."""
    try:
        yield
    except Exception:
        logging.getLogger("msp_billing.observing").exception("observing failed")


def written(entry: Mapping[str, Any]) -> str:
    """A log line as JSON, without any address that got into a text."""
    return _ADDRESS.sub("(address)", json.dumps(entry, default=str, ensure_ascii=False))


class Formatter(LambdaPowertoolsFormatter):
    """Powertools' lines, with errors told by :func:`told_of_error` instead of by their texts."""

    def format(self, record: logging.LogRecord) -> str:
        """One line. The record itself stays as it is: others may write it too."""
        error = record.exc_info[1] if isinstance(record.exc_info, tuple) else None
        if error is not None:
            record = copy.copy(record)
            vars(record)["error"] = told_of_error(error)
            record.exc_info = record.exc_text = None
        return super().format(record)


def told_of_error(error: BaseException) -> dict[str, Any]:
    """An error with its class, where it was raised, and what caused it.

    Its text only where we wrote it: libraries put the values into it that they stumbled over, and
    these may be names of people and lines of documents.
    """
    told: dict[str, Any] = {
        "class": type(error).__name__,
        "why": _text(error)[:_LONGEST],
        "stack": [
            f"{frame.filename.rpartition('/site-packages/')[2]}:{frame.lineno} {frame.name}"
            for frame in traceback.extract_tb(error.__traceback__)[-_MOST_FRAMES:]
        ],
    }
    causes = list(_causes(error))
    if causes:
        told["causes"] = [f"{type(cause).__name__}: {_text(cause)}"[:_LONGEST] for cause in causes]
    return told


def _causes(error: BaseException) -> Iterator[BaseException]:
    for _ in range(_MOST_CAUSES):
        cause = error.__cause__ or (None if error.__suppress_context__ else error.__context__)
        if cause is None:
            return
        yield cause
        error = cause


def _text(error: BaseException) -> str:
    problems = getattr(error, "problems", None)
    if problems is not None:  # their sentences quote what somebody wrote
        return ", ".join(sorted({str(getattr(entry, "code", "")) for entry in problems}))
    response = getattr(error, "response", None)
    if isinstance(response, dict):  # AWS's answer
        operation = getattr(error, "operation_name", "")
        return f"{operation}: {response.get('Error', {}).get('Code', '')}"
    listed = getattr(error, "errors", None)
    if type(error).__module__.startswith("pydantic") and callable(listed):
        found = [f"{entry['loc']}: {entry['type']}" for entry in listed(include_url=False)]
        return "; ".join(found[:_MOST_FRAMES])
    if type(error).__module__.startswith("msp_billing"):
        return str(error)
    return ""
