"""From a quantity and a price to an amount, with the arithmetic that a person can check."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from decimal import Decimal

from msp_billing.domain.contracts.agreements import AgreementLine
from msp_billing.domain.invoices import PriceBasis
from msp_billing.domain.money import Money
from msp_billing.domain.periods import Period
from msp_billing.domain.policy import TermDiscount
from msp_billing.domain.price_book import Price, PriceBook, Product


@dataclass(frozen=True)
class PricedQuantity:
    """An amount with what it was made of."""

    quantity: Decimal
    unit_price: Money
    amount: Money
    basis: PriceBasis
    arithmetic: str


@dataclass(frozen=True)
class PriceInForce:
    """A price and where it was found, in words."""

    price: Price
    found_in: str


def price_in_force(
    line: AgreementLine, product: Product, book: PriceBook, period: Period
) -> PriceInForce | None:
    """The agreement's own price, else the list price on the first day of the service month.

    None when there is neither; the caller parks the account then, because a missing price must
    never bill as zero (INT-02).
    """
    if line.price is not None:
        return PriceInForce(line.price, f"own price in agreement line {line.line}")
    listed = product.price_on(period.first_day)
    if listed is None:
        return None
    return PriceInForce(listed.price, f"price book {book.version}, from {listed.from_on}")


def price_quantity(price: Price, quantity: Decimal, currency: str) -> PricedQuantity:
    """Apply a price to a quantity; the amount is rounded half-up, once.

    A flat price has quantity one (MSA-01). Volume tiers put all units at the price of the step
    that the quantity falls in (KR-07).
    """
    if price.flat is not None:
        unit_price = Money(amount=price.flat, currency=currency)
        amount = unit_price.rounded()
        return PricedQuantity(
            Decimal(1),
            unit_price,
            amount,
            PriceBasis.FLAT,
            _flat_arithmetic(amount.amount, quantity),
        )
    each, basis, note = _price_each(price, quantity)
    unit_price = Money(amount=each, currency=currency)
    amount = unit_price.times(quantity).rounded()
    arithmetic = f"{quantity} x {each}{note} = {amount.amount}"
    return PricedQuantity(quantity, unit_price, amount, basis, arithmetic)


def _flat_arithmetic(amount: Decimal, quantity: Decimal) -> str:
    return f"flat {amount}" if quantity == 1 else f"flat {amount}, whatever the {quantity}"


def _price_each(price: Price, quantity: Decimal) -> tuple[Decimal, PriceBasis, str]:
    if price.each is not None:
        return price.each, PriceBasis.EACH, ""
    assert price.tiers is not None, "the model admits exactly one of each, flat and tiers"
    lowest = 1
    for tier in price.tiers:
        if tier.up_to is None or quantity <= tier.up_to:
            step = f"{lowest} and more" if tier.up_to is None else f"{lowest} to {tier.up_to}"
            return tier.each, PriceBasis.TIER, f" (tier {step})"
        lowest = tier.up_to + 1
    raise AssertionError("the model admits no tiers without an open end")


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
