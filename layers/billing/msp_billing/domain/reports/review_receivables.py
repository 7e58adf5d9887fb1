"""What a quarterly review says of payments and holds, out of the ledger and the standing (KR-17).

Both are taken as they were at an instant, so that a report that is made again is the same one,
whatever was paid meanwhile.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from decimal import Decimal
from zoneinfo import ZoneInfo

from msp_billing.domain.dunning.standing import AccountState, HistoryEntry
from msp_billing.domain.ledger.entries import EntryKind, LedgerAccount, LedgerEntry, LedgerId
from msp_billing.domain.money import Money
from msp_billing.domain.reports.quarterly_review import ReviewHold, ReviewPayment

_HOLDS = {AccountState.CREDIT_HOLD: "Credit hold", AccountState.SERVICE_HOLD: "Service hold"}


def review_payments(
    ledger: LedgerId, entries: Iterable[LedgerEntry], until: datetime
) -> tuple[ReviewPayment, ...] | None:
    """The payments that were known at an instant, less what the bank took back of each.

    Returns:
        None for a ledger in which nothing was entered by then: payments are not recorded.
    """
    known = [entry for entry in entries if entry.recorded_at <= until]
    if not known:
        return None
    taken_back: dict[str, Decimal] = {}
    for entry in known:
        if entry.kind is EntryKind.PAYMENT_RETURNED:
            payment = entry.payment or entry.document
            taken_back[payment] = taken_back.get(payment, Decimal(0)) + _cash(entry)
    kept = (
        (entry, _cash(entry) + taken_back.get(entry.document, Decimal(0)))
        for entry in known
        if entry.kind is EntryKind.PAYMENT
    )
    return tuple(
        ReviewPayment(
            received_on=entry.on,
            amount=Money(amount=amount, currency=ledger.currency),
            reference=entry.document,
        )
        for entry, amount in kept
        if amount > 0
    )


def review_holds(
    history: Iterable[HistoryEntry], until: datetime, zone: ZoneInfo
) -> tuple[ReviewHold, ...]:
    """The hold that stood at an instant, since when and why; none in good standing."""
    standing: HistoryEntry | None = None
    for entry in history:
        if entry.after is not None and entry.at <= until:
            standing = entry
    if standing is None or standing.after not in _HOLDS:
        return ()
    return (
        ReviewHold(
            state=_HOLDS[standing.after],
            since_on=standing.at.astimezone(zone).date(),
            reason=standing.what,
        ),
    )


def _cash(entry: LedgerEntry) -> Decimal:
    return sum((p.amount for p in entry.postings if p.on is LedgerAccount.CASH), Decimal(0))
