"""Traces: one part per call, annotated with provider and cycle, only when the call is sampled.

Importing the tracer takes longer than most steps (docs/adr/0020-telling-costs-nothing.md): a call
that is not sampled does not pay for it. AWS's clients are not traced, because a trace would keep
the texts of their errors, and SES's contain addresses.
"""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from functools import cache
from typing import Any

from msp_billing.observing.logs import quietly, service_name

_ANNOTATED = ("provider", "cycle", "account", "case")


def is_sampled() -> bool:
    """Whether X-Ray keeps this call: the runtime says so anew before each."""
    return "Sampled=1" in os.environ.get("_X_AMZN_TRACE_ID", "")


@contextmanager
def step(service: str) -> Iterator[None]:
    """The handler's own part of the trace. One that fails is marked, without the error's text."""
    parts: list[Any] = []
    if is_sampled():
        with quietly():
            parts.append(_recorder(service).begin_subsegment("handler"))
    try:
        yield
    except Exception:
        for part in parts:
            with quietly():
                part.add_fault_flag()
        raise
    finally:
        for _ in parts:
            with quietly():
                _recorder(service).end_subsegment()


def annotate(keys: Mapping[str, Any]) -> None:
    """Make the trace findable by its ids: ``annotation.cycle = "..."`` in X-Ray."""
    if not is_sampled():
        return
    part = _recorder(service_name()).current_subsegment()
    for name in _ANNOTATED:
        if part is not None and name in keys:
            part.put_annotation(name, str(keys[name]))


@cache
def _recorder(service: str) -> Any:
    from aws_lambda_powertools import Tracer  # noqa: PLC0415 - see above: it takes its time

    return Tracer(service=service, auto_patch=False).provider
