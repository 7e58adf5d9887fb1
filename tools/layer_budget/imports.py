"""How long each function's import takes, in fresh processes, beside what any function would take.

The machine may be busy, and slower for seconds or minutes: every function and the baselines are
measured in each of several rounds, in another order each time, and of each the shortest processor
time counts, which is the one that nothing else got into.
"""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
from collections.abc import Iterable
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
#: What an HTTP API with checked requests costs before it has a route: Powertools' resolver, too.
HTTP_BASELINE = f"""{BASELINE}
from aws_lambda_powertools.event_handler import APIGatewayHttpResolver
from aws_lambda_powertools.event_handler.openapi.params import Body, Path, Query

APIGatewayHttpResolver(enable_validation=True)
"""
HTTP_FUNCTIONS = frozenset({"payments_api"})
MOST_SECONDS = 0.4
MOST_TIMES_BASELINE = 1.6
#: They do in one call what several functions of a cycle do, and load the models of all of them.
MOST_TIMES_OF = {"bill_again": 1.9, "make_reports": 1.9}
_BASELINES = 2
"""So often each baseline is measured in a round."""
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


@dataclass(frozen=True)
class Measured:
    """The shortest import, and how many times the shortest baseline it takes."""

    start: Start
    times: float


def measure(root: Path, names: Iterable[str], rounds: int) -> tuple[Start, dict[str, Measured]]:
    """The shortest baseline, and each folder below `functions`, all measured `rounds` times."""
    names = list(names)
    starts: dict[str, list[Start]] = {name: [] for name in names}
    baselines: dict[str, list[Start]] = {code: [] for code in (BASELINE, HTTP_BASELINE)}
    with tempfile.TemporaryDirectory() as compiled:
        for name in names:  # makes the byte code
            start_once(root, "import app", name, compiled)
        everything = [*names, *list(baselines) * _BASELINES]
        for number in range(rounds):
            # A processor that slows down in turns must not meet the same ones in every round.
            for one in _from(everything, number * len(everything) // rounds):
                if one in baselines:
                    baselines[one].append(start_once(root, one, "", compiled))
                else:
                    starts[one].append(start_once(root, "import app", one, compiled))
    least = {code: _shortest(found) for code, found in baselines.items()}
    measured = {}
    for name, found in starts.items():
        start = _shortest(found)
        baseline = least[HTTP_BASELINE if name in HTTP_FUNCTIONS else BASELINE]
        measured[name] = Measured(start, start.cpu / baseline.cpu)
    return least[BASELINE], measured


def _from(everything: list[str], first: int) -> list[str]:
    return everything[first:] + everything[:first]


def _shortest(starts: list[Start]) -> Start:
    return min(starts, key=lambda start: start.cpu)


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


def import_complaints(measured: dict[str, Measured]) -> list[str]:
    """Functions that take longer than they may."""
    found = []
    for name, entry in measured.items():
        if entry.times > MOST_TIMES_OF.get(name, MOST_TIMES_BASELINE):
            found.append(f"{name} takes {entry.times:.2f} times the baseline to import")
        if entry.start.cpu > MOST_SECONDS:
            milliseconds = entry.start.cpu * 1000
            found.append(f"{name} takes {milliseconds:.0f} ms of the processor to import")
    return found


def import_report(baseline: Start, measured: dict[str, Measured]) -> list[str]:
    """Lines to print, the slowest first."""
    ordered = sorted(measured.items(), key=lambda entry: -entry[1].times)
    lines = [f"{'':26}{'times':>7}{'cpu ms':>8}{'wall ms':>9}{'modules':>9}"]
    for name, entry in [("(baseline)", Measured(baseline, 1.0)), *ordered]:
        start = entry.start
        lines.append(
            f"{name:26}{entry.times:7.2f}{start.cpu * 1000:8.0f}{start.wall * 1000:9.0f}"
            f"{start.modules:9}"
        )
    return lines
