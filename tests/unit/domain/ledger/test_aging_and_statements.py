"""Aging, statements and the movements of a final statement: all of it follows from the entries."""

from __future__ import annotations

from datetime import date, timedelta
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from msp_billing.domain.contracts.final_statements import final_statement
from msp_billing.domain.contracts.lifetimes import lifetime
from msp_billing.domain.dunning.dunning_policy import LateFee
from msp_billing.domain.ledger.aging import AgingBucket, aging, aging_totals, bucket_of
from msp_billing.domain.ledger.documents import late_fee_entry, write_off_entry
from msp_billing.domain.ledger.position import LedgerPosition
from msp_billing.domain.ledger.statements import Statement, movements, statement
from tests.unit.domain.builders import PROPERTY
from tests.unit.domain.contracts.billed_contracts import BOOK, POLICY, Months
from tests.unit.domain.contracts.contract_samples import US_HOLIDAYS, kr_agreement
from tests.unit.domain.ledger.ledger_samples import LEDGER, Books, day
from tests.unit.domain.ledger.test_ledger_properties import STEPS, Step, played

# --- Aging -------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("today", "bucket"),
    [
        ("2026-11-29", "current"),
        ("2026-11-30", "current"),  # the due date, to its end
        ("2026-12-01", "1-30"),  # day 1
        ("2026-12-30", "1-30"),  # day 30
        ("2026-12-31", "31-60"),  # day 31
        ("2027-01-29", "31-60"),  # day 60: 31 in December and 29
        ("2027-01-30", "61-90"),
        ("2027-02-28", "61-90"),  # day 90: 31, 31 and 28
        ("2027-03-01", "over 90"),
        ("2028-03-01", "over 90"),
    ],
)
def test_what_is_due_on_30_november_ages_by_the_day(today: str, bucket: str) -> None:
    books = Books()
    books.invoice("LP-1", "100.00", "2026-11-15", "2026-11-30")
    (item,) = books.position.open_items
    assert bucket_of(item, day(today)) == bucket


def test_each_document_is_in_its_bucket_with_what_is_open_of_it() -> None:
    """On 1 February 2027: due 30 Nov is 63 days old, 30 Dec 33, 30 Jan 2, 28 Feb not due."""
    books = Books()
    books.invoice("LP-1", "100.00", "2026-11-15", "2026-11-30")
    books.invoice("LP-2", "200.00", "2026-12-15", "2026-12-30")
    books.invoice("LP-3", "300.00", "2027-01-15", "2027-01-30")
    books.invoice("LP-4", "400.00", "2027-01-20", "2027-02-28")
    books.pay("A-1", "130.00")  # pays LP-1 and 30.00 of LP-2
    found = aging(books.position, day("2027-02-01"))
    assert {bucket.value: str(amount) for bucket, amount in found.amounts.items()} == {
        "current": "400.00",
        "1-30": "300.00",
        "31-60": "170.00",
        "61-90": "0.00",
        "over 90": "0.00",
    }
    assert (str(found.owed), str(found.overdue)) == ("870.00", "470.00")
    assert (found.oldest_due_on, found.credit) == (day("2026-12-30"), Decimal(0))


def test_credit_is_shown_apart_and_accounts_add_up_by_currency() -> None:
    owing, credited = Books(), Books()
    owing.invoice("LP-1", "100.00", "2026-11-15", "2026-11-30")
    credited.pay("A-1", "40.00")
    cad = LEDGER.model_copy(update={"currency": "CAD"})
    agings = [
        aging(entry, day("2026-12-01"))
        for entry in (owing.position, credited.position, LedgerPosition.empty(cad))
    ]
    assert [(str(e.owed), str(e.credit), str(e.balance)) for e in agings[:2]] == [
        ("100.00", "0.00", "100.00"),
        ("0.00", "40.00", "-40.00"),
    ]
    assert agings[1].oldest_due_on is None
    in_cad, in_usd = aging_totals(agings)
    assert (in_cad.currency, in_cad.accounts, in_cad.owed) == ("CAD", 1, Decimal(0))
    assert (in_usd.accounts, str(in_usd.credit)) == (2, "40.00")
    assert str(in_usd.amounts[AgingBucket.DAYS_1_TO_30]) == "100.00"
    assert aging_totals([]) == ()


@given(STEPS, st.dates(day("2026-10-01"), day("2027-06-01")))
@PROPERTY
def test_buckets_add_up_to_what_is_owed_on_any_day(steps: list[Step], today: date) -> None:
    position = played(steps).position
    found = aging(position, today)
    assert (found.owed, found.credit, found.balance) == (
        position.owed,
        position.held,
        position.balance,
    )
    overdue = position.overdue_items(found.on)
    assert found.overdue == sum((item.open for item in overdue), Decimal(0))


# --- Statements --------------------------------------------------------------------------------


def told(found: Statement) -> list[tuple[str, str, str, str]]:
    return [(str(e.on), e.title, str(e.amount), str(e.balance)) for e in found.lines]


def two_months() -> Books:
    books = Books()
    first = books.invoice("LP-1", "100.00", "2026-11-15", "2026-11-30")
    books.pay("A-1", "60.00", "2026-11-28")
    books.invoice("LP-2", "100.00", "2026-12-15", "2026-12-30")
    books.pay("A-2", "140.00", "2026-12-20")
    books.credit(first, "CN-1", "15.00", "2026-12-21")
    books.take_back("bank:A-1", "60.00", "2026-12-22")
    # entered last, but of an earlier day: a check that lay in a drawer
    books.pay("A-3", "5.00", "2026-11-29")
    return books


