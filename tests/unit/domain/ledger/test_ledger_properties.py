"""What holds of every ledger, whatever is entered in whatever order."""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from msp_billing.domain.ledger.allocation import allocate, foreseen
from msp_billing.domain.ledger.documents import invoice_entry, write_off_entry
from msp_billing.domain.ledger.entries import EntryKind, LedgerAccount, LedgerEntry
from msp_billing.domain.ledger.position import LedgerPosition, position_of
from msp_billing.domain.ledger.postings import payment_entry
from tests.unit.domain.builders import PROPERTY
from tests.unit.domain.ledger.ledger_samples import (
    LEDGER,
    Books,
    balance_of,
    day,
    invoice,
    part,
    payment,
)

CENTS = st.integers(min_value=1, max_value=50_000).map(lambda cents: Decimal(cents) / 100)
DAYS = st.integers(min_value=1, max_value=28).map(lambda n: f"2026-11-{n:02d}")

Step = tuple[str, Decimal, str, int]
STEPS = st.lists(
    st.tuples(
        st.sampled_from(
            ["invoice", "below zero", "pay", "credit", "take back", "refund", "give up"]
        ),
        CENTS,
        DAYS,
        st.integers(min_value=0, max_value=99),
    ),
    max_size=25,
)


def money(amount: Decimal) -> str:
    return f"{amount:.2f}"


class Played(Books):
    """Books on which steps are played; a step that makes no sense as things stand does nothing."""

    def __init__(self) -> None:
        super().__init__()
        self.issued: list = []

    def play(self, number: int, step: Step) -> None:
        what, amount, on, pick = step
        moves: dict[str, Callable[[int, Decimal, str, int], None]] = {
            "invoice": self._invoice,
            "below zero": self._below_zero,
            "pay": self._pay,
            "credit": self._credit,
            "take back": self._take_back,
            "refund": self._refund,
            "give up": self._give_up,
        }
        moves[what](number, amount, on, pick)

    def _invoice(self, number: int, amount: Decimal, on: str, pick: int) -> None:
        due_on = f"2026-12-{1 + pick % 28:02d}"
        self.issued.append(self.invoice(f"LP-{number}", money(amount), on, due_on))

    def _below_zero(self, number: int, amount: Decimal, on: str, _pick: int) -> None:
        self.invoice(f"LP-{number}", money(-amount), on, on)

    def _pay(self, number: int, amount: Decimal, on: str, pick: int) -> None:
        parts = [part(self.issued[pick % len(self.issued)].number or "")] if self.issued else []
        self.pay(f"P-{number}", money(amount), on, *parts[: pick % 2])

    def _credit(self, number: int, amount: Decimal, on: str, pick: int) -> None:
        if self.issued:
            of = self.issued.pop(pick % len(self.issued))
            self.credit(of, f"CN-{number}", money(min(amount, of.total.amount)), on)

    def _take_back(self, _number: int, amount: Decimal, on: str, pick: int) -> None:
        taken = [entry for entry in self.position.payments if entry.kept > 0]
        if taken:
            chosen = taken[pick % len(taken)]
            back = chosen.kept if pick % 3 else min(amount, chosen.kept)
            self.take_back(chosen.payment, money(back), on)

    def _refund(self, number: int, amount: Decimal, on: str, _pick: int) -> None:
        if self.position.held:
            self.refund(f"back-{number}", money(min(amount, self.position.held)), on)

    def _give_up(self, number: int, amount: Decimal, on: str, pick: int) -> None:
        items = self.position.open_items
        if items:
            item = items[pick % len(items)]
            given_up = min(amount, item.open)
            self.enter(
                write_off_entry(
                    self.position, f"w{number}", item.document, given_up, day(on), "boss", "gone"
                )
            )


def played(steps: list[Step]) -> Played:
    books = Played()
    for number, step in enumerate(steps):
        books.play(number, step)
    return books


def sums(entries: list[LedgerEntry]) -> dict[LedgerAccount, Decimal]:
    found = dict.fromkeys(LedgerAccount, Decimal(0))
    for entry in entries:
        for posting in entry.postings:
            found[posting.on] += posting.amount
    return found


