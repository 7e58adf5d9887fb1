"""At how many accounts each quota is met, by what was counted."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import yaml

from benchmarks.cost.bill import PROOF, PROVING, SWEEP, WEEKDAY, Model
from benchmarks.cost.durations import seconds
from benchmarks.cost.figures import FOLDER, Line
from benchmarks.cost.markdown import about, figure, table
from benchmarks.simulation import INVOICES_PER_CALL, Setting, Simulation

PAYLOAD_BYTES = 20_000
"""What a batch of 50 accounts stays below (tests/end_to_end/test_scale.py)."""

_EVENTS_OF_NUMBERING = 7  # a task's five events and a choice's two, for each call
_HOUR = 3600
_SINGLE = (
    "TakeSnapshotFunction",
    "SealSnapshotFunction",
    "ReconcileCycleFunction",
    "CompareCycleFunction",
    "CloseCycleFunction",
)


@dataclass(frozen=True)
class Limits:
    """The quotas with the counts that meet them."""

    model: Model

    @cached_property
    def quotas(self) -> dict[str, dict[str, Any]]:
        """As ``limits.yaml`` has them."""
        told: dict[str, dict[str, Any]] = yaml.safe_load(
            (FOLDER / "limits.yaml").read_text("utf-8")
        )
        return told

    def table(self) -> str:
        """Every quota, what we use of it, and where it is met."""
        rows = []
        for name, entry in self.quotas.items():
            ours, met = self._used[name](float(entry["quota"]))
            rows.append([f"{entry['service']}: {name}", f"{entry['quota']:,}", ours, met])
        head = ["quota", "is", "what we use of it", "met at accounts"]
        return table(head, rows).replace("--:|--:|--:|", "--:|---|---|")

    def sources(self) -> str:
        """Where each quota stands."""
        rows = [[name, entry["page"], entry["seen"]] for name, entry in self.quotas.items()]
        return table(["quota", "AWS's page", "seen"], rows).replace("--:|--:|", "---|---|")

    def single_calls(self) -> str:
        """Functions that go over all accounts of a provider in one call."""
        rows = []
        for name, each, fixed in self._whole_providers():
            function, comma, more = name.partition(",")
            most = about((900 - fixed) / each)
            if function == SWEEP.removesuffix("Function"):
                most += ", and goes on in another call"
            rows.append([f"`{function}`{comma}{more}", f"{each * 1000:.3g} s", most])
        return table(["in one call", "a thousand accounts", "15 minutes are met at"], rows)

    def _whole_providers(self) -> list[tuple[str, float, float]]:
        """Name, seconds for each account, and seconds besides."""
        cycle = self.model.counted.cycle(self.model.inputs["lines"])
        found = [self._line(function, cycle[function]) for function in _SINGLE]
        weekday = self.model.counted.calendar(WEEKDAY)
        found.append(self._line(SWEEP, weekday[SWEEP]))
        case = self._seconds(SWEEP, self.model.case_in_sweep())
        name, each, fixed = found[-1]
        late = self.model.inputs["overdue_share"]
        found.append((f"{name}, {late:.0%} with cases", each + late * case, fixed))
        name, each, fixed = self._line(PROVING, self.model.counted.calendar(PROOF)[PROVING])
        found.append((f"{name}, a seventh a day", each / 7, fixed))
        bank, _ = self.model.counted.chapter("bank file, each payment")
        taking = "TakePaymentFileFunction"
        found.append(("TakePaymentFile, a file's rows", self._seconds(taking, bank[taking]), 0))
        return found

    def _line(self, function: str, lines: dict[str, Line]) -> tuple[str, float, float]:
        each = self._seconds(function, {what: line.each for what, line in lines.items()})
        fixed = self._seconds(function, {what: line.fixed for what, line in lines.items()})
        return function.removesuffix("Function"), each, fixed

    def _seconds(self, function: str, used: dict[str, float]) -> float:
        return seconds(used, self.model.counted.memory_mb[function], self.model.inputs)

    # --- What is used of each quota --------------------------------------------------------------

    @property
    def _used(self) -> dict[str, Callable[[float], tuple[str, str]]]:
        return {
            "history events of an execution": self._history,
            "payload of a state": lambda _: (f"under {PAYLOAD_BYTES:,} bytes a batch", "never"),
            "state transitions a second": self._rate_of("transitions", 3, "of all maps' children"),
            "executions started a second": self._rate_of("starts", 1, "of maps' children"),
            "open executions": self._open_executions,
            "executions described a second": self._described,
            "one call of a function": lambda _: ("see the next table", "see there"),
            "functions at once": self._at_once,
            "write units a second under one key": self._one_key,
            "write units a second of the table": lambda _: (
                "ten workers write at most a few thousand",
                "never, with ten workers",
            ),
            "puts a second under a prefix": lambda _: (
                "about 60 by ten workers that render",
                "never, with ten workers",
            ),
            "mails a second": self._mails,
            "mails a day": lambda quota: ("a mail for each account", about(quota)),
            "events put a second": lambda _: ("a handful a run; two a case", "never"),
            "targets invoked a second": lambda _: ("two for each mail", "never at SES's rates"),
            "schedules": lambda _: ("one for each run of a provider", "never"),
            "schedules fired a second": lambda _: (
                "a provider's runs in the same minute",
                "60,000 runs that begin at the same minute",
            ),
        }

    def _history(self, quota: float) -> tuple[str, str]:
        ours = f"{_EVENTS_OF_NUMBERING} events for each {INVOICES_PER_CALL} numbers"
        return ours, about((quota - 300) / _EVENTS_OF_NUMBERING * INVOICES_PER_CALL)

    def _rate_of(self, _: str, states: int, what: str) -> Callable[[float], tuple[str, str]]:
        def used(quota: float) -> tuple[str, str]:
            steps = Simulation(self.model, Setting(accounts=100_000, ses_rate=50)).run()
            maps = [step for step in steps if step.name.endswith("Invoices")]
            fastest = max(2000 * states / step.took for step in maps if step.took)
            return f"{figure(fastest)} {what}", f"{about(quota / fastest * 10)} workers"

        return used

    def _open_executions(self, quota: float) -> tuple[str, str]:
        late = self.model.inputs["overdue_share"]
        return f"one for each case: {late:.0%} of the accounts", about(quota / late)

    def _described(self, quota: float) -> tuple[str, str]:
        asked = self.model.case_in_sweep().get("sfn DescribeExecution", 0)
        late = self.model.inputs["overdue_share"]
        most = (300 + quota * 900) / asked / late
        met = f"{about(most)}; then the sweep takes longer"
        return f"{figure(asked)} for each open case, in the daily sweep", met

    def _at_once(self, _: float) -> tuple[str, str]:
        lines = self.model.counted.cycle(self.model.inputs["lines"])["RecordMailEventFunction"]
        each = self._seconds("RecordMailEventFunction", {w: li.each for w, li in lines.items()})
        events = self.model.inputs["ses_events_per_mail"]
        return (
            f"ten of a map; {figure(200 * events * each)} for SES's events at 200 mails a second",
            "never",
        )

    def _one_key(self, quota: float) -> tuple[str, str]:
        lines = self.model.counted.cycle(self.model.inputs["lines"])
        function = max(lines, key=lambda name: _units(lines[name], "dynamodb write units in CYCLE"))
        units = _units(lines[function], "dynamodb write units in CYCLE")
        step = function.removesuffix("Function")
        ours = f"{figure(units)} units an invoice in `{step}`, all under the cycle's key"
        return ours, f"{about(quota * _HOUR / units)} an hour, more takes longer"

    def _mails(self, quota: float) -> tuple[str, str]:
        return "a mail for each account", f"{about(quota * _HOUR)} an hour, more takes longer"


def _units(lines: dict[str, Line], what: str) -> float:
    return lines[what].each if what in lines else 0.0
