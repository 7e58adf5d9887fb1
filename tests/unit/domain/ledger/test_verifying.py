"""A ledger that was changed by hand: the first entry that does not fit is named, and how."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from msp_billing.domain.ledger.entries import EntryDraft, LedgerEntry, Posting, chain
from msp_billing.domain.ledger.position import LedgerPosition, position_of
from msp_billing.domain.ledger.verifying import (
    Anchor,
    DatedAnchor,
    Misfit,
    MisfitKind,
    unreadable,
    verify,
)
from tests.unit.domain.builders import PROPERTY
from tests.unit.domain.ledger.ledger_samples import LEDGER, Books, day
from tests.unit.domain.ledger.test_ledger_properties import STEPS, Step, played


def kept() -> Books:
    """Six entries: invoice, payment, allocation, invoice, payment, allocation."""
    books = Books()
    books.invoice("LP-1", "100.00")
    books.pay("A-1", "100.00")
    books.invoice("LP-2", "60.00", "2026-12-15", "2026-12-30")
    books.pay("A-2", "60.00", "2026-12-20")
    assert len(books.entries) == 6
    return books


def anchored(books: Books, sequence: int, on: str = "2026-12-01") -> DatedAnchor:
    entry = books.entries[sequence - 1]
    anchor = Anchor(
        account=LEDGER.account, currency=LEDGER.currency, sequence=sequence, hash=entry.hash
    )
    return DatedAnchor(on=day(on), anchor=anchor)


def changed(entry: LedgerEntry, amount: str) -> LedgerEntry:
    """The same entry of another amount: still balanced."""
    first, second = entry.postings
    return entry.model_copy(
        update={
            "postings": (
                first.model_copy(update={"amount": Decimal(amount)}),
                second.model_copy(update={"amount": -Decimal(amount)}),
            )
        }
    )


def rehashed(entries: list[LedgerEntry]) -> list[LedgerEntry]:
    """All hashes made anew, as somebody would who knows how."""
    found: list[LedgerEntry] = []
    previous = LEDGER.first_hash
    for entry in entries:
        unsealed = entry.model_copy(update={"previous_hash": previous})
        found.append(unsealed.model_copy(update={"hash": unsealed.computed_hash()}))
        previous = found[-1].hash
    return found


def misfit(entries: list[LedgerEntry], head: LedgerPosition, *anchors: DatedAnchor) -> Misfit:
    found = verify(LEDGER, entries, head, anchors)
    assert not found.fits
    assert found.misfit is not None
    return found.misfit


def told(of: Misfit) -> tuple[str, int]:
    return of.kind.value, of.sequence


def test_a_ledger_as_it_was_entered_fits_its_head_and_its_anchors() -> None:
    books = kept()
    anchors = [anchored(books, 3), anchored(books, 6, "2026-12-21")]
    found = verify(LEDGER, books.entries, books.position, anchors)
    assert found.fits
    assert (found.entries, found.balance, found.anchored_on) == (6, Decimal(0), day("2026-12-21"))
    empty = verify(LEDGER, [], LedgerPosition.empty(LEDGER))
    assert (empty.fits, empty.entries) == (True, 0)


def test_a_changed_amount_is_found_by_its_hash() -> None:
    books = kept()
    books.entries[3] = changed(books.entries[3], "6.00")
    found = misfit(books.entries, books.position)
    assert told(found) == ("hash", 4)
    assert "entry 4 (LP-2) was changed" in found.what


@pytest.mark.parametrize(
    "changes",
    [
        {"title": "Nothing"},
        {"on": day("2027-01-01")},
        {"due_on": None},
        {"recorded_by": "nobody"},
        {"why": "because"},
        {"cycle": None},
        {"document": "LP-3"},
        {"settles_on": day("2027-01-01")},
    ],
)
def test_any_field_that_is_changed_is_found(changes: dict[str, Any]) -> None:
    books = kept()
    books.entries[3] = books.entries[3].model_copy(update=changes)
    assert told(misfit(books.entries, books.position)) == ("hash", 4)


def test_debits_that_are_not_credits_are_found_first() -> None:
    books = kept()
    first = books.entries[3].postings[0]
    lopsided = (first.model_copy(update={"amount": Decimal("1.00")}), books.entries[3].postings[1])
    books.entries[3] = books.entries[3].model_copy(update={"postings": lopsided})
    assert told(misfit(books.entries, books.position)) == ("debits and credits", 4)


def test_an_entry_that_is_missing_or_twice_or_in_another_place_is_found() -> None:
    books = kept()
    gone = books.entries[:2] + books.entries[3:]
    assert told(misfit(gone, books.position)) == ("order", 3)
    swapped = [*books.entries[:3], books.entries[4], books.entries[3], books.entries[5]]
    assert told(misfit(swapped, books.position)) == ("order", 4)
    twice = [*books.entries[:4], books.entries[3], *books.entries[4:]]
    assert told(misfit(twice, books.position)) == ("order", 5)


def test_an_entry_that_was_replaced_with_a_hash_of_its_own_does_not_precede_the_next() -> None:
    books = kept()
    other = changed(books.entries[1], "10.00")
    books.entries[1] = other.model_copy(update={"hash": other.computed_hash()})
    found = misfit(books.entries, books.position)
    assert told(found) == ("order", 3)
    assert "does not follow entry 2: one of the two was replaced" in found.what


def test_a_document_that_is_entered_twice_is_found() -> None:
    books = kept()
    draft = EntryDraft(**books.entries[0].model_dump(include=set(EntryDraft.model_fields)))
    (again,) = chain(6, books.entries[-1].hash, (draft,), books.at)
    entries = [*books.entries, again]
    head = position_of(LEDGER, entries)
    assert told(misfit(entries, head)) == ("twice", 7)


def test_a_tail_that_was_dropped_is_missed_by_the_head() -> None:
    books = kept()
    found = misfit(books.entries[:4], books.position)
    assert told(found) == ("missing tail", 5)
    assert found.what == "entries 5 to 6 are missing: the head has them"


def test_an_old_head_and_one_with_another_balance_are_found() -> None:
    books = kept()
    old = position_of(LEDGER, books.entries[:4])
    found = misfit(books.entries, old)
    assert told(found) == ("head", 4)
    assert "an old one, of entry 4; there are 6" in found.what
    empty = misfit(books.entries, LedgerPosition.empty(LEDGER))
    assert told(empty) == ("head", 1)
    generous = books.position.model_copy(
        update={
            "items": tuple(
                item.model_copy(update={"open": Decimal("-5.00")}) for item in books.position.items
            )
        }
    )
    found = misfit(books.entries, generous)
    assert told(found) == ("head", 6)
    assert "a balance of -10.00, the entries come to 0" in found.what
    elsewhere = books.position.model_copy(update={"payments": ()})
    assert told(misfit(books.entries, elsewhere)) == ("head", 6)


def test_an_old_state_put_back_whole_is_missed_by_the_anchor_alone() -> None:
    books = kept()
    before = books.entries[:3]
    head = position_of(LEDGER, before)
    assert verify(LEDGER, before, head).fits
    found = misfit(before, head, anchored(books, 6, "2026-12-21"))
    assert told(found) == ("missing tail", 4)
    assert found.what == "entries 4 to 6 are missing: the anchor of 2026-12-21 has them"


def test_a_chain_that_was_made_anew_is_not_the_one_that_was_anchored() -> None:
    books = kept()
    forged = [*books.entries[:3], changed(books.entries[3], "6.00"), *books.entries[4:]]
    forged[4:] = [changed(books.entries[4], "6.00"), changed(books.entries[5], "6.00")]
    entries = rehashed(forged)
    head = position_of(LEDGER, entries)
    assert verify(LEDGER, entries, head).fits
    found = misfit(entries, head, anchored(books, 6, "2026-12-21"))
    assert told(found) == ("anchor", 1)
    between = misfit(entries, head, anchored(books, 3), anchored(books, 6, "2026-12-21"))
    assert told(between) == ("anchor", 4)
    assert between.what.startswith("entries 4 to 6 are not those that were anchored on 2026-12-21")


def test_an_entry_that_cannot_be_read_is_named_unless_one_before_it_does_not_fit() -> None:
    books = kept()
    found = unreadable(LEDGER, books.entries[:3], 4, "Error -3 while decompressing")
    assert found.misfit is not None
    assert told(found.misfit) == ("unreadable", 4)
    lopsided = unreadable(LEDGER, books.entries[:3], 4, "debits and credits of LP-2 differ by 1")
    assert lopsided.misfit is not None
    assert told(lopsided.misfit) == ("debits and credits", 4)
    books.entries[1] = changed(books.entries[1], "10.00")
    earlier = unreadable(LEDGER, books.entries[:3], 4, "whatever")
    assert earlier.misfit is not None
    assert told(earlier.misfit) == ("hash", 2)


@given(STEPS, st.integers(min_value=0, max_value=200), st.sampled_from(["drop", "amount", "hash"]))
@PROPERTY
def test_whatever_one_entry_is_changed_to_it_is_named(
    steps: list[Step], pick: int, how: str
) -> None:
    books = played(steps)
    assert verify(LEDGER, books.entries, books.position).fits
    if not books.entries:
        return
    index = pick % len(books.entries)
    entry = books.entries[index]
    if how == "drop":
        entries = books.entries[:index] + books.entries[index + 1 :]
        expected = MisfitKind.MISSING_TAIL if index == len(entries) else MisfitKind.ORDER
    else:
        update: dict[str, Any] = {"hash": "0" * 64}
        if how == "amount":
            cent = Decimal("0.01")
            first, second, *others = entry.postings
            more = Posting(on=first.on, reference=first.reference, amount=first.amount + cent)
            less = Posting(on=second.on, reference=second.reference, amount=second.amount - cent)
            update = {"postings": (more, less, *others)}
        entries = list(books.entries)
        entries[index] = entry.model_copy(update=update)
        expected = MisfitKind.HASH
    assert told(misfit(entries, books.position)) == (expected.value, index + 1)
