"""How long each function's import takes, in fresh processes, beside what any function would take.

The machine may be busy: the baseline is measured again and again between the functions, the
shortest of several runs counts, and what is compared is processor time, not the clock on the wall.
"""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

#: What a function costs before it has a line of its own.
BASELINE = """
import boto3
import pydantic
from aws_lambda_powertools import Logger, Metrics, Tracer
from aws_lambda_powertools.utilities.typing import LambdaContext

class Request(pydantic.BaseModel):
    name: str
"""
MOST_SECONDS = 0.4
MOST_TIMES_BASELINE = 1.6
_FUNCTIONS_BETWEEN_BASELINES = 4
_MEASURED = """
import sys, time
wall, cpu = time.perf_counter(), time.process_time()
{code}
print(time.perf_counter() - wall, time.process_time() - cpu, len(sys.modules))
"""


@dataclass(frozen=True)
class Start:
    """One import: seconds on the wall, seconds of the processor, modules that were loaded."""

    wall: float
    cpu: float
    modules: int

    def shorter(self, other: Start | None) -> Start:
        """The better of two runs, each figure for itself."""
        if other is None:
            return self
        return Start(min(self.wall, other.wall), min(self.cpu, other.cpu), self.modules)


def measure(root: Path, names: Iterable[str], rounds: int) -> tuple[Start, dict[str, Start]]:
    """The baseline and each function of the folder `functions`, the shortest of `rounds` runs."""
    names = list(names)
    best: dict[str, Start] = {}
    with tempfile.TemporaryDirectory() as compiled:
        start_once(root, BASELINE, "", compiled)  # makes the byte code
        for name in names:
            start_once(root, "import app", name, compiled)
        for _ in range(rounds):
            for name in _with_baselines(names):
                code = "import app" if name else BASELINE
                best[name] = start_once(root, code, name, compiled).shorter(best.get(name))
    baseline = best.pop("")
    return baseline, best


def _with_baselines(names: list[str]) -> Iterator[str]:
    """The functions in order; an empty name, the baseline, before every few of them."""
    for number, name in enumerate(names):
        if number % _FUNCTIONS_BETWEEN_BASELINES == 0:
            yield ""
        yield name
    yield ""


def start_once(root: Path, code: str, function: str, compiled: str) -> Start:
    """Run code in a fresh process, with a function's folder and the package on the path."""
    path = [str(root / "layers" / "billing")]
    if function:
        path.insert(0, str(root / "functions" / function))
    environment = {
        **{name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"},
        "PYTHONPATH": os.pathsep.join(path),
        "PYTHONPYCACHEPREFIX": compiled,
        "POWERTOOLS_SERVICE_NAME": "budget",
        "POWERTOOLS_TRACE_DISABLED": "true",
        "AWS_DEFAULT_REGION": "us-east-1",
    }
    told = subprocess.run(
        [sys.executable, "-c", _MEASURED.format(code=code)],
        env=environment,
        capture_output=True,
        check=False,
        text=True,
    )
    if told.returncode:
        raise RuntimeError(f"{function or 'the baseline'} cannot be imported:\n{told.stderr}")
    wall, cpu, modules = told.stdout.split()[-3:]
    return Start(float(wall), float(cpu), int(modules))


def import_complaints(baseline: Start, starts: dict[str, Start]) -> list[str]:
    """Functions that take longer than they may."""
    found = []
    for name, start in starts.items():
        times = start.cpu / baseline.cpu
        if times > MOST_TIMES_BASELINE:
            found.append(f"{name} takes {times:.2f} times the baseline to import")
        if start.cpu > MOST_SECONDS:
            found.append(f"{name} takes {start.cpu * 1000:.0f} ms of the processor to import")
    return found


def import_report(baseline: Start, starts: dict[str, Start]) -> list[str]:
    """Lines to print, the slowest first."""
    lines = [f"{'':26}{'cpu ms':>8}{'wall ms':>9}{'modules':>9}{'times':>7}"]
    ordered = sorted(starts.items(), key=lambda entry: -entry[1].cpu)
    for name, start in [("(baseline)", baseline), *ordered]:
        lines.append(
            f"{name:26}{start.cpu * 1000:8.0f}{start.wall * 1000:9.0f}{start.modules:9}"
            f"{start.cpu / baseline.cpu:7.2f}"
        )
    return lines
