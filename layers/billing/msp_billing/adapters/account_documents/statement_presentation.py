"""From a statement of account to what stands on its pages: text only, ready to print.

heading     "Statement of account"
recipient   [line, ...]
facts       [[label, value], ...]
due, payment    see amount_panel: the balance, and how to pay it
aging       {title, head [word, ...], amounts [amount, ...]} or null where nothing is open
summary     {title, rows [{label, amount, strong}]}
entries     {title, head [word, ...], rows [{on, what, notes, due, amount, balance}],
            opening [label, amount], closing [label, amount], if_empty}
open        {title, head [word, ...], rows [{document, notes, on, due, late, amount, open}],
            total [label, amount]} or null
notes       [sentence, ...]
"""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from msp_billing.adapters.account_documents.amount_panel import amount_panel
from msp_billing.adapters.account_documents.entry_words import (
    entry_notes,
    entry_title,
    item_title,
    kind_sum_title,
)
from msp_billing.adapters.formatting import format_day, format_money, format_quantity
from msp_billing.adapters.invoice_pdf.document_frame import document_frame, provider_block
from msp_billing.adapters.invoice_pdf.invoice_payment import bank_rows
from msp_billing.adapters.invoice_pdf.printable_text import printable
from msp_billing.adapters.language import _
from msp_billing.domain.ledger.aging import AgingBucket
from msp_billing.domain.ledger.entries import EntryKind

if TYPE_CHECKING:
    from msp_billing.domain.ledger.account_statement import AccountStatement, StatementItem
    from msp_billing.domain.ledger.statements import StatementLine
    from msp_billing.domain.policy import ProviderPolicy

Json = dict[str, Any]

_SUMMED = (
    EntryKind.OPENING,
    EntryKind.INVOICE,
    EntryKind.LATE_FEE,
    EntryKind.CREDIT_NOTE,
    EntryKind.PAYMENT,
    EntryKind.PAYMENT_RETURNED,
    EntryKind.REFUND,
    EntryKind.WRITE_OFF,
)


def present_statement(told: AccountStatement, policy: ProviderPolicy) -> Json:
    """All that is printed of a statement, in the language that is being written."""
    return _Statement(told, policy).content()


