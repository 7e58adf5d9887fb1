"""KR-17: payments and holds of a review, as they were at its instant."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from zoneinfo import ZoneInfo

import pytest

from msp_billing.domain.dunning.standing import AccountState, HistoryEntry
from msp_billing.domain.reports.review_receivables import review_holds, review_payments
from tests.unit.domain.ledger.ledger_samples import LEDGER, Books

CHICAGO = ZoneInfo("America/Chicago")
MADE_AT = datetime(2027, 1, 4, 15, tzinfo=UTC)


def paid() -> Books:
    """300.00 kept, 200.00 taken back, 100.00 less 25.00 and 15.00, 50.00 heard of too late."""
    books = Books()
    books.invoice("LP-1", "900.00")
    books.pay("A-1", "300.00", "2026-11-28")
    books.pay("A-2", "200.00", "2026-12-01")
    books.take_back("bank:A-2", "200.00", "2026-12-04")
    books.pay("A-3", "100.00", "2026-12-20")
    books.take_back("bank:A-3", "25.00", "2026-12-23")
    books.take_back("bank:A-3", "15.00", "2026-12-24")
    books.at = MADE_AT + timedelta(seconds=1)
    books.pay("A-4", "50.00", "2026-12-30")
    return books


@pytest.mark.rule("KR-17")
def test_payments_are_those_that_were_known_less_what_went_back() -> None:
    found = review_payments(LEDGER, paid().entries, MADE_AT)
    assert found is not None
    assert [(e.reference, e.received_on, str(e.amount)) for e in found] == [
        ("bank:A-1", date(2026, 11, 28), "300.00 USD"),
        ("bank:A-3", date(2026, 12, 20), "60.00 USD"),
    ]
    assert review_payments(LEDGER, [], MADE_AT) is None
    assert review_payments(LEDGER, paid().entries, datetime(2026, 1, 1, tzinfo=UTC)) is None


def changed(n: int, at: str, what: str, after: AccountState | None) -> HistoryEntry:
    return HistoryEntry(
        sequence=n,
        at=datetime.fromisoformat(at).replace(tzinfo=UTC),
        what=what,
        by="dunning",
        after=after,
        balance=Decimal(0),
    )


@pytest.mark.rule("KR-17")
def test_the_hold_is_the_one_that_stood() -> None:
    """Placed at 03:00 UTC on 13 December, which is the evening of the 12th in Chicago."""
    history = [
        changed(1, "2026-12-01T15:00", "LP-1 is overdue", AccountState.DUE),
        changed(2, "2026-12-13T03:00", "900.00 unpaid after the notice", AccountState.CREDIT_HOLD),
        changed(3, "2026-12-20T15:00", "letter delivered", None),
        changed(4, "2027-01-05T15:00", "released", AccountState.GOOD_STANDING),
    ]
    (hold,) = review_holds(history, MADE_AT, CHICAGO)
    assert (hold.state, hold.since_on, hold.reason) == (
        "Credit hold",
        date(2026, 12, 12),
        "900.00 unpaid after the notice",
    )
    assert review_holds(history, datetime(2027, 1, 6, tzinfo=UTC), CHICAGO) == ()
    assert review_holds(history[:1], MADE_AT, CHICAGO) == ()
    assert review_holds([], MADE_AT, CHICAGO) == ()
