"""Proof of notice: whom a letter goes to when it bounces, and what waits for it (DUN-09).

The calendar is in tests/end_to_end/dunning_provider.py.
"""

from __future__ import annotations

import pytest

from local_cloud import MailBehaviour
from msp_billing.domain.dunning.standing import AccountState
from msp_billing.domain.outbox import MailState
from msp_billing.usecases.dunning.overrides import (
    OverrideRefusedError,
    OverrideRequest,
    override_notice,
)
from tests.end_to_end.dunning_provider import (
    ACCOUNT,
    CHIEF,
    LEAD,
    OWNER,
    PROVIDER,
    SECOND,
    Debtor,
    dunning_birch,
    dunning_policy,
    overdue,
    step,
)
from tests.end_to_end.stage import Stage

pytestmark = pytest.mark.daily("sweeps")


@pytest.fixture
def cedar(stage: Stage) -> Debtor:
    return overdue(stage)


def behaves(cedar: Debtor, **addresses: MailBehaviour) -> None:
    """What becomes of mail to the account's people; it arrives at everybody else's."""
    fates = {f"{name}@cedar.example": fate for name, fate in addresses.items()}
    cedar.stage.cloud.mail_behaviour = lambda address: fates.get(address, "deliver")


def override(step_name: str, **changes: str) -> OverrideRequest:
    told = {"by": "clerk", "why": "Told on the telephone."}
    return OverrideRequest.model_validate(
        {"provider": PROVIDER, "account": ACCOUNT, "step": step_name, **told, **changes}
    )


@pytest.mark.rule("DUN-09")
def test_a_bounced_notice_goes_to_the_next_contact(cedar: Debtor) -> None:
    """Seen a quarter of an hour later; the steps after it keep their days, and pass it over."""
    behaves(cedar, owner="bounce")
    cedar.stage.run_until("2026-10-16T00:00:00")
    assert cedar.letters() == [
        ("2026-10-01T14:00", "c1-past-due-1", OWNER),
        ("2026-10-01T14:15", "c1-past-due-2", SECOND),
        ("2026-10-10T14:00", "c1-final-1", SECOND),
        ("2026-10-15T14:00", "c1-credit-hold-1", SECOND),
    ]
    case = cedar.standing.case
    assert case is not None
    first, second = case.steps[0].attempts
    assert first.failed is not None
    assert second.delivered_at is not None
    assert case.steps[0].delivered_at == second.delivered_at
    assert [mail.tags["part"][13:] for mail in cedar.sent("contact-alert")] == ["bounced-1"]
    cedar.assert_promises()


@pytest.mark.rule("DUN-09")
def test_a_hold_waits_for_a_notice_that_reached_nobody_until_a_person_overrides_it(
    cedar: Debtor,
) -> None:
    """The warning of 10 October bounces; overridden on the 25th, the hold is on the 30th."""
    cedar.stage.run_until("2026-10-10T13:00:00")
    behaves(cedar, owner="bounce", second="bounce")
    cedar.stage.run_until("2026-10-25T16:00:00")
    assert cedar.state is AccountState.DUE, "no hold without a notice that was received"
    (alert,) = cedar.sent("dunning-alert")
    assert (f"{alert.accepted_at:%Y-%m-%dT%H:%M}", alert.destinations) == (
        "2026-10-10T14:30",
        (LEAD,),
    )
    assert alert.tags["part"] == "c1-final-told-2"

    override_notice(cedar.ports, override("final"))
    cedar.stage.run_until("2026-10-31T00:00:00")
    assert cedar.changes[1:] == [("2026-10-30T14:00", "due", "credit_hold")]
    (said,) = [entry for entry in cedar.history if entry.by == "clerk"]
    assert "Told on the telephone." in said.what
    case = cedar.standing.case
    assert case is not None
    assert case.steps[1].override is not None
    cedar.assert_promises()


def test_an_override_is_refused_with_every_reason(cedar: Debtor) -> None:
    cedar.stage.run_until("2026-10-02T00:00:00")
    with pytest.raises(OverrideRefusedError) as refused:
        override_notice(cedar.ports, override("final", by=" ", why=""))
    codes = [problem.code for problem in refused.value.problems]
    assert codes == ["missing_by", "missing_why", "notice_not_due"]
    for name, code in (
        ("past-due", "notice_received"),
        ("credit-hold", "not_a_notice"),
        ("other", "unknown_step"),
    ):
        with pytest.raises(OverrideRefusedError) as refused:
            override_notice(cedar.ports, override(name))
        assert [problem.code for problem in refused.value.problems] == [code]


