"""What is counted of the results of use cases. Every name is explained in docs/operating.md.

A step may run twice. So what is counted here is of two kinds. A *figure* is what is so now, told
anew by a repetition and read as the largest of its period; nothing adds figures up. A *count* is
of something that the table lets happen once, and is told only by the call that made it happen.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from msp_billing.observing.metrics import Measure

if TYPE_CHECKING:
    from msp_billing.usecases.reconcile_cycle import ReconcileResult


def of_outcomes(result: ReconcileResult) -> Iterator[Measure]:
    """How the agreements of a cycle ended, before anything has a number: figures."""
    yield Measure("AgreementsBilled", result.billed, run=True)
    yield Measure("AgreementsNothingToBill", result.nothing_to_bill, run=True)
    yield Measure("AgreementsSkipped", result.skipped, run=True)
    yield Measure("AgreementsParked", result.parked, run=True)
