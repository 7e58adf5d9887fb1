"""Proving that a table is whole: its items, what is sealed for them, and every ledger."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from typing import TYPE_CHECKING, Protocol

from msp_billing.usecases.receivables.verifying import prove_provider
from msp_billing.usecases.wholeness.findings import Finding, FindingKind

if TYPE_CHECKING:
    from msp_billing.usecases.ports import Ports


class ItemChecks(Protocol):
    """What is checked item by item."""

    looked_at: Counter[str]
    """How many of each kind."""

    def findings(self) -> Iterator[Finding]:
        """Everything that is wrong, while the table is read from one end to the other."""


def verify_whole(ports: Ports, checks: ItemChecks) -> Iterator[Finding]:
    """Everything that is wrong, as it is found. Nothing is changed, and nobody is told.

    ``checks.looked_at`` has the counts when the last finding was given.
    """
    yield from checks.findings()
    for provider in ports.policies.providers():
        for proof in prove_provider(ports, provider):
            checks.looked_at["ledgers proven"] += 1
            if proof.anchored_on is not None:
                checks.looked_at["ledgers met by an anchor"] += 1
            if proof.misfit is not None:
                yield Finding(
                    kind=FindingKind.LEDGER,
                    where=str(proof.ledger),
                    what=f"{proof.misfit.kind.value}: {proof.misfit.what}",
                )
