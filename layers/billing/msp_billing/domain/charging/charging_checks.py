"""Whether what a policy says of taxes and adjustments fits the rest of it."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from msp_billing.domain.policy import ProviderPolicy


def charging_inconsistencies(policy: ProviderPolicy) -> Iterator[str]:
    """What does not fit together, one sentence each."""
    if policy.taxes is None:
        return
    billed = {category for run in policy.runs for category in run.categories}
    if policy.taxes.category in billed:
        yield (
            f"the tax category '{policy.taxes.category}' is billed by a run, while taxes follow "
            "from other lines: take it out of the run's 'categories'"
        )


def charging_clauses(policy: ProviderPolicy) -> Iterator[str]:
    """The clauses that taxes and adjustments refer to."""
    if policy.adjustments is not None:
        yield policy.adjustments.clause
    if policy.taxes is not None:
        yield policy.taxes.clause
