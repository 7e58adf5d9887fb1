"""Why an invoice comes to another amount than the last one: every cause, and nothing left over."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from decimal import Decimal

from msp_billing.domain.at_issue import (
    Balance,
    Cause,
    Difference,
    InvoiceAtIssue,
    PreviousInvoice,
)
from msp_billing.domain.invoices import Invoice, InvoiceLine, LineKind, PriceBasis, common_name
from msp_billing.domain.money import Money, total, zero

MAX_DIFFERENCES = 12
"""Causes that are listed one by one; what is beyond them is summed up."""

_CAUSES = {
    LineKind.ONE_TIME: Cause.ONE_TIME,
    LineKind.TIME: Cause.ONE_TIME,
    LineKind.RECONCILIATION: Cause.ONE_TIME,
    LineKind.PAY_OUT: Cause.ONE_TIME,
    LineKind.DISCOUNT: Cause.DISCOUNT,
    LineKind.SHORTFALL: Cause.MINIMUM,
    LineKind.ADJUSTMENT: Cause.CREDIT,
    LineKind.TAX: Cause.TAX,
}
"""Kinds of lines that are a cause by themselves; for the others it is count or price."""

_Key = tuple[LineKind, str, str]
_Item = tuple[str | None, tuple[str, ...]]


@dataclass
class _Side:
    """What one invoice has of a product."""

    invoice: Invoice
    lines: list[InvoiceLine] = field(default_factory=list)

    @property
    def amount(self) -> Money:
        return total((line.amount for line in self.lines), self.invoice.currency)

    @property
    def quantity(self) -> Decimal:
        return sum((line.quantity for line in self.lines), Decimal(0))

    @property
    def price(self) -> Money | None:
        """The one price that all of it has and that makes its amount; None where there is none.

        Steps have none: what a line says is their average, which nobody pays for one more.
        """
        prices = {line.unit_price for line in self.lines}
        stepped = any(line.reason.price_basis is PriceBasis.GRADUATED for line in self.lines)
        if len(prices) != 1 or stepped:
            return None
        (price,) = prices
        exact = all(line.amount == price.times(line.quantity).rounded() for line in self.lines)
        return price if exact else None

    @property
    def items(self) -> set[_Item]:
        found: set[_Item] = set()
        for line in self.lines:
            evidence = self.invoice.evidence(line)
            if evidence is not None:
                found |= {(line.subscriber, item.key) for item in evidence.count.items}
        return found

    @property
    def by_section(self) -> dict[str | None, Money]:
        found: dict[str | None, Money] = {}
        for line in self.lines:
            before = found.get(line.subscriber, zero(self.invoice.currency))
            found[line.subscriber] = before + line.amount
        return found

    def within(self, subscriber: str | None) -> _Side:
        """What it has of the product in one section."""
        lines = [line for line in self.lines if line.subscriber == subscriber]
        return _Side(self.invoice, lines)


def why_it_differs(previous: Invoice, current: Invoice) -> tuple[Difference, ...]:
    """Every cause of the difference between two invoices, largest first.

    Products are taken over all sections, because a customer asks about "the laptops" and not about
    the line of each site; where only one section changed, it is named, and told alone. A change of
    count and price at once is told apart: the count at the old price, and the rest as the price's.
    The causes sum to the difference of the totals exactly.

    Args:
        previous: in the same currency as ``current``.
    """
    found = [
        cause
        for before, now in _sides(previous, current)
        for cause in _causes(before, now, several=_has_sections(previous, current))
        if cause.amount.amount
    ]
    return tuple(sorted(found, key=lambda entry: -abs(entry.amount.amount)))


def at_issue(invoice: Invoice, previous: Invoice | None, balance: Balance | None) -> InvoiceAtIssue:
    """What is frozen with an issued invoice.

    Args:
        previous: the issued invoice of the same part for the period before; it is left out of
            account where it is in another currency.
    """
    frozen = InvoiceAtIssue(invoice=invoice.id, currency=invoice.currency, balance=balance)
    if previous is None or previous.number is None or previous.currency != invoice.currency:
        return frozen
    causes = why_it_differs(previous, invoice)
    listed, further = causes[:MAX_DIFFERENCES], causes[MAX_DIFFERENCES:]
    rest = total((entry.amount for entry in further), invoice.currency) if further else None
    return InvoiceAtIssue(
        invoice=invoice.id,
        currency=invoice.currency,
        balance=balance,
        previous=PreviousInvoice(
            number=previous.number, period=previous.id.period, total=previous.total
        ),
        differences=listed,
        further=rest,
        further_count=len(further),
        change=invoice.total - previous.total,
    )


def _sides(previous: Invoice, current: Invoice) -> Iterator[tuple[_Side, _Side]]:
    """What both invoices have of each product, in the order of the new one."""
    before, now = _by_product(previous), _by_product(current)
    for key in dict.fromkeys([*now, *before]):
        yield before.get(key, _Side(previous)), now.get(key, _Side(current))


def _by_product(invoice: Invoice) -> dict[_Key, _Side]:
    sides: dict[_Key, _Side] = {}
    for line in invoice.lines:
        # What is billed once is told apart by what it is for. The words of a discount or tax name
        # the amount that it is worked out from, which differs each month.
        once = _CAUSES.get(line.kind) in {Cause.ONE_TIME, Cause.CREDIT}
        what = line.description if once else line.reason.agreement
        side = sides.setdefault((line.kind, line.product, what), _Side(invoice))
        side.lines.append(line)
    return sides


def _has_sections(*invoices: Invoice) -> bool:
    return any(len(invoice.sections) > 1 for invoice in invoices)


def _causes(before: _Side, now: _Side, *, several: bool) -> Iterator[Difference]:
    section = None
    if several:
        before, now, section = _only_section(before, now)
    line = (now.lines or before.lines)[0]
    change = now.amount - before.amount
    title = _title(before, now, section)
    if line.kind in _CAUSES:
        yield Difference(
            cause=_CAUSES[line.kind],
            title=title,
            product=line.product,
            amount=change,
            quantity_before=before.quantity if before.lines else None,
            quantity_now=now.quantity if now.lines else None,
        )
        return
    items_before, items_now = before.items, now.items
    common = {
        "title": title,
        "product": line.product,
        "quantity_before": before.quantity,
        "quantity_now": now.quantity,
        "price_before": before.price,
        "price_now": now.price,
        "joined": len(items_now - items_before),
        "left": len(items_before - items_now),
    }
    for cause, amount in _parts(before, now, change):
        yield Difference.model_validate({"cause": cause, "amount": amount, **common})


def _parts(before: _Side, now: _Side, change: Money) -> Iterator[tuple[Cause, Money]]:
    if not before.lines or not now.lines:
        yield (Cause.NEW if now.lines else Cause.ENDED), change
        return
    more = now.quantity - before.quantity
    old, new = before.price, now.price
    if old is None or new is None or old == new or not more:
        yield (Cause.COUNT if more else Cause.PRICE), change
        return
    by_count = old.times(more).rounded()
    yield Cause.COUNT, by_count
    yield Cause.PRICE, change - by_count


def _only_section(before: _Side, now: _Side) -> tuple[_Side, _Side, str | None]:
    """The one section that changed, with its title; all of them where several did."""
    was, has = before.by_section, now.by_section
    changed = [name for name in dict.fromkeys([*has, *was]) if has.get(name) != was.get(name)]
    if len(changed) != 1:
        return before, now, None
    (only,) = changed
    sections = (*now.invoice.sections, *before.invoice.sections)
    title = next(entry.title for entry in sections if entry.subscriber == only)
    return before.within(only), now.within(only), title


def _title(before: _Side, now: _Side, section: str | None) -> str:
    """What it is about: the words that all of its lines begin with, and the only section."""
    lines = now.lines or before.lines
    if lines[0].kind not in _CAUSES:  # an allowance, and what is beyond it, are one product
        lines = [*now.lines, *before.lines]
    current = common_name([line.description for line in now.lines or before.lines])
    alike = common_name([line.description for line in lines])
    name = alike if current.startswith(alike) else current  # under another name since
    return name if section is None else f"{name}, {section}"
