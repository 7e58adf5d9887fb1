"""What the month before counted and billed: what a count is compared with."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from msp_billing.domain.contracts.billed_before import BilledBefore, billed_before

if TYPE_CHECKING:
    from msp_billing.domain.counting.counts import CountedItem
    from msp_billing.domain.invoices import Invoice
    from msp_billing.domain.periods import Period


@dataclass(frozen=True)
class PreviousCounts:
    """What the last cycle counted, to say what joined and left.

    ``period`` is None when there is nothing to compare with: a first cycle, or a month in which
    the account was parked and its count is therefore unknown. ``billed`` has by agreement what its
    last invoice billed, which may be an earlier one then.
    """

    period: Period | None
    items: dict[str, tuple[CountedItem, ...]]
    billed: dict[str, BilledBefore] = field(default_factory=dict)

    def of(self, key: str) -> tuple[CountedItem, ...] | None:
        """The items of a count; empty when it counted nothing, None when it is unknown."""
        return None if self.period is None else self.items.get(key, ())


NO_PREVIOUS_COUNTS = PreviousCounts(period=None, items={})


def previous_counts_of(invoices: Iterable[Invoice], period: Period) -> PreviousCounts:
    """What the invoices of a month before counted and billed."""
    known = tuple(invoices)
    counts = (evidence for invoice in known for evidence in invoice.counts)
    return PreviousCounts(
        period=period,
        items={evidence.key: evidence.count.items for evidence in counts},
        billed=billed_before(known),
    )
