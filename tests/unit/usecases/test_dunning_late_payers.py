"""Who always pays, and always late: each debt has its own letters, and no hold comes without."""

from __future__ import annotations

from datetime import date

import pytest

from msp_billing.domain.dunning.standing import AccountState
from tests.unit.usecases.dunning_desk import Desk, desk, utc

DUE = AccountState.DUE


def _with_second(due_on: date) -> Desk:
    """B-1 is due on 30 September: notices on 1 and 10 October, the hold would be on the 15th."""
    cedar = desk()
    cedar.owe("B-2", "50.00", due_on)
    cedar.run_until("2026-10-14T15:00:00")
    assert cedar.steps == ("past-due", "final")
    cedar.pay("100.00")
    return cedar


@pytest.mark.rule("DUN-02", "DUN-09")
def test_a_debt_that_fell_due_after_the_last_letter_gets_letters_of_its_own() -> None:
    """B-2 is due on 12 October, two days after the last letter. B-1 is paid on the 14th.

    Case 2 is opened on the 15th: its first notice goes out at once, the next 9 days later, on the
    24th, and the hold comes 5 days after that, on the 29th, and not on the 27th (the 12th and 15
    days), with a letter before it that was about another debt.
    """
    cedar = _with_second(date(2026, 10, 12))
    assert cedar.standing.open_case is None
    assert cedar.what[-1] == (
        "Case 1 was closed: It was paid. 50.00 USD fell due since its last letter; "
        "that is another case."
    )
    cedar.run_until("2026-10-15T20:00:00")
    assert (cedar.state, cedar.standing.cases, cedar.parts[-1]) == (DUE, 2, "c2-past-due-1")
    cedar.run_until("2026-10-29T13:59:00")
    assert (cedar.state, cedar.parts[-1]) == (DUE, "c2-final-1")
    cedar.run_until("2026-10-29T15:00:00")
    assert cedar.state is AccountState.CREDIT_HOLD
    case = cedar.standing.case
    assert case is not None
    assert case.steps[1].taken_at == utc("2026-10-24T14:00:00")


@pytest.mark.rule("DUN-04")
def test_a_debt_that_the_last_letter_was_about_too_goes_on_in_the_same_case() -> None:
    """B-2 is due on 9 October: overdue in the letter of the 10th. The hold: the 9th and 15 days."""
    cedar = _with_second(date(2026, 10, 9))
    assert (cedar.state, cedar.standing.cases) == (DUE, 1)
    cedar.run_until("2026-10-24T15:00:00")
    assert cedar.state is AccountState.CREDIT_HOLD
    assert cedar.steps == ("past-due", "final", "credit-hold")


@pytest.mark.rule("DUN-06")
def test_a_payment_that_is_returned_after_that_makes_no_step_come_sooner() -> None:
    """Case 2 had its first notice on the 15th; the bank takes back what B-1 was paid with."""
    cedar = _with_second(date(2026, 10, 12))
    cedar.run_until("2026-10-16T15:00:00")
    cedar.take_back("100.00")
    assert (cedar.state, cedar.standing.cases) == (DUE, 2)
    cedar.run_until("2026-10-24T13:59:00")
    assert cedar.parts[-1] == "c2-past-due-1"
    cedar.run_until("2026-10-29T13:59:00")
    assert cedar.state is DUE
    cedar.run_until("2026-10-29T15:00:00")
    assert cedar.state is AccountState.CREDIT_HOLD
