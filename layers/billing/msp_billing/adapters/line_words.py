"""Quantity and price of a line as documents and mails show them: nothing where it has none."""

from __future__ import annotations

from msp_billing.adapters.formatting import format_money, format_quantity
from msp_billing.adapters.language import _
from msp_billing.domain.invoices import InvoiceLine, LineKind, PriceBasis

_WITHOUT_UNITS = (PriceBasis.PERCENT, PriceBasis.MINIMUM, PriceBasis.AMOUNT)


def is_only_amount(line: InvoiceLine) -> bool:
    """Whether it is no quantity times a price: a discount, a tax, a minimum, a sum."""
    return line.kind is LineKind.DISCOUNT or line.reason.price_basis in _WITHOUT_UNITS


def unit_price_in_words(line: InvoiceLine) -> str:
    """The price of one; steps have an average only, which nobody pays."""
    if line.reason.price_basis is PriceBasis.GRADUATED:
        return _("by step")
    return format_money(line.unit_price.amount, line.unit_price.currency)


def quantity_and_price(line: InvoiceLine) -> str:
    """``11 × $6.75``, or ``60, by step``; empty for what is only an amount."""
    if is_only_amount(line):
        return ""
    joined = "{}, {}" if line.reason.price_basis is PriceBasis.GRADUATED else "{} × {}"
    return joined.format(format_quantity(line.quantity), unit_price_in_words(line))