def test_a_statement_runs_from_its_opening_to_its_closing_balance() -> None:
    """December: opens with 100 - 60 - 5 = 35.00.

    100.00 more are 135.00, less 140.00 is -5.00, less 15.00 is -20.00; 60.00 go back: 40.00.
    """
    books = two_months()
    found = statement(LEDGER, books.entries, day("2026-12-01"), day("2026-12-31"))
    assert str(found.opening_balance) == "35.00"
    assert told(found) == [
        ("2026-12-15", "Invoice LP-2, Managed care", "100.00", "135.00"),
        ("2026-12-20", "Payment by ACH, A-2", "-140.00", "-5.00"),
        ("2026-12-21", "Credit note CN-1 for LP-1", "-15.00", "-20.00"),
        ("2026-12-22", "Returned by the bank (R01): insufficient funds", "60.00", "40.00"),
    ]
    assert found.closing_balance == books.position.balance == Decimal("40.00")


def test_a_day_belongs_to_one_statement_and_the_next_goes_on_where_it_ended() -> None:
    books = two_months()
    november = statement(LEDGER, books.entries, day("2026-11-01"), day("2026-11-30"))
    assert [title for _, title, _, _ in told(november)] == [
        "Invoice LP-1, Managed care",
        "Payment by ACH, A-1",
        "Payment by ACH, A-3",
    ]
    assert (str(november.opening_balance), str(november.closing_balance)) == ("0.00", "35.00")
    one_day = statement(LEDGER, books.entries, day("2026-12-20"), day("2026-12-20"))
    assert [str(entry.amount) for entry in one_day.lines] == ["-140.00"]
    nothing = statement(LEDGER, books.entries, day("2027-01-01"), day("2027-01-31"))
    assert (nothing.lines, str(nothing.closing_balance)) == ((), "40.00")
    with pytest.raises(ValueError, match="cannot end on"):
        statement(LEDGER, books.entries, day("2026-12-31"), day("2026-12-01"))


@given(STEPS, st.integers(min_value=0, max_value=40))
@PROPERTY
def test_statements_follow_each_other_without_a_gap(steps: list[Step], cut: int) -> None:
    books = played(steps)
    between = day("2026-10-31") + timedelta(days=cut)
    after = between + timedelta(days=1)
    first = statement(LEDGER, books.entries, day("2026-01-01"), between)
    second = statement(LEDGER, books.entries, after, day("2027-12-31"))
    assert first.opening_balance == 0
    assert first.closing_balance == second.opening_balance
    assert second.closing_balance == books.position.balance
    balance = first.opening_balance
    for entry in (*first.lines, *second.lines):
        balance += entry.amount
        assert entry.balance == balance


# --- Final statements --------------------------------------------------------------------------


@pytest.mark.rule("MSA-05", "KR-10")
def test_the_ledgers_movements_bring_a_final_statement_to_zero() -> None:
    """Three months of 150.00 and a pay-out of 1,350.00 are 1,800.00, with a fee of 25.00.

    450.00 are paid and returned and paid again with 1,400.00 more, which is 25.00 too much: paid
    back. Then 10.00 of the last invoice are credited, which has nothing open: paid back as well.
    """
    of = Months(kr_agreement(ending={"notice_on": "2026-12-30", "ends_on": "2026-12-31"}))
    of.bill_all("2026-10", "2027-01", 3)
    books = Books()
    issued = [
        books.invoice(e.number or "", str(e.total.amount), str(e.invoice_on), str(e.due_on))
        for e in of.invoices
    ]
    books.pay("A-1", "450.00", "2026-12-20")
    books.take_back("bank:A-1", "450.00", "2026-12-23")
    fee = LateFee(amount=Decimal(25))
    made = late_fee_entry(books.position, 1, "notice", fee, day("2026-12-28"), "dunning")
    assert made is not None
    books.enter(made)
    books.pay("A-2", "1850.00", "2027-01-15")
    books.refund("back-1", "25.00", "2027-01-16")
    books.credit(issued[-1], "CN-1", "10.00", "2027-01-17")
    books.refund("back-2", "10.00", "2027-01-18")
    found = movements(LEDGER, books.entries)
    assert [(m.kind.value, m.reference, str(m.amount.amount), m.invoice) for m in found] == [
        ("payment", "bank:A-1", "450.00", None),
        ("payment_returned", "bank:R-1", "450.00", None),
        ("late_fee", "LF-1-notice", "25.00", None),
        ("payment", "bank:A-2", "1850.00", None),
        ("refund", "back-1", "25.00", None),
        ("credit_note", "CN-1", "10.00", issued[-1].number),
        ("refund", "back-2", "10.00", None),
    ]
    lives = [lifetime(entry, POLICY, BOOK, US_HOLIDAYS) for entry in of.account.agreements]
    final = final_statement(lives, "Tern Harbor", "USD", of.invoices, found)
    assert (final.balance.amount, final.missing) == (Decimal(0), ())
    assert final.settled


@pytest.mark.rule("MSA-05")
def test_a_debt_that_was_given_up_is_on_the_final_statement() -> None:
    books = Books()
    made = books.invoice("LP-1", "80.00")
    today = day("2027-03-01")
    books.enter(
        write_off_entry(books.position, "w1", "LP-1", Decimal("80.00"), today, "boss", "gone")
    )
    found = movements(LEDGER, books.entries)
    assert [(m.kind.value, str(m.amount.amount), m.invoice) for m in found] == [
        ("write_off", "80.00", "LP-1")
    ]
    final = final_statement([], "Tern Harbor", "USD", [made], found)
    assert [entry.what for entry in final.entries] == [
        "Invoice, Managed care",
        "Write-off for LP-1",
    ]
    assert final.settled
