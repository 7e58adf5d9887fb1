"""The alarms of template.yaml, as CloudWatch evaluates them on the metrics that it has."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any

from tests.frame import repository
from tests.frame.template_checks import of_type

Dimensions = frozenset[tuple[str, str]]

_STATISTICS: dict[str, Callable[[list[float]], float]] = {"Sum": sum, "Maximum": max}
_COMPARISONS: dict[str, Callable[[float, float], bool]] = {
    "GreaterThanOrEqualToThreshold": lambda value, threshold: value >= threshold,
    "GreaterThanThreshold": lambda value, threshold: value > threshold,
    "LessThanThreshold": lambda value, threshold: value < threshold,
}


@dataclass(frozen=True)
class Metric:
    """A metric that an alarm looks at. Values of dimensions are as the template has them."""

    id: str
    namespace: str
    name: str
    dimensions: tuple[tuple[str, Any], ...]
    statistic: str
    period: int

    def named(self, stack: str) -> Dimensions:
        """The dimensions of a metric of our own: the stack's name is the only reference."""
        values = {
            name: stack if value == {"Ref": "AWS::StackName"} else value
            for name, value in self.dimensions
        }
        return frozenset(values.items())


@dataclass(frozen=True)
class Alarm:
    """One alarm, with the metrics of its expression or the one that it looks at."""

    logical_id: str
    properties: Mapping[str, Any]

    @property
    def metrics(self) -> tuple[Metric, ...]:
        if "Metrics" not in self.properties:
            return (_metric("m", self.properties, self.properties),)
        return tuple(
            _metric(entry["Id"], entry["MetricStat"]["Metric"], entry["MetricStat"])
            for entry in self.properties["Metrics"]
            if "MetricStat" in entry
        )

    @property
    def expression(self) -> str:
        """The expression; of an alarm on one metric, that metric."""
        entries = self.properties.get("Metrics", [])
        return next((e["Expression"] for e in entries if "Expression" in e), "m")

    @property
    def page(self) -> str:
        """The anchor in docs/runbook.md that the alarm's mail links to; empty without one."""
        found = re.search(
            r" \$\{RunbookUrl\}#(\S+)$", self.properties["AlarmDescription"]["Fn::Sub"]
        )
        return found.group(1) if found else ""

    @property
    def ours(self) -> tuple[Metric, ...]:
        """Those of its metrics that this program writes."""
        return tuple(metric for metric in self.metrics if metric.namespace == "MspBilling")

    def goes_off(self, values: Mapping[str, list[float]]) -> bool | None:
        """Whether one period with these values is over the threshold; None without data.

        Args:
            values: by a metric's id, what was told within the period.
        """
        series = {
            metric.id: _STATISTICS[metric.statistic](values[metric.id])
            if values.get(metric.id)
            else None
            for metric in self.metrics
        }
        try:
            # The functions of CloudWatch's expressions that the template uses, on one period.
            known = {"FILL": _fill, "IF": lambda test, then, other: then if test else other}
            value = eval(self.expression, {"__builtins__": {}}, {**series, **known})
        except TypeError:  # a metric without data, which nothing fills
            return None
        if value is None:
            return None
        compare = _COMPARISONS[self.properties["ComparisonOperator"]]
        return compare(value, self.properties["Threshold"])

    def states(self, hours: Sequence[Mapping[str, list[float]]]) -> list[str]:
        """The state at the end of each hour, of an alarm on periods of an hour that was just made.

        As CloudWatch documents it: enough data points over the threshold are an alarm. Where none
        is there, and there are too few to tell, it goes by what the alarm says of missing data.
        """
        periods = self.properties["EvaluationPeriods"]
        needed = self.properties.get("DatapointsToAlarm", periods)
        missing = self.properties["TreatMissingData"]
        state, found = "INSUFFICIENT_DATA", []
        for end in range(1, len(hours) + 1):
            points = [self.goes_off(hour) for hour in hours[max(0, end - periods) : end]]
            breaching, there = points.count(True), len(points) - points.count(None)
            if missing == "breaching":
                breaching += periods - there
            if breaching >= needed:
                state = "ALARM"
            elif there or missing in {"breaching", "notBreaching"}:
                state = "OK"
            elif missing == "missing":
                state = "INSUFFICIENT_DATA"
            found.append(state)
        return found


@cache
def alarms() -> dict[str, Alarm]:
    """Every alarm of the template, by its logical id."""
    found = of_type(repository.template(), "AWS::CloudWatch::Alarm")
    return {name: Alarm(name, resource["Properties"]) for name, resource in found}


def dashboard() -> dict[str, Any]:
    """The dashboard's body, with references left as they are. Raises JSONDecodeError."""
    ((_, resource),) = of_type(repository.template(), "AWS::CloudWatch::Dashboard")
    body = resource["Properties"]["DashboardBody"]["Fn::Sub"][0]
    parsed: dict[str, Any] = json.loads(body)
    return parsed


def dashboard_metrics() -> list[tuple[str, str, tuple[str, ...]]]:
    """Namespace, name and names of dimensions of every metric on the dashboard."""
    found = []
    for widget in dashboard()["widgets"]:
        for entry in widget["properties"].get("metrics", []):
            if isinstance(entry[0], dict):
                searched = re.search(
                    r"\{(\w+),([\w,]+)\} MetricName=\"(\w+)\"", entry[0]["expression"]
                )
                assert searched, entry
                names = tuple(sorted(searched.group(2).split(",")))
                found.append((searched.group(1), searched.group(3), names))
            else:
                dimensions = [part for part in entry[2:] if isinstance(part, str)]
                found.append((entry[0], entry[1], tuple(sorted(dimensions[::2]))))
    return found


def _metric(name: str, which: Mapping[str, Any], how: Mapping[str, Any]) -> Metric:
    return Metric(
        id=name,
        namespace=which["Namespace"],
        name=which["MetricName"],
        dimensions=tuple((e["Name"], e["Value"]) for e in which.get("Dimensions", [])),
        statistic=how.get("Stat") or how["Statistic"],
        period=how["Period"],
    )


def _fill(value: float | None, instead: float) -> float:
    return instead if value is None else value
