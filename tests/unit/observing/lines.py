"""Reading what a handler wrote: log lines, and metrics in CloudWatch's embedded format."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

Dimensions = frozenset[tuple[str, str]]


@dataclass(frozen=True)
class Point:
    """One value as CloudWatch takes it out of a line, once for each set of dimensions."""

    namespace: str
    name: str
    dimensions: Dimensions
    value: float
    unit: str


def entries(text: str) -> Iterator[dict[str, Any]]:
    """Every line that is a JSON object."""
    for line in text.splitlines():
        if line.startswith("{"):
            yield json.loads(line)


def logged(text: str) -> list[dict[str, Any]]:
    """The log lines."""
    return [entry for entry in entries(text) if "level" in entry]


def points(text: str) -> list[Point]:
    """The metrics. A line that CloudWatch would refuse is a KeyError."""
    return [point for entry in entries(text) if "_aws" in entry for point in _points(entry)]


def values(text: str, name: str, **dimensions: str) -> list[float]:
    """The values of one metric, in the order in which they were written."""
    wanted = frozenset(dimensions.items())
    return [p.value for p in points(text) if p.name == name and p.dimensions == wanted]


def _points(entry: dict[str, Any]) -> Iterator[Point]:
    for group in entry["_aws"]["CloudWatchMetrics"]:
        for names in group["Dimensions"]:
            dimensions = frozenset((name, entry[name]) for name in names)
            for metric in group["Metrics"]:
                for value in entry[metric["Name"]]:
                    yield Point(
                        group["Namespace"], metric["Name"], dimensions, value, metric["Unit"]
                    )
