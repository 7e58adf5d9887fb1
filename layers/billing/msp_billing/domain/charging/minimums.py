"""Shortfalls: what is missing to the minimum that an agreement promises (MSA-04)."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from msp_billing.domain.money import Money, total


@dataclass(frozen=True)
class AmountShortfall:
    """What a month falls short of a minimum amount by; always more than nothing."""

    amount: Money
    arithmetic: str


def amount_shortfall(minimum: Money, billed: Iterable[Money]) -> AmountShortfall | None:
    """What is missing to a minimum monthly amount; None when nothing is.

    Args:
        minimum: in the currency of the amounts.
        billed: the month's charges that count towards it, discounts among them. A sum below zero
            counts as nothing: a minimum never pays out what a discount took.
    """
    floor = minimum.rounded()
    billed_total = total(billed, minimum.currency)
    counted = max(billed_total.amount, floor.amount * 0)
    missing = Money(amount=floor.amount - counted, currency=minimum.currency)
    if missing.amount <= 0:
        return None
    return AmountShortfall(missing, f"minimum {floor.amount} - {counted} billed = {missing.amount}")
