"""The amounts of an e-invoice: items, allowances and charges, rows of VAT, and what they sum to.

Every amount of a document lands in exactly one item, allowance, charge or row of VAT. The sums are
those of EN 16931 (BR-CO-10 to BR-CO-17) and come to the document's own total.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Decimal
from typing import TYPE_CHECKING

from msp_billing.adapters.e_invoice.unit_codes import ONE, unit_code
from msp_billing.domain.charging.vat import VatCategory, VatPart
from msp_billing.domain.invoices import LineKind

if TYPE_CHECKING:
    from msp_billing.domain.periods import ServicePeriod

NOTHING = Decimal(0)
_CENT = Decimal("0.01")
_DISCOUNT = "95"
"""A discount, in UNTDID 5189."""
_NOT_ITEMS = (LineKind.DISCOUNT, LineKind.TAX)


class InexpressibleError(Exception):
    """A document that EN 16931 has no way to say; the text says why, for people."""


@dataclass(frozen=True)
class Charge:
    """A line of an invoice or a credit note, as far as an e-invoice wants to know."""

    line: int
    kind: LineKind | None
    product: str
    name: str
    detail: str
    section: str | None
    quantity: Decimal
    unit: str
    unit_price: Decimal
    amount: Decimal
    vat: tuple[VatPart, ...]
    period: ServicePeriod | None


@dataclass(frozen=True)
class Rate:
    """A category of VAT with its percentage; None outside of VAT, which has no rate."""

    category: VatCategory
    percent: Decimal | None


OUTSIDE = Rate(VatCategory.OUTSIDE, None)


@dataclass(frozen=True)
class Item:
    """A line (BG-25): quantity times price is the amount, to the cent."""

    charge: Charge
    quantity: Decimal
    unit: str
    price: Decimal
    rate: Rate


@dataclass(frozen=True)
class Extra:
    """An allowance (BG-20), or a charge (BG-21), on the document as a whole; never negative."""

    is_charge: bool
    amount: Decimal
    reason: str
    reason_code: str | None
    rate: Rate


@dataclass(frozen=True)
class VatRow:
    """What is under one rate, and the tax on it (BG-23)."""

    rate: Rate
    basis: Decimal
    tax: Decimal
    reasons: tuple[str, ...] = ()


@dataclass(frozen=True)
class Amounts:
    """All amounts of a document."""

    items: tuple[Item, ...]
    extras: tuple[Extra, ...]
    rows: tuple[VatRow, ...]

    @property
    def of_items(self) -> Decimal:
        """Sum of the lines (BT-106)."""
        return sum((entry.charge.amount for entry in self.items), NOTHING)

    @property
    def allowances(self) -> Decimal:
        """Sum of the allowances (BT-107)."""
        return sum((entry.amount for entry in self.extras if not entry.is_charge), NOTHING)

    @property
    def charges(self) -> Decimal:
        """Sum of the charges (BT-108)."""
        return sum((entry.amount for entry in self.extras if entry.is_charge), NOTHING)

    @property
    def without_vat(self) -> Decimal:
        """The total without VAT (BT-109)."""
        return self.of_items - self.allowances + self.charges

    @property
    def vat(self) -> Decimal:
        """The VAT (BT-110)."""
        return sum((row.tax for row in self.rows), NOTHING)

    @property
    def total(self) -> Decimal:
        """The total (BT-112)."""
        return self.without_vat + self.vat


def amounts_without_vat(charges: Sequence[Charge]) -> Amounts:
    """Amounts of a provider without a VAT number: all of it is outside of VAT (category O).

    Sales taxes are no VAT: they are charges on the document, by jurisdiction.
    """
    whole = [entry for entry in charges if entry.kind not in _NOT_ITEMS]
    extras = [entry for entry in charges if entry.kind in _NOT_ITEMS]
    if not whole:
        whole, extras = extras, []
    summed = sum((entry.amount for entry in charges), NOTHING)
    return Amounts(
        items=tuple(_item(entry, OUTSIDE) for entry in whole),
        extras=tuple(_extra(entry, entry.amount, OUTSIDE) for entry in extras),
        rows=(VatRow(OUTSIDE, summed, NOTHING),),
    )


def amounts_with_vat(charges: Sequence[Charge]) -> Amounts:
    """Amounts of a provider that charges VAT: every amount under its rate, the tax by rate.

    Raises:
        InexpressibleError: when it is not known which rate an amount is under, or rates meet that
            EN 16931 keeps apart.
    """
    taxes = [entry for entry in charges if entry.kind is LineKind.TAX]
    others = [entry for entry in charges if entry.kind is not LineKind.TAX]
    whole = [entry for entry in others if entry.kind is not LineKind.DISCOUNT]
    if not whole:
        raise InexpressibleError("There is no line in it but discounts and taxes.")
    rows = _rows(others, taxes)
    if OUTSIDE in rows and len(rows) > 1:
        raise InexpressibleError(
            "Some of it is not subject to VAT and some is: an e-invoice holds only one of the two."
        )
    spare = next(iter(rows), OUTSIDE)
    return Amounts(
        items=tuple(_item(entry, _only_rate(entry, spare)) for entry in whole),
        extras=tuple(
            _extra(entry, part.amount.amount, _rate(part))
            for entry in others
            if entry.kind is LineKind.DISCOUNT
            for part in entry.vat
        ),
        rows=tuple(rows.values()),
    )


def _rows(others: Iterable[Charge], taxes: Iterable[Charge]) -> dict[Rate, VatRow]:
    bases: dict[Rate, Decimal] = {}
    reasons: dict[Rate, dict[str, None]] = {}
    for entry in others:
        if sum((part.amount.amount for part in entry.vat), NOTHING) != entry.amount:
            raise InexpressibleError(
                f"It is not known which rate of VAT line {entry.line} is under: {entry.name}."
            )
        for part in entry.vat:
            rate = _rate(part)
            bases[rate] = bases.get(rate, NOTHING) + part.amount.amount
            if part.reason:
                reasons.setdefault(rate, {})[part.reason] = None
    due: dict[Rate, Decimal] = {}
    for entry in taxes:
        rates = [_rate(part) for part in entry.vat]
        if len(rates) != 1 or (rates[0] not in bases and entry.amount):
            raise InexpressibleError(f"It is not known what the tax is due on: {entry.name}.")
        due[rates[0]] = due.get(rates[0], NOTHING) + entry.amount
    return {
        rate: VatRow(rate, basis, due.get(rate, NOTHING), tuple(reasons.get(rate, ())))
        for rate, basis in (bases or {OUTSIDE: NOTHING}).items()
    }


def _rate(part: VatPart) -> Rate:
    if part.category is VatCategory.OUTSIDE:
        return OUTSIDE
    taxed = part.category is VatCategory.STANDARD
    return Rate(part.category, part.percent if taxed else NOTHING)


def _only_rate(entry: Charge, spare: Rate) -> Rate:
    """The one rate of a line; what is free of charge takes any that the document has."""
    rates = {_rate(part) for part in entry.vat}
    if len(rates) > 1:
        raise InexpressibleError(f"Line {entry.line} is under two rates of VAT: {entry.name}.")
    return next(iter(rates), spare)


def _item(entry: Charge, rate: Rate) -> Item:
    quantity, unit, price = _quantity_and_price(entry)
    return Item(entry, quantity, unit, price, rate)


def _quantity_and_price(entry: Charge) -> tuple[Decimal, str, Decimal]:
    """Quantity, unit and price that multiply to the amount (BT-131); prices are never negative.

    What is no product of the two (steps, a flat price rounded to a currency without cents) is
    once its amount; the line's detail has the arithmetic.
    """
    quantity, price = entry.quantity, entry.unit_price
    if (quantity * price).quantize(_CENT, ROUND_HALF_UP) != entry.amount:
        quantity, price, unit = Decimal(1), entry.amount, ONE
    else:
        unit = unit_code(entry.unit)
    return (-quantity, unit, -price) if price < 0 else (quantity, unit, price)


def _extra(entry: Charge, amount: Decimal, rate: Rate) -> Extra:
    """A discount lowers the document, a tax raises it; one of the other sign is the other thing."""
    is_charge = amount > 0 or (entry.kind is LineKind.TAX and not amount)
    code = _DISCOUNT if entry.kind is LineKind.DISCOUNT and not is_charge else None
    return Extra(is_charge, abs(amount), entry.name, code, rate)
