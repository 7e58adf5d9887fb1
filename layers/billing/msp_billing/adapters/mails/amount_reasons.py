"""Why an invoice's amount differs from the last one's, in the few words that a mail has for it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from msp_billing.adapters.composed_texts import description_in_words
from msp_billing.adapters.formatting import format_change, format_month, format_quantity
from msp_billing.adapters.language import _, ngettext
from msp_billing.adapters.mails.mail_text import one_line
from msp_billing.adapters.mails.mail_views import Entry, money
from msp_billing.domain.at_issue import Cause, Difference, InvoiceAtIssue, PreviousInvoice
from msp_billing.domain.money import Money

if TYPE_CHECKING:
    from msp_billing.domain.counting.counts import CountedItem
    from msp_billing.domain.invoices import Invoice

MAX_REASONS = 3
MAX_ITEMS = 6
MAX_GROUPS = 8


@dataclass(frozen=True)
class Reasons:
    """How the amount compares with the last one, and the largest reasons for that."""

    sentence: str | None = None
    entries: tuple[Entry, ...] = ()


@dataclass(frozen=True)
class ItemChange:
    """What joined and left in one kind of count, in words."""

    title: str
    joined: str
    left: str


def reasons(invoice: Invoice, at_issue: InvoiceAtIssue, previous: PreviousInvoice) -> Reasons:
    """The difference in a sentence, and its largest causes with what each comes to."""
    shown = at_issue.differences[:MAX_REASONS]
    rest = at_issue.differences[MAX_REASONS:]
    if len(rest) == 1 and not at_issue.further_count:  # no longer than a line that counts it
        shown, rest = at_issue.differences, ()
    entries = [_entry(difference) for difference in shown]
    count = len(rest) + at_issue.further_count
    if count and at_issue.change is not None:
        remaining = at_issue.change - _sum([entry.amount for entry in shown], at_issue.change)
        text = ngettext("{number} further reason", "{number} further reasons", count)
        entries.append(Entry(text.format(number=format_quantity(count)), _change(remaining)))
    return Reasons(_sentence(invoice, previous), tuple(entries))


def _sum(amounts: Sequence[Money], like: Money) -> Money:
    return sum(amounts, like - like)


def _change(amount: Money) -> str:
    return format_change(amount.amount, amount.currency)


def _sentence(invoice: Invoice, previous: PreviousInvoice) -> str:
    values = {"number": one_line(previous.number, 60), "month": format_month(previous.period)}
    values["before"] = money(previous.total)
    if previous.total.currency != invoice.currency:
        text = _("Invoice {number} for {month} was {before}, in another currency.")
        return text.format(**values)
    change = invoice.total - previous.total
    if not change.amount:
        return _("This invoice is as much as invoice {number} for {month}.").format(**values)
    text = (
        _("This invoice is {change} more than invoice {number} for {month} ({before}).")
        if change.amount > 0
        else _("This invoice is {change} less than invoice {number} for {month} ({before}).")
    )
    size = change if change.amount > 0 else Money(amount=-change.amount, currency=change.currency)
    return text.format(change=money(size), **values)


def _entry(difference: Difference) -> Entry:
    return Entry(
        what=one_line(description_in_words(difference.title)),
        amount=_change(difference.amount),
        detail=_why(difference),
    )


def _why(difference: Difference) -> str:
    before, now = difference.quantity_before, difference.quantity_now
    match difference.cause:
        case Cause.COUNT if before is not None and now is not None:
            return _("{before} → {now}").format(
                before=format_quantity(before), now=format_quantity(now)
            )
        case Cause.PRICE if difference.price_before and difference.price_now:
            return _("price {before} → {now}").format(
                before=money(difference.price_before), now=money(difference.price_now)
            )
    return {
        Cause.COUNT: _("another number"),
        Cause.PRICE: _("another price"),
        Cause.NEW: _("new on this invoice"),
        Cause.ENDED: _("not billed any more"),
        Cause.ONE_TIME: _("billed once"),
        Cause.DISCOUNT: _("discount"),
        Cause.CREDIT: _("adjustment"),
        Cause.MINIMUM: _("minimum"),
        Cause.TAX: _("tax"),
    }[difference.cause]


# --- What joined and left ------------------------------------------------------------------------


def item_changes(invoice: Invoice) -> tuple[ItemChange, ...]:
    """What joined and left since the last count, by what was counted."""
    joined: dict[str, dict[tuple[str | None, str, str], CountedItem]] = {}
    left: dict[str, dict[tuple[str | None, str, str], CountedItem]] = {}
    for evidence in invoice.counts:
        for found, items in ((joined, evidence.count.joined), (left, evidence.count.left)):
            group = found.setdefault(evidence.title, {})
            group.update({(evidence.subscriber, *item.key): item for item in items})
    changes = [
        ItemChange(
            title=one_line(title),
            joined=_joined(list(joined[title].values())),
            left=_left(list(left[title].values())),
        )
        for title in joined
        if joined[title] or left[title]
    ]
    return tuple(changes[:MAX_GROUPS])


def _joined(items: Sequence[CountedItem]) -> str:
    if not items:
        return ""
    text = ngettext("{number} joined: {names}", "{number} joined: {names}", len(items))
    return text.format(number=format_quantity(len(items)), names=_names(items))


def _left(items: Sequence[CountedItem]) -> str:
    if not items:
        return ""
    text = ngettext("{number} left: {names}", "{number} left: {names}", len(items))
    return text.format(number=format_quantity(len(items)), names=_names(items))


def _names(items: Sequence[CountedItem]) -> str:
    names = ", ".join(one_line(item.name, 60) for item in items[:MAX_ITEMS])
    if len(items) <= MAX_ITEMS:
        return names
    more = format_quantity(len(items) - MAX_ITEMS)
    return _("{names} and {number} more").format(names=names, number=more)
