"""A device feed of a million rows: read, counted and sealed, beside what other programs need.

Each way of reading runs in a process of its own: ``python -m benchmarks.feeds WAY [ROWS]``. The
ways of this program are its own use cases with its own readers; only what lies outside (the book,
the locks, the buckets) is replaced by memory and by files, because what they take is not ours.
"""

from __future__ import annotations

import csv
import gc
import json
import random
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from datetime import date, timedelta
from pathlib import Path

from benchmarks.memory import peak_mib
from benchmarks.one_cycle import ROWS_PER_ACCOUNT, SITES, World, open_export
from msp_billing.domain.feeds.tables import FeedTable

MILLION = 1_000_000
Figures = dict[str, float | int | str]


def write_feed(path: Path, rows: int, *, shuffled: bool) -> None:
    """The export: workstations and servers, by account, or in no order at all."""
    chance = random.Random(rows)
    lines = []
    for number in range(rows):
        account, place = divmod(number, ROWS_PER_ACCOUNT)
        added_on = date(2023, 1, 1) + timedelta(days=chance.randrange(1_000))
        kind = "server" if chance.random() < 0.2 else "workstation"
        lines.append(
            f"{number:08x}-5e1f,WS-{account:05d}-{place:04d},Sample account {account},"
            f"site-{place % SITES:04d},{added_on},,{kind}\n"
        )
    if shuffled:
        chance.shuffle(lines)
    with path.open("w", encoding="utf-8", newline="") as file:
        file.write("Device ID,Host name,Client,Site,Added,Removed,Type\n")
        file.writelines(lines)


def read_by_csv(path: Path, rows: int) -> Figures:
    """The bare loop of the CSV module: nothing is done with the rows."""
    with path.open(encoding="utf-8", newline="") as file:
        count = sum(1 for _ in csv.reader(file)) - 1
    assert count == rows
    return {}


def read_by_polars(path: Path, rows: int) -> Figures:
    """Polars, on all cores, with every row in memory."""
    import polars  # noqa: PLC0415 - a process that does not use it must not load it

    assert polars.read_csv(path, try_parse_dates=True).shape[0] == rows
    return {"threads": polars.thread_pool_size()}


def read_tables(path: Path, rows: int) -> Figures:
    """This program's reader alone: decoded, measured, checked and made plain rows."""
    reader = open_export(path)
    assert sum(len(table) for table in reader.tables() if isinstance(table, FeedTable)) == rows
    return {}


def take_and_seal(path: Path, rows: int) -> Figures:
    """Read, counted by account, and sealed: what a cycle does at its moment and after it."""
    with tempfile.TemporaryDirectory() as folder:
        world = World(path, rows, Path(folder))
        result = world.take_and_seal()
        assert result.rows == rows
        return {"sealed_bytes": world.records.size_bytes}


def build_all(path: Path, rows: int) -> Figures:
    """The same, then every account counted by its rules, item by item, and its invoice built."""
    with tempfile.TemporaryDirectory() as folder:
        world = World(path, rows, Path(folder))
        world.take_and_seal()
        billed = world.build()
    return {"items_named": billed}


WAYS: dict[str, tuple[str, Callable[[Path, int], Figures]]] = {
    "csv": ("csv module, bare loop", read_by_csv),
    "polars": ("polars, all in memory", read_by_polars),
    "read": ("read", read_tables),
    "seal": ("read, counted, sealed", take_and_seal),
    "build": ("... and 2,000 invoices built", build_all),
}
ORDERS = {"sorted": False, "shuffled": True}


def figures(way: str, order: str = "sorted", rows: int = MILLION) -> Figures:
    """Measure one way of reading, in this process."""
    title, measure = WAYS[way]
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "devices.csv"
        write = "from benchmarks.feeds import *; write_feed(Path(%r), %d, shuffled=%r)"
        _in_another_process(write % (str(path), rows, ORDERS[order]))

        gc.collect()
        begun, begun_cpu = time.perf_counter(), time.process_time()
        more = measure(path, rows)
        seconds, cpu = time.perf_counter() - begun, time.process_time() - begun_cpu
    return {
        "way": title,
        "rows": order,
        "seconds": seconds,
        "cpu_seconds": cpu,
        "rows_per_second": round(rows / seconds),
        "peak_mib": peak_mib(),
        **more,
    }


def _in_another_process(code: str) -> None:
    """What makes the file must not count into the peak of what reads it."""
    import subprocess  # noqa: PLC0415

    subprocess.run([sys.executable, "-c", code], check=True)


def main(arguments: Sequence[str]) -> None:
    """Run one way and print its figures as JSON."""
    way, *rest = arguments
    order = rest[0] if rest else "sorted"
    rows = int(rest[1]) if len(rest) > 1 else MILLION
    print(json.dumps(figures(way, order, rows)))


if __name__ == "__main__":
    main(sys.argv[1:])
