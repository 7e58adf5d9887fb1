"""What comes between: payments, returns, corrections, dead executions and lost answers.

The calendar is in tests/end_to_end/dunning_provider.py.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from typing import Any

import pytest

from msp_billing.adapters.dynamodb.standings import DynamoStandingStore
from msp_billing.adapters.step_functions import StepFunctionsExecutions
from msp_billing.domain.dunning.standing import AccountState, Standing
from msp_billing.usecases.dunning.release import start_release
from msp_billing.usecases.dunning.release_approvals import ApprovalRequest, approve_release
from tests.end_to_end.dunning_provider import (
    ACCOUNT,
    CLERK,
    LEAD,
    OWNER,
    PROVIDER,
    Debtor,
    dunning_birch,
    overdue,
)
from tests.end_to_end.stage import Stage

GOOD, DUE = AccountState.GOOD_STANDING, AccountState.DUE
CREDIT, SERVICE = AccountState.CREDIT_HOLD, AccountState.SERVICE_HOLD


pytestmark = pytest.mark.daily("sweeps")


@pytest.fixture
def cedar(stage: Stage) -> Debtor:
    return overdue(stage)


def just_before(
    patch: pytest.MonkeyPatch, state: AccountState, happens: Callable[[], None]
) -> list[bool]:
    """Let something happen between the reading of an account and its change to a state.

    Returns:
        What the stores answered to these changes.
    """
    change = DynamoStandingStore.change
    answers: list[bool] = []

    def after_it_happened(
        store: DynamoStandingStore, before: Standing, after: Standing, *rest: Any, **more: Any
    ) -> bool:
        moving = after.state is state and before.state is not state
        if moving and not answers:
            answers.append(False)
            happens()
        done = change(store, before, after, *rest, **more)
        if moving:
            answers.append(done)
        return done

    patch.setattr(DynamoStandingStore, "change", after_it_happened)
    return answers


def approve(cedar: Debtor) -> None:
    """Both keys of the release are turned."""
    for role, by in (("engineer", "eng@birch.example"), ("billing", CLERK)):
        approve_release(
            cedar.ports,
            ApprovalRequest(
                provider=PROVIDER, account=ACCOUNT, role=role, by=by, why="All is paid."
            ),
        )


@pytest.mark.rule("DUN-04", "DUN-05")
def test_a_payment_between_reading_and_holding_wins(
    cedar: Debtor, monkeypatch: pytest.MonkeyPatch
) -> None:
    """docs/faults.md 36: the hold's transaction fails, and the account is never on hold."""
    answers = just_before(monkeypatch, CREDIT, lambda: cedar.pay("100.00"))
    cedar.stage.run_until("2026-10-16T00:00:00")
    assert answers == [False, False], "the hold was tried once, and refused"
    assert cedar.changes == [
        ("2026-10-01T11:00", "good_standing", "due"),
        ("2026-10-15T14:00", "due", "good_standing"),
    ]
    assert cedar.told() == []
    assert [part for _, part, _ in cedar.letters()] == ["c1-past-due-1", "c1-final-1"]
    assert cedar.executions() == {"birch_cedar_c1": "SUCCEEDED"}


def test_a_partial_payment_between_reading_and_holding_is_looked_at_first(
    cedar: Debtor, monkeypatch: pytest.MonkeyPatch
) -> None:
    """docs/faults.md 36: the hold is refused, decided anew and placed, for what is left."""
    answers = just_before(monkeypatch, CREDIT, lambda: cedar.pay("30.00"))
    cedar.stage.run_until("2026-10-16T00:00:00")
    assert answers == [False, False, True]
    assert cedar.state is CREDIT
    assert "70.00 USD" in str(cedar.standing.why)


@pytest.mark.rule("DUN-06")
def test_a_release_wins_over_the_service_hold_whose_time_has_come(
    cedar: Debtor, monkeypatch: pytest.MonkeyPatch
) -> None:
    """docs/faults.md 37: 14 November, 9:00: the account was let out a moment before."""

    def let_out() -> None:
        cedar.pay("100.00")
        approve(cedar)

    answers = just_before(monkeypatch, SERVICE, let_out)
    cedar.stage.run_until("2026-11-15T00:00:00")
    assert answers == [False, False]
    assert cedar.changes[1:] == [
        ("2026-10-15T14:00", "due", "credit_hold"),
        ("2026-11-14T15:00", "credit_hold", "good_standing"),
    ]
    assert cedar.executions() == {"birch_cedar_c1": "SUCCEEDED"}


