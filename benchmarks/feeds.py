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
import resource
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from types import SimpleNamespace
from typing import Any

from benchmarks import books
from msp_billing.adapters.feeds.export_reader import ExportReader
from msp_billing.adapters.feeds.feed_files import choose_export
from msp_billing.adapters.holiday_calendar import business_calendar
from msp_billing.domain.build_context import BuildContext
from msp_billing.domain.building import build_account
from msp_billing.domain.counter import NO_PREVIOUS_COUNTS
from msp_billing.domain.cycles import Cycle, CycleId, CycleState, plan_cycle
from msp_billing.domain.feed_table import FeedTable
from msp_billing.domain.feeds import FeedColumns, FeedDefinition, FeedExport
from msp_billing.domain.policy import ProviderPolicy
from msp_billing.domain.snapshots import seal
from msp_billing.usecases.context import BatchRequest, CycleRequest
from msp_billing.usecases.manifest import manifest_lines
from msp_billing.usecases.moments import load_sealed
from msp_billing.usecases.ports import Ports
from msp_billing.usecases.records import BookEntry, StoredObject
from msp_billing.usecases.seal_snapshot import seal_snapshot
from msp_billing.usecases.take_snapshot import SnapshotRequest, take_snapshot

ROWS_PER_ACCOUNT = 500
SITES = 20
MILLION = 1_000_000
AS_OF_AT = datetime(2026, 11, 1, 5, tzinfo=UTC)
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
    reader = _reader(path)
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


class World:
    """One provider with one cycle, and nothing else."""

    def __init__(self, path: Path, rows: int, folder: Path) -> None:
        self.book = [
            BookEntry(account=books.account(number, SITES), applied_at=AS_OF_AT)
            for number in range(-(-rows // ROWS_PER_ACCOUNT))
        ]
        self.policy = _policy()
        self.run = self.policy.runs[0]
        self.calendar = business_calendar(self.policy.holidays, range(2025, 2028))
        self.records = FolderRecords(folder)
        self.cycle = Cycle(
            id=CycleId(provider=books.PROVIDER, run="monthly", period=books.PERIOD),
            owner="benchmark",
            state=CycleState.OPEN,
            policy_version="1",
            price_book_version="1",
            plan=plan_cycle(self.policy, self.run, books.PERIOD, self.calendar),
            opened_at=AS_OF_AT,
        )
        self.path = path
        self.ports: Ports = self._ports()

    def _ports(self) -> Any:
        return SimpleNamespace(
            records=self.records,
            clock=SimpleNamespace(now=lambda: AS_OF_AT),
            policies=SimpleNamespace(
                policy=lambda *_: self.policy, price_book=lambda *_: books.price_book()
            ),
            cycles=SimpleNamespace(
                find=lambda _: self.cycle, find_many=lambda _: {}, update=self._update
            ),
            book=SimpleNamespace(entries=self._entries),
            invoices=SimpleNamespace(claims=lambda _, names: {name: {} for name in names}),
            feeds=SimpleNamespace(
                exports=lambda *_: [_export()],
                choose=choose_export,
                read=lambda *_: _reader(self.path),
            ),
        )

    def _update(self, cycle: Cycle) -> None:
        self.cycle = cycle

    def _entries(self, _provider: str) -> Iterator[BookEntry]:
        yield from self.book

    def _request(self) -> dict[str, Any]:
        return {**self.cycle.id.model_dump(), "owner": self.cycle.owner}

    def take_and_seal(self) -> Any:
        """Both steps of the cycle."""
        moment = self.run.moments[0].moment
        result = take_snapshot(self.ports, SnapshotRequest(**self._request(), moment=moment))
        seal_snapshot(self.ports, CycleRequest(**self._request()))
        return result

    def build(self) -> int:
        """Every batch, one after the other; returns how many items the invoices name."""
        named = 0
        for line in manifest_lines(self.ports, self.cycle):
            batch = BatchRequest(**self._request(), **line.model_dump())
            context = BuildContext(
                policy=self.policy,
                run=self.run,
                price_book=books.price_book(),
                period=books.PERIOD,
                invoice_on=books.PERIOD.day(2),
                due_on=books.PERIOD.day(20),
                charges_until=books.PERIOD.day(1),
                snapshot_sha256=batch.sha256,
                calendar=self.calendar,
            )
            for snapshot in load_sealed(self.ports, batch.key, batch.sha256).accounts:
                outcome = build_account(context, snapshot, NO_PREVIOUS_COUNTS)
                assert not outcome.parked, outcome.problems
                named += sum(
                    len(evidence.count.items)
                    for invoice in outcome.invoices
                    for evidence in invoice.counts
                )
        return named


class FolderRecords:
    """The records bucket as a folder, with the real one's hashes."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self.size_bytes = 0

    def put_once(self, key: str, content: bytes, _media_type: str) -> StoredObject:
        """Store bytes."""
        self._path(key).write_bytes(content)
        self.size_bytes += len(content)
        return StoredObject(key=key, sha256=seal(content), size_bytes=len(content))

    def get(self, key: str, sha256: str | None = None) -> bytes:
        """The bytes, compared with their hash."""
        content = self._path(key).read_bytes()
        assert sha256 in {None, seal(content)}
        return content

    def find(self, key: str) -> bytes | None:
        """The bytes, if there are any."""
        return self.get(key) if self._path(key).exists() else None

    def _path(self, key: str) -> Path:
        return self._folder / key.replace("/", "+")


def _policy() -> ProviderPolicy:
    definition = FeedDefinition(
        feed="rmm-devices",
        title="RMM devices",
        scope="provider",
        columns=FeedColumns(
            item_id="Device ID",
            name="Host name",
            account="Client",
            subscriber="Site",
            online_on="Added",
            offboarded_on="Removed",
            attributes={"type": "Type"},
        ),
    )
    return books.policy().model_copy(update={"feeds": (definition,)})


def _export() -> FeedExport:
    return FeedExport(
        feed="rmm-devices",
        key="rmm-devices/2026-11-01.csv",
        as_of_at=AS_OF_AT,
        time_zone="America/Chicago",
    )


def _reader(path: Path) -> ExportReader:
    return ExportReader(_policy().feeds[0], _export(), path.open("rb"), path.name)


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
    peak_kib = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return {
        "way": title,
        "rows": order,
        "seconds": seconds,
        "cpu_seconds": cpu,
        "rows_per_second": round(rows / seconds),
        "peak_mib": peak_kib / 1024,
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
