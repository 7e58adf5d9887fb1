"""How the contracts of the scenario end, what is left to settle, and what the reviews say."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

import pytest

from msp_billing.domain.contracts.final_statements import (
    FinalStatement,
    Movement,
    MovementKind,
    UnbilledCharge,
    final_statement,
)
from msp_billing.domain.invoices import Invoice
from msp_billing.domain.periods import Period
from msp_billing.domain.reports.quarterly_review import quarterly_review
from tests.scenarios.kr_group.scenario_books import MONTHS, RUNS, Books

CEDAR = ("north", "south", "voice")
MARCH = Period(year=2028, month=3)


@pytest.mark.rule("KR-10", "KR-11")
@pytest.mark.parametrize(
    ("account", "agreement", "last_on", "contract_until"),
    [
        ("alder-clinic", "managed-it", None, None),
        ("birch-works", "mill", None, None),
        ("birch-works", "shop", date(2028, 10, 31), None),  # 29 + 31 days
        ("birch-works", "lab", date(2028, 3, 10), None),  # 21 + 29 + 10 days
        ("cedar-yard", "north", date(2028, 2, 28), None),  # day 90
        ("cedar-yard", "south", date(2028, 2, 29), date(2028, 11, 30)),  # day 91
    ],
)
def test_last_days(
    kr_books: Books,
    account: str,
    agreement: str,
    last_on: date | None,
    contract_until: date | None,
) -> None:
    end = kr_books.life(account, agreement).service_end
    assert (end.last_on, end.contract_until) == (last_on, contract_until)


@pytest.mark.rule("KR-11")
def test_notice_is_given_sixty_days_before_the_end(kr_books: Books) -> None:
    # 60 days before 30 November 2030, 30 June 2028 and 30 June 2029.
    assert kr_books.life("alder-clinic", "managed-it").notice_deadline(MARCH) == date(2030, 10, 1)
    mill = kr_books.life("birch-works", "mill")
    assert mill.notice_deadline(Period.parse("2028-06")) == date(2028, 5, 1)
    assert mill.notice_deadline(Period.parse("2028-07")) == date(2029, 5, 1)


def numbered(invoices: list[Invoice]) -> list[Invoice]:
    return [invoice.numbered(f"KRG-{index:04}") for index, invoice in enumerate(invoices, start=1)]


def statement(
    books: Books,
    invoices: list[Invoice],
    movements: list[Movement],
    unbilled: tuple[UnbilledCharge, ...] = (),
) -> FinalStatement:
    lives = [books.life("cedar-yard", name) for name in CEDAR]
    return final_statement(lives, "Cedar Yard", "USD", invoices, movements, unbilled)


def payment(invoice: Invoice) -> Movement:
    assert invoice.number
    assert invoice.due_on
    return Movement(
        kind=MovementKind.PAYMENT,
        on=invoice.due_on,
        reference=f"wire-{invoice.number}",
        amount=invoice.total,
        invoice=invoice.number,
    )


@pytest.mark.rule("MSA-05")
def test_who_leaves_settles_up_to_zero(kr_books: Books) -> None:
    invoices = numbered(list(kr_books.invoices("cedar-yard")))
    assert sum(invoice.total.amount for invoice in invoices) == Decimal("8972.00")
    settled = statement(kr_books, invoices, [payment(invoice) for invoice in invoices])
    assert (settled.balance.amount, settled.missing) == (Decimal(0), ())
    # The last of them has the audit of the hand-over: not billed yet, and billed but not paid.
    audit = UnbilledCharge(charge="order:hand-over:audit", what="Audit, 500.00")
    payments = [payment(one) for one in invoices[:-1]]
    early = statement(kr_books, invoices[:-1], payments, (audit,))
    assert (early.balance.amount, early.settled) == (Decimal(0), False)
    unpaid = statement(kr_books, invoices, payments)
    assert (unpaid.balance.amount, unpaid.settled) == (Decimal("500.00"), False)


@pytest.mark.rule("KR-17")
def test_the_review_of_the_first_quarter(kr_books: Books) -> None:
    months = [month for month in MONTHS if month <= MARCH]
    invoices = {
        month: {
            run: list(numbered(list(kr_books.outcomes[run, month, "alder-clinic"].invoices)))
            for run in RUNS
        }
        for month in months
    }
    lives = [kr_books.life("alder-clinic", "managed-it")]
    review = quarterly_review("alder-clinic", "Alder Clinic", "USD", MARCH, invoices, lives)
    assert review is not None
    assert review.invoiced_in_quarter.amount == Decimal("10412.40")
    march = review.months[-1].invoiced or {}
    assert {run: str(amount.amount) for run, amount in march.items()} == {
        "recurring-charges": "434.90",  # 276.50 + 158.40
        "agreement": "2241.00",
        "service": "1680.00",
    }
    counts = {series.title: series.quantities[-4:] for series in review.counts}
    assert counts == {
        "Full-time users": (24, 24, 25, 25),
        "Part-time users": (2, 2, 2, 2),
        "Servers under backup": (2, 2, 2, 2),
        "Workstations under backup": (3, 3, 3, 3),
    }
    (contract,) = review.agreements
    assert (contract.ends_on, contract.notice_by) == (date(2030, 11, 30), date(2030, 10, 1))