@pytest.mark.rule("DUN-06")
def test_the_service_hold_does_not_come_while_people_decide_about_a_release(
    cedar: Debtor,
) -> None:
    """Paid on 10 November; nobody has approved by the 14th: it stays on credit hold."""
    cedar.stage.run_until("2026-11-10T16:00:00")
    cedar.pay("100.00")
    cedar.stage.run_until("2026-11-16T00:00:00")
    assert cedar.state is CREDIT
    assert cedar.standing.release is not None


@pytest.mark.rule("DUN-06")
def test_a_returned_payment_opens_the_case_at_its_step(cedar: Debtor) -> None:
    """docs/faults.md 39: paid on 5 October, returned on the 12th at 16:00.

    The first notice is not repeated. The 7 days in between count for no step: the warning is on the
    17th, not the 10th, and the credit hold 5 days after it, on the 22nd.
    """
    cedar.stage.run_until("2026-10-05T16:00:00")
    cedar.pay("100.00")
    cedar.stage.run_until("2026-10-12T16:00:00")
    assert cedar.state is GOOD
    cedar.take_back("100.00")
    assert cedar.state is DUE, "at once, not with the next sweep"
    cedar.stage.run_until("2026-10-23T00:00:00")
    assert cedar.letters() == [
        ("2026-10-01T14:00", "c1-past-due-1", OWNER),
        ("2026-10-17T14:00", "c1-final-1", OWNER),
        ("2026-10-22T14:00", "c1-credit-hold-1", OWNER),
    ]
    assert cedar.changes[-2:] == [
        ("2026-10-12T16:00", "good_standing", "due"),
        ("2026-10-22T14:00", "due", "credit_hold"),
    ]
    (alert,) = cedar.sent("dunning-alert")
    assert alert.destinations == (LEAD,)
    assert alert.tags["part"] == "c1-returned-20261012110000000000"
    cedar.assert_promises()


@pytest.mark.rule("DUN-06", "KR-15")
def test_a_payment_returned_after_the_release_puts_the_account_back_on_hold(
    cedar: Debtor,
) -> None:
    """docs/faults.md 39: on hold from 15 October, let out on the 20th, returned on the 26th.

    It was on hold for 5 days; the 6 days outside do not count. The warning is due 23 days of hold
    after the 15th: 13 November, not the 7th; the service hold after 30: the 20th, not the 14th.
    """
    cedar.stage.run_until("2026-10-20T16:00:00")
    cedar.pay("100.00")
    cedar.stage.settle()
    approve(cedar)
    cedar.stage.run_until("2026-10-26T16:00:00")
    assert cedar.state is GOOD
    cedar.take_back("100.00")
    assert cedar.state is CREDIT
    cedar.stage.run_until("2026-11-21T00:00:00")
    assert cedar.changes[1:] == [
        ("2026-10-15T14:00", "due", "credit_hold"),
        ("2026-10-20T16:00", "credit_hold", "good_standing"),
        ("2026-10-26T16:00", "good_standing", "credit_hold"),
        ("2026-11-20T15:00", "credit_hold", "service_hold"),
    ]
    told = [part for _, part, _ in cedar.letters()]
    assert told == [
        "c1-past-due-1",
        "c1-final-1",
        "c1-credit-hold-1",
        "r1-ended",
        "c1-returned-20261026110000000000",
        "c1-last-call-1",
        "c1-service-hold-1",
    ]
    assert "returned" in cedar.text_of("c1-returned-20261026110000000000")
    assert [state for state, _ in cedar.told()] == [
        "credit_hold",
        "good_standing",
        "credit_hold",
        "service_hold",
    ]
    cedar.assert_promises()


@pytest.mark.rule("DUN-06")
def test_a_payment_returned_while_people_decide_ends_the_release(cedar: Debtor) -> None:
    """docs/faults.md 39: the account stays where it is, and the case goes on."""
    cedar.stage.run_until("2026-10-20T16:00:00")
    cedar.pay("100.00")
    cedar.stage.run_until("2026-10-20T17:00:00")
    cedar.take_back("100.00")
    cedar.stage.run_until("2026-10-21T17:00:00")
    release = cedar.standing.release
    assert release is not None
    assert release.state == "cancelled"
    assert cedar.state is CREDIT
    cedar.stage.run_until("2026-11-15T00:00:00")
    assert cedar.changes[-1] == ("2026-11-14T15:00", "credit_hold", "service_hold")


@pytest.mark.rule("DUN-04")
def test_a_credit_note_during_dunning_counts_at_once(cedar: Debtor) -> None:
    """docs/faults.md 40: part of B-1 taken back changes what is followed; all of it ends it."""
    cedar.stage.run_until("2026-10-05T16:00:00")
    cedar.credit("CN-1", "B-1", "40.00", date(2026, 10, 5))
    assert cedar.state is DUE
    cedar.stage.run_until("2026-10-11T00:00:00")
    assert "60.00" in cedar.text_of("c1-final-1")
    cedar.credit("CN-2", "B-1", "60.00", date(2026, 10, 11))
    assert cedar.state is GOOD
    assert "corrected" in cedar.history[-1].what
    cedar.stage.run_until("2026-10-20T00:00:00")
    assert len(cedar.letters()) == 2


