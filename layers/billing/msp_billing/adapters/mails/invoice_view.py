"""What the mail that brings an invoice says, as finished text for its templates."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

from msp_billing.adapters.composed_texts import description_in_words
from msp_billing.adapters.formatting import (
    format_day,
    format_due_day,
    format_money,
    format_month,
    format_quantity,
    format_service_period,
)
from msp_billing.adapters.language import _, ngettext
from msp_billing.adapters.line_words import quantity_and_price
from msp_billing.adapters.mails.amount_reasons import Reasons, item_changes, reasons
from msp_billing.adapters.mails.mail_text import one_line
from msp_billing.adapters.mails.mail_views import (
    MAX_LINES,
    Entry,
    Fact,
    attached,
    money,
)
from msp_billing.domain.money import Money

if TYPE_CHECKING:
    from msp_billing.domain.at_issue import Balance, InvoiceAtIssue
    from msp_billing.domain.documents import NamedDocument
    from msp_billing.domain.invoices import Invoice
    from msp_billing.domain.policy import ProviderPolicy

MAX_OPEN_ITEMS = 3


@dataclass(frozen=True)
class Standing:
    """The account's balance when the invoice was issued, where it says more than the invoice."""

    facts: tuple[Fact, ...]
    open_items: tuple[Entry, ...]
    note: str


@dataclass(frozen=True)
class Headline:
    """What is to be paid, and how that is said: in the box, in the subject, before the mail."""

    to_pay: Money
    label: str
    amount: str
    note: str
    short: str


def invoice_view(
    invoice: Invoice,
    policy: ProviderPolicy,
    pdf: NamedDocument,
    previous_total: Money | None,
    at_issue: InvoiceAtIssue | None,
) -> dict[str, object]:
    """The values of its templates, with its subject; in the language that is being written."""
    number = one_line(invoice.number or "")
    label, month = one_line(invoice.label, 60), format_month(invoice.id.period)
    name = one_line(invoice.account_name)
    balance = None if at_issue is None else at_issue.balance
    headline = _headline(invoice, balance)
    payable = headline.to_pay.amount > 0
    told = _reasons(invoice, previous_total, at_issue)
    first = _("Invoice {number}").format(number=number)
    link = policy.pay_to.link_for(
        provider=policy.provider,
        account=invoice.id.account,
        number=number,
        amount=headline.to_pay.amount,
        currency=invoice.currency,
    )
    return {
        "subject": " · ".join((first, headline.short, label, month, one_line(name, 60))),
        "preview": " ".join((f"{headline.amount}: {headline.note}", told.sentence or "")).strip(),
        "number": number,
        "label": label,
        "month": month,
        "account": name,
        "amount": headline.amount,
        "amount_label": headline.label,
        "amount_note": headline.note,
        "total": money(invoice.total),
        "payable": payable,
        "informational": invoice.informational,
        "due": format_due_day(invoice.due_on),
        "pay_link": link if payable else None,
        "facts": _facts(invoice, number, name),
        "standing": None if balance is None else _standing(invoice, balance),
        "reasons": told,
        "changes": item_changes(invoice),
        "entries": billed_entries(invoice),
        "contents": _contents(len(invoice.lines)),
        "remittance": tuple(one_line(line, 200) for line in policy.remittance),
        "note": one_line(policy.invoice_note, 500) if policy.invoice_note else None,
        "document": attached(pdf, policy.zone),
    }


def _headline(invoice: Invoice, balance: Balance | None) -> Headline:
    total = money(invoice.total)
    to_pay = invoice.total if balance is None else balance.to_pay
    if invoice.informational:
        return Headline(
            Money(amount=invoice.total.amount * 0, currency=invoice.currency),
            _("For information"),
            total,
            _("No payment is due. These charges will be on your next regular invoice."),
            _("{amount} for information, no payment due").format(amount=total),
        )
    if to_pay.amount > 0:
        amount, day = money(to_pay), format_due_day(invoice.due_on)
        note = _("Please pay by {day}.").format(day=day)
        if to_pay != invoice.total:
            note = _("Please pay by {day}. Your credit has paid the rest.").format(day=day)
        short = _("{amount} due {day}").format(amount=amount, day=day)
        return Headline(to_pay, _("Amount due"), amount, note, short)
    note = _("There is nothing to pay.")
    if invoice.total.amount > 0:
        note = _("There is nothing to pay: your credit has paid it.")
    return Headline(to_pay, _("Amount"), total, note, _("nothing to pay"))


def _facts(invoice: Invoice, number: str, name: str) -> tuple[Fact, ...]:
    facts = [
        Fact(_("Invoice number"), number),
        Fact(_("Billed to"), name),
        Fact(_("Invoice date"), format_day(invoice.invoice_on)),
        Fact(_("Service period"), format_service_period(invoice.service_period)),
    ]
    if invoice.purchase_order:
        facts.append(Fact(_("Your purchase order"), one_line(invoice.purchase_order)))
    if invoice.buyer.reference:
        facts.append(Fact(_("Your reference"), one_line(invoice.buyer.reference)))
    return tuple(facts)


