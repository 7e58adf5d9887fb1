"""From a quantity and a price to amounts, with the arithmetic that a person can check."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from decimal import ROUND_HALF_UP, Decimal
from enum import StrEnum
from typing import TYPE_CHECKING

from msp_billing.domain.invoices import PriceBasis
from msp_billing.domain.money import Money, minor_unit_digits

if TYPE_CHECKING:
    from msp_billing.domain.policy import TermDiscount
    from msp_billing.domain.price_book import Price, Tier

_MORE_DIGITS_OF_AN_AVERAGE = 4


class PartRole(StrEnum):
    """What a part of a price is for; each part is a line of its own."""

    BASE = "base"
    OVERAGE = "overage"
    SHORTFALL = "shortfall"


@dataclass(frozen=True)
class PriceInForce:
    """A price and where it was found, in words."""

    price: Price
    found_in: str


@dataclass(frozen=True)
class PricedQuantity:
    """An amount with what it was made of. The amount is rounded half-up, once.

    ``unit_price`` of graduated steps is their average, to tell the order of it; ``arithmetic``
    has the steps.
    """

    quantity: Decimal
    unit_price: Money
    amount: Money
    basis: PriceBasis
    arithmetic: str
    role: PartRole = PartRole.BASE


def price_parts(
    price: Price, quantity: Decimal, currency: str, minimum: int = 0
) -> tuple[PricedQuantity, ...]:
    """Apply a price to a quantity: the parts that it comes to, each a line of the invoice.

    One part for most prices. With an allowance, the units beyond it are a part of their own.
    With a minimum quantity above the quantity, what is missing is a part of its own too (MSA-04),
    and volume tiers go by the minimum: who pays for so many has the price of so many.

    Args:
        quantity: of the line, zero or more.
        minimum: least quantity that is billed.

    Returns:
        The parts; none for a quantity of zero without a minimum.
    """
    billed = max(quantity, Decimal(minimum))
    if not billed:
        return ()
    return tuple(_parts(price, quantity, billed, currency))


def _parts(
    price: Price, quantity: Decimal, billed: Decimal, currency: str
) -> Iterator[PricedQuantity]:
    if price.flat is not None:
        yield from _flat_parts(price, price.flat, quantity, billed, currency)
    elif price.included is not None:
        yield from _free_parts(price.included, quantity, currency)
    else:
        yield from _unit_parts(price, quantity, billed, currency)
    if price.included is not None:
        yield from _parts_beyond(price, price.included, quantity, billed, currency)


def price_quantity(price: Price, quantity: Decimal, currency: str) -> PricedQuantity:
    """Apply a price without an allowance to a quantity.

    A flat price has quantity one (MSA-01). Volume tiers put all units at the price of the step
    that the quantity falls in (KR-07), graduated ones each unit at the price of its own step.

    Raises:
        ValueError: for a price with an allowance, which comes to more than one part.
    """
    if price.included is not None:
        raise ValueError("a price with an allowance comes to several parts: use price_parts")
    if price.flat is not None:
        return _flat(price.flat, quantity, currency)
    return _units(price, (Decimal(0), quantity), quantity, currency)


def _flat(flat: Decimal, quantity: Decimal, currency: str) -> PricedQuantity:
    unit_price = Money(amount=flat, currency=currency)
    amount = unit_price.rounded()
    said = f"flat {amount.amount}"
    if quantity != 1:
        said += f", whatever the {quantity}"
    return PricedQuantity(Decimal(1), unit_price, amount, PriceBasis.FLAT, said)


def _flat_parts(
    price: Price, flat: Decimal, quantity: Decimal, billed: Decimal, currency: str
) -> Iterator[PricedQuantity]:
    """The flat price, which a minimum quantity bills even when there is nothing to count."""
    part = _flat(flat, quantity, currency)
    if price.included is not None:
        said = f"flat {part.amount.amount}, {price.included} included"
        part = replace(part, arithmetic=said)
    if not quantity:
        said = f"flat {part.amount.amount}, by the minimum of {billed}"
        part = replace(part, arithmetic=said, role=PartRole.SHORTFALL)
    yield part


def _free_parts(included: int, quantity: Decimal, currency: str) -> Iterator[PricedQuantity]:
    """What an allowance covers, for nothing: the invoice shows it, so that it can be checked."""
    covered = min(quantity, Decimal(included))
    if covered:
        nothing = Money(amount=Decimal(0), currency=currency)
        yield PricedQuantity(
            covered,
            nothing,
            nothing.rounded(),
            PriceBasis.INCLUDED,
            f"{covered} of {included} included = {nothing.rounded().amount}",
        )


def _unit_parts(
    price: Price, quantity: Decimal, billed: Decimal, currency: str
) -> Iterator[PricedQuantity]:
    if quantity:
        yield _units(price, (Decimal(0), quantity), billed, currency)
    if billed > quantity:
        missing = _units(price, (quantity, billed), billed, currency)
        said = f"minimum {billed}, counted {quantity}: {missing.arithmetic}"
        yield replace(missing, arithmetic=said, role=PartRole.SHORTFALL)


def _parts_beyond(
    price: Price, included: int, quantity: Decimal, billed: Decimal, currency: str
) -> Iterator[PricedQuantity]:
    """The units beyond an allowance, and those that a minimum adds to them."""
    over, over_billed = (max(entry - included, Decimal(0)) for entry in (quantity, billed))
    for part in _unit_parts(price, over, over_billed, currency):
        if part.role is PartRole.SHORTFALL:
            said = part.arithmetic.partition(": ")[2]
            said = f"minimum {billed}, counted {quantity}, {included} included: {said}"
            yield replace(part, arithmetic=said)
        else:
            said = f"{quantity} counted, {included} included, {part.arithmetic}"
            yield replace(part, arithmetic=said, basis=PriceBasis.OVERAGE, role=PartRole.OVERAGE)


def _units(
    price: Price, span: tuple[Decimal, Decimal], billed: Decimal, currency: str
) -> PricedQuantity:
    """The units after the first of the span up to its last, at a price that is per unit.

    Args:
        billed: the whole quantity, which decides the step of a volume price.
    """
    quantity = span[1] - span[0]
    if price.graduated is not None:
        return _graduated(price.graduated, span, currency)
    basis, note = PriceBasis.EACH, ""
    each = price.each
    if price.tiers is not None:
        basis = PriceBasis.TIER
        each, note = _volume_tier(price.tiers, billed)
    assert each is not None, "the model admits no price of units but each, tiers and graduated"
    unit_price = Money(amount=each, currency=currency)
    amount = unit_price.times(quantity).rounded()
    arithmetic = f"{quantity} x {each}{note} = {amount.amount}"
    return PricedQuantity(quantity, unit_price, amount, basis, arithmetic)


def _volume_tier(tiers: tuple[Tier, ...], quantity: Decimal) -> tuple[Decimal, str]:
    lowest = 1
    for tier in tiers:
        if tier.up_to is None or quantity <= tier.up_to:
            step = f"{lowest} and more" if tier.up_to is None else f"{lowest} to {tier.up_to}"
            return tier.each, f" (tier {step})"
        lowest = tier.up_to + 1
    raise AssertionError("the model admits no tiers without an open end")


def _graduated(
    tiers: tuple[Tier, ...], span: tuple[Decimal, Decimal], currency: str
) -> PricedQuantity:
    steps: list[tuple[Decimal, Decimal]] = []
    lower = Decimal(0)
    for tier in tiers:
        upper = span[1] if tier.up_to is None else min(Decimal(tier.up_to), span[1])
        units = upper - max(lower, span[0])
        if units > 0:
            steps.append((units, tier.each))
        lower = max(lower, upper)
    quantity = span[1] - span[0]
    exact = sum((units * each for units, each in steps), Decimal(0))
    amount = Money(amount=exact, currency=currency).rounded()
    said = " + ".join(f"{units} x {each}" for units, each in steps) or "0"
    return PricedQuantity(
        quantity,
        Money(amount=_average(steps, exact, quantity, currency), currency=currency),
        amount,
        PriceBasis.GRADUATED,
        f"{said} = {amount.amount}",
    )


def _average(
    steps: list[tuple[Decimal, Decimal]], exact: Decimal, quantity: Decimal, currency: str
) -> Decimal:
    if len(steps) == 1 or not quantity:
        return steps[0][1] if steps else Decimal(0)
    digits = minor_unit_digits(currency) + _MORE_DIGITS_OF_AN_AVERAGE
    rounded = (exact / quantity).quantize(Decimal(1).scaleb(-digits), rounding=ROUND_HALF_UP)
    return Decimal(format(rounded.normalize(), "f"))


@dataclass(frozen=True)
class TermDiscountAmount:
    """A term discount worked out: negative amount, and the amount that it is a share of."""

    discount: TermDiscount
    base: Money
    amount: Money
    arithmetic: str


def apply_term_discount(
    discount: TermDiscount, amounts: Iterable[Money], currency: str
) -> TermDiscountAmount:
    """The discount on the sum of the lines it applies to, rounded half-up, once (KR-09)."""
    base = Money(amount=sum((entry.amount for entry in amounts), Decimal(0)), currency=currency)
    amount = -base.times(discount.percent).times(Decimal("0.01")).rounded()
    return TermDiscountAmount(
        discount, base, amount, f"{discount.percent}% of {base.amount} = {amount.amount}"
    )
