"""A run's schedule, simulated: what each step waits for, and how long it takes.

    python -m benchmarks.simulation 1000000 --rate 50

Time is simulated batch by batch. A batch waits for a worker of its map (``MaxConcurrency`` of the
state machine), for Step Functions' buckets, for the partitions of the table that it writes to, and,
when it is delivered, for SES's rate and daily quota. How much work a batch is comes from what was
counted; how long that takes on Lambda is the model of ``benchmarks/cost/durations.py``.
"""

from __future__ import annotations

import argparse
import heapq
import json
from collections import defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from math import ceil
from typing import Any

from benchmarks.cost.bill import ACCOUNTS_PER_BATCH, Model
from benchmarks.cost.durations import DELIVERING, seconds
from benchmarks.counting.scenes import ROOT
from benchmarks.waiting import DAY, Bucket, in_words
from msp_billing.usecases.number_invoices import INVOICES_PER_CALL

__all__ = ["INVOICES_PER_CALL", "Setting", "Simulation", "Step"]

LONGEST_CALL = 900
"""Seconds that a function may run, and the most that the template gives one."""

_LOOKS_AGAIN_AFTER = 300.0  # WaitToSendInvoiceMails, when SES takes no more
_PARTITION_WRITES, _PARTITION_READS = 1000, 3000
_KEYS = ("CYCLE", "LEDGERS")
"""Partition keys under which a whole run's items lie; those of an account have one each."""


@dataclass(frozen=True)
class Setting:
    """What is chosen, or granted by AWS: default quotas of a large region."""

    accounts: int
    ses_rate: float = 14
    ses_daily: float = 50_000
    batch_workers: int | None = None
    mail_workers: int | None = None
    transitions: tuple[float, float] = (5000, 1500)
    starts: tuple[float, float] = (1300, 300)


@dataclass(frozen=True)
class Step:
    """A step as it went: from when to when, in seconds, and what it waited for most.

    Args:
        longest_call: seconds of its longest call of a function.
    """

    name: str
    begun: float
    ended: float
    bound_by: str
    longest_call: float
    waited: Mapping[str, float]

    @property
    def took(self) -> float:
        """Seconds."""
        return self.ended - self.begun

    @property
    def fits(self) -> bool:
        """Whether a call of it ends before Lambda ends it."""
        return self.longest_call <= LONGEST_CALL


