"""Keeping what a function came upon, for the list of what needs a person."""

from __future__ import annotations

from collections.abc import Collection
from datetime import timedelta
from typing import TYPE_CHECKING

from msp_billing.domain.attention import AttentionKind, Incident

if TYPE_CHECKING:
    from msp_billing.usecases.ports import Ports

_MAX_WORDS = 450

LASTS: dict[AttentionKind, timedelta] = {
    AttentionKind.PAYMENT_FILE_REFUSED: timedelta(days=14),
    AttentionKind.WEBHOOK_REFUSED: timedelta(days=3),
    AttentionKind.SCHEDULE_CHANGED: timedelta(days=7),
    AttentionKind.SWEEP_FAILED: timedelta(days=2),
}
"""How long an incident is listed after it was last come upon; without an entry, until settled."""


def report_incident(
    ports: Ports,
    kind: AttentionKind,
    provider: str,
    subject: str,
    what: str,
    *,
    account: str | None = None,
) -> None:
    """Keep that something was come upon; the same subject again is the same incident."""
    now = ports.clock.now()
    ports.incidents.report(
        Incident(
            kind=kind,
            provider=provider,
            subject=subject,
            account=account,
            since_at=now,
            last_at=now,
            what=what[:_MAX_WORDS],
        )
    )


def settle_incidents(
    ports: Ports, kind: AttentionKind, provider: str, subjects: Collection[str]
) -> int:
    """Settle the open incidents of a kind that are about these subjects; how many there were."""
    now = ports.clock.now()
    found = [e for e in ports.incidents.open_of(provider, kind) if e.subject in subjects]
    for incident in found:
        ports.incidents.settle(incident.model_copy(update={"settled_at": now}))
    return len(found)
