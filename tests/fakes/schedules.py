"""Schedules in memory."""

from __future__ import annotations

from dataclasses import dataclass, field

from msp_billing.usecases.ports import FoundSchedule
from msp_billing.usecases.sync_schedules import fingerprint_of


@dataclass
class FakeSchedules:
    """Schedules of one kind, by name: expression, zone and payload."""

    kept: dict[str, tuple[str, str, str]] = field(default_factory=dict)
    by_hand: set[str] = field(default_factory=set)
    """Those that somebody changed outside of the program."""

    def look(self, provider: str) -> dict[str, FoundSchedule]:
        return {
            name: FoundSchedule(
                fingerprint=fingerprint_of(*told), changed_by_hand=name in self.by_hand
            )
            for name, told in sorted(self.kept.items())
            if name.partition("_")[0] == provider
        }

    def of_provider(self, provider: str) -> dict[str, str]:
        return {name: found.fingerprint for name, found in self.look(provider).items()}

    def providers(self) -> set[str]:
        return {name.partition("_")[0] for name in self.kept}

    def put(self, name: str, *, cron: str, zone: str, payload: str, fingerprint: str) -> None:
        assert fingerprint == fingerprint_of(cron, zone, payload)
        self.by_hand.discard(name)
        self.kept[name] = (cron, zone, payload)

    def delete(self, name: str) -> None:
        self.kept.pop(name, None)
