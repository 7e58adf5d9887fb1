"""MSA-05: a final statement that reaches zero, or says what is missing."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest

from msp_billing.domain.contracts.final_statements import (
    FinalStatement,
    Movement,
    MovementKind,
    StatementError,
    UnbilledCharge,
    final_statement,
    movement_of,
)
from msp_billing.domain.contracts.lifetimes import lifetime
from msp_billing.domain.corrections.credit_notes import (
    CreditedPart,
    CreditRequest,
    credit_note_for,
)
from tests.unit.domain.builders import usd
from tests.unit.domain.contracts.billed_contracts import BOOK, POLICY, Months
from tests.unit.domain.contracts.contract_samples import US_HOLIDAYS, day, kr_agreement

LEAVES = {"notice_on": "2026-12-30", "ends_on": "2026-12-31"}


def movement(
    kind: str, on: str, reference: str, amount: str, invoice: str | None = None
) -> Movement:
    return Movement(
        kind=MovementKind(kind),
        on=day(on),
        reference=reference,
        amount=usd(amount),
        invoice=invoice,
    )


def left_early() -> Months:
    """Three months of 150.00, and 9 x 150.00 = 1,350.00 paid out: 1,800.00."""
    of = Months(kr_agreement(ending=LEAVES))
    of.bill_all("2026-10", "2027-01", 3)
    return of


def statement(of: Months, *movements: Movement, unbilled: Any = ()) -> FinalStatement:
    lives = [lifetime(entry, POLICY, BOOK, US_HOLIDAYS) for entry in of.account.agreements]
    return final_statement(lives, "Tern Harbor", "USD", of.invoices, movements, unbilled)


@pytest.mark.rule("MSA-05", "KR-10")
def test_everything_billed_and_paid_comes_to_zero() -> None:
    found = statement(
        left_early(),
        movement("payment", "2026-10-20", "ach-1", "150.00"),
        movement("payment", "2026-12-20", "ach-2", "300.00"),
        movement("payment", "2027-01-15", "wire-3", "1350.00"),
    )
    assert [(str(e.on), e.reference, str(e.amount.amount)) for e in found.entries] == [
        ("2026-10-02", "LP-000001", "150.00"),
        ("2026-10-20", "ach-1", "-150.00"),
        ("2026-11-02", "LP-000002", "150.00"),
        ("2026-12-02", "LP-000003", "150.00"),
        ("2026-12-20", "ach-2", "-300.00"),
        ("2027-01-02", "LP-000004", "1350.00"),
        ("2027-01-15", "wire-3", "-1350.00"),
    ]
    # 150, 0, 150, 300, 0, 1350, 0
    assert [str(e.balance.amount) for e in found.entries] == [
        "150.00",
        "0.00",
        "150.00",
        "300.00",
        "0.00",
        "1350.00",
        "0.00",
    ]
    assert found.balance == usd("0.00")
    assert found.settled


@pytest.mark.rule("MSA-05")
def test_what_is_not_paid_is_named() -> None:
    found = statement(left_early(), movement("payment", "2026-12-20", "ach-2", "450.00"))
    assert found.balance == usd("1350.00")
    assert found.missing == ("1350.00 USD is still to be paid.",)
    assert not found.settled


@pytest.mark.rule("MSA-05")
def test_what_is_paid_too_much_goes_back_and_then_it_is_zero() -> None:
    of = left_early()
    paid = movement("payment", "2027-01-15", "wire-3", "1900.00")
    assert statement(of, paid).missing == ("100.00 USD is to be paid back.",)
    back = movement("refund", "2027-01-20", "wire-4", "100.00")
    assert statement(of, paid, back).settled


@pytest.mark.rule("MSA-05")
def test_what_is_not_billed_is_named() -> None:
    of = Months(kr_agreement(ending=LEAVES))
    of.bill_all("2026-10", "2026-12", 3)
    charge = UnbilledCharge(charge="time:4711", what="2 hours on 28 December")
    found = statement(of, movement("payment", "2027-01-15", "wire-1", "450.00"), unbilled=(charge,))
    assert found.balance == usd("0.00")
    assert found.missing == (
        "The pay-out of agreement main for 2027-01 to 2027-09 is on no invoice.",
        "The charge time:4711 is on no invoice: 2 hours on 28 December.",
    )


@pytest.mark.rule("MSA-05")
def test_an_agreement_that_runs_on_cannot_be_closed() -> None:
    of = Months(kr_agreement())
    of.bill("2026-10", 3)
    found = statement(of, movement("payment", "2026-10-20", "ach-1", "150.00"))
    assert found.missing == (
        "Agreement main has no end: no end is agreed and no notice was given.",
    )


@pytest.mark.rule("KR-10", "MSA-05")
def test_a_month_after_a_trial_needs_its_credit_note() -> None:
    of = Months(kr_agreement())
    of.bill_all("2026-10", "2027-01", 3)
    of.change(kr_agreement(ending={"notice_on": "2026-12-29"}))
    paid = movement("payment", "2027-01-15", "wire-1", "450.00")
    found = statement(of, paid)
    assert found.missing == (
        "Invoice LP-000004 bills 150.00 USD for days after the end of the agreement: issue a "
        "credit note.",
        "150.00 USD is still to be paid.",
    )
    credit = movement("credit_note", "2027-01-10", "CN-1", "150.00", "LP-000004")
    assert statement(of, paid, credit).settled


def test_a_credit_note_for_a_part_leaves_the_rest_to_credit() -> None:
    of = Months(kr_agreement())
    of.bill_all("2026-10", "2027-01", 3)
    of.change(kr_agreement(ending={"notice_on": "2026-12-29"}))
    request = CreditRequest(
        request="too-much",
        reason="Left in the trial",
        requested_by="clerk",
        parts=(CreditedPart(line=1, amount=Decimal(60)),),
    )
    note = credit_note_for(of.invoices[-1], request, (), day("2027-01-10"))
    with pytest.raises(StatementError, match="has no number yet"):
        movement_of(note)
    credit = movement_of(note.numbered("CN-000001"))
    paid = movement("payment", "2027-01-15", "wire-1", "450.00")
    assert statement(of, paid, credit).missing == (
        "Invoice LP-000004 bills 90.00 USD for days after the end of the agreement: issue a "
        "credit note.",
        "90.00 USD is still to be paid.",
    )


def test_an_invoice_for_information_is_not_owed() -> None:
    of = left_early()
    of.invoices[-1] = of.invoices[-1].model_copy(update={"informational": True})
    found = statement(of, movement("payment", "2027-01-15", "wire-1", "450.00"))
    assert found.balance == usd("0.00")
    assert len(found.entries) == 4


def test_a_draft_is_missing_and_not_added_up() -> None:
    of = left_early()
    of.invoices[-1] = of.invoices[-1].model_copy(update={"number": None})
    found = statement(of, movement("payment", "2027-01-15", "wire-1", "450.00"))
    assert found.balance == usd("0.00")
    assert [text.partition(" of ")[0] for text in found.missing] == [
        "The draft lantern/monthly/2027-01/tern-harbor/main"
    ]


@pytest.mark.parametrize(
    ("movements", "message"),
    [
        (
            [
                movement("payment", "2027-01-15", "wire-1", "1.00"),
                movement("payment", "2027-01-16", "wire-1", "1.00"),
            ],
            "payment wire-1 is listed 2 times",
        ),
        ([movement("payment", "2027-01-15", "wire-1", "-1.00")], "not of a positive amount"),
        (
            [
                movement("payment", "2027-01-15", "wire-1", "1.00").model_copy(
                    update={"amount": usd("1.00").model_copy(update={"currency": "CAD"})}
                )
            ],
            "documents are in CAD, the account in USD",
        ),
    ],
)
def test_documents_that_cannot_be_added_up_are_refused(
    movements: list[Movement], message: str
) -> None:
    with pytest.raises(StatementError, match=message):
        statement(left_early(), *movements)


def test_an_account_without_documents_is_at_zero() -> None:
    found = final_statement([], "Tern Harbor", "USD", [], [])
    assert found.settled
    assert found.entries == ()
    assert found.balance == usd("0")
