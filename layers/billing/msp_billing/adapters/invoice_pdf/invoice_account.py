"""Where the account stood when the invoice was issued, and why the amount differs from the last.

Both are frozen at issue and are None for an invoice of before they were kept, or where they would
say nothing: no earlier debt and no credit; no invoice before.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from msp_billing.adapters.difference_words import difference_in_words
from msp_billing.adapters.formatting import (
    format_change,
    format_day,
    format_money,
    format_month,
    format_quantity,
)
from msp_billing.adapters.invoice_pdf.printable_text import printable
from msp_billing.adapters.language import _, ngettext

if TYPE_CHECKING:
    from msp_billing.domain.at_issue import Balance, InvoiceAtIssue
    from msp_billing.domain.invoices import Invoice
    from msp_billing.domain.money import Money

Json = dict[str, Any]

MAX_OPEN_ITEMS = 5
"""Earlier documents that the first page has room for; of the rest it says how many they are."""


def present_account(invoice: Invoice, at_issue: InvoiceAtIssue | None) -> Json | None:
    """The balance as a sum that can be checked, and what of it is late.

    Shape: ``{title, rows: [{label, amount, notes: [text], strong}], notes: [text]}``; the amounts
    of the rows add up to the last one.
    """
    balance = None if at_issue is None else at_issue.balance
    if balance is None or balance.is_plain:
        return None
    after = balance.brought_forward - balance.credit_held + invoice.total
    rows = [
        _row(_("Balance brought forward"), balance.brought_forward, list(_open_items(balance))),
        _row(_("This invoice"), invoice.total),
    ]
    if balance.credit_held.amount:
        rows.append(_row(_("Your credit"), -balance.credit_held))
    last = _("Balance of your account")
    return {
        "title": _("Your account on {day}").format(day=format_day(balance.as_of)),
        "rows": [*rows, _row(last, after, strong=True)],
        "notes": list(_notes(balance, invoice.total)),
    }


def _row(
    label: str, amount: Money, notes: list[str] | None = None, *, strong: bool = False
) -> Json:
    return {"label": label, "amount": _money(amount), "notes": notes or [], "strong": strong}


def _open_items(balance: Balance) -> Iterator[str]:
    for entry in balance.open_items[:MAX_OPEN_ITEMS]:
        yield _("{document}, due {day}: {amount} open").format(
            document=printable(entry.document),
            day=format_day(entry.due_on),
            amount=_money(entry.open),
        )
    more = balance.open_count - len(balance.open_items[:MAX_OPEN_ITEMS])
    if more > 0:
        yield ngettext("and {number} more", "and {number} more", more).format(
            number=format_quantity(more)
        )


def _notes(balance: Balance, total: Money) -> Iterator[str]:
    """What to do about it, as one says it to somebody with whom one goes on working."""
    overdue = balance.overdue_after(total)
    if overdue.amount > 0:
        yield _(
            "{amount} of it was due before {day}. If it is on its way, thank you; if not, please "
            "send it now."
        ).format(amount=_money(overdue), day=format_day(balance.as_of))
    if balance.credit_left.amount > 0:
        yield _("{amount} stays to your credit for your next invoices.").format(
            amount=_money(balance.credit_left)
        )


def present_differences(invoice: Invoice, at_issue: InvoiceAtIssue | None) -> Json | None:
    """From the last invoice's total to this one's, cause by cause.

    Shape: ``{title, rows: [{label, amount, strong}]}``: the first row is the last invoice, the last
    row this one, and what is between them adds up.
    """
    if at_issue is None or at_issue.previous is None or at_issue.change is None:
        return None
    previous = at_issue.previous
    rows = [
        {
            "label": _("Invoice {number}, for {month}").format(
                number=printable(previous.number), month=format_month(previous.period)
            ),
            "amount": _money(previous.total),
            "strong": True,
        }
    ]
    rows += [
        _cause(printable(difference_in_words(entry), 500), entry.amount)
        for entry in at_issue.differences
    ]
    if at_issue.further is not None:
        count = at_issue.further_count
        text = ngettext("{number} further cause", "{number} further causes", count)
        rows.append(_cause(text.format(number=format_quantity(count)), at_issue.further))
    if len(rows) == 1:
        rows.append(_cause(_("Nothing changed"), at_issue.change))
    rows.append({"label": _("This invoice"), "amount": _money(invoice.total), "strong": True})
    return {"title": _("Why the amount differs from the last invoice"), "rows": rows}


def _cause(text: str, amount: Money) -> Json:
    return {"label": text, "amount": format_change(amount.amount, amount.currency), "strong": False}


def _money(amount: Money) -> str:
    return format_money(amount.amount, amount.currency)
