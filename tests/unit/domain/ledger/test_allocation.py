"""What money is used for: the remittance first, then oldest first, from the oldest credit first."""

from __future__ import annotations

from decimal import Decimal

import pytest

from msp_billing.domain.ledger.allocation import MAX_SOURCES, allocate
from msp_billing.domain.ledger.documents import invoice_entry
from msp_billing.domain.ledger.entries import EntryDraft, LedgerAccount
from msp_billing.domain.ledger.postings import payment_entry
from tests.unit.domain.ledger.ledger_samples import Books, day, invoice, part, payment

TODAY = day("2026-12-20")

Used = list[tuple[str, dict[str, str]]]


def side_by_side() -> Books:
    """Owed: LP-3 40.00 of 15 Nov, LP-1 60.00 and LP-2 70.00 of 30 Nov; held: 50.00, later 80.00.

    Entered without allocation, which never happens outside of this test.
    """
    books = Books()
    for number, amount, on, due_on in (
        ("LP-1", "60.00", "2026-11-15", "2026-11-30"),
        ("LP-2", "70.00", "2026-11-16", "2026-11-30"),
        ("LP-3", "40.00", "2026-11-17", "2026-11-15"),
    ):
        books.enter(invoice_entry(invoice(number, amount, on, due_on)))
    for name, amount, on in (("P-2", "80.00", "2026-12-02"), ("P-1", "50.00", "2026-12-01")):
        books.enter(payment_entry(payment(name, amount, on), day(on), "file"))
    return books


def used(drafts: tuple[EntryDraft, ...]) -> Used:
    return [
        (
            draft.document,
            {
                p.reference: str(-p.amount)
                for p in draft.postings
                if p.on is not LedgerAccount.CREDIT
            },
        )
        for draft in drafts
    ]


@pytest.mark.rule("KR-13")
def test_what_is_due_longest_is_paid_first_from_the_oldest_credit() -> None:
    """130.00 for 170.00: P-1 pays LP-3's 40.00 and 10.00 of LP-1; P-2 its other 50.00 and 30.00."""
    books = side_by_side()
    drafts = allocate(books.position, TODAY)
    assert used(drafts) == [
        ("bank:P-1", {"LP-3": "40.00", "LP-1": "10.00"}),
        ("bank:P-2", {"LP-1": "50.00", "LP-2": "30.00"}),
    ]
    assert {draft.on for draft in drafts} == {TODAY}
    books.enter(*drafts)
    assert (books.open, books.held) == ({"LP-2": "40.00"}, {})
    assert allocate(books.position, TODAY) == ()


@pytest.mark.rule("KR-13")
@pytest.mark.parametrize(
    ("parts", "expected"),
    [
        # all that is open of LP-2 (70.00), then the oldest
        (
            [part("LP-2")],
            [
                ("bank:P-1", {"LP-2": "50.00"}),
                ("bank:P-2", {"LP-2": "20.00", "LP-3": "40.00", "LP-1": "20.00"}),
            ],
        ),
        # 15.00 of LP-2 and 5.00 of LP-1, then the oldest: LP-3 40.00, LP-1 55.00, LP-2 15.00
        (
            [part("LP-2", "15.00"), part("LP-1", "5.00")],
            [
                ("bank:P-1", {"LP-2": "15.00", "LP-1": "5.00", "LP-3": "30.00"}),
                ("bank:P-2", {"LP-3": "10.00", "LP-1": "55.00", "LP-2": "15.00"}),
            ],
        ),
        # more than is open, a document that is not owed, and one that is named twice
        (
            [
                part("LP-3", "900.00"),
                part("LP-9", "10.00"),
                part("LP-3"),
                part("LP-2", "70.00"),
                part("LP-2"),
            ],
            [
                ("bank:P-1", {"LP-3": "40.00", "LP-2": "10.00"}),
                ("bank:P-2", {"LP-2": "60.00", "LP-1": "20.00"}),
            ],
        ),
    ],
)
def test_what_the_remittance_names_comes_first(parts: list, expected: Used) -> None:
    assert used(allocate(side_by_side().position, TODAY, parts)) == expected


def test_nothing_owed_and_nothing_held_is_nothing_to_allocate() -> None:
    books = Books()
    assert allocate(books.position, TODAY) == ()
    books.invoice("LP-1", "10.00")
    assert allocate(books.position, TODAY) == ()
    books.pay("A-1", "25.00")
    assert allocate(books.position, TODAY, [part("LP-1")]) == ()
    assert books.held == {"bank:A-1": "15.00"}


def test_more_credits_than_an_append_holds_are_used_in_turn() -> None:
    books = Books()
    for n in range(MAX_SOURCES + 5):
        on = day("2026-12-01")
        books.enter(payment_entry(payment(f"P-{n:02d}", "1.00", "2026-12-01"), on, "file"))
    books.enter(invoice_entry(invoice("LP-1", "100.00")))
    books.enter(*allocate(books.position, TODAY))
    assert books.open == {"LP-1": "70.00"}
    books.enter(*allocate(books.position, TODAY))
    assert (books.open, books.position.held) == ({"LP-1": "65.00"}, Decimal(0))
