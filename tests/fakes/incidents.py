"""Incidents in memory."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field

from msp_billing.domain.attention import AttentionKind, Incident


@dataclass
class FakeIncidents:
    """What was come upon."""

    kept: dict[tuple[str, str, str], Incident] = field(default_factory=dict)

    def report(self, incident: Incident) -> None:
        key = (incident.provider, incident.kind.value, incident.subject)
        before = self.kept.get(key)
        if before is not None and before.settled_at is None:
            incident = incident.model_copy(update={"since_at": before.since_at})
        self.kept[key] = incident

    def settle(self, incident: Incident) -> None:
        self.kept[incident.provider, incident.kind.value, incident.subject] = incident

    def open_of(self, provider: str, kind: AttentionKind | None = None) -> Iterator[Incident]:
        for key in sorted(self.kept):
            found = self.kept[key]
            if key[0] == provider and kind in {None, found.kind} and found.settled_at is None:
                yield found
