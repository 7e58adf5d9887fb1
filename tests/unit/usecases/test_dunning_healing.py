"""What a broken call or a refused mail leaves behind, and that nobody goes without word for it."""

from __future__ import annotations

import pytest

from msp_billing.domain.clauses import Clause
from msp_billing.domain.dunning.standing import AccountState
from msp_billing.domain.outbox import MailState
from msp_billing.usecases.dunning.pauses import PauseRequest, raise_dispute
from msp_billing.usecases.dunning.release_approvals import ApprovalRequest, approve_release
from msp_billing.usecases.dunning.release_ending import LeaveRequest, leave_release
from msp_billing.usecases.dunning.sweep import sweep_accounts
from msp_billing.usecases.errors import MailRefusedForNowError
from tests.end_to_end.dunning_provider import (
    ACCOUNT,
    PROVIDER,
    dunning_birch,
    dunning_policy,
    with_reminders,
)
from tests.fakes.ports import FakePorts
from tests.unit.usecases.dunning_desk import Desk, desk, utc

SERVICE_HOLD = AccountState.SERVICE_HOLD


# --- A hold that is back -------------------------------------------------------------------------


def _let_out(cedar: Desk) -> None:
    for role, by in (("engineer", "eng@birch.example"), ("billing", "clerk@birch.example")):
        request = ApprovalRequest(
            provider=PROVIDER, account=ACCOUNT, role=role, by=by, why="It is paid."
        )
        approve_release(cedar.ports, request)


@pytest.mark.rule("DUN-06")
def test_word_of_a_hold_that_is_back_goes_out_though_its_execution_could_not_be_started() -> None:
    """Every step was taken by then, so that nothing else would start an execution."""
    cedar = desk()
    cedar.run_until("2026-12-01T12:00:00")
    assert cedar.state is SERVICE_HOLD
    cedar.pay("100.00")
    _let_out(cedar)
    assert cedar.state is AccountState.GOOD_STANDING
    starts, executions = cedar.ports.dunning_executions.start, cedar.ports.dunning_executions

    def refuse(*_: object) -> bool:
        raise ConnectionError("Step Functions did not answer")

    executions.start = refuse
    with pytest.raises(ConnectionError):
        cedar.take_back("100.00")
    executions.start = starts
    assert cedar.state is SERVICE_HOLD
    letters, alerts = len(cedar.parts), len(cedar.alerts)
    cedar.run_until("2026-12-02T12:00:00")
    sent = [part.split("-2")[0] for part in cedar.parts[letters:]]
    assert sent == ["c1-returned"], "and not that the hold has ended, which waited too"
    assert [part.split("-2")[0] for part in cedar.alerts[alerts:]] == ["c1-returned"]
    known = len(cedar.ports.dunning_executions.started)
    cedar.run_until("2026-12-05T12:00:00")
    assert len(cedar.ports.dunning_executions.started) == known, "and then it rests"


# --- Reminders -----------------------------------------------------------------------------------


def _reminded(*days: int, now: str, **invoices: str) -> Desk:
    """Cedar, with reminders so many days before the due date; invoices by their last day."""
    provider = dunning_birch(dunning_policy(steps=with_reminders(*days)))
    cedar = Desk(FakePorts(provider.policy, *provider.accounts, now=utc(now)))
    for number, due_on in invoices.items():
        cedar.owe(number, "100.00", utc(f"{due_on}T00:00:00").date())
    return cedar


def _reminders(cedar: Desk) -> list[str]:
    return [part for part in cedar.parts if part.startswith("reminder-")]


@pytest.mark.rule("DUN-02")
def test_a_reminder_that_ses_refused_all_day_goes_out_on_the_next() -> None:
    cedar = _reminded(-5, now="2026-09-24T12:00:00", A="2026-09-30")
    cedar.ports.mailer.errors = [MailRefusedForNowError("throttled")]
    cedar.run_until("2026-09-25T12:00:00")
    assert _reminders(cedar) == []
    cedar.run_until("2026-09-30T12:00:00")
    assert _reminders(cedar) == ["reminder-20260925"], "once, by the sweep of the 26th"


@pytest.mark.rule("DUN-02")
def test_a_refused_reminder_and_that_of_the_day_after_are_one_letter_a_day() -> None:
    """A is due on the 30th, B on the 1st: reminded of on the 25th and the 26th."""
    cedar = _reminded(-5, now="2026-09-24T12:00:00", A="2026-09-30", B="2026-10-01")
    cedar.ports.mailer.errors = [MailRefusedForNowError("throttled")]
    cedar.run_until("2026-09-26T12:00:00")
    assert len(_reminders(cedar)) == 1
    cedar.run_until("2026-09-30T12:00:00")
    assert len(_reminders(cedar)) == 2, "that of B came a day later"


