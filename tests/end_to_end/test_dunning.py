"""A case of dunning on the real state machine, day by day, by a calendar worked out by hand.

The calendar is in tests/end_to_end/dunning_provider.py.
"""

from __future__ import annotations

from datetime import date
from decimal import Decimal

import pytest

from msp_billing.domain.dunning.dunning_policy import Exemption
from msp_billing.domain.dunning.standing import AccountState
from msp_billing.domain.periods import Period
from msp_billing.usecases.dunning.pauses import (
    EndPauseRequest,
    PauseRequest,
    end_pause,
    make_promise,
    raise_dispute,
)
from msp_billing.usecases.receivables.appending import enter
from tests.end_to_end.dunning_provider import (
    ACCOUNT,
    DUE_ON,
    OWNER,
    PROVIDER,
    SECOND,
    START,
    STEPS,
    Debtor,
    dunning_birch,
    dunning_policy,
    invoice,
    overdue,
    step,
    with_reminders,
)
from tests.end_to_end.stage import Stage

GOOD, DUE = AccountState.GOOD_STANDING, AccountState.DUE
CREDIT, SERVICE = AccountState.CREDIT_HOLD, AccountState.SERVICE_HOLD


pytestmark = pytest.mark.daily("sweeps")


@pytest.fixture
def cedar(stage: Stage) -> Debtor:
    return overdue(stage)


def pause(until: date, **changes: object) -> PauseRequest:
    told = {"reason": "They said so on the telephone.", "by": "clerk", "until": until}
    return PauseRequest.model_validate(
        {"provider": PROVIDER, "account": ACCOUNT, **told, **changes}
    )


@pytest.mark.rule("KR-14", "KR-15", "DUN-01", "DUN-03", "DUN-07")
def test_the_whole_path_of_an_account_that_never_pays(cedar: Debtor) -> None:
    """Notice, warning, credit hold, 30 days on it with a warning, service hold; nothing else."""
    cedar.stage.run_until("2026-10-01T10:59:00")
    assert cedar.state is GOOD, "its due date was yesterday, and the sweep has not run yet"
    cedar.stage.run_until("2026-12-31T00:00:00")
    assert cedar.changes == [
        ("2026-10-01T11:00", "good_standing", "due"),
        ("2026-10-15T14:00", "due", "credit_hold"),
        ("2026-11-14T15:00", "credit_hold", "service_hold"),
    ]
    assert cedar.letters() == [
        ("2026-10-01T14:00", "c1-past-due-1", OWNER),
        ("2026-10-10T14:00", "c1-final-1", OWNER),
        ("2026-10-15T14:00", "c1-credit-hold-1", OWNER),
        ("2026-11-07T15:00", "c1-last-call-1", OWNER),
        ("2026-11-14T15:00", "c1-service-hold-1", OWNER),
    ]
    warning = " ".join(cedar.text_of("c1-final-1").split())
    assert "B-1" in warning
    assert "15 October 2026" in warning, "the day of the hold is told before it comes"
    assert cedar.steps == STEPS
    assert cedar.told() == [("credit_hold", 1), ("service_hold", 2)]
    assert cedar.executions() == {"birch_cedar_c1": "SUCCEEDED"}
    (execution,) = cedar.stage.executions("birch_cedar_c1")
    entered = [
        event["stateEnteredEventDetails"]["name"]
        for event in cedar.stage.history(execution.arn)
        if "stateEnteredEventDetails" in event
    ]
    assert "WaitOnCreditHold" in entered, "the 30 days are a wait of their own"
    cedar.assert_promises()


@pytest.mark.rule("MSA-03", "DUN-03")
def test_a_policy_without_a_credit_hold_suspends_on_the_first(stage: Stage) -> None:
    """Two days after the due date, but only on a 1st: 1 November 2026, 9:00 is 15:00 UTC.

    2 October is the first day that 'days: 2' allows, so that 1 October is too early.
    """
    steps = (step("past-due", "notice", 1), step("suspended", "service_hold", 2, day_of_month=1))
    cedar = overdue(stage, dunning_birch(dunning_policy(steps=steps)))
    cedar.stage.run_until("2026-11-02T00:00:00")
    assert cedar.changes == [
        ("2026-10-01T11:00", "good_standing", "due"),
        ("2026-11-01T15:00", "due", "service_hold"),
    ]
    assert cedar.steps == ("past-due", "suspended")
    assert cedar.told() == [("service_hold", 1)]