@pytest.mark.rule("KR-13")
@given(STEPS)
@PROPERTY
def test_debits_are_credits_and_the_balance_is_the_sum_of_the_entries(steps: list[Step]) -> None:
    books = played(steps)
    totals = sums(books.entries)
    assert sum(totals.values()) == 0
    assert books.position.balance == balance_of(books.entries)
    assert books.position.owed == totals[LedgerAccount.RECEIVABLE]
    assert books.position.held == -totals[LedgerAccount.CREDIT]
    # what was billed, less what came in, less what was given up, is what is owed
    assert books.position.balance == -(
        totals[LedgerAccount.BILLED]
        + totals[LedgerAccount.CASH]
        + totals[LedgerAccount.WRITTEN_OFF]
    )
    assert books.position == position_of(LEDGER, books.entries)


@given(STEPS)
@PROPERTY
def test_nothing_is_below_zero_and_no_credit_lies_beside_a_debt(steps: list[Step]) -> None:
    books = Played()
    for number, step in enumerate(steps):
        books.play(number, step)
        assert all(0 <= item.open <= max(item.amount, Decimal(0)) for item in books.position.items)
        assert all(entry.open > 0 for entry in books.position.credits)
        assert not (books.position.owed and books.position.held)


@given(STEPS)
@PROPERTY
def test_a_payment_is_used_unused_paid_back_or_returned_and_nothing_else(steps: list[Step]) -> None:
    books = played(steps)
    unused = {entry.source: entry.open for entry in books.position.credits}
    for taken in books.position.payments:
        used = sum(taken.used_for.values(), Decimal(0))
        left = unused.get(taken.payment, Decimal(0))
        assert used + left + taken.refunded <= taken.amount
        assert all(part > 0 for part in taken.still_used.values())
        assert taken.still_refunded >= 0
        still = sum(taken.still_used.values(), Decimal(0))
        assert still + left + taken.still_refunded == taken.kept >= 0


@given(
    st.lists(st.tuples(CENTS, DAYS, DAYS), max_size=8),
    st.lists(st.tuples(CENTS, DAYS), max_size=8),
)
@PROPERTY
def test_allocation_conserves_money_and_pays_the_oldest_first(
    owed: list[tuple[Decimal, str, str]], held: list[tuple[Decimal, str]]
) -> None:
    books = Books()
    for number, (amount, on, due_on) in enumerate(owed):
        books.enter(invoice_entry(invoice(f"LP-{number}", money(amount), on, due_on)))
    for number, (amount, on) in enumerate(held):
        books.enter(payment_entry(payment(f"P-{number}", money(amount), on), day(on), "file"))
    before = books.position
    following = foreseen(before, allocate(before, day("2026-12-01")))
    used = min(before.owed, before.held)
    assert (before.owed - following.owed, before.held - following.held) == (used, used)
    assert following.balance == before.balance
    # oldest first: whoever is paid in part, all before are paid, and nothing of those behind is
    left = [following.items_by_document[item.document] for item in before.open_items]
    touched = [item.open != item.amount for item in left]
    whole = [item.open == 0 for item in left]
    assert all(whole[: max(0, touched.count(True) - 1)])
    assert touched == sorted(touched, reverse=True)
    # the same of credits: the oldest are used up
    order = sorted(before.credits, key=lambda entry: (entry.on, entry.source))
    still = {entry.source: entry.open for entry in following.credits}
    kept = [still.get(entry.source, Decimal(0)) == entry.open for entry in order]
    assert kept == sorted(kept)


@given(STEPS)
@PROPERTY
def test_entries_read_back_have_the_hashes_that_they_were_given(steps: list[Step]) -> None:
    books = played(steps)
    for entry in books.entries:
        again = LedgerEntry.model_validate_json(entry.model_dump_json())
        assert again.computed_hash() == entry.hash == entry.computed_hash()
    stored = LedgerPosition.model_validate_json(books.position.model_dump_json())
    assert stored == books.position
    assert not [e for e in books.entries if e.kind is EntryKind.ALLOCATION and e.due_on]
