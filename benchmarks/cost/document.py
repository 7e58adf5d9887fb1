"""Fills docs/cost.md: every table between a pair of comments is computed, and nothing else."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path

from benchmarks.cost import count_tables, month_tables, schedule_tables
from benchmarks.cost.bill import Model
from benchmarks.cost.figures import inputs
from benchmarks.cost.limits import Limits
from benchmarks.cost.markdown import table
from benchmarks.counting.scenes import ROOT

DOCUMENT = ROOT / "docs" / "cost.md"
PICTURE = ROOT / "docs" / "cost-schedule.svg"
_PLACE = re.compile(r"<!-- computed: ([a-z-]+) -->\n.*?<!-- end -->", re.DOTALL)


class UnknownTableError(LookupError):
    """The document asks for a table that there is none of."""


def filled(text: str, model: Model) -> str:
    """The document with every table computed anew."""
    tables = _tables(model)

    def fill(place: re.Match[str]) -> str:
        name = place[1]
        if name not in tables:
            raise UnknownTableError(name)
        return f"<!-- computed: {name} -->\n{tables[name]()}\n<!-- end -->"

    return _PLACE.sub(fill, text)


def files(model: Model) -> dict[Path, str]:
    """What the document and its picture are to hold."""
    return {
        DOCUMENT: filled(DOCUMENT.read_text("utf-8"), model),
        PICTURE: schedule_tables.picture(model),
    }


def _tables(model: Model) -> dict[str, Callable[[], str]]:
    limits = Limits(model)
    by_lines = {lines: Model.read(lines=lines) for lines in (20, 200, 3000)}
    by_share = {share: Model.read(overdue_share=share) for share in (0.05, 0.2)}
    return {
        "when": lambda: count_tables.when(model),
        "sizes": lambda: count_tables.sizes(model),
        "constancy": lambda: count_tables.constancy(model),
        "steps": lambda: count_tables.steps(model),
        "chapters": lambda: count_tables.chapters(model),
        "months": lambda: month_tables.months(model),
        "thousand": lambda: month_tables.thousand(model),
        "services": lambda: month_tables.services(model),
        "storage": lambda: month_tables.storage(model),
        "worst": lambda: month_tables.worst(model),
        "fixed": lambda: month_tables.fixed(model),
        "lines": lambda: month_tables.by_lines(by_lines),
        "overdue": lambda: month_tables.by_overdue(by_share),
        "prices": month_tables.price_table,
        "inputs": _inputs,
        "limits": limits.table,
        "single-calls": limits.single_calls,
        "quotas": limits.sources,
        "schedule": lambda: schedule_tables.steps(model),
        "smaller": lambda: schedule_tables.smaller(model),
    }


def _inputs() -> str:
    told = inputs()
    rows = []
    for name, value in told.items():
        shown = (
            ", ".join(f"{key}: {entry}" for key, entry in value.items())
            if isinstance(value, dict)
            else str(value)
        )
        rows.append([f"`{name}`", shown])
    return table(["input", "value"], rows).replace("--:|", "---|")
