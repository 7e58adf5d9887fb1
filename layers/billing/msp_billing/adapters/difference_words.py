"""Why an invoice differs from the last one, in sentences; the document and its mail use these."""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING

from msp_billing.adapters.composed_texts import description_in_words
from msp_billing.adapters.formatting import format_money, format_quantity
from msp_billing.adapters.language import _
from msp_billing.domain.at_issue import Cause, Difference

if TYPE_CHECKING:
    from msp_billing.domain.money import Money


def difference_in_words(entry: Difference) -> str:
    """``Full-time user: 3 more (119 → 122) at $85.00``, without the amount that it comes to."""
    if entry.cause is Cause.COUNT:
        return _by_count(entry)
    if entry.cause is Cause.PRICE:
        return _by_price(entry)
    if entry.cause in {Cause.NEW, Cause.ENDED}:
        return _by_presence(entry)
    return _by_kind(entry)


def _by_count(entry: Difference) -> str:
    before, now = entry.quantity_before or Decimal(0), entry.quantity_now or Decimal(0)
    values = {
        "title": description_in_words(entry.title),
        "number": format_quantity(abs(now - before)),
        "before": format_quantity(before),
        "now": format_quantity(now),
        "price": _price(entry.price_before),
    }
    more = now > before
    if entry.price_before is None or entry.price_now is None:
        # The amount is no count times a price: part of it may be included, or in steps.
        # Translators: "Managed workstation: 3 more (119 → 122)".
        text = _("{title}: {number} more ({before} → {now})")
        fewer = _("{title}: {number} fewer ({before} → {now})")
    else:
        text = _("{title}: {number} more ({before} → {now}) at {price}")
        fewer = _("{title}: {number} fewer ({before} → {now}) at {price}")
    return (text if more else fewer).format(**values)


def _by_price(entry: Difference) -> str:
    values = {
        "title": description_in_words(entry.title),
        "number": format_quantity(entry.quantity_now or Decimal(0)),
        "before": _price(entry.price_before),
        "now": _price(entry.price_now),
    }
    if entry.price_before is None or entry.price_now is None:
        return _("{title}: another price").format(**values)
    # Translators: "Managed workstation: price $42.00 → $44.00, for 120".
    return _("{title}: price {before} → {now}, for {number}").format(**values)


def _by_presence(entry: Difference) -> str:
    is_new = entry.cause is Cause.NEW
    quantity = entry.quantity_now if is_new else entry.quantity_before
    price = entry.price_now if is_new else entry.price_before
    values = {
        "title": description_in_words(entry.title),
        "number": format_quantity(quantity or Decimal(0)),
        "price": _price(price),
    }
    if price is None:
        new, ended = _("{title}: new"), _("{title}: not billed any more")
    else:
        # Translators: "Cloud backup: new, 2 at $89.00".
        new = _("{title}: new, {number} at {price}")
        ended = _("{title}: not billed any more, {number} at {price} before")
    return (new if is_new else ended).format(**values)


def _by_kind(entry: Difference) -> str:
    """Of lines that are a cause by themselves, whatever their quantity."""
    title = description_in_words(entry.title)
    if entry.quantity_before is None and entry.quantity_now is not None:
        once = _("{title}: once, on this invoice") if entry.cause in _ONCE else _("{title}: new")
        return once.format(title=title)
    if entry.quantity_now is None and entry.quantity_before is not None:
        once = _("{title}: was on the last invoice, once")
        if entry.cause not in _ONCE:
            once = _("{title}: not on this invoice any more")
        return once.format(title=title)
    if entry.cause is Cause.TAX:
        return _("{title}: on another amount").format(title=title)
    return _("{title}: another amount").format(title=title)


_ONCE = frozenset({Cause.ONE_TIME, Cause.CREDIT})


def _price(price: Money | None) -> str:
    return "" if price is None else format_money(price.amount, price.currency)