@pytest.mark.rule("DUN-05")
def test_a_payment_while_due_closes_the_case_at_once(cedar: Debtor) -> None:
    """Nothing more is sent; the execution finds the case closed when it looks again."""
    cedar.stage.run_until("2026-10-05T16:00:00")
    cedar.pay("100.00")
    assert cedar.changes[-1] == ("2026-10-05T16:00", "due", "good_standing")
    cedar.stage.run_until("2026-10-20T00:00:00")
    assert [part for _, part, _ in cedar.letters()] == ["c1-past-due-1"]
    assert cedar.executions() == {"birch_cedar_c1": "SUCCEEDED"}
    assert cedar.state is GOOD
    assert cedar.told() == [], "nothing that it may do has changed"


@pytest.mark.rule("DUN-04")
def test_a_partial_payment_that_moves_the_oldest_date_makes_nothing_harsher(cedar: Debtor) -> None:
    """killbill#2297: B-1 is paid on 12 October, B-2 was due on 5 October and is not.

    The credit hold of 15 October counts from 5 October then: the 20th. The warning of the 10th is
    neither repeated nor skipped. The service hold is 30 days later, 19 November.
    """
    cedar.owe("B-2", "50.00", date(2026, 10, 5))
    cedar.stage.run_until("2026-10-12T16:00:00")
    before = cedar.state
    cedar.pay("100.00")
    assert (before, cedar.state) == (DUE, DUE)
    cedar.stage.run_until("2026-11-20T00:00:00")
    assert cedar.changes[1:] == [
        ("2026-10-20T14:00", "due", "credit_hold"),
        ("2026-11-19T15:00", "credit_hold", "service_hold"),
    ]
    assert cedar.steps == STEPS
    cedar.assert_promises()


@pytest.mark.rule("DUN-08")
def test_a_broken_promise_goes_on_at_the_step_where_the_case_stood(cedar: Debtor) -> None:
    """Promised on 3 October until the 20th: the warning of the 10th waits until the 21st.

    The steps keep their distance: the credit hold is 5 days after the warning, on the 26th.
    """
    cedar.stage.run_until("2026-10-03T16:00:00")
    made = make_promise(cedar.ports, pause(date(2026, 10, 20)))
    assert (made.pause, made.amount) == ("promise-1", Decimal("100.00"))
    cedar.stage.run_until("2026-10-20T23:00:00")
    assert cedar.steps == ("past-due",)
    cedar.stage.run_until("2026-10-27T00:00:00")
    assert cedar.letters()[1:] == [
        ("2026-10-21T14:00", "c1-final-1", OWNER),
        ("2026-10-26T14:00", "c1-credit-hold-1", OWNER),
    ]
    (kept,) = cedar.standing.pauses
    assert (kept.ended_by, kept.ended_why) == ("dunning", "its last day has passed")
    assert any("promise 'promise-1' is over" in entry.what for entry in cedar.history)
    cedar.assert_promises()


@pytest.mark.rule("DUN-08")
def test_a_dispute_spares_its_invoice_only_and_going_on_needs_no_new_day(cedar: Debtor) -> None:
    """B-1 is disputed on 3 October; B-2, due on the 5th, is followed by its own date.

    The warning is due 10 days after the 5th, on the 15th. On the 17th the dispute is withdrawn:
    the credit hold is 5 days after the warning, on the 20th, whichever date counts.
    """
    cedar.owe("B-2", "50.00", date(2026, 10, 5))
    cedar.stage.run_until("2026-10-03T16:00:00")
    raise_dispute(cedar.ports, pause(date(2026, 12, 31), document="B-1"))
    cedar.stage.run_until("2026-10-17T16:00:00")
    assert cedar.letters()[1:] == [("2026-10-15T14:00", "c1-final-1", OWNER)]
    ending = EndPauseRequest(
        provider=PROVIDER,
        account=ACCOUNT,
        pause="dispute-1",
        how="withdrawn",
        by="clerk",
        why="They found the order.",
    )
    assert end_pause(cedar.ports, ending) == end_pause(cedar.ports, ending)
    cedar.stage.run_until("2026-10-21T00:00:00")
    assert cedar.changes[1:] == [("2026-10-20T14:00", "due", "credit_hold")]


