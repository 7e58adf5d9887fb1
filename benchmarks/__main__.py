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

from benchmarks.cases import CASES

_TITLES = {
    "build": "Building one invoice, in memory",
    "render": "Rendering one invoice as PDF",
    "cycle": "A whole cycle in the local cloud, 20 lines an account",
}


def main(names: list[str]) -> int:
    """Print a table per case; exit code 2 for a case that does not exist."""
    console = Console()
    unknown = sorted(set(names) - set(CASES))
    if unknown:
        console.print(f"no such case: {', '.join(unknown)}; there are {', '.join(CASES)}")
        return 2
    for name in names or list(CASES):
        rows = []
        for size in CASES[name][1]:
            with console.status(f"{_TITLES[name]}: {size} ..."):
                rows.append(_figures(name, size))
        table = Table(title=_TITLES[name], title_justify="left")
        for column in rows[0]:
            table.add_column(column.replace("_", " "), justify="right")
        for row in rows:
            table.add_row(*(_shown(value) for value in row.values()))
        console.print(table)
    return 0


def _figures(name: str, size: int) -> dict[str, float | int | str]:
    """One case in a process of its own."""
    run = subprocess.run(
        [sys.executable, "-m", "benchmarks.cases", name, str(size)],
        check=True,
        stdout=subprocess.PIPE,
        text=True,
    )
    figures: dict[str, float | int | str] = json.loads(run.stdout.splitlines()[-1])
    return figures


def _shown(value: float | int | str) -> str:
    return f"{value:,.2f}" if isinstance(value, float) else f"{value:,}"


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
