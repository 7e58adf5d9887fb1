"""Invoices and credit notes in the ledgers: once each, and right when two come at a time."""

from __future__ import annotations

from decimal import Decimal

import pytest

from msp_billing.domain.ledger.entries import EntryKind
from msp_billing.domain.ledger.postings import payment_entries
from msp_billing.domain.ledger.refusals import EntryRefusedError
from msp_billing.usecases.errors import ConcurrentLedgerError, LedgerCurrencyError
from msp_billing.usecases.receivables.appending import MAX_TRIES, enter
from msp_billing.usecases.receivables.posting_documents import post_credit_note
from tests.unit.domain.ledger.ledger_samples import (
    LEDGER,
    credit_note,
    day,
    invoice,
    payment,
)
from tests.unit.usecases.ledger_office import OTHER, Office

TODAY = day("2026-11-28")


def test_an_invoice_is_entered_once() -> None:
    office = Office()
    assert office.bill("LP-1", "120.00")
    assert not office.bill("LP-1", "120.00")
    assert office.open == {"LP-1": "120.00"}
    assert office.ports.ledgers.appends == 1


def test_one_below_zero_is_entered_once_too_although_it_is_used_up() -> None:
    office = Office()
    office.bill("LP-1", "30.00")
    assert office.bill("LP-2", "-30.00")
    assert office.open == {}
    assert not office.bill("LP-2", "-30.00")
    assert office.balance == 0


@pytest.mark.rule("KR-13")
def test_partial_and_over_payment_and_credit_on_the_next_invoice() -> None:
    """docs/faults.md 38: 100 - 40 = 60; 60 - 75 = -15; 50 - 15 = 35, in one append."""
    office = Office()
    office.bill("LP-1", "100.00")
    office.pay("A-1", "40.00")
    assert (office.open, office.held) == ({"LP-1": "60.00"}, {})
    office.pay("A-2", "75.00")
    assert (office.open, office.held) == ({}, {"bank:A-2": "15.00"})
    before = office.ports.ledgers.appends
    office.bill("LP-2", "50.00")
    assert office.ports.ledgers.appends == before + 1
    assert (office.open, office.held) == ({"LP-2": "35.00"}, {})
    assert office.balance == Decimal("100.00") - 40 - 75 + 50


def test_two_payments_that_settle_one_invoice_at_the_same_time_make_credit_of_the_surplus() -> None:
    """docs/faults.md 41: the second one reads again, and finds nothing left to pay."""
    office = Office()
    office.bill("LP-1", "100.00")
    office.ports.ledgers.before_append = lambda: office.pay("A-1", "100.00")
    office.pay("A-2", "100.00")
    assert (office.open, office.held) == ({}, {"bank:A-2": "100.00"})
    assert [entry.document for entry in office.ports.ledgers.entries(LEDGER)] == [
        "LP-1",
        "bank:A-1",
        "bank:A-1",
        "bank:A-2",
    ]


def test_a_payment_that_comes_in_while_an_invoice_is_entered_is_used_on_it() -> None:
    office = Office()
    office.ports.ledgers.before_append = lambda: office.pay("A-1", "30.00")
    assert office.bill("LP-1", "100.00")
    assert (office.open, office.held) == ({"LP-1": "70.00"}, {})


def test_the_same_invoice_entered_by_two_at_the_same_time_is_entered_once() -> None:
    office = Office()
    office.ports.ledgers.before_append = lambda: office.bill("LP-1", "100.00")
    assert not office.bill("LP-1", "100.00")
    assert office.open == {"LP-1": "100.00"}


def test_who_never_comes_first_gives_up_aloud() -> None:
    office = Office()
    tries = 0

    def somebody_else() -> None:
        nonlocal tries
        tries += 1
        office.ports.ledgers.before_append = None
        office.pay(f"A-{tries}", "1.00")
        office.ports.ledgers.before_append = somebody_else

    office.ports.ledgers.before_append = somebody_else
    with pytest.raises(ConcurrentLedgerError, match="came first 8 times"):
        office.bill("LP-1", "100.00")
    office.ports.ledgers.before_append = None
    assert tries == MAX_TRIES
    assert office.position.find_payment("bank:A-8") is not None
    assert "LP-1" not in office.position.items_by_document


def test_more_credits_than_one_append_holds_are_all_used() -> None:
    """35 payments of 1.00 come before the invoice of 100.00: 65.00 stay open."""
    office = Office()
    for number in range(35):
        office.pay(f"A-{number:02d}", "1.00")
    office.bill("LP-1", "100.00")
    assert (office.open, office.held) == ({"LP-1": "65.00"}, {})


def test_a_ledger_has_one_currency() -> None:
    office = Office()
    office.bill("LP-1", "100.00")
    with pytest.raises(LedgerCurrencyError, match="is in USD, not CAD"):
        enter(office.ports, OTHER, lambda _: ())
    with pytest.raises(EntryRefusedError, match="not in the currency"):
        enter(
            office.ports,
            LEDGER,
            lambda position: payment_entries(
                position, payment("A-1", "1.00", currency="CAD"), TODAY, TODAY, "file"
            ),
        )
    assert office.ports.ledgers.appends == 1


def test_a_credit_note_lowers_what_is_due_and_is_entered_once() -> None:
    """docs/faults.md 40: 100.00 less 40.00 are 60.00; what is overdue follows at once."""
    office = Office()
    office.bill("LP-1", "100.00", "2026-10-15", "2026-10-30")
    assert [item.open for item in office.position.overdue_items(TODAY)] == [Decimal("100.00")]
    assert office.credit("LP-1", "CN-1", "40.00")
    assert not office.credit("LP-1", "CN-1", "40.00")
    assert office.open == {"LP-1": "60.00"}
    assert [item.open for item in office.position.overdue_items(TODAY)] == [Decimal("60.00")]


def test_a_credit_note_for_a_paid_invoice_pays_what_is_overdue() -> None:
    """docs/faults.md 40: 100.00 paid and voided pay 100.00 of the 130.00 of the next invoice."""
    office = Office()
    office.bill("LP-1", "100.00", "2026-10-15", "2026-10-30")
    office.pay("A-1", "100.00")
    office.bill("LP-2", "130.00")
    office.credit("LP-1", "CN-1", None)
    assert (office.open, office.held) == ({"LP-2": "30.00"}, {})


def test_a_credit_note_brings_its_invoice_with_it() -> None:
    office = Office()
    office.ports.invoices.add(invoice("LP-1", "100.00"))
    assert office.credit("LP-1", "CN-1", None)
    kinds = [entry.kind for entry in office.ports.ledgers.entries(LEDGER)]
    assert kinds == [EntryKind.INVOICE, EntryKind.CREDIT_NOTE]
    assert office.balance == 0


def test_a_note_that_lost_its_answer_is_entered_when_it_is_made_again() -> None:
    office = Office()
    office.bill("LP-1", "100.00")
    note = credit_note(invoice("LP-1", "100.00"), "CN-1", "40.00")
    office.ports.ledgers.before_append = lambda: post_credit_note(office.ports, note)
    assert not post_credit_note(office.ports, note)
    assert office.open == {"LP-1": "60.00"}