@pytest.mark.rule("DUN-08")
def test_the_end_of_a_dispute_is_seen_at_once_by_a_case_that_waits_for_its_last_day(
    cedar: Debtor,
) -> None:
    """Disputed until the end of the year, withdrawn on 12 October at 16:00, 11:00 in Chicago.

    The warning was due on the 10th: it goes out then, and the hold follows 5 days later.
    """
    cedar.stage.run_until("2026-10-03T16:00:00")
    raise_dispute(cedar.ports, pause(date(2026, 12, 31), document="B-1", name="roof"))
    cedar.stage.run_until("2026-10-12T16:00:00")
    ending = EndPauseRequest(
        provider=PROVIDER, account=ACCOUNT, pause="roof", how="settled", by="clerk", why="Agreed."
    )
    end_pause(cedar.ports, ending)
    cedar.stage.run_until("2026-10-18T00:00:00")
    assert cedar.letters()[1:] == [
        ("2026-10-12T16:00", "c1-final-1", OWNER),
        ("2026-10-17T14:00", "c1-credit-hold-1", OWNER),
    ]
    assert list(cedar.executions()) == ["birch_cedar_c1", "birch_cedar_c1_r2"]
    cedar.stage.run_until("2027-01-02T00:00:00")
    assert cedar.executions()["birch_cedar_c1"] == "SUCCEEDED", "it found another in its place"
    cedar.assert_promises()


@pytest.mark.rule("DUN-10")
def test_an_exempt_account_is_neither_warned_nor_held_before_the_exemption_ends(
    stage: Stage,
) -> None:
    """Exempt until 20 October: the hold may come on the 21st, its warning 5 days before that."""
    exemption = Exemption(
        exempt_from="all_holds",
        reason="A hospital in flu season.",
        approved_by="boss",
        until=date(2026, 10, 20),
    )
    cedar = overdue(stage, dunning_birch(exemptions=(exemption,)))
    cedar.stage.run_until("2026-10-22T00:00:00")
    assert cedar.letters()[1:] == [
        ("2026-10-16T14:00", "c1-final-1", OWNER),
        ("2026-10-21T14:00", "c1-credit-hold-1", OWNER),
    ]


@pytest.mark.rule("DUN-02")
def test_one_reminder_lists_everything_that_falls_due(stage: Stage) -> None:
    """Two days before B-1 (30 September) and B-2 (1 October): they share the letter of the 30th.

    The sweep of 28 September was missed, because nothing was owed before the 29th at noon.
    """
    cedar = overdue(stage, dunning_birch(dunning_policy(steps=with_reminders(-2))))
    cedar.owe("B-2", "50.00", date(2026, 10, 1))
    cedar.stage.run_until("2026-09-30T23:00:00")
    cedar.stage.cloud.invoke("SweepAccountsFunction", {})
    assert cedar.letters() == [("2026-09-30T11:00", "reminder-20260930", f"{OWNER}, {SECOND}")]
    text = cedar.text_of("reminder-20260930")
    assert "B-1" in text
    assert "B-2" in text
    assert cedar.standing.open_case is None


def test_a_sweep_that_runs_again_changes_nothing(cedar: Debtor) -> None:
    cedar.stage.run_until("2026-10-12T12:00:00")
    before = (cedar.standing, cedar.history, cedar.letters(), cedar.executions())
    result = cedar.stage.cloud.invoke("SweepAccountsFunction", {"provider": PROVIDER})
    cedar.stage.settle()
    assert (cedar.standing, cedar.history, cedar.letters(), cedar.executions()) == before
    assert {name: result[name] for name in ("accounts", "opened", "restarted", "reminded")} == {
        "accounts": 1,
        "opened": 0,
        "restarted": 0,
        "reminded": 0,
    }


def test_the_defect_of_one_account_stops_no_other(cedar: Debtor) -> None:
    """An account that the book does not have any more is named; cedar gets its case."""
    aspen = cedar.ledger.model_copy(update={"account": "aspen"})
    enter(
        cedar.ports,
        aspen,
        lambda position: () if position.items else (invoice("A-1", "100.00", DUE_ON),),
    )
    cedar.stage.run_until("2026-10-01T11:00:00")
    assert cedar.state is DUE
    result = cedar.stage.cloud.invoke("SweepAccountsFunction", {})
    (failed,) = result["failed"]
    assert failed["account"] == "aspen"
    assert "has no account 'aspen'" in failed["error"]


@pytest.mark.rule("DUN-01")
def test_too_little_is_left_alone(stage: Stage) -> None:
    """The policy follows nothing below 10.00."""
    stage.apply(dunning_birch(), Period(year=2030, month=1))
    cedar = Debtor(stage)
    stage.run_until(START)
    cedar.owe("B-9", "9.99", DUE_ON)
    stage.run_until("2026-10-03T00:00:00")
    assert cedar.state is GOOD
    assert cedar.letters() == []
