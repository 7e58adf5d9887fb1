"""Counting anew what the model stands on: ``python -m benchmarks.cost count``.

It takes a quarter of an hour; the cycle of 10,000 accounts half an hour more, and is kept as it is
unless it is asked for.
"""

from __future__ import annotations

import json
import platform
import subprocess
import sys
from datetime import UTC, datetime
from typing import Any

from benchmarks.cost.figures import COUNTS
from benchmarks.counting.scenes import ROOT
from local_cloud.template import Template

SIZES = (
    *((100, 3, 1), (1000, 3, 1)),
    *((100, 3, 2), (100, 20, 2), (100, 200, 2), (2, 3000, 2)),
)
LARGEST = (10_000, 3, 1, 1)
_RECEIVABLES = ((16, 3), (80, 3))


def recount(largest: bool) -> None:
    """Write ``counts.json`` anew."""
    before = json.loads(COUNTS.read_text("utf-8")) if COUNTS.exists() else {"cycles": []}
    sizes = (*SIZES, LARGEST) if largest else SIZES
    cycles = [_counted("cycle", *size) for size in sizes]
    if not largest:
        cycles += [entry for entry in before["cycles"] if entry["accounts"] == LARGEST[0]]
    write(cycles, [_counted("receivables", *size) for size in _RECEIVABLES])


def write(cycles: list[dict[str, Any]], receivables: list[dict[str, Any]]) -> None:
    """Keep what was counted, with where and when."""
    # An entry that is kept as it was has told its metrics before.
    metrics = {name for entry in (*cycles, *receivables) for name in entry.pop("metrics", ())}
    content = {
        "counted_on": f"{datetime.now(UTC):%Y-%m-%d}",
        "commit": _git("rev-parse", "--short", "HEAD"),
        "machine": f"{platform.machine()}, Python {platform.python_version()}",
        "template": _template(),
        "metrics": sorted(metrics),
        "cycles": [_rounded(entry) for entry in cycles],
        "receivables": [_rounded(entry) for entry in receivables],
    }
    COUNTS.write_text(json.dumps(content, indent=1) + "\n", "utf-8")


def _counted(scene: str, *sizes: int) -> dict[str, Any]:
    run = subprocess.run(
        [sys.executable, "-m", "benchmarks.counting", scene, *(str(size) for size in sizes)],
        check=True,
        stdout=subprocess.PIPE,
        text=True,
    )
    found: dict[str, Any] = json.loads(run.stdout.splitlines()[-1])
    return found


def _git(*arguments: str) -> str:
    run = subprocess.run(["git", *arguments], check=True, stdout=subprocess.PIPE, cwd=ROOT)
    return run.stdout.decode().strip()


def _template() -> dict[str, Any]:
    """What of the template has a price, or a share in one."""
    template = Template.read(ROOT / "template.yaml", {})
    count = {
        kind: len(list(template.resources(kind)))
        for kind in (
            "AWS::CloudWatch::CompositeAlarm",
            "AWS::CloudWatch::Dashboard",
            "AWS::KMS::Key",
            "AWS::Scheduler::Schedule",
        )
    }
    return {
        "alarms": _watched(template) + 5 * count["AWS::CloudWatch::CompositeAlarm"],
        "dashboards": count["AWS::CloudWatch::Dashboard"],
        "keys": count["AWS::KMS::Key"],
        "daily_schedules": count["AWS::Scheduler::Schedule"],
        "memory_mb": {
            function.logical_id: int(function.properties.get("MemorySize", 128))
            for function in template.resources("AWS::Lambda::Function")
        },
    }


def _watched(template: Template) -> int:
    """Metrics in alarms: CloudWatch charges for each of them, not for the alarm."""
    alarms = template.resources("AWS::CloudWatch::Alarm")
    counts = (
        sum("MetricStat" in one for one in alarm.properties.get("Metrics", ())) for alarm in alarms
    )
    return sum(max(1, count) for count in counts)


def _rounded(value: Any) -> Any:
    if isinstance(value, dict):
        return {name: _rounded(entry) for name, entry in value.items()}
    if isinstance(value, list):
        return [_rounded(entry) for entry in value]
    return round(value, 4) if isinstance(value, float) else value
