"""One look at a case: at most one thing is done, and only by what is stored now."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest

from msp_billing.domain.dunning.dunning_policy import LateFee
from msp_billing.domain.dunning.standing import AccountState
from msp_billing.domain.outbox import MailState
from msp_billing.usecases.dunning.advance import CaseAnswer, CaseRequest, advance_case
from msp_billing.usecases.dunning.context import execution_name
from msp_billing.usecases.dunning.release_situation import ConcurrentStandingError
from msp_billing.usecases.errors import MailRefusedForNowError
from tests.end_to_end.dunning_provider import ACCOUNT, LEAD, PROVIDER, dunning_policy, step
from tests.unit.usecases.dunning_desk import Desk, desk, utc

DUE, CREDIT = AccountState.DUE, AccountState.CREDIT_HOLD


def request(case: int = 1, run: int = 1) -> CaseRequest:
    return CaseRequest(provider=PROVIDER, account=ACCOUNT, case=case, run=run)


@pytest.mark.rule("KR-14", "KR-15", "DUN-01", "DUN-03")
def test_the_days_of_the_whole_path() -> None:
    """By the calendar of dunning_provider: 1, 10, 15 October; 7 and 14 November, 9:00 local."""
    cedar = desk()
    cedar.run_until("2026-12-01T00:00:00")
    case = cedar.standing.case
    assert case is not None
    assert [(taken.step, taken.taken_at) for taken in case.steps] == [
        ("past-due", utc("2026-10-01T14:00:00")),
        ("final", utc("2026-10-10T14:00:00")),
        ("credit-hold", utc("2026-10-15T14:00:00")),
        ("last-call", utc("2026-11-07T15:00:00")),
        ("service-hold", utc("2026-11-14T15:00:00")),
    ]
    assert [e["state"] for e in cedar.ports.bus.of_type("AccountEntitlementChanged")] == [
        "credit_hold",
        "service_hold",
    ]
    held = "Placed on service hold: 100.00 USD overdue since 30 September 2026."
    assert cedar.standing.why == held


def test_what_a_wait_is_for_and_until_when() -> None:
    """Whole seconds in UTC, never too early."""
    cedar = desk()
    cedar.run_until("2026-10-01T12:00:00")
    assert cedar.look() == CaseAnswer(
        outcome="wait", until="2026-10-01T14:00:00Z", waiting_for="step", state=DUE
    )
    cedar.ports.clock.move_to(utc("2026-10-01T14:00:00.250000"))
    assert cedar.look() == CaseAnswer(
        outcome="wait", until="2026-10-01T14:15:01Z", waiting_for="delivery", state=DUE
    )


def test_a_second_look_at_the_same_instant_does_nothing_more() -> None:
    cedar = desk()
    cedar.run_until("2026-10-10T15:00:00")
    cedar.look()
    before = (cedar.standing, cedar.parts, cedar.what)
    for _ in range(3):
        cedar.look()
    assert (cedar.standing, cedar.parts, cedar.what) == before


@pytest.mark.parametrize(("case", "run"), [(1, 2), (2, 1)])
def test_an_execution_of_another_run_or_case_ends(case: int, run: int) -> None:
    cedar = desk()
    cedar.run_until("2026-10-01T13:00:00")
    cedar.ports.clock.move_to(utc("2026-10-01T15:00:00"))
    answer = advance_case(cedar.ports, request(case, run))
    assert (answer.outcome, answer.until) == ("ended", "")
    assert cedar.parts == []


def test_an_execution_of_a_closed_case_ends() -> None:
    cedar = desk()
    cedar.run_until("2026-10-02T00:00:00")
    cedar.pay("100.00")
    assert cedar.look().outcome == "ended"


@pytest.mark.rule("DUN-04")
def test_a_payment_at_the_worst_moment_wins_over_a_hold() -> None:
    """docs/faults.md 36: between the reading and the transaction."""
    cedar = desk()
    cedar.run_until("2026-10-15T13:59:00")
    cedar.ports.clock.move_to(utc("2026-10-15T14:00:00"))
    cedar.ports.standings.before_change = lambda: cedar.pay("100.00")
    assert cedar.look().outcome == "ended"
    assert cedar.state is AccountState.GOOD_STANDING
    assert "credit-hold" not in cedar.steps


def test_an_account_that_keeps_changing_is_given_up_for_now() -> None:
    cedar = desk()
    cedar.run_until("2026-10-10T13:59:00")
    cedar.ports.clock.move_to(utc("2026-10-10T14:00:00"))
    number = 0

    def again() -> None:
        nonlocal number
        number += 1
        cedar.pay_unseen("0.01", f"p-{number}")
        cedar.ports.standings.before_change = again

    cedar.ports.standings.before_change = again
    with pytest.raises(ConcurrentStandingError):
        cedar.look()
    assert cedar.parts == ["c1-past-due-1"]


@pytest.mark.rule("DUN-09")
def test_a_hold_needs_a_notice_that_was_delivered() -> None:
    """No event comes about the warning of 10 October: nothing follows, however long one waits."""
    cedar = desk()
    cedar.run_until("2026-10-10T13:00:00")
    cedar.fate = lambda _: None
    cedar.run_until("2026-12-01T00:00:00")
    assert cedar.steps == ("past-due", "final")
    assert cedar.alerts == ["c1-final-told-1"]
    mail = next(mail for mail in cedar.ports.mailer.sent if mail.id.kind == "dunning-alert")
    assert mail.recipients == (LEAD,)


@pytest.mark.rule("DUN-09")
def test_contacts_are_tried_one_after_the_other_and_then_the_provider_is_told() -> None:
    cedar = desk()
    cedar.fate = lambda address: MailState.BOUNCED if "cedar" in address else MailState.DELIVERED
    cedar.run_until("2026-10-05T00:00:00")
    assert cedar.parts == ["c1-past-due-1", "c1-past-due-2"]
    assert cedar.alerts == ["c1-past-due-told-2"]
    assert cedar.look().waiting_for == "override"


@pytest.mark.rule("DUN-09")
def test_a_letter_about_a_hold_that_reaches_nobody_holds_nothing_up() -> None:
    """The hold of 15 October is in force; the provider's people hear that nobody was told of it."""
    cedar = desk()
    cedar.run_until("2026-10-15T13:00:00")
    cedar.fate = lambda address: MailState.BOUNCED if "cedar" in address else MailState.DELIVERED
    told: list[Any] = []
    compose = cedar.ports.composer.dunning_alert

    def keep(alert: Any, *rest: Any) -> bytes:
        told.append(alert)
        made: bytes = compose(alert, *rest)
        return made

    cedar.ports.composer.dunning_alert = keep
    cedar.run_until("2026-10-20T00:00:00")
    assert cedar.alerts == ["c1-credit-hold-told-2"]
    assert "in force" in told[0].consequence
    assert not told[0].commands, "there is no notice to override"
    cedar.fate = lambda _: MailState.DELIVERED
    cedar.run_until("2026-11-15T00:00:00")
    assert cedar.steps[-2:] == ("last-call", "service-hold")


