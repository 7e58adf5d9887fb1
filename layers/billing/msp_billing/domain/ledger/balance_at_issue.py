"""Where an account stood when an invoice was entered in its ledger."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import TYPE_CHECKING

from msp_billing.domain.at_issue import Balance, OpenItem
from msp_billing.domain.ledger.entries import EntryKind, LedgerEntry, LedgerId
from msp_billing.domain.ledger.position import LedgerPosition, after

if TYPE_CHECKING:
    from msp_billing.domain.invoices import Invoice

MAX_OPEN_ITEMS = 10
"""Earlier documents that an invoice lists; of the others it says how many there are."""


def balance_at_issue(
    before: LedgerPosition, following: LedgerPosition, invoice: Invoice, as_of: date
) -> Balance:
    """What the invoice says about the account (KR-13: credit is used on the next invoice).

    Args:
        before: without the invoice.
        following: with it, and with the credit that was used on it at once.
        as_of: the day on which it was entered, in the provider's zone.
    """
    number = invoice.number or ""
    item = following.items_by_document.get(number)
    left = Decimal(0) if item is None else item.open
    used = Decimal(0) if item is None else item.amount - item.open
    earlier = before.open_items
    return Balance(
        as_of=as_of,
        brought_forward=before.money(before.owed),
        overdue=before.money(
            sum((entry.open for entry in before.overdue_items(as_of)), Decimal(0))
        ),
        open_items=tuple(
            OpenItem(
                document=entry.document,
                on=entry.on,
                due_on=entry.due_on,
                open=before.money(entry.open),
            )
            for entry in earlier[:MAX_OPEN_ITEMS]
        ),
        open_count=len(earlier),
        credit_held=before.money(before.held),
        credit_used=before.money(used),
        to_pay=before.money(left),
        credit_left=before.money(following.held),
    )


@dataclass(frozen=True)
class Around:
    """The positions before an invoice's entry, and behind the credit that was used with it."""

    before: LedgerPosition
    following: LedgerPosition
    recorded_at: datetime


def positions_around(
    ledger: LedgerId, entries: Iterable[LedgerEntry], number: str
) -> Around | None:
    """What stood around an invoice's entry, worked out from the entries.

    For an invoice that was entered by an attempt that came no further; None when the ledger does
    not have it.
    """
    position = LedgerPosition.empty(ledger)
    found: tuple[LedgerPosition, datetime] | None = None
    for entry in entries:
        if found is not None and entry.kind is not EntryKind.ALLOCATION:
            break
        if entry.kind is EntryKind.INVOICE and entry.document == number:
            found = (position, entry.recorded_at)
        position = after(position, entry)
    return None if found is None else Around(found[0], position, found[1])
