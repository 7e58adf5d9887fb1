"""Run every case and print the figures: ``python -m benchmarks [case ...]``.

Times vary with the machine and its load; compare them within one run only. Requests, transitions
and bytes do not vary: they are what docs and reviews may rely on.
"""

from __future__ import annotations

import json
import subprocess
import sys

from rich.console import Console
from rich.table import Table

from benchmarks import cases, feeds
from benchmarks.render import case as rendering

_CASES: dict[str, tuple[str, list[list[str]]]] = {
    **{
        name: ("benchmarks.cases", [[name, str(size)] for size in entry[1]])
        for name, entry in cases.CASES.items()
    },
    "render": ("benchmarks.render.case", rendering.runs()),
    "render-memory": ("benchmarks.render.case", [["memory"]]),
    "feed": ("benchmarks.feeds", [[way, order] for order in feeds.ORDERS for way in feeds.WAYS]),
}
_TITLES = {
    "build": "Building one invoice, in memory",
    "render": "Rendering one invoice as PDF, beside other makers with the same content",
    "render-memory": "Memory over 1,000 renderings of 20 lines",
    "cycle": "A whole cycle in the local cloud, 20 lines an account",
    "receivables": "Payments, cases and looks in the local cloud, each",
    "feed": "A device feed of a million rows for 2,000 accounts",
}


def main(names: list[str]) -> int:
    """Print a table per case; exit code 2 for a case that does not exist."""
    console = Console()
    unknown = sorted(set(names) - set(_CASES))
    if unknown:
        console.print(f"no such case: {', '.join(unknown)}; there are {', '.join(_CASES)}")
        return 2
    for name in names or list(_CASES):
        module, runs = _CASES[name]
        rows = []
        for arguments in runs:
            with console.status(f"{_TITLES[name]}: {' '.join(arguments)} ..."):
                rows += _figures(module, arguments)
        if name == "render":
            rows = rendering.with_ratios(rows)
        table = Table(title=_TITLES[name], title_justify="left")
        columns = list(dict.fromkeys(column for row in rows for column in row))
        for column in columns:
            table.add_column(column.replace("_", " "), justify="right")
        for row in rows:
            table.add_row(*(_shown(row.get(column, "")) for column in columns))
        console.print(table)
    return 0


def _figures(module: str, arguments: list[str]) -> list[dict[str, float | int | str]]:
    """One case in a process of its own: a row, or several."""
    run = subprocess.run(
        [sys.executable, "-m", module, *arguments],
        check=True,
        stdout=subprocess.PIPE,
        text=True,
    )
    figures = json.loads(run.stdout.splitlines()[-1])
    return figures if isinstance(figures, list) else [figures]


def _shown(value: float | int | str) -> str:
    if isinstance(value, str):
        return value
    return f"{value:,.2f}" if isinstance(value, float) else f"{value:,}"


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