class Simulation:
    """One provider's cycle of so many accounts, each with one invoice."""

    def __init__(self, model: Model, setting: Setting) -> None:
        self._model = model
        self._setting = setting
        self._lines = model.counted.cycle(model.inputs["lines"])
        self._workers = _max_concurrency()
        self._transitions = Bucket(*setting.transitions)
        self._starts = Bucket(*setting.starts)
        self._writes = {key: Bucket(_PARTITION_WRITES, _PARTITION_WRITES) for key in _KEYS}
        self._reads = {key: Bucket(_PARTITION_READS, _PARTITION_READS) for key in _KEYS}
        self._index = Bucket(_PARTITION_WRITES, _PARTITION_WRITES)
        self._sent_today = 0.0
        self._day_ends = DAY

    def run(self) -> list[Step]:
        """Every step that does work, one after the other; waits for the policy's dates left out."""
        steps: list[Step] = []
        now = 0.0
        for step in self._steps():
            made = step(now)
            steps.append(made)
            now = made.ended
        return steps

    def _steps(self) -> Iterator[Any]:
        for name in ("TakeSnapshot", "SealSnapshot"):
            yield lambda at, name=name: self._single(name, at)
        yield lambda at: self._map("BuildInvoices", at)
        yield lambda at: self._single("ReconcileCycle", at)
        yield lambda at: self._map("CompareInvoices", at)
        yield lambda at: self._single("CompareCycle", at)
        yield self._numbering
        for name in ("PostInvoices", "RenderInvoices"):
            yield lambda at, name=name: self._map(name, at)
        yield self._delivering
        yield lambda at: self._single("CloseCycle", at)

    # --- Kinds of steps --------------------------------------------------------------------------

    def _single(self, name: str, begun: float) -> Step:
        """One call of one function, however many accounts there are."""
        took = self._seconds(f"{name}Function", self._setting.accounts, fixed=True)
        return Step(name, begun, begun + took, "one function", took, {})

    def _numbering(self, begun: float) -> Step:
        """One transaction after the other: the counter is one item."""
        accounts = self._setting.accounts
        took = self._seconds("NumberInvoicesFunction", accounts, fixed=True)
        waited: dict[str, float] = defaultdict(float)
        function = self._lines["NumberInvoicesFunction"]
        granted = begun
        for key in _KEYS:
            units = _each(function, f"dynamodb write units in {key}") * accounts
            granted = max(granted, self._writes[key].take(units, begun))
        granted = max(
            granted,
            self._index.take(_each(function, "dynamodb index write units") * accounts, begun),
        )
        calls = ceil(accounts / INVOICES_PER_CALL)
        if granted > begun + took:
            waited["the cycle's partition"] = granted - begun - took
        ended = max(begun + took, granted)
        return Step(
            "NumberInvoices",
            begun,
            ended,
            _bound(waited, took, "one transaction after the other"),
            (ended - begun) / calls,
            waited,
        )

    def _map(self, name: str, begun: float) -> Step:
        workers = self._setting.batch_workers or self._workers[name]
        function = f"{name}Function"
        waited: dict[str, float] = defaultdict(float)
        longest = worked = 0.0
        free = [begun] * min(workers, self._batches)
        ended = begun
        for accounts in self._sizes():
            start = self._child(heapq.heappop(free), 1, waited)
            own = self._seconds(function, accounts)
            worked += own
            end = self._partitions(function, accounts, start, start + own, waited)
            longest = max(longest, end - start)
            ended = max(ended, end)
            heapq.heappush(free, end)
        return Step(
            name, begun, ended, _bound(waited, worked, f"{workers} workers"), longest, waited
        )

    def _delivering(self, begun: float) -> Step:
        """Each worker sends at its share of SES's rate; a call ends before Lambda ends it."""
        setting = self._setting
        workers = setting.mail_workers or self._workers["DeliverInvoices"]
        waited: dict[str, float] = defaultdict(float)
        worked = 0.0
        free = [begun] * min(workers, self._batches)
        ended = begun
        self._sent_today, self._day_ends = 0.0, begun + DAY
        for accounts in self._sizes():
            start = self._child(heapq.heappop(free), 3, waited)
            own = self._seconds(DELIVERING, accounts)
            worked += own
            end = self._partitions(DELIVERING, accounts, start, start + own, waited)
            paced = start + accounts * workers / setting.ses_rate
            if paced > end:
                waited["SES's rate"] += paced - end
                end = paced
            end = self._within_quota(accounts, end, waited)
            ended = max(ended, end)
            heapq.heappush(free, end)
        bound = _bound(waited, worked, f"{workers} workers")
        return Step("DeliverInvoices", begun, ended, bound, 0.0, waited)

    # --- What is waited for ----------------------------------------------------------------------

    def _child(self, at: float, states: int, waited: dict[str, float]) -> float:
        """When a child of a map begins: its start and its states take tokens."""
        granted = max(self._starts.take(1, at), self._transitions.take(states, at))
        if granted > at:
            waited["Step Functions' buckets"] += granted - at
        return granted

    def _partitions(
        self, function: str, accounts: int, start: float, end: float, waited: dict[str, float]
    ) -> float:
        used = self._lines[function]
        for buckets, kind in ((self._writes, "write"), (self._reads, "read")):
            for key, bucket in buckets.items():
                units = _each(used, f"dynamodb {kind} units in {key}") * accounts
                granted = bucket.take(units, start) if units else start
                if granted > end:
                    waited[_PARTITION_NAMES[key]] += granted - end
                    end = granted
        return end

    def _within_quota(self, mails: int, at: float, waited: dict[str, float]) -> float:
        """The day's quota is used up: whoever has mails looks again every five minutes."""
        while at >= self._day_ends:
            self._sent_today, self._day_ends = 0.0, self._day_ends + DAY
        if self._sent_today + mails > self._setting.ses_daily:
            later = self._day_ends + _LOOKS_AGAIN_AFTER / 2
            waited["SES's quota for a day"] += later - at
            self._sent_today, self._day_ends = 0.0, self._day_ends + DAY
            at = later
        self._sent_today += mails
        return at

    # --- Work ------------------------------------------------------------------------------------

    @property
    def _batches(self) -> int:
        return ceil(self._setting.accounts / ACCOUNTS_PER_BATCH)

    def _sizes(self) -> Iterator[int]:
        whole, rest = divmod(self._setting.accounts, ACCOUNTS_PER_BATCH)
        yield from (ACCOUNTS_PER_BATCH for _ in range(whole))
        if rest:
            yield rest

    @cache  # noqa: B019 - as long as a simulation runs; a million accounts are two sizes of batch
    def _seconds(self, function: str, accounts: int, *, fixed: bool = False) -> float:
        used = {
            what: line.at(accounts) if fixed else line.each * accounts
            for what, line in self._lines[function].items()
        }
        return seconds(used, self._model.counted.memory_mb[function], self._model.inputs)


_PARTITION_NAMES = {"CYCLE": "the cycle's partition", "LEDGERS": "the partition of ledgers' heads"}


def _each(lines: Mapping[str, Any], what: str) -> float:
    return float(lines[what].each) if what in lines else 0.0


def _bound(waited: Mapping[str, float], worked: float, otherwise: str) -> str:
    """What it waited for most, if that is more than a tenth of the work."""
    most = max(waited, key=lambda name: waited[name], default=None)
    return most if most is not None and waited[most] > worked / 10 else otherwise


def _max_concurrency() -> dict[str, int]:
    """Of each map, how many children run at once, as the state machine is written."""
    text = (ROOT / "statemachines" / "billing_cycle.asl.json").read_text("utf-8")
    states = json.loads(text)["States"]
    return {
        name: int(state["MaxConcurrency"])
        for name, state in states.items()
        if state["Type"] == "Map"
    }


def main() -> None:
    """Print the steps of a run."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.simulation")
    parser.add_argument("accounts", type=int)
    parser.add_argument("--rate", type=float, default=14, help="mails a second that SES allows")
    parser.add_argument("--daily", type=float, default=50_000, help="mails a day that SES allows")
    parser.add_argument("--batch-workers", type=int, help="in place of the state machine's")
    parser.add_argument("--mail-workers", type=int, help="in place of the state machine's")
    told = parser.parse_args()
    setting = Setting(
        accounts=told.accounts,
        ses_rate=told.rate,
        ses_daily=told.daily,
        batch_workers=told.batch_workers,
        mail_workers=told.mail_workers,
    )
    for step in Simulation(Model.read(), setting).run():
        late = "" if step.fits else f"; a call of {in_words(step.longest_call)} does not fit"
        print(f"{step.name:16} {in_words(step.took):>9}  bound by {step.bound_by}{late}")


if __name__ == "__main__":
    main()
