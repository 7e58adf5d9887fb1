"""The manifest: which batches a cycle has. The state machine maps over the same lines."""

from __future__ import annotations

from typing import TYPE_CHECKING

from msp_billing.domain.base import Frozen, Identifier

if TYPE_CHECKING:
    from msp_billing.domain.cycles import Cycle
    from msp_billing.usecases.ports import Ports


class ManifestLine(Frozen):
    """One batch: its sealed snapshot and the accounts in it."""

    batch: int
    key: str
    sha256: str
    accounts: tuple[Identifier, ...]


def manifest_lines(ports: Ports, cycle: Cycle) -> tuple[ManifestLine, ...]:
    """The batches of a cycle; none before its snapshot was sealed."""
    if cycle.manifest_key is None:
        return ()
    lines = ports.records.get(cycle.manifest_key).splitlines()
    return tuple(ManifestLine.model_validate_json(line) for line in lines)