@pytest.mark.rule("DUN-09")
def test_a_lost_answer_of_ses_is_never_sent_again_and_its_event_settles_it(cedar: Debtor) -> None:
    """docs/faults.md 9: SES has the letter; its delivery event completes the notice."""
    cedar.stage.run_until("2026-10-01T13:59:00")
    cedar.stage.cloud.lose_answer("sesv2", "SendEmail")
    cedar.stage.run_until("2026-10-16T00:00:00")
    assert [(day, part) for day, part, _ in cedar.letters()] == [
        ("2026-10-01T14:00", "c1-past-due-1"),
        ("2026-10-10T14:00", "c1-final-1"),
        ("2026-10-15T14:00", "c1-credit-hold-1"),
    ]
    cedar.assert_promises()


@pytest.mark.rule("DUN-09")
def test_a_letter_of_which_nothing_is_known_holds_the_case_and_is_told(cedar: Debtor) -> None:
    """The warning is sent on 10 October and nothing is heard: told after three days of looking."""
    cedar.stage.run_until("2026-10-10T13:59:00")
    behaves(cedar, owner="silent")
    cedar.stage.cloud.lose_answer("sesv2", "SendEmail")
    cedar.stage.run_until("2026-10-20T16:00:00")
    assert cedar.state is AccountState.DUE
    (letter,) = (mail for mail in cedar.sent() if mail.tags["part"] == "c1-final-1")
    (alert,) = cedar.sent("dunning-alert")
    assert (alert.accepted_at - letter.accepted_at).days == 3
    case = cedar.standing.case
    assert case is not None
    mail = case.steps[1].attempts[0].mail
    assert cedar.ports.outbox.find_many([mail])[mail].state is MailState.UNKNOWN
    override_notice(cedar.ports, override("final"))
    cedar.stage.run_until("2026-10-26T00:00:00")
    assert cedar.changes[1:] == [("2026-10-25T14:00", "due", "credit_hold")]
    cedar.assert_promises()


def test_a_letter_that_ses_does_not_take_for_now_goes_out_ten_minutes_later(
    cedar: Debtor,
) -> None:
    """docs/faults.md 10: refused before SES took it, so that it can be sent again."""
    cedar.stage.run_until("2026-10-01T13:59:00")
    cedar.stage.cloud.fail_with("sesv2", "SendEmail", "TooManyRequestsException", 2, 429)
    cedar.stage.run_until("2026-10-02T00:00:00")
    assert cedar.letters() == [("2026-10-01T14:20", "c1-past-due-1", OWNER)]


def test_mail_that_is_not_set_up_ends_the_execution_and_the_sweep_goes_on(cedar: Debtor) -> None:
    """Nothing is lost: the letter waits in the outbox, and goes out once, the next day."""
    cedar.stage.run_until("2026-10-01T13:59:00")
    cedar.stage.cloud.fail_with("sesv2", "SendEmail", "AccessDeniedException", status=403)
    cedar.stage.run_until("2026-10-01T15:00:00")
    assert cedar.executions() == {"birch_cedar_c1": "FAILED"}
    cedar.stage.run_until("2026-10-03T00:00:00")
    assert cedar.letters() == [("2026-10-02T11:00", "c1-past-due-1", OWNER)]
    assert cedar.executions()["birch_cedar_c1_r2"] == "RUNNING"


def test_a_letter_that_waits_does_not_go_out_once_all_is_paid(cedar: Debtor) -> None:
    """It was refused for now on 1 October, 14:00; paid at 14:05: it is withdrawn."""
    cedar.stage.run_until("2026-10-01T13:59:00")
    cedar.stage.cloud.fail_with("sesv2", "SendEmail", "TooManyRequestsException", status=429)
    cedar.stage.run_until("2026-10-01T14:05:00")
    cedar.pay("100.00")
    cedar.stage.run_until("2026-10-03T00:00:00")
    assert cedar.letters() == []
    case = cedar.standing.case
    assert case is not None
    mail = case.steps[0].attempts[0].mail
    assert cedar.ports.outbox.find_many([mail])[mail].state is MailState.REJECTED


@pytest.mark.rule("DUN-02")
def test_a_step_goes_to_escalation_contacts_first_and_its_copy_to_the_provider(
    stage: Stage,
) -> None:
    steps = (
        step("past-due", "notice", 1),
        step("final", "notice", 10, recipients="escalation_contacts", copy_to=(LEAD,)),
        step("credit-hold", "credit_hold", 15),
    )
    provider = dunning_birch(dunning_policy(steps=steps), escalation_contacts=(CHIEF,))
    cedar = overdue(stage, provider)
    behaves(cedar, chief="bounce")
    stage.run_until("2026-10-11T00:00:00")
    assert cedar.letters()[1:] == [
        ("2026-10-10T14:00", "c1-final-1", CHIEF),
        ("2026-10-10T14:15", "c1-final-2", OWNER),
    ]
    (copy,) = cedar.sent("dunning-alert")
    assert (copy.destinations, copy.tags["part"]) == ((LEAD,), "c1-final-1")
