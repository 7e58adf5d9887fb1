"""Which line of one system belongs to which line of the other, and in what way the two differ."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from decimal import Decimal

from msp_billing.domain.accounts import feed_key
from msp_billing.domain.money import minor_unit_digits
from mspbill.shadow import DifferenceKind, ShadowLine, ShadowRow

_ZERO = Decimal(0)


def compare_lines(old: Sequence[ShadowLine], new: Sequence[ShadowLine]) -> tuple[ShadowRow, ...]:
    """Every line of both in one row, accounts by name; what we bill more or less stays visible."""
    rows: list[ShadowRow] = []
    keys = sorted({(line.account, line.currency) for line in (*old, *new)})
    for account, currency in keys:
        theirs = [e for e in old if (e.account, e.currency) == (account, currency)]
        ours = [e for e in new if (e.account, e.currency) == (account, currency)]
        rows += _account(theirs, ours)
    _prove(old, new, rows)
    return tuple(rows)


def _account(old: list[ShadowLine], new: list[ShadowLine]) -> Iterator[ShadowRow]:
    """Taxes first by themselves, then products, then what is called the same, then what is left."""
    yield from _pairs([e for e in old if e.is_tax], [e for e in new if e.is_tax])
    old, new = [e for e in old if not e.is_tax], [e for e in new if not e.is_tax]
    left_old: list[ShadowLine] = []
    left_new: list[ShadowLine] = []
    for product in dict.fromkeys(e.product for e in (*new, *old)):
        theirs = [e for e in old if e.product == product]
        ours = [e for e in new if e.product == product]
        if product and theirs and ours:
            yield from _pairs(theirs, ours)
        else:
            left_old += theirs
            left_new += ours
    for line in list(left_old):
        named = next((e for e in left_new if _called(e) & _called(line)), None)
        if named is not None and not line.left_out:
            left_old.remove(line)
            left_new.remove(named)
            yield _row(line, named)
    for line in left_old:
        yield _row(line, None)
    for line in left_new:
        yield _row(None, line)


def _called(line: ShadowLine) -> set[str]:
    return {feed_key(text) for text in (line.description, line.product) if text}


def _pairs(old: list[ShadowLine], new: list[ShadowLine]) -> Iterator[ShadowRow]:
    """Lines of one product: those that are most alike first, and in their order what is left."""
    old, new = list(old), list(new)
    if len(old) != len(new) and old and new and _sum(old) == _sum(new):
        old, new = [_together(old)], [_together(new)]
    for same in (_exactly, _amounts, _places):
        for line in list(old):
            other = next((entry for entry in new if same(line) == same(entry)), None)
            if other is not None:
                old.remove(line)
                new.remove(other)
                yield _row(line, other)
    while old and new:
        yield _row(old.pop(0), new.pop(0))
    for line in old:
        yield _row(line, None)
    for line in new:
        yield _row(None, line)


def _sum(lines: Sequence[ShadowLine]) -> tuple[Decimal, Decimal]:
    return sum((e.quantity for e in lines), _ZERO), sum((e.amount for e in lines), _ZERO)


def _together(lines: Sequence[ShadowLine]) -> ShadowLine:
    """Several lines of a product as one: the same in all, written otherwise."""
    if len(lines) == 1:
        return lines[0]
    quantity, amount = _sum(lines)
    price = amount / quantity if quantity else amount
    where = "; ".join(line.where for line in lines if line.where)
    why = "; ".join(line.why for line in lines if line.why)
    text = f"{lines[0].description} ({len(lines)} lines)"
    return replace(
        lines[0], description=text, quantity=quantity, unit_price=price, amount=amount,
        site="", why=why, where=where,
    )  # fmt: skip


def _exactly(line: ShadowLine) -> object:
    return line.site, line.quantity, line.unit_price, line.amount


def _amounts(line: ShadowLine) -> object:
    return line.quantity, line.amount


def _places(line: ShadowLine) -> object:
    return line.site


def _row(old: ShadowLine | None, new: ShadowLine | None) -> ShadowRow:
    line = new or old
    assert line is not None, "a row has a line"
    kind = kind_of(old, new)
    known = old.why if old is not None and old.left_out and new is None else ""
    return ShadowRow(line.account, line.product, kind, old, new, line.currency, known)


def kind_of(old: ShadowLine | None, new: ShadowLine | None) -> DifferenceKind:
    """In what way two lines differ."""
    if old is None or new is None:
        line = new or old
        is_tax = line is not None and line.is_tax
        found = DifferenceKind.ONLY_OLD if new is None else DifferenceKind.ONLY_NEW
        return DifferenceKind.TAX if is_tax else found
    if old.amount == new.amount:
        same = feed_key(old.description) == feed_key(new.description)
        return DifferenceKind.SAME if same or old.is_tax else DifferenceKind.DESCRIPTION
    return DifferenceKind.TAX if old.is_tax else _kind_of_amounts(old, new)


def _kind_of_amounts(old: ShadowLine, new: ShadowLine) -> DifferenceKind:
    """Of two lines that differ in what they come to."""
    cent = Decimal(1).scaleb(-minor_unit_digits(new.currency))
    match (old.quantity != new.quantity, old.unit_price != new.unit_price):
        case (True, True):
            return DifferenceKind.QUANTITY_AND_PRICE
        case (True, False):
            return DifferenceKind.QUANTITY
        case _ if abs(new.amount - old.amount) <= cent:
            return DifferenceKind.ROUNDING
        case (False, True):
            return DifferenceKind.PRICE
        case _:
            return DifferenceKind.AMOUNT


def _prove(old: Sequence[ShadowLine], new: Sequence[ShadowLine], rows: Sequence[ShadowRow]) -> None:
    """That no amount was lost or counted twice on the way."""
    for currency in {line.currency for line in (*old, *new)}:
        told = [row for row in rows if row.currency == currency]
        before = sum((e.amount for e in old if e.currency == currency), _ZERO)
        now = sum((e.amount for e in new if e.currency == currency), _ZERO)
        assert before == sum((row.old_amount for row in told), _ZERO)
        assert now == sum((row.new_amount for row in told), _ZERO)
        assert now - before == sum((row.difference for row in told), _ZERO)