class _Statement:
    def __init__(self, told: AccountStatement, policy: ProviderPolicy) -> None:
        self._told = told
        self._policy = policy
        self._of = told.statement

    def content(self) -> Json:
        told, of = self._told, self._of
        heading = _("Final statement") if told.final else _("Statement of account")
        days = _("{first} to {last}").format(
            first=format_day(of.from_on), last=format_day(of.to_on)
        )
        return {
            **document_frame(
                self._policy,
                heading=heading,
                reference=days,
                account_name=told.addressee.name,
                dated_on=told.made_on,
                currency=of.currency,
                paper=told.addressee.paper,
            ),
            "draft": told.unfinished,
            "provider": provider_block(self._policy),
            "heading": heading,
            "recipient": [
                printable(line) for line in (told.addressee.name, *told.addressee.address)
            ],
            "facts": [
                [_("Account"), of.account],
                [_("From"), format_day(of.from_on)],
                [_("To"), format_day(of.to_on)],
                [_("Made on"), format_day(told.made_on)],
                [_("Currency"), of.currency],
            ],
            **self._panel(),
            "aging": self._aging(),
            "summary": self._summary(),
            "entries": self._entries(),
            "open": self._open() if told.items else None,
            "notes": list(self._notes()),
        }

    # --- What it comes to ------------------------------------------------------------------------

    def _panel(self) -> Json:
        told, of = self._told, self._of
        label = _("Balance on {day}, in {currency}").format(
            day=format_day(of.to_on), currency=of.currency
        )
        title, lines = _("Payment"), [_("Nothing is to be paid.")]
        if told.to_pay:
            title = _("How to pay")
            reference = _("Please give the numbers that you pay with your payment.")
            lines = [reference, *self._policy.remittance]
        bank = bank_rows(self._policy) if told.to_pay else ()
        amount = self._money(of.closing_balance)
        return amount_panel(label, amount, self._by(), title, lines, bank=bank)

    def _by(self) -> str:
        aged, closing = self._told.aging, self._of.closing_balance
        if closing < 0:
            return _("In your favour: it is used for what falls due next.")
        if closing == 0:
            return _("Everything is settled.")
        if overdue := min(aged.overdue, closing):  # credit that is held lowers the balance
            return _("{amount} of it is overdue.").format(amount=self._money(overdue))
        return _("Nothing of it is overdue.")

    def _aging(self) -> Json | None:
        aged = self._told.aging
        if not aged.owed:
            return None
        titles = {
            AgingBucket.CURRENT: _("Not due"),
            AgingBucket.DAYS_1_TO_30: _("1 to 30 days"),
            AgingBucket.DAYS_31_TO_60: _("31 to 60 days"),
            AgingBucket.DAYS_61_TO_90: _("61 to 90 days"),
            AgingBucket.OVER_90: _("Over 90 days"),
        }
        return {
            "title": _("What is open, by days overdue"),
            "head": [*(titles[bucket] for bucket in aged.amounts), _("Open in all")],
            "amounts": [
                *(self._money(amount) for amount in aged.amounts.values()),
                self._money(aged.owed),
            ],
        }

    def _summary(self) -> Json:
        of = self._of
        sums = {
            kind: sum((line.amount for line in of.lines if line.kind is kind), Decimal(0))
            for kind in _SUMMED
        }
        before = _("Balance before {day}").format(day=format_day(of.from_on))
        after = _("Balance on {day}").format(day=format_day(of.to_on))
        rows = [self._sum(before, of.opening_balance)]
        rows += [self._sum(kind_sum_title(kind), amount) for kind, amount in sums.items() if amount]
        rows.append(self._sum(after, of.closing_balance, strong=True))
        return {"title": _("In short"), "rows": rows}

    def _sum(self, label: str, amount: Decimal, *, strong: bool = False) -> Json:
        return {"label": label, "amount": self._money(amount), "strong": strong}

    # --- What it is made of ----------------------------------------------------------------------

    def _entries(self) -> Json:
        of = self._of
        before = _("Balance before {day}").format(day=format_day(of.from_on))
        after = _("Balance on {day}").format(day=format_day(of.to_on))
        return {
            "title": _("Everything that was billed and paid"),
            "head": [_("Date"), _("What"), _("Due"), _("Amount"), _("Balance")],
            "rows": [self._entry(line) for line in of.lines],
            "opening": [before, self._money(of.opening_balance)],
            "closing": [after, self._money(of.closing_balance)],
            "if_empty": _("Nothing was billed or paid in these days."),
        }

    def _entry(self, line: StatementLine) -> Json:
        return {
            "on": format_day(line.on),
            "what": printable(entry_title(line)),
            "notes": [printable(note, 300) for note in entry_notes(line)],
            "due": "" if line.due_on is None else format_day(line.due_on),
            "amount": self._money(line.amount),
            "balance": self._money(line.balance),
        }

    def _open(self) -> Json:
        told = self._told
        return {
            "title": _("What is open"),
            "head": [
                _("Document"),
                _("Date"),
                _("Due"),
                _("Days overdue"),
                _("Amount"),
                _("Open"),
            ],
            "rows": [self._item(item) for item in told.items],
            "total": [_("Open in all"), self._money(told.aging.owed)],
        }

    def _item(self, item: StatementItem) -> Json:
        days = (self._of.to_on - item.due_on).days
        return {
            "document": printable(item_title(item)),
            "on": format_day(item.on),
            "due": format_day(item.due_on),
            "late": format_quantity(days) if days > 0 else "",
            "amount": self._money(item.amount),
            "open": self._money(item.open),
        }

    def _notes(self) -> Iterator[str]:
        told = self._told
        if told.aging.credit:
            yield _("We hold {amount} for you. It is taken off the balance above.").format(
                amount=self._money(told.aging.credit)
            )
        if told.final and not told.unfinished and not self._of.closing_balance:
            yield _("With this statement the account has reached zero: nothing is left to pay.")
        elif self._of.closing_balance > 0:
            yield _("Payments that reached us after {day} are not in this statement.").format(
                day=format_day(self._of.to_on)
            )

    def _money(self, amount: Decimal) -> str:
        return format_money(amount, self._of.currency)
