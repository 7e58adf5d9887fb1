"""What a line is to value added tax, as e-invoices have to say it of every amount.

Frozen on the lines of a provider that has a VAT number, because nobody can tell later which of two
rates a line was under: the lines of tax have the sum of what they are due on only.
"""

from __future__ import annotations

from decimal import Decimal
from enum import StrEnum

from pydantic import Field

from msp_billing.domain.base import Frozen, Text
from msp_billing.domain.money import ExactDecimal, Money, share_out


class VatCategory(StrEnum):
    """How an amount stands to VAT; the values are the codes of UNTDID 5305 in EN 16931."""

    STANDARD = "S"
    """Taxed, at whatever rate."""
    ZERO = "Z"
    """Taxable at a rate of nothing."""
    EXEMPT = "E"
    """Free of tax by a certificate."""
    REVERSE_CHARGE = "AE"
    """The customer owes the tax."""
    OUTSIDE = "O"
    """Not subject to VAT where the customer is."""


class VatPart(Frozen):
    """A part of a line's amount that is under one rate.

    A line of a product has one; a discount may be shared by lines of several rates. A line of tax
    has the amount that it is due on.
    """

    category: VatCategory
    percent: ExactDecimal = Field(default=Decimal(0), ge=0)
    amount: Money
    reason: Text | None = Field(default=None, description="Why no tax is charged.")


def shared_out(parts: tuple[VatPart, ...], whole: Money, amount: Money) -> tuple[VatPart, ...]:
    """The parts of a line of which only an amount is meant: as much of the one as of the other.

    Args:
        whole: the line's amount; not zero unless ``amount`` is it.
    """
    if amount == whole or not parts:
        return parts
    if sum((part.amount.amount for part in parts), Decimal(0)) != whole.amount:
        # A line of tax: its part is what the tax is due on.
        shares = tuple(part.amount.times(amount.amount / whole.amount).rounded() for part in parts)
    else:
        shares = share_out(amount, [abs(part.amount.amount) for part in parts])
    return tuple(
        part.model_copy(update={"amount": share}) for part, share in zip(parts, shares, strict=True)
    )