@pytest.mark.rule("DUN-04")
def test_an_execution_that_was_killed_is_started_again_by_the_sweep(cedar: Debtor) -> None:
    """Stopped on 5 October; the sweep of the 6th starts run 2, which finds its place."""
    cedar.stage.run_until("2026-10-05T16:00:00")
    (execution,) = cedar.stage.executions("birch_cedar")
    cedar.stage.cloud.client("stepfunctions").stop_execution(executionArn=execution.arn)
    cedar.stage.run_until("2026-10-16T00:00:00")
    assert cedar.executions()["birch_cedar_c1_r2"] == "RUNNING"
    assert [part for _, part, _ in cedar.letters()] == [
        "c1-past-due-1",
        "c1-final-1",
        "c1-credit-hold-1",
    ]
    assert cedar.changes[-1] == ("2026-10-15T14:00", "due", "credit_hold")
    cedar.assert_promises()


def test_an_execution_that_was_never_started_is_started_by_the_next_sweep(
    cedar: Debtor, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Step Functions is away for a day; the case's first name is still free: it is run 1."""

    def unavailable(*_: object) -> bool:
        raise ConnectionError("Step Functions is away")

    monkeypatch.setattr(StepFunctionsExecutions, "start", unavailable)
    cedar.stage.run_until("2026-10-01T16:00:00")
    assert cedar.state is DUE
    assert cedar.executions() == {}
    monkeypatch.undo()
    cedar.stage.run_until("2026-10-02T15:00:00")
    assert cedar.executions() == {"birch_cedar_c1": "RUNNING"}
    assert [part for _, part, _ in cedar.letters()] == ["c1-past-due-1"]


@pytest.mark.rule("DUN-04")
def test_lost_answers_of_the_table_take_no_step_twice(cedar: Debtor) -> None:
    """Every transaction of the way to the credit hold loses its answer once."""
    for day in ("2026-10-01T10:59:00", "2026-10-10T13:59:00", "2026-10-15T13:59:00"):
        cedar.stage.run_until(day)
        cedar.stage.cloud.lose_answer("dynamodb", "TransactWriteItems")
        cedar.stage.cloud.lose_answer("dynamodb", "UpdateItem")
    cedar.stage.run_until("2026-10-16T00:00:00")
    assert [part for _, part, _ in cedar.letters()] == [
        "c1-past-due-1",
        "c1-final-1",
        "c1-credit-hold-1",
    ]
    assert cedar.steps == ("past-due", "final", "credit-hold")
    assert cedar.told() == [("credit_hold", 1)]
    cedar.assert_promises()


@pytest.mark.rule("DUN-04")
def test_a_call_that_died_after_its_step_is_taken_up_where_it_broke_off(cedar: Debtor) -> None:
    """The step is stored and its answer lost for good: the letter waits, and goes out once.

    The sweep of the 11th starts the case again. The hold keeps its 5 days from that warning.
    """
    cedar.stage.run_until("2026-10-10T13:59:00")
    cedar.stage.cloud.lose_answer("dynamodb", "TransactWriteItems", times=5)
    cedar.stage.run_until("2026-10-10T15:00:00")
    assert list(cedar.steps) == ["past-due", "final"]
    assert len(cedar.letters()) == 1
    assert cedar.executions() == {"birch_cedar_c1": "FAILED"}
    cedar.stage.run_until("2026-10-17T00:00:00")
    assert [(day, part) for day, part, _ in cedar.letters()[1:]] == [
        ("2026-10-11T11:00", "c1-final-1"),
        ("2026-10-16T14:00", "c1-credit-hold-1"),
    ]
    assert list(cedar.steps) == ["past-due", "final", "credit-hold"]
    cedar.assert_promises()


def test_a_release_can_be_asked_for_as_often_as_one_likes(stage: Stage) -> None:
    """Two reactions to one payment start one release."""
    cedar = overdue(stage, dunning_birch())
    cedar.stage.run_until("2026-10-20T16:00:00")
    cedar.pay("100.00")
    start_release(cedar.ports, cedar.standing, cedar.position)
    cedar.stage.cloud.invoke("SweepAccountsFunction", {})
    cedar.stage.settle()
    assert cedar.standing.releases == 1
    assert len([e for e in cedar.stage.executions() if "hold-release" in e.state_machine]) == 1
