"""What differs from the month before, and why, one sentence per product and section."""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal
from typing import TYPE_CHECKING

from pydantic import Field

from msp_billing.domain.base import Frozen, Identifier
from msp_billing.domain.money import Money
from msp_billing.domain.problems import name_some

if TYPE_CHECKING:
    from msp_billing.domain.comparison import Comparison, ComparisonRow
    from msp_billing.domain.counting.counts import CountedItem


class Difference(Frozen):
    """One product of one section whose amount or quantity is another than last month."""

    section: str
    subscriber: Identifier | None
    product: str
    description: str
    change: Money = Field(description="Current less previous amount.")
    why: str


def differences(comparison: Comparison) -> tuple[Difference, ...]:
    """Every difference of an account, the largest amounts first.

    Their changes sum to the change of the account's total: rows that stay the same are left out,
    and they change nothing.
    """
    found = [
        Difference(
            section=row.subscriber_name,
            subscriber=row.subscriber,
            product=row.product,
            description=row.description,
            change=row.amount_change,
            why="; ".join(_reasons(row)),
        )
        for row in comparison.rows
        if row.amount_change.amount or row.quantity_change
    ]
    return tuple(sorted(found, key=lambda entry: -abs(entry.change.amount)))


def _reasons(row: ComparisonRow) -> Iterator[str]:
    before, now = row.previous_quantity, row.current_quantity
    if not row.previous_amount.amount and not before:
        yield f"new: {now:f}, not billed last month"
    elif not row.current_amount.amount and not now:
        yield f"no longer billed: was {before:f}"
    elif row.quantity_change:
        yield f"quantity {before:f} → {now:f}"
    if row.joined:
        yield f"joined: {_named(row.joined)}"
    if row.left:
        yield f"left: {_named(row.left)}"
    if before == now == 1 and row.amount_change.amount:
        yield f"amount {row.previous_amount.amount:f} → {row.current_amount.amount:f}"
    elif before and now and row.previous_amount.times(now) != row.current_amount.times(before):
        yield f"price per unit changed: {_unit(row.previous_amount, before)} → " + _unit(
            row.current_amount, now
        )


def _unit(amount: Money, quantity: Decimal) -> str:
    """The amount beside its quantity: dividing would give figures that stand on no invoice."""
    return f"{amount.amount:f} for {quantity:f}"


def _named(items: tuple[CountedItem, ...]) -> str:
    return name_some([item.name for item in items])
