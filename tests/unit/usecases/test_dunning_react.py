"""What a change of the ledger means for the account, at once, once, and whoever else comes."""

from __future__ import annotations

from datetime import date

import pytest

from msp_billing.domain.dunning.standing import AccountState
from msp_billing.usecases.dunning.context import UnknownAccountError
from msp_billing.usecases.dunning.react import react
from tests.end_to_end.dunning_provider import ACCOUNT, PROVIDER
from tests.unit.usecases.dunning_desk import desk

GOOD, DUE = AccountState.GOOD_STANDING, AccountState.DUE
CREDIT, SERVICE = AccountState.CREDIT_HOLD, AccountState.SERVICE_HOLD


@pytest.mark.rule("DUN-05")
def test_a_payment_closes_the_case_at_once_and_only_once() -> None:
    cedar = desk()
    cedar.run_until("2026-10-05T00:00:00")
    cedar.pay("100.00")
    assert cedar.state is GOOD
    before = cedar.standing
    react(cedar.ports, PROVIDER, ACCOUNT)
    assert cedar.standing == before
    case = before.case
    assert case is not None
    assert (case.closed_from, case.closed_version) == (DUE, cedar.position.version)


@pytest.mark.rule("DUN-05")
def test_a_payment_that_nobody_reacted_to_closes_the_case_with_the_next_sweep() -> None:
    cedar = desk()
    cedar.run_until("2026-10-05T00:00:00")
    cedar.pay_unseen("100.00")
    assert cedar.state is DUE
    cedar.run_until("2026-10-05T11:00:00")
    assert cedar.state is GOOD


@pytest.mark.rule("DUN-04")
def test_what_is_left_below_the_threshold_closes_the_case_and_says_so() -> None:
    """The policy follows nothing below 10.00; 9.50 stays owed."""
    cedar = desk()
    cedar.run_until("2026-10-05T00:00:00")
    cedar.pay("90.00", "p-1")
    assert cedar.state is DUE, "10.00 is followed"
    cedar.pay("0.50", "p-2")
    assert cedar.state is GOOD
    assert "9.50 USD" in cedar.what[-1]
    cedar.run_until("2026-10-20T00:00:00")
    assert cedar.state is GOOD


def test_a_correction_is_told_from_a_payment() -> None:
    cedar = desk()
    cedar.run_until("2026-10-05T00:00:00")
    cedar.correct("CN-1", "B-1", "100.00")
    assert cedar.state is GOOD
    assert "corrected" in cedar.what[-1]


@pytest.mark.rule("DUN-05", "DUN-06")
def test_a_payment_on_hold_asks_for_the_release_once() -> None:
    cedar = desk()
    cedar.run_until("2026-10-16T16:00:00")
    cedar.pay("100.00")
    react(cedar.ports, PROVIDER, ACCOUNT)
    assert cedar.state is CREDIT, "two people have to agree first"
    assert cedar.standing.releases == 1
    assert len(cedar.ports.release_executions.started) == 1


@pytest.mark.rule("DUN-06")
def test_a_returned_payment_opens_the_case_again_once() -> None:
    """Closed on 4 October, opened again on the 7th, in Chicago: three days that count for no step.

    The warning is on the 13th, not the 10th, and the credit hold 5 days after it, on the 18th.
    """
    cedar = desk()
    cedar.run_until("2026-10-05T00:00:00")
    cedar.pay("100.00")
    cedar.run_until("2026-10-08T00:00:00")
    cedar.take_back("100.00")
    react(cedar.ports, PROVIDER, ACCOUNT)
    case = cedar.standing.open_case
    assert case is not None
    assert (cedar.state, case.case, case.run) == (DUE, 1, 2)
    assert list(cedar.ports.dunning_executions.started) == ["birch_cedar_c1", "birch_cedar_c1_r2"]
    cedar.run_until("2026-10-18T13:59:00")
    assert cedar.parts == ["c1-past-due-1", "c1-final-1"]
    cedar.run_until("2026-10-18T14:30:00")
    assert cedar.parts == ["c1-past-due-1", "c1-final-1", "c1-credit-hold-1"]
    assert cedar.alerts == ["c1-returned-20261007190000000000"]


def test_a_payment_from_before_the_case_does_not_open_it_again() -> None:
    """20.00 paid early and returned after the case was closed: that is a debt of its own."""
    cedar = desk()
    cedar.pay("20.00", "early")
    cedar.run_until("2026-10-05T00:00:00")
    cedar.pay("80.00", "p-1")
    assert cedar.state is GOOD
    cedar.run_until("2026-10-08T00:00:00")
    cedar.take_back("20.00", "early")
    assert cedar.state is GOOD
    cedar.run_until("2026-10-08T12:00:00")
    case = cedar.standing.open_case
    assert case is not None
    assert (cedar.state, case.case, case.run) == (DUE, 2, 1)


def test_a_returned_payment_that_was_not_needed_changes_nothing() -> None:
    """100.00 was paid twice; one of them goes back."""
    cedar = desk()
    cedar.run_until("2026-10-05T00:00:00")
    cedar.pay("100.00", "p-1")
    cedar.pay("100.00", "p-2")
    cedar.take_back("100.00", "p-2")
    assert cedar.state is GOOD
    assert cedar.standing.open_case is None


@pytest.mark.rule("DUN-04", "DUN-06")
def test_an_older_debt_that_comes_back_wakes_the_case_that_waits_for_a_newer_one() -> None:
    """B-1 is paid on 8 October, so that B-2, due on the 6th, sets the days: 16 October.

    On the 13th B-1's payment is returned: the warning was due on the 10th, and goes out at once.
    """
    cedar = desk()
    cedar.owe("B-2", "50.00", date(2026, 10, 6))
    cedar.run_until("2026-10-08T15:00:00")
    cedar.pay("100.00")
    assert cedar.state is DUE
    cedar.run_until("2026-10-13T15:00:00")
    assert cedar.steps == ("past-due",)
    cedar.take_back("100.00")
    cedar.run_until("2026-10-13T16:00:00")
    assert cedar.parts == ["c1-past-due-1", "c1-final-1"]
    assert cedar.standing.open_case is not None
    assert cedar.standing.open_case.run == 2


def test_somebody_faster_is_looked_at_again() -> None:
    """Between reading and closing half of it is returned: the case stays open."""
    cedar = desk()
    cedar.run_until("2026-10-05T00:00:00")
    cedar.pay("50.00", "p-1")
    cedar.ports.standings.before_change = lambda: cedar.take_back("50.00", "p-1")
    cedar.pay("50.00", "p-2")
    assert cedar.state is DUE


def test_an_account_that_nobody_knows_is_named() -> None:
    cedar = desk()
    with pytest.raises(UnknownAccountError, match="birch has no account 'aspen'"):
        react(cedar.ports, PROVIDER, "aspen")
