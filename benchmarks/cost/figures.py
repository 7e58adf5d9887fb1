"""What was counted, in a form that scales: so much for each cycle, and so much for each account.

``counts.json`` holds the cycle at several sizes and the chapters of the receivables as they were
counted, with the commit and the day. Two sizes of the same accounts give what a cycle takes
whatever its size, and what each account adds; other sizes of invoices change only the second.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from functools import cache, cached_property
from pathlib import Path
from typing import Any

import yaml

from benchmarks.counting.scenes import BY_THE_CALENDAR

FOLDER = Path(__file__).parent
COUNTS = FOLDER / "counts.json"


Used = dict[str, dict[str, float]]
"""By function, what it used of what."""

Size = tuple[int, int, int]
"""Accounts, lines of each, and the month: the first one, or one that has a month before it."""


@dataclass(frozen=True)
class Line:
    """A quantity that grows with the accounts of a cycle."""

    fixed: float
    each: float

    def at(self, accounts: float) -> float:
        """The quantity of a cycle of so many accounts."""
        return self.fixed + self.each * accounts


@dataclass(frozen=True, eq=False)
class Counted:
    """The file of counts, with the questions that the model and the document ask."""

    content: dict[str, Any]

    @classmethod
    @cache
    def read(cls) -> Counted:
        """The counts that are kept with the project."""
        return cls(json.loads(COUNTS.read_text("utf-8")))

    @cached_property
    def cycles(self) -> dict[Size, dict[str, Any]]:
        """By accounts, lines and month, a cycle as it was counted."""
        return {
            (entry["accounts"], entry["lines"], entry["month"]): entry
            for entry in self.content["cycles"]
        }

    @cached_property
    def first_months(self) -> tuple[Size, ...]:
        """Cycles of the first month, by their size: they show that nothing grows."""
        return tuple(sorted(size for size in self.cycles if size[2] == 1))

    def used_by_cycle(self, size: Size) -> Used:
        """What a cycle used, by function; without what the calendar brings on the same days."""
        return {
            function: dict(used)
            for function, used in self.cycles[size]["used"].items()
            if function.removesuffix("Function") not in BY_THE_CALENDAR
        }

    @cache  # noqa: B019 - one for the life of the program
    def cycle(self, lines: int) -> dict[str, dict[str, Line]]:
        """By function and what it uses, how it grows with accounts of so many lines.

        What a cycle takes whatever its size comes from two sizes of first months, and what each
        account adds from a second month, which has one before it to be compared with.
        """
        small, large = self.first_months[0], self.first_months[1]
        (own,) = (size for size in self.cycles if size[1:] == (lines, 2))
        first, second, other = (self.used_by_cycle(size) for size in (small, large, own))
        return {
            function: {
                what: _line(
                    (small[0], first.get(function, {}).get(what, 0)),
                    (large[0], second.get(function, {}).get(what, 0)),
                    (own[0], other.get(function, {}).get(what, 0)),
                )
                for what in sorted(
                    set(first.get(function, {}))
                    | set(second.get(function, {}))
                    | set(other.get(function, {}))
                )
            }
            for function in sorted(set(first) | set(second) | set(other))
        }

    def transitions(self) -> Line:
        """States entered by a cycle, those of its maps' children included."""
        small, large = self.first_months[0], self.first_months[1]
        few, many = (sum(self.cycles[size]["states"].values()) for size in (small, large))
        each = (many - few) / (large[0] - small[0])
        return Line(fixed=few - small[0] * each, each=each)

    def chapter(self, name: str) -> tuple[Used, float]:
        """What one thing of a chapter of the receivables used by function; states entered."""
        told = self._receivables[-1]["chapters"][name]
        of = told["of"]
        used = {
            function: {what: count / of for what, count in counted.items()}
            for function, counted in told["used"].items()
        }
        states = sum(
            count for name, count in told["states"].items() if not name.startswith("billing-cycle")
        )
        return used, states / of

    def calendar(self, name: str) -> dict[str, dict[str, Line]]:
        """By function and what it uses, how a chapter of the calendar grows with the accounts."""
        small, large = (entry["chapters"][name] for entry in self._receivables)
        return {
            function: {
                what: _line(
                    (small["of"], small["used"][function].get(what, 0)),
                    (large["of"], large["used"][function].get(what, 0)),
                    (large["of"], large["used"][function].get(what, 0)),
                )
                for what in large["used"][function]
            }
            for function in large["used"]
        }

    @property
    def _receivables(self) -> list[dict[str, Any]]:
        """As counted with few accounts, and with more."""
        found: list[dict[str, Any]] = self.content["receivables"]
        return found

    @property
    def memory_mb(self) -> dict[str, int]:
        """Of each function, by the template that was counted with."""
        memory: dict[str, int] = self.content["template"]["memory_mb"]
        return memory


def _line(small: tuple[int, float], large: tuple[int, float], other: tuple[int, float]) -> Line:
    """Through two sizes of the same accounts; then as steep as a third one of others asks for."""
    each = (large[1] - small[1]) / (large[0] - small[0])
    fixed = max(0.0, small[1] - each * small[0])
    return Line(fixed=fixed, each=max(0.0, (other[1] - fixed) / other[0]))


@cache
def inputs() -> dict[str, Any]:
    """What the model assumes (``inputs.yaml``)."""
    told: dict[str, Any] = yaml.safe_load((FOLDER / "inputs.yaml").read_text("utf-8"))
    return told


@cache
def prices() -> dict[str, float]:
    """List prices by what they are for (``prices.yaml``)."""
    told = yaml.safe_load((FOLDER / "prices.yaml").read_text("utf-8"))
    return {name: float(entry["price"]) for name, entry in told.items()}


def price_list() -> dict[str, dict[str, str]]:
    """The same with where each stands."""
    told: dict[str, dict[str, str]] = yaml.safe_load((FOLDER / "prices.yaml").read_text("utf-8"))
    return told
