"""What an account owed, and what was held for it, on the day it was taken over.

Open invoices of the system before keep their number, date and due date, so that aging, statements
and letters say what the customer knows. They are no revenue of ours: the other side of each entry
is an account for opening balances, as in any new set of books.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from datetime import date, timedelta
from decimal import Decimal
from typing import Literal

from pydantic import Field

from msp_billing.domain.base import Frozen, Identifier, Text
from msp_billing.domain.ledger.entries import (
    EntryDraft,
    EntryKind,
    LedgerAccount,
    LedgerEntry,
    Posting,
)
from msp_billing.domain.money import CurrencyCode, ExactDecimal, Money

DAYS_OF_GRACE = 30
"""How long after the take-over dunning takes an old debt for not yet due, if nothing is said."""


class OpeningItem(Frozen):
    """An open invoice of the system before, or a credit that it held."""

    account: Identifier
    document: Text = Field(max_length=120, description="Its number there; once per account.")
    kind: Literal["invoice", "credit"]
    on: date = Field(description="Its date.")
    due_on: date | None = Field(default=None, description="Of an invoice.")
    amount: ExactDecimal = Field(gt=0, description="What is open of it.")
    currency: CurrencyCode

    @property
    def effect(self) -> Decimal:
        """By how much it raises what the account owes."""
        return self.amount if self.kind == "invoice" else -self.amount

    @property
    def money(self) -> Money:
        """What is open of it."""
        return Money(amount=self.amount, currency=self.currency)

    def __str__(self) -> str:
        due = f", due {self.due_on}" if self.due_on else ""
        return f"{self.kind} {self.document} of {self.on}{due}: {self.money}"


def opening_entry(
    item: OpeningItem, taken_over_on: date, followed_from: date, recorded_by: str
) -> EntryDraft:
    """The entry of one item.

    Args:
        followed_from: the day that dunning takes for its due date, if that is not later.
    """
    is_invoice = item.kind == "invoice"
    customers = LedgerAccount.RECEIVABLE if is_invoice else LedgerAccount.CREDIT
    what = "Invoice" if is_invoice else "Credit"
    return EntryDraft(
        kind=EntryKind.OPENING,
        document=item.document,
        on=item.on,
        due_on=item.due_on if is_invoice else None,
        followed_from=followed_from if is_invoice else None,
        title=f"{what} {item.document}",
        recorded_by=recorded_by,
        why=f"Taken over as it was open on {taken_over_on}",
        postings=(
            Posting(on=customers, reference=item.document, amount=item.effect),
            Posting(on=LedgerAccount.OPENING, reference=item.document, amount=-item.effect),
        ),
    )


def follow_from(taken_over_on: date, today: date, days_of_grace: int = DAYS_OF_GRACE) -> date:
    """The day from which dunning counts what was taken over.

    From the day of the take-over, or from the day on which it is entered if that is later: whoever
    enters old debts months afterwards must not set off letters and holds by it.
    """
    return max(taken_over_on, today) + timedelta(days=days_of_grace)


def entered_otherwise(item: OpeningItem, entry: LedgerEntry) -> str | None:
    """What the ledger has in place of an item that is entered under the same number; else None."""
    effect = -sum((p.amount for p in entry.postings if p.on is LedgerAccount.OPENING), Decimal(0))
    due_on = item.due_on if item.kind == "invoice" else None
    if (effect, entry.on, entry.due_on) == (item.effect, item.on, due_on):
        return None
    due = f", due {entry.due_on}" if entry.due_on else ""
    kind = "a credit" if effect < 0 else "an invoice"
    return f"{kind} of {entry.on}{due}, {abs(effect)} {item.currency}"


def looks_like_ours(document: str, prefixes: Sequence[str]) -> str | None:
    """The prefix by which an old number could be one that we will give; None when it cannot be."""
    for prefix in prefixes:
        if re.fullmatch(rf"{re.escape(prefix)}\d+", document, re.IGNORECASE):
            return prefix
    return None


def sums(items: Sequence[OpeningItem]) -> Iterator[Money]:
    """What the items come to, in each currency."""
    currencies = sorted({item.currency for item in items})
    for currency in currencies:
        amount = sum((i.effect for i in items if i.currency == currency), Decimal(0))
        yield Money(amount=amount, currency=currency)
