"""Comparing what two stacks have made of the same input: equal, or where not."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from rich.console import Console
from rich.table import Table

from trial_stack.findings import Findings

_NOTHING = object()


@dataclass(frozen=True)
class Difference:
    """One value that is not the same; ``None`` where a side has nothing."""

    where: str
    deployed: Any
    in_process: Any


@dataclass(frozen=True)
class SectionResult:
    """One section of the findings."""

    section: str
    compared: int
    """How many things both sides have together."""
    values: int
    """How many single values they are made of."""
    differences: tuple[Difference, ...]


@dataclass(frozen=True)
class Comparison:
    """Every section that either side has."""

    sections: tuple[SectionResult, ...]

    @property
    def equal(self) -> bool:
        """Whether all is the same, and there was something to compare in every section."""
        return bool(self.sections) and all(
            entry.compared and not entry.differences for entry in self.sections
        )


def compare(deployed: Findings, in_process: Findings) -> Comparison:
    """Compare all that was found, value by value."""
    names = [*deployed, *(name for name in in_process if name not in deployed)]
    return Comparison(
        tuple(_section(name, deployed.get(name, {}), in_process.get(name, {})) for name in names)
    )


def _section(name: str, deployed: dict[str, Any], in_process: dict[str, Any]) -> SectionResult:
    return SectionResult(
        section=name,
        compared=len(deployed.keys() | in_process.keys()),
        values=sum(1 for _ in _leaves(deployed)),
        differences=tuple(_differences("", deployed, in_process)),
    )


def _differences(where: str, deployed: Any, in_process: Any) -> Iterator[Difference]:
    if isinstance(deployed, dict) and isinstance(in_process, dict):
        for name in [*deployed, *(name for name in in_process if name not in deployed)]:
            yield from _differences(
                f"{where} > {name}" if where else name,
                deployed.get(name, _NOTHING),
                in_process.get(name, _NOTHING),
            )
    elif isinstance(deployed, list) and isinstance(in_process, list):
        for number in range(max(len(deployed), len(in_process))):
            yield from _differences(
                f"{where}[{number + 1}]",
                deployed[number] if number < len(deployed) else _NOTHING,
                in_process[number] if number < len(in_process) else _NOTHING,
            )
    elif deployed is _NOTHING or in_process is _NOTHING or deployed != in_process:
        yield Difference(where, _shown(deployed), _shown(in_process))


def _shown(value: Any) -> Any:
    return None if value is _NOTHING else value


def _leaves(value: Any) -> Iterator[Any]:
    parts = value.values() if isinstance(value, dict) else value
    if not isinstance(value, dict | list):
        yield value
        return
    for part in parts:
        yield from _leaves(part)


def print_comparison(comparison: Comparison, console: Console, most: int = 20) -> None:
    """The table of what was compared, and the first differences."""
    table = Table(title="Deployed stack and local cloud, for the same input", title_justify="left")
    table.add_column("what")
    for column in ("compared", "values", "differences"):
        table.add_column(column, justify="right")
    for entry in comparison.sections:
        differences = str(len(entry.differences)) if entry.differences else "none"
        table.add_row(entry.section, str(entry.compared), str(entry.values), differences)
    console.print(table)
    found = [(entry.section, one) for entry in comparison.sections for one in entry.differences]
    for section, one in found[:most]:
        console.print(f"{section}: {one.where}", markup=False, soft_wrap=True)
        console.print(f"    deployed   {one.deployed!r}", markup=False, soft_wrap=True)
        console.print(f"    in process {one.in_process!r}", markup=False, soft_wrap=True)
    if len(found) > most:
        console.print(f"... and {len(found) - most} more.", markup=False)
    empty = [entry.section for entry in comparison.sections if not entry.compared]
    if empty:
        console.print(f"Nothing to compare in: {', '.join(empty)}.", markup=False)
    if comparison.equal:
        console.print("Equal.", markup=False)