@pytest.mark.rule("DUN-02")
def test_a_refused_reminder_is_withdrawn_when_it_has_nothing_to_say_any_more() -> None:
    cedar = _reminded(-5, now="2026-09-24T12:00:00", A="2026-09-30")
    cedar.ports.mailer.errors = [MailRefusedForNowError("throttled")]
    cedar.run_until("2026-09-25T12:00:00")
    cedar.pay("100.00")
    cedar.run_until("2026-09-27T12:00:00")
    assert _reminders(cedar) == []
    states = {mail.state for mail in cedar.ports.outbox.mails.values()}
    assert states == {MailState.REJECTED}


def test_a_reminder_goes_by_the_policy_in_force_and_not_by_that_of_the_last_case() -> None:
    """Cedar had a case; since then the policy has another clause about reminders."""
    cedar = desk(dunning_policy(steps=with_reminders(-5)))
    cedar.run_until("2026-10-02T12:00:00")
    cedar.pay("100.00")
    assert cedar.standing.cases == 1
    policy = cedar.ports.policies.policy(PROVIDER, cedar.ports.policies.in_force[PROVIDER])
    assert policy.dunning is not None
    steps = tuple(
        step.model_copy(update={"clause": "reminded"}) if step.kind == "reminder" else step
        for step in policy.dunning.steps
    )
    clause = Clause(clause="reminded", title="Reminders", text="We remind you.")
    cedar.ports.policies.put(
        policy.model_copy(
            update={
                "version": "another",
                "clauses": (*policy.clauses, clause),
                "dunning": policy.dunning.model_copy(update={"steps": steps}),
            }
        )
    )
    cedar.owe("B-2", "50.00", utc("2026-10-20T00:00:00").date())
    cedar.ports.clock.move_to(utc("2026-10-15T11:00:00"))
    result = sweep_accounts(cedar.ports)
    assert (result.reminded, result.failed) == (1, ())
    assert _reminders(cedar)[-1] == "reminder-20261015"


# --- Holds that go on ----------------------------------------------------------------------------


@pytest.mark.rule("DUN-02")
def test_word_of_a_hold_that_is_back_and_the_warning_after_it_come_on_two_days() -> None:
    """Credit hold on 15 October: its last call comes 23 days later, on 7 November, at 9:00.

    Paid and let out on the 7th at 7:00 in Chicago, and taken back an hour later: closed for no day.
    """
    cedar = desk()
    cedar.run_until("2026-11-07T13:00:00")
    assert cedar.state is AccountState.CREDIT_HOLD
    cedar.pay("100.00")
    _let_out(cedar)
    cedar.run_until("2026-11-07T14:00:00")
    cedar.take_back("100.00")
    letters = len(cedar.parts)
    cedar.run_until("2026-11-08T05:00:00")
    assert [part.split("-2")[0] for part in cedar.parts[letters:]] == ["c1-returned"]
    cedar.run_until("2026-11-09T05:00:00")
    assert cedar.parts[-1] == "c1-last-call-1"


@pytest.mark.rule("DUN-06")
def test_a_release_that_was_left_to_a_person_is_asked_anew_when_it_is_settled_a_second_time() -> (
    None
):
    """Everything was disputed, nobody decided; the dispute ends, and then it is paid."""
    cedar = desk()
    cedar.run_until("2026-10-16T12:00:00")
    assert cedar.state is AccountState.CREDIT_HOLD
    until = utc("2026-10-25T00:00:00").date()
    raise_dispute(
        cedar.ports,
        PauseRequest(
            provider=PROVIDER,
            account=ACCOUNT,
            document="B-1",
            until=until,
            reason="Not ours.",
            by="clerk@birch.example",
        ),
    )
    leave_release(cedar.ports, LeaveRequest(provider=PROVIDER, account=ACCOUNT, release=1))
    left = cedar.standing.release
    assert left is not None
    assert left.state == "left_to_person"
    cedar.run_until("2026-10-27T12:00:00")
    over = cedar.standing.release
    assert over is not None
    assert (over.state, over.why) == ("cancelled", "100.00 USD has to be paid yet")
    cedar.pay("100.00")
    asked = cedar.standing.release
    assert asked is not None
    assert (asked.release, asked.state) == (2, "settled")
    assert "birch_cedar_release-2" in cedar.ports.release_executions.running


@pytest.mark.rule("DUN-05")
def test_a_payment_that_races_with_the_end_of_a_release_is_asked_about() -> None:
    """It comes after the account was found unpaid, and before its old release is cancelled."""
    cedar = desk()
    cedar.run_until("2026-10-16T12:00:00")
    cedar.pay("100.00")
    leave_release(cedar.ports, LeaveRequest(provider=PROVIDER, account=ACCOUNT, release=1))
    cedar.ports.standings.before_change = lambda: cedar.pay("100.00", "p-2")
    cedar.take_back("100.00")
    asked = cedar.standing.release
    assert asked is not None
    assert (asked.release, asked.state, asked.under_way) == (2, "settled", True)
