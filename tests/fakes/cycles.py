"""Cycles, outcomes and exports in memory."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from msp_billing.adapters.feeds.feed_files import choose_export
from msp_billing.domain.cycles import Cycle, CycleId, CycleState
from msp_billing.domain.feeds.definitions import FeedDefinition, FeedExport
from msp_billing.usecases.errors import CycleUnreadableError, LockLostError
from msp_billing.usecases.records import AccountRecord, Approval


@dataclass
class FakeCycles:
    """Period locks, changed by their rules."""

    kept: dict[CycleId, Cycle] = field(default_factory=dict)
    approvals: dict[CycleId, Approval] = field(default_factory=dict)
    damaged: dict[CycleId, CycleUnreadableError] = field(default_factory=dict)
    """Cycles whose lock is there and cannot be read."""
    before_update: list[Cycle] = field(default_factory=list)
    """Stored just before the next update: what somebody else was faster with."""

    def put(self, cycle: Cycle) -> None:
        self.kept[cycle.id] = cycle

    def find(self, cycle: CycleId) -> Cycle | None:
        if cycle in self.damaged:
            raise self.damaged[cycle]
        return self.kept.get(cycle)

    def find_many(
        self,
        cycles: Sequence[CycleId],
        unreadable: Callable[[CycleId, CycleUnreadableError], None] | None = None,
    ) -> dict[CycleId, Cycle]:
        for entry in self.damaged.keys() & set(cycles):
            if unreadable is None:
                raise self.damaged[entry]
            unreadable(entry, self.damaged[entry])
        wanted = (entry for entry in cycles if entry not in self.damaged)
        return {entry: self.kept[entry] for entry in wanted if entry in self.kept}

    def unsettled(self, provider: str, *, open_only: bool = False) -> tuple[CycleId, ...]:
        found = [
            cycle
            for cycle in self.kept.values()
            if cycle.id.provider == provider
            and not cycle.is_settled
            and (cycle.state is CycleState.OPEN or not open_only)
        ]
        found.sort(key=lambda c: (c.state.value, str(c.id.period), c.id.run), reverse=True)
        return tuple(cycle.id for cycle in found)

    def take_lock(self, cycle: Cycle) -> Cycle:
        return self.kept.setdefault(cycle.id, cycle)

    def update(self, cycle: Cycle) -> None:
        while self.before_update:
            self.put(self.before_update.pop())
        held = self.kept.get(cycle.id)
        may_move = held is not None and held.state in {CycleState.OPEN, cycle.state}
        if held is None or held.owner != cycle.owner or not may_move:
            raise LockLostError(f"{cycle.id} is not open and held by {cycle.owner}")
        self.put(cycle)

    def approval(self, cycle: CycleId) -> Approval | None:
        return self.approvals.get(cycle)


@dataclass
class FakeOutcomes:
    """How accounts ended cycles."""

    kept: dict[tuple[CycleId, str], AccountRecord] = field(default_factory=dict)

    def records(self, cycle: CycleId, accounts: Sequence[str]) -> dict[str, AccountRecord]:
        return {name: self.kept[cycle, name] for name in accounts if (cycle, name) in self.kept}

    def all_records(self, cycle: CycleId) -> Iterator[AccountRecord]:
        found = [record for (of, _), record in self.kept.items() if of == cycle]
        yield from sorted(found, key=lambda record: record.account)


@dataclass
class FakeFeeds:
    """Exports by feed."""

    kept: list[FeedExport] = field(default_factory=list)
    listed: int = 0

    def exports(self, _provider: str, definition: FeedDefinition, _zone: str) -> list[FeedExport]:
        self.listed += 1
        return [export for export in self.kept if export.feed == definition.feed]

    def choose(
        self,
        exports: Sequence[FeedExport],
        moment_at: datetime,
        definition: FeedDefinition,
        account: str | None = None,
    ) -> FeedExport | None:
        return choose_export(exports, moment_at, definition, account)
