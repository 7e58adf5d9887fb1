"""Ledgers of a restored table: what they must be from now on.

The anchors in the locked bucket say that the ledgers had come further, and nobody can take that
back. A restore is the one reason for which they count no more: new ones are sealed beside them,
with who did it and why, and every proof goes by these from that day on.
"""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING

from msp_billing.domain.base import Frozen, Identifier
from msp_billing.domain.ledger.verifying import MisfitKind, verify
from msp_billing.usecases.receivables.accounts import today_of
from msp_billing.usecases.receivables.anchors import anchor_of, next_restored_key, packed
from msp_billing.usecases.receivables.verifying import prove_provider

if TYPE_CHECKING:
    from msp_billing.domain.ledger.entries import LedgerId
    from msp_billing.usecases.ports import Ports

_BEHIND = frozenset({MisfitKind.ANCHOR, MisfitKind.MISSING_TAIL})


class Restoration(Frozen):
    """That a restored table took the place of another one."""

    schema_version: int = 1
    provider: Identifier
    table: str
    taken_over_at: datetime
    by: str
    why: str
    behind: tuple[Identifier, ...]
    """The accounts whose ledgers are not as far as they were anchored."""


def ledgers_behind(ports: Ports, provider: str) -> tuple[str, ...]:
    """The accounts whose ledgers are whole, and not as far as they were anchored."""
    return tuple(
        proof.ledger.account
        for proof in prove_provider(ports, provider)
        if proof.misfit is not None
        and proof.misfit.kind in _BEHIND
        and _fits_without_anchors(ports, proof.ledger)
    )


def _fits_without_anchors(ports: Ports, ledger: LedgerId) -> bool:
    return verify(ledger, ports.ledgers.entries(ledger), ports.ledgers.position(ledger)).fits


def anchor_restored(
    ports: Ports, provider: str, table: str, by: str, why: str
) -> Restoration | None:
    """Seal how far the ledgers of a restored table have come; None when they are not behind.

    Safe to repeat: ledgers that were anchored by the call before are not behind any more. Of
    several restores that take over on one day, each has its anchors, and the last ones count.
    """
    behind = ledgers_behind(ports, provider)
    if not behind:
        return None
    taken = Restoration(
        provider=provider,
        table=table,
        taken_over_at=ports.clock.now(),
        by=by,
        why=why,
        behind=behind,
    )
    anchors = {
        position.ledger.account: anchor_of(position)
        for position in ports.ledgers.positions(provider)
    }
    ports.records.put_once(
        next_restored_key(ports, provider, today_of(ports, provider)),
        packed(anchors),
        "application/gzip",
    )
    key = f"{provider}/ledger/restorations/{taken.taken_over_at:%Y-%m-%dT%H%M%S}.json"
    ports.records.put_once(key, taken.model_dump_json().encode(), "application/json")
    return taken
