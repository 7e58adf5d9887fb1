"""What the last invoice of an agreement billed, which the next one goes by (KR-06, KR-10)."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from decimal import Decimal
from typing import TYPE_CHECKING

from msp_billing.domain.invoices import Invoice, InvoiceLine, LineKind
from msp_billing.domain.money import Money, total

if TYPE_CHECKING:
    from msp_billing.domain.periods import Period

MONTHLY_KINDS = frozenset({LineKind.RECURRING, LineKind.SHORTFALL, LineKind.DISCOUNT})
"""Lines that come every month; one-time charges, work, credits and taxes do not."""


@dataclass(frozen=True)
class BilledBefore:
    """One agreement on the invoice that billed it last.

    ``counts`` has the contracted count after that invoice by agreement line and subscriber.
    """

    period: Period
    monthly: Money
    category: str
    counts: dict[tuple[str, str | None], int] = field(default_factory=dict)


def billed_before(invoices: Iterable[Invoice]) -> dict[str, BilledBefore]:
    """By agreement, what invoices of one run and month billed of it."""
    lines: dict[str, list[InvoiceLine]] = {}
    periods: dict[str, Period] = {}
    for invoice in invoices:
        for line in invoice.lines:
            if line.kind in MONTHLY_KINDS:
                lines.setdefault(line.reason.agreement, []).append(line)
                periods[line.reason.agreement] = invoice.id.period
    return {
        agreement: BilledBefore(
            period=periods[agreement],
            monthly=total((line.amount for line in own), own[0].amount.currency),
            category=own[0].category,
            counts=_counts(own),
        )
        for agreement, own in lines.items()
    }


def _counts(lines: list[InvoiceLine]) -> dict[tuple[str, str | None], int]:
    """What counted lines billed: as the line says, else its quantity, of all its parts."""
    counts: dict[tuple[str, str | None], int] = {}
    quantities: dict[tuple[str, str | None], Decimal] = {}
    for line in lines:
        if line.reason.agreement_line is None or line.kind is not LineKind.RECURRING:
            continue
        key = (line.reason.agreement_line, line.subscriber)
        if line.reason.contracted is not None:
            counts[key] = line.reason.contracted.billed
        elif line.reason.count is not None:
            quantities[key] = quantities.get(key, Decimal(0)) + line.quantity
    return {key: int(quantity) for key, quantity in quantities.items()} | counts
