"""Metrics: lines in CloudWatch's embedded format, written with the logs, without a request.

Each is kept twice: for the installation (dimension ``service``), which is what alarms look at, and
for the provider as well. Those of a cycle also have its run there. Ids go along as plain fields:
they cost nothing and can be searched.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from itertools import groupby
from typing import Any

from aws_lambda_powertools.metrics import EphemeralMetrics, MetricUnit

from msp_billing.observing.logs import quietly

NAMESPACE = "MspBilling"
_ALONG = ("cycle", "period", "batch", "account", "case", "execution", "function", "webhook")


@dataclass(frozen=True)
class Measure:
    """One value of one metric.

    Args:
        of: dimensions beside ``service``, which the figure for the whole installation has too.
        provider: where the call as a whole is not about one provider.
        run: whether the figure is one of a run, that is, of a cycle.
    """

    name: str
    value: int | Decimal = 1
    unit: str = MetricUnit.Count.value
    of: tuple[tuple[str, str], ...] = ()
    provider: str | None = None
    run: bool = False


@dataclass
class _Call:
    """What one call of a handler has to tell."""

    service: str
    keys: dict[str, Any] = field(default_factory=dict)
    measures: list[Measure] = field(default_factory=list)


_call: _Call | None = None


def begin(service: str) -> _Call | None:
    """A call begins. Returns the one that is under way, if a handler calls another in-process."""
    global _call
    before, _call = _call, _Call(service)
    return before


def end(before: _Call | None) -> None:
    """The call is over: what it counted is written."""
    global _call
    over, _call = _call, before
    if over is not None:
        with quietly():
            _write(over)


def concerning(keys: Mapping[str, Any]) -> None:
    """What the call works on."""
    if _call is not None:
        _call.keys.update(keys)


def count(*measures: Measure, **along: str) -> None:
    """Count something. Outside of a handler nobody listens, and nothing is kept.

    Args:
        along: fields that go along, to be searched for.
    """
    if _call is not None:
        _call.measures.extend(measures)
        _call.keys.update(along)


def _write(call: _Call) -> None:
    ordered = sorted(call.measures, key=lambda m: (m.of, m.provider or "", m.run, m.name))
    for (of, provider, run), group in groupby(ordered, key=lambda m: (m.of, m.provider, m.run)):
        line = EphemeralMetrics(namespace=NAMESPACE, service=call.service)
        line.add_dimension("service", call.service)
        for name, value in of:
            line.add_dimension(name, value)
        whose = {"provider": provider or call.keys.get("provider", "")}
        if run:
            whose["run"] = call.keys.get("run", "")
        if all(whose.values()):
            line.add_dimensions(service=call.service, **dict(of), **whose)
        for name, same in groupby(group, key=lambda m: m.name):
            values = list(same)
            line.add_metric(name, values[0].unit, float(sum(m.value for m in values)))
        for name in _ALONG:
            if name in call.keys:
                line.add_metadata(name, call.keys[name])
        line.flush_metrics()
