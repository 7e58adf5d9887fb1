"""Statements as accounts get them: what they list comes to what the ledger says."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

import pytest
from hypothesis import given
from pydantic import ValidationError

from msp_billing.domain.ledger.account_statement import AccountStatement
from msp_billing.domain.ledger.aging import AgingBucket
from msp_billing.domain.ledger.position_on_day import position_on
from msp_billing.domain.ledger.postings import payment_entries
from tests.unit.domain.builders import PROPERTY
from tests.unit.domain.ledger.ledger_samples import LEDGER, Books, balance_of, day, payment
from tests.unit.domain.ledger.test_ledger_properties import DAYS, STEPS, Step, played
from tests.unit.statement_samples import books, statement_of


def by_age(told: AccountStatement) -> dict[str, str]:
    return {bucket.value: str(amount) for bucket, amount in told.aging.amounts.items() if amount}


@pytest.mark.rule("KR-13", "DUN-01")
def test_entries_run_from_the_opening_to_the_closing_balance_and_what_is_open_ties_out() -> None:
    # Before October: 1,200.00 billed and paid. Then 800.00 - 50.00 + 1,200.00 + 2,000.00.
    told = statement_of(books(), "2026-10-01", "2026-12-05")
    of = told.statement
    assert (of.opening_balance, of.closing_balance) == (Decimal("0.00"), Decimal("3950.00"))
    assert [str(line.balance) for line in of.lines] == ["800.00", "750.00", "1950.00", "3950.00"]
    # 30 August to 5 December: 1 + 30 + 31 + 30 + 5 = 97 days; 30 October: 1 + 30 + 5 = 36.
    assert by_age(told) == {"current": "2000.00", "31-60": "750.00", "over 90": "1200.00"}
    assert [(item.document, str(item.open)) for item in told.items] == [
        ("LP-000001", "1200.00"),
        ("LP-000002", "750.00"),
        ("LP-000003", "2000.00"),
    ]
    assert told.to_pay == Decimal("3950.00")


def test_a_statement_of_the_past_shows_what_was_open_then() -> None:
    # On 25 October the first invoice was paid; nothing had come back yet.
    told = statement_of(books(), "2026-08-01", "2026-10-25")
    assert [(item.document, str(item.open)) for item in told.items] == [("LP-000002", "750.00")]
    assert by_age(told) == {AgingBucket.CURRENT.value: "750.00"}


def test_a_payment_for_an_invoice_of_a_later_day_is_credit_until_then() -> None:
    kept = Books()
    kept.invoice("LP-000001", "100.00", "2026-11-15", "2026-11-30")
    kept.pay("W-1", "100.00", "2026-11-10")
    before = statement_of(kept, "2026-11-01", "2026-11-12")
    assert before.statement.closing_balance == Decimal("-100.00")
    assert (before.items, before.aging.credit) == ((), Decimal("100.00"))
    after = statement_of(kept, "2026-11-01", "2026-11-15")
    assert (after.statement.closing_balance, after.items) == (Decimal("0.00"), ())


def test_a_credit_note_of_an_earlier_day_than_its_invoice_is_credit_until_then() -> None:
    kept = Books()
    made = kept.invoice("LP-000001", "100.00", "2026-11-15", "2026-11-30")
    kept.credit(made, "CN-1", "30.00", "2026-11-10")
    before = statement_of(kept, "2026-11-01", "2026-11-12")
    assert (before.items, before.aging.credit) == ((), Decimal("30.00"))
    after = statement_of(kept, "2026-11-01", "2026-11-15")
    assert after.statement.closing_balance == Decimal("70.00")
    assert after.aging.balance == Decimal("70.00")


def test_a_statement_whose_parts_do_not_come_to_its_balance_is_none() -> None:
    told = statement_of(books(), "2026-10-01", "2026-12-05")
    with pytest.raises(ValidationError, match="does not come to its sum by age"):
        AccountStatement(**{**dict(told), "items": told.items[1:]})
    of = told.statement.model_copy(update={"closing_balance": Decimal("1.00")})
    with pytest.raises(ValidationError, match="do not come to the closing balance"):
        AccountStatement(**{**dict(told), "statement": of})
    aged = told.aging.model_copy(update={"credit": Decimal("1.00")})
    with pytest.raises(ValidationError, match="less credit"):
        AccountStatement(**{**dict(told), "aging": aged})


@pytest.mark.rule("KR-13")
@given(STEPS, DAYS, DAYS)
@PROPERTY
def test_every_statement_ties_out_on_every_day(steps: list[Step], one: str, other: str) -> None:
    kept = played(steps)
    first, last = sorted((one, other))
    told = statement_of(kept, first, last)  # refuses to be made when it does not tie out
    until = [entry for entry in kept.entries if entry.on <= day(last)]
    assert told.statement.closing_balance == balance_of(until)
    at_last = position_on(LEDGER, kept.entries, date.max)
    assert [(e.document, e.open) for e in at_last.open_items] == [
        (e.document, e.open) for e in kept.position.open_items
    ]
    assert at_last.held == kept.position.held


def booked_later(kept: Books, name: str, amount: str, on: str, booked_on: str) -> None:
    """A payment of one day that the bank's file tells of on another."""
    drafts = payment_entries(
        kept.position, payment(name, amount, on), day(on), day(booked_on), "bank file"
    )
    kept.enter(*drafts)


def test_a_payment_of_the_days_pays_its_invoice_though_it_was_booked_after_them() -> None:
    """80 were due on 1 November and paid on the 30th; the bank's file came on 1 December."""
    kept = Books()
    kept.invoice("LP-1", "80.00", "2026-10-15", "2026-11-01")
    booked_later(kept, "A-1", "80.00", "2026-11-30", "2026-12-01")
    told = statement_of(kept, "2026-11-01", "2026-11-30")
    assert (told.items, told.aging.credit, told.aging.overdue) == ((), Decimal(0), Decimal(0))
    assert told.statement.closing_balance == 0
    before = statement_of(kept, "2026-11-01", "2026-11-29")
    assert [(item.document, item.open) for item in before.items] == [("LP-1", Decimal(80))]


def test_what_a_payment_was_used_for_within_the_days_stands_whatever_else_it_paid() -> None:
    """100 of 20 November paid 80 of October, and 20 of an invoice that bears a later day."""
    kept = Books()
    kept.invoice("LP-1", "80.00", "2026-10-15", "2026-11-01")
    kept.invoice("LP-2", "50.00", "2026-12-01", "2026-12-30")
    kept.pay("A-1", "100.00", "2026-11-20")
    told = statement_of(kept, "2026-11-01", "2026-11-30")
    assert (told.items, told.aging.credit) == ((), Decimal(20))
    later = statement_of(kept, "2026-11-01", "2026-12-01")
    assert [(item.document, item.open) for item in later.items] == [("LP-2", Decimal(30))]
    assert later.aging.credit == 0
