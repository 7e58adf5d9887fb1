"""Where an account stood at the end of a day, by the days that its entries are of.

Entries are not in the order of their days. An invoice may be entered before the day that it bears,
and a payment be used for it at once: on a day between them the invoice is not there yet, and what
was paid on it is held as credit. A bank's file tells of a payment a day later: what it was used for
is then of a later day than the payment, and yet the invoice was paid when the payment came.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from datetime import date
from decimal import Decimal

from msp_billing.domain.ledger.entries import (
    EntryKind,
    LedgerAccount,
    LedgerEntry,
    LedgerId,
)
from msp_billing.domain.ledger.position import HeldCredit, LedgerPosition, OwedItem


def position_on(ledger: LedgerId, entries: Iterable[LedgerEntry], day: date) -> LedgerPosition:
    """What was owed and held at the end of a day; its balance is the sum of the entries until then.

    It has items and credits, and nothing of what payments were used for.
    """
    standing = _Standing()
    used_later: list[LedgerEntry] = []
    for entry in entries:
        if entry.kind is not EntryKind.ALLOCATION:
            if entry.on <= day:
                standing.enter(entry)
        elif entry.on <= day:
            standing.use(entry)
        else:
            used_later.append(entry)
    for entry in used_later:
        standing.use(entry)
    return LedgerPosition.empty(ledger).model_copy(
        update={"items": standing.items, "credits": standing.credits}
    )


class _Standing:
    """Open amounts, never below zero: what would lower them further stands on the other side."""

    def __init__(self) -> None:
        self._owed: dict[str, Decimal] = defaultdict(Decimal)
        self._held: dict[str, Decimal] = defaultdict(Decimal)
        self._first_owed: dict[str, tuple[LedgerEntry, Decimal]] = {}
        self._first_held: dict[str, LedgerEntry] = {}

    @property
    def items(self) -> tuple[OwedItem, ...]:
        return tuple(
            OwedItem(
                document=document,
                kind=entry.kind,
                title=entry.title,
                on=entry.on,
                due_on=entry.due_on or entry.on,
                amount=amount,
                open=self._owed[document],
            )
            for document, (entry, amount) in self._first_owed.items()
        )

    @property
    def credits(self) -> tuple[HeldCredit, ...]:
        return tuple(
            HeldCredit(source=source, kind=entry.kind, on=entry.on, open=self._held[source])
            for source, entry in self._first_held.items()
            if self._held[source]
        )

    def enter(self, entry: LedgerEntry) -> None:
        """Book an entry that is no allocation."""
        for posting in entry.postings:
            if posting.on is LedgerAccount.RECEIVABLE:
                self._owe(entry, posting.reference, posting.amount)
            elif posting.on is LedgerAccount.CREDIT:
                self._hold(entry, posting.reference, -posting.amount)

    def use(self, allocation: LedgerEntry) -> None:
        """Use credit for what is owed, as far as both are there."""
        source = allocation.document
        for posting in allocation.postings:
            if posting.on is LedgerAccount.RECEIVABLE:
                document = posting.reference
                part = min(-posting.amount, self._owed[document], self._held[source])
                self._owed[document] -= part
                self._held[source] -= part

    def _owe(self, entry: LedgerEntry, document: str, amount: Decimal) -> None:
        left = self._owed[document] + amount
        self._owed[document] = max(left, Decimal(0))
        if amount > 0:
            self._first_owed.setdefault(document, (entry, amount))
        if left < 0:
            self._hold(entry, entry.document, -left)

    def _hold(self, entry: LedgerEntry, source: str, amount: Decimal) -> None:
        left = self._held[source] + amount
        self._held[source] = max(left, Decimal(0))
        if amount > 0:
            self._first_held.setdefault(source, entry)
        if left < 0:
            self._owe(entry, entry.document, -left)
