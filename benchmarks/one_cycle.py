"""One provider with one cycle and one feed, of which everything around is memory and files."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from types import SimpleNamespace
from typing import Any

from benchmarks import books
from msp_billing.adapters.feeds.export_reader import ExportReader
from msp_billing.adapters.feeds.feed_files import choose_export
from msp_billing.adapters.holiday_calendar import business_calendar
from msp_billing.domain.building.build_context import BuildContext
from msp_billing.domain.building.building import build_account
from msp_billing.domain.counting.previous_counts import NO_PREVIOUS_COUNTS
from msp_billing.domain.cycles import Cycle, CycleId, CycleState, plan_cycle
from msp_billing.domain.feeds.definitions import FeedColumns, FeedDefinition, FeedExport
from msp_billing.domain.policy import ProviderPolicy
from msp_billing.domain.seals import seal
from msp_billing.usecases.context import BatchRequest, CycleRequest
from msp_billing.usecases.manifest import manifest_lines
from msp_billing.usecases.moments import load_sealed
from msp_billing.usecases.ports import Ports
from msp_billing.usecases.records import BookEntry, StoredObject
from msp_billing.usecases.seal_snapshot import seal_snapshot
from msp_billing.usecases.take_snapshot import SnapshotRequest, take_snapshot

ROWS_PER_ACCOUNT = 500
SITES = 20
AS_OF_AT = datetime(2026, 11, 1, 5, tzinfo=UTC)


class World:
    """One provider with one cycle, and nothing else."""

    def __init__(self, path: Path, rows: int, folder: Path) -> None:
        self.book = [
            BookEntry(account=books.account(number, SITES), applied_at=AS_OF_AT)
            for number in range(-(-rows // ROWS_PER_ACCOUNT))
        ]
        self.policy = policy_with_a_feed()
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
                read=lambda *_: open_export(self.path),
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


def policy_with_a_feed() -> ProviderPolicy:
    """The benchmark's policy, counting from an export with dates and names."""
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


def open_export(path: Path) -> ExportReader:
    """The program's own reader of the export."""
    return ExportReader(policy_with_a_feed().feeds[0], _export(), path.open("rb"), path.name)
