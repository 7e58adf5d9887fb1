"""The sums below the lines of an invoice."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from msp_billing.adapters.formatting import format_day, format_money
from msp_billing.adapters.language import _
from msp_billing.domain.invoices import Invoice, InvoiceLine, LineKind
from msp_billing.domain.money import Money, total

if TYPE_CHECKING:
    from msp_billing.domain.at_issue import InvoiceAtIssue

Json = dict[str, Any]

_APART = (LineKind.DISCOUNT, LineKind.TAX)
"""Kinds with a sum of their own under the lines; all others are charges."""

FOLLOWING = (LineKind.DISCOUNT, LineKind.SHORTFALL, LineKind.TAX)
"""Kinds that follow from other lines; a section of nothing else is named by them."""


def present_totals(invoice: Invoice, at_issue: InvoiceAtIssue | None) -> Iterator[Json]:
    """Charges, discounts and taxes where there are any, the total, and what is left to pay of it.

    Shape: ``[{label, amount, strong}]``.
    """
    sums: dict[LineKind | None, list[Money]] = {None: []}
    for line in invoice.lines:
        sums.setdefault(apart(line), []).append(line.amount)
    if len(sums) > 1:
        for kind in (None, *_APART):
            if kind in sums:
                label = _("Charges") if kind is None else title_of(kind)
                yield _row(label, total(sums[kind], invoice.currency))
    yield from _last_rows(invoice, at_issue)


def _last_rows(invoice: Invoice, at_issue: InvoiceAtIssue | None) -> Iterator[Json]:
    balance = None if at_issue is None else at_issue.balance
    if invoice.due_on is None:
        yield _row(_("Total, for information"), invoice.total, strong=True)
    elif invoice.total.amount <= 0:
        yield _row(_("Total"), invoice.total, strong=True)
    elif balance is None or not balance.credit_used.amount:
        label = _("Total due {day}").format(day=format_day(invoice.due_on))
        yield _row(label, invoice.total, strong=True)
    else:
        yield _row(_("Total"), invoice.total)
        yield _row(_("Credit used"), -balance.credit_used)
        if not balance.to_pay.amount:
            nothing = _("Left to pay in {currency}").format(currency=invoice.currency)
            yield _row(nothing, balance.to_pay, strong=True)
            return
        left = _("Left to pay until {day}").format(day=format_day(invoice.due_on))
        yield _row(left, balance.to_pay, strong=True)


def _row(label: str, amount: Money, *, strong: bool = False) -> Json:
    return {
        "label": label,
        "amount": format_money(amount.amount, amount.currency),
        "strong": strong,
    }


def apart(line: InvoiceLine) -> LineKind | None:
    """The kind whose sum a line goes into; None for the charges."""
    return line.kind if line.kind in _APART else None


def title_of(*kinds: LineKind) -> str:
    """What lines that follow from others are called; whole, because languages join in own ways."""
    discount, minimum, tax = (kind in kinds for kind in FOLLOWING)
    titles = {
        (True, False, False): _("Discounts"),
        (False, True, False): _("Minimums"),
        (False, False, True): _("Taxes"),
        (True, True, False): _("Discounts and minimums"),
        (True, False, True): _("Discounts and taxes"),
        (False, True, True): _("Minimums and taxes"),
        (True, True, True): _("Discounts, minimums and taxes"),
    }
    return titles[discount, minimum, tax]