@pytest.mark.rule("DUN-02")
def test_a_late_fee_comes_once_with_its_step_and_before_its_letter() -> None:
    """2% of 100.00 with the warning of 10 October; it is not taken of itself later."""
    steps = (
        step("past-due", "notice", 1),
        step("final", "notice", 10, late_fee=LateFee(percent=Decimal(2))),
        step("credit-hold", "credit_hold", 15, late_fee=LateFee(percent=Decimal(2))),
    )
    cedar = desk(dunning_policy(steps=steps))
    cedar.run_until("2026-10-10T15:00:00")
    assert cedar.position.owed == Decimal("102.00")
    assert cedar.standing.open_case is not None
    assert cedar.standing.open_case.steps[1].late_fee == "LF-1-final"
    cedar.run_until("2026-11-01T00:00:00")
    assert cedar.position.owed == Decimal("104.00")
    fees = [item.document for item in cedar.position.items if item.document.startswith("LF-")]
    assert fees == ["LF-1-final", "LF-1-credit-hold"]


def test_a_letter_that_was_left_behind_is_sent_by_the_next_look_and_only_once() -> None:
    """SES refuses twice; ten minutes later each time the same letter is tried."""
    cedar = desk()
    cedar.run_until("2026-10-01T13:00:00")
    cedar.ports.mailer.errors = [MailRefusedForNowError("slow down")] * 2
    cedar.run_until("2026-10-01T14:05:00")
    assert cedar.parts == []
    assert cedar.wakes == {"birch_cedar_c1": utc("2026-10-01T14:10:00")}
    cedar.run_until("2026-10-02T00:00:00")
    assert cedar.parts == ["c1-past-due-1"]
    assert cedar.standing.open_case is not None
    assert len(cedar.standing.open_case.steps[0].attempts) == 1


def test_a_letter_that_was_left_behind_is_withdrawn_when_the_case_is_over() -> None:
    cedar = desk()
    cedar.run_until("2026-10-01T13:00:00")
    cedar.ports.mailer.errors = [MailRefusedForNowError("slow down")]
    cedar.run_until("2026-10-01T14:05:00")
    cedar.pay("100.00")
    cedar.run_until("2026-10-02T00:00:00")
    assert cedar.parts == []
    (mail,) = cedar.ports.outbox.mails.values()
    assert mail.state is MailState.REJECTED
    assert "over" in mail.note


def test_names_of_executions_fit_and_differ() -> None:
    """Step Functions takes 80 characters."""
    assert execution_name("birch", "cedar", 3, 1) == "birch_cedar_c3"
    assert execution_name("birch", "cedar", 3, 2) == "birch_cedar_c3_r2"
    long = [execution_name("p" * 40, "a" * 40, 1, run) for run in (1, 2, 3)]
    assert all(len(name) == 80 for name in long)
    assert len(set(long)) == 3


def test_the_policy_of_a_case_stays_although_another_comes_into_force(desk_of: Desk) -> None:
    """The hold comes after 15 days, as the case's policy says, not after 60."""
    cedar = desk_of
    cedar.run_until("2026-10-02T00:00:00")
    current = cedar.ports.policies.policy(PROVIDER, "2026-09")
    slower = dunning_policy(
        steps=(step("past-due", "notice", 1), step("slow-hold", "credit_hold", 60))
    )
    cedar.ports.policies.put(current.model_copy(update={"version": "2026-10", "dunning": slower}))
    cedar.run_until("2026-10-16T00:00:00")
    assert cedar.state is CREDIT
    assert cedar.steps == ("past-due", "final", "credit-hold")


@pytest.fixture
def desk_of() -> Desk:
    return desk()