def _contents(lines: int) -> str:
    text = ngettext(
        "The invoice lists {number} line, and what it is made of.",
        "The invoice lists {number} lines, and what each is made of.",
        lines,
    )
    return text.format(number=format_quantity(lines))


# --- Balance -------------------------------------------------------------------------------------


def _standing(invoice: Invoice, balance: Balance) -> Standing | None:
    """None where the invoice says it all."""
    if balance.is_plain:
        return None
    items = balance.open_items[:MAX_OPEN_ITEMS]
    entries = [
        Entry(
            what=one_line(item.document),
            amount=money(item.open),
            detail=_("due {due}").format(due=format_day(item.due_on)),
        )
        for item in items
    ]
    further = balance.open_count - len(items)
    if further > 0:
        rest = balance.brought_forward - _sum(balance, len(items))
        text = ngettext("{number} further document", "{number} further documents", further)
        entries.append(Entry(text.format(number=format_quantity(further)), money(rest)))
    note = ""
    if balance.earlier_after(invoice.total).amount > 0:
        note = _("If you have paid these already, thank you: nothing else is needed for them.")
    return Standing(tuple(_standing_facts(invoice, balance)), tuple(entries), note)


def _sum(balance: Balance, shown: int) -> Money:
    nothing = balance.brought_forward - balance.brought_forward
    return sum((item.open for item in balance.open_items[:shown]), nothing)


def _standing_facts(invoice: Invoice, balance: Balance) -> Iterator[Fact]:
    if balance.credit_used.amount or invoice.total.amount < 0:
        yield Fact(_("This invoice"), money(invoice.total))
    if balance.credit_used.amount:
        yield Fact(_("Credit used for it"), money(balance.credit_used))
    yield Fact(_("To pay for this invoice"), money(balance.to_pay))
    if balance.brought_forward.amount:
        yield Fact(_("Open from before"), _open_before(balance, invoice.total))
        yield Fact(_("To pay in all"), money(balance.owed_after(invoice.total)))
    if balance.credit_left.amount:
        yield Fact(_("Your credit with us"), money(balance.credit_left))


def _open_before(balance: Balance, total: Money) -> str:
    overdue = balance.overdue_after(total)
    if not overdue.amount:
        return money(balance.brought_forward)
    text = _("{amount}, of it {overdue} overdue")
    return text.format(amount=money(balance.brought_forward), overdue=money(overdue))


# --- What is billed ------------------------------------------------------------------------------


def billed_entries(invoice: Invoice) -> tuple[Entry, ...]:
    """The invoice in a few lines: its own, or its sections; the rest in one line."""
    currency = invoice.currency
    if len(invoice.lines) <= MAX_LINES:
        return tuple(
            Entry(
                what=one_line(description_in_words(line.description)),
                amount=money(line.amount),
                detail=quantity_and_price(line),
            )
            for line in invoice.lines
        )
    if len(invoice.sections) == 1:
        return ()
    totals = [(one_line(s.title), invoice.section_total(s.subscriber)) for s in invoice.sections]
    shown, rest = totals[:MAX_LINES], totals[MAX_LINES:]
    entries = [Entry(what=title, amount=money(amount)) for title, amount in shown]
    if rest:
        remaining = sum((amount.amount for _title, amount in rest), start=rest[0][1].amount * 0)
        text = ngettext("{number} further section", "{number} further sections", len(rest))
        what = text.format(number=format_quantity(len(rest)))
        entries.append(Entry(what=what, amount=format_money(remaining, currency)))
    return tuple(entries)


# --- Why the amount differs ----------------------------------------------------------------------


def _reasons(
    invoice: Invoice, previous_total: Money | None, at_issue: InvoiceAtIssue | None
) -> Reasons:
    if at_issue is not None and at_issue.previous is not None:
        return reasons(invoice, at_issue, at_issue.previous)
    if previous_total is None:
        return Reasons()
    return Reasons(_difference(invoice, previous_total))


def _difference(invoice: Invoice, before: Money) -> str:
    """How the total compares with the month before, where no more is known of that invoice."""
    month = format_month(invoice.id.period.shifted(-1))
    if invoice.currency != before.currency:
        text = _("This invoice is in {currency}, after {before} for {month} in {other}.")
        return text.format(
            currency=invoice.currency, before=money(before), month=month, other=before.currency
        )
    change = invoice.total - before
    if not change.amount:
        return _("This invoice is the same as for {month}.").format(month=month)
    text = (
        _("This invoice is {change} more than for {month} ({before}).")
        if change.amount > 0
        else _("This invoice is {change} less than for {month} ({before}).")
    )
    size = format_money(abs(change.amount), change.currency)
    return text.format(change=size, month=month, before=money(before))
