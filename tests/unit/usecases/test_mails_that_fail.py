"""Whatever keeps a mail of the queue from going out, a person hears of it, and others still go."""

from __future__ import annotations

from datetime import timedelta

import pytest

from msp_billing.domain.mail_events import MailEvent
from msp_billing.domain.outbox import MailId, MailState, OutboxMail
from msp_billing.domain.policy import ProviderPolicy
from msp_billing.domain.problems import ProblemsError
from msp_billing.usecases.dunning.context import policy_in_force
from msp_billing.usecases.dunning.letter_copies import goes_to_the_next
from msp_billing.usecases.errors import BusError, MailOutcomeUnknownError, MailSetupError
from msp_billing.usecases.mailing.addressing import addressed, flagged_among
from msp_billing.usecases.mailing.contact_alerts import compose_alert
from msp_billing.usecases.mailing.resend_mail import (
    ResendRequest,
    SettleRequest,
    resend_mail,
    settle_mail,
)
from msp_billing.usecases.mailing.send_queued import QueueRequest, QueueResult, send_queued
from tests.unit.usecases.mail_desk import BOOKS, BOSS, INVOICE, IT, OWNER, MailDesk, event

SECOND = INVOICE.model_copy(update={"part": "all-copy-2"})


def send(desk: MailDesk) -> QueueResult:
    return send_queued(desk.ports, QueueRequest(provider="birch"))


def told(desk: MailDesk, about: MailId) -> str:
    """The alert about a mail, as the provider's people read it; nothing when there is none."""
    found = [alert for alert in desk.alerts() if alert.about == str(about)]
    policy = policy_in_force(desk.ports, "birch")
    return "".join(compose_alert(desk.ports, policy, alert).decode() for alert in found)


def test_a_copy_that_cannot_be_made_is_told() -> None:
    """The cycle is closed, and its summary is out: nobody would ever look."""
    desk = MailDesk()
    desk.hear(event("bounced", BOOKS))
    assert send(desk).rejected == 1, "the desk has no cycle to make the mail of"
    assert desk.of("all-copy-2").state is MailState.REJECTED
    assert "reached nobody" in told(desk, INVOICE)
    assert send(desk).sent == 1, "the alert itself goes out with the next call"
    assert desk.ports.bus.of_type("MailQueued")[1:], "which is asked for at once"


def test_a_copy_that_was_given_up_by_a_call_that_broke_off_is_told_by_the_next() -> None:
    desk = MailDesk()
    desk.hear(event("bounced", BOOKS))
    moved = desk.ports.outbox.move(
        SECOND, MailState.READY, MailState.REJECTED, at=desk.ports.clock.now(), note="defect"
    )
    assert moved
    send(desk)
    assert "reached nobody" in told(desk, INVOICE)


def test_a_mail_that_ses_took_and_then_rejected_is_told() -> None:
    desk = MailDesk()
    rejected = MailEvent(mail=INVOICE, kind="rejected", message_id="m", note="Bad content")
    for _ in range(2):
        desk.hear(rejected)
    assert desk.mail.state is MailState.REJECTED
    assert "reached nobody" in told(desk, INVOICE)
    assert len(desk.alerts()) == 1
    assert desk.copies() == [], "it may be the mail itself that SES refuses, for everybody"


def test_a_copy_that_a_person_asked_for_is_told_though_others_got_it() -> None:
    desk = MailDesk()
    desk.hear(event("delivered", BOOKS))
    request = ResendRequest(
        provider="birch",
        document=str(INVOICE),
        recipients=(BOSS,),
        why="asked",
        requested_by="dana",
    )
    copy = resend_mail(desk.ports, request)
    send(desk)
    assert told(desk, INVOICE) == ""
    assert "reached nobody" in told(desk, copy.id)


def test_a_copy_of_which_nobody_knows_is_told_when_no_event_comes() -> None:
    desk = MailDesk()
    desk.hear(event("bounced", BOOKS))
    for before, after in (("ready", "sending"), ("sending", "unknown")):
        now = desk.ports.clock.now()
        assert desk.ports.outbox.move(SECOND, MailState(before), MailState(after), at=now)
    send(desk)
    assert told(desk, SECOND) == "", "an event may still come"
    desk.ports.clock.time += timedelta(hours=2)
    send(desk)
    words = told(desk, SECOND)
    assert "mspbill outbox settle" in words
    assert SECOND not in set(desk.ports.outbox.queued("birch"))


def test_a_copy_whose_event_came_leaves_the_queue_in_silence() -> None:
    desk = MailDesk()
    desk.hear(event("bounced", BOOKS))
    desk.send_queue()
    desk.ports.outbox.queue.add(SECOND)
    desk.hear(event("delivered", BOSS, mail=SECOND))
    send(desk)
    assert list(desk.ports.outbox.queued("birch")) == []
    assert told(desk, SECOND) == told(desk, INVOICE) == ""


# --- Nobody is left to mail it to ----------------------------------------------------------------


def given_up(desk: MailDesk) -> OutboxMail:
    desk.hear(event("bounced", BOOKS, BOSS, IT, OWNER))
    mail = desk.mail.model_copy(
        update={
            "id": INVOICE.model_copy(update={"part": "next"}),
            "state": MailState.READY,
            "recipients": (BOOKS,),
            "outcomes": (),
        }
    )
    desk.ports.outbox.put(mail)
    return mail


def test_a_bus_that_is_down_stops_no_batch_over_an_alert() -> None:
    """The alert has its place in the queue; the daily look sends it."""
    desk = MailDesk(recipients=(BOOKS, BOSS, IT, OWNER))
    mail = given_up(desk)
    desk.ports.bus.errors = [BusError("down")]
    policy = policy_in_force(desk.ports, "birch")
    assert addressed(desk.ports, policy, mail, flagged_among(desk.ports, "birch", [mail])) is None
    assert any(alert.about == str(mail.id) for alert in desk.alerts())


def test_the_alert_is_there_before_the_mail_is_given_up(monkeypatch: pytest.MonkeyPatch) -> None:
    desk = MailDesk(recipients=(BOOKS, BOSS, IT, OWNER))
    mail = given_up(desk)

    def lost(_mail: OutboxMail) -> bool:
        raise RuntimeError("cut off")

    monkeypatch.setattr(desk.ports.outbox, "enqueue", lost)
    policy = policy_in_force(desk.ports, "birch")
    with pytest.raises(RuntimeError, match="cut off"):
        addressed(desk.ports, policy, mail, flagged_among(desk.ports, "birch", [mail]))
    assert desk.of("next").state is MailState.READY, "it is looked at again, and told then"


# --- Others still go -----------------------------------------------------------------------------


def test_one_provider_whom_ses_takes_no_mail_from_holds_up_no_other() -> None:
    desk = MailDesk()
    policy = policy_in_force(desk.ports, "birch")
    desk.ports.policies.put(policy.model_copy(update={"provider": "zelkova"}))
    desk.hear(event("bounced", BOOKS))
    (alert,) = desk.alerts()
    other = alert.model_copy(
        update={"id": alert.id.model_copy(update={"provider": "zelkova"}), "about": BOOKS}
    )
    desk.ports.outbox.leave_queue(SECOND)
    desk.ports.outbox.enqueue(other)
    desk.ports.mailer.errors = [MailSetupError("not verified")]
    with pytest.raises(MailSetupError, match="not verified"):
        send_queued(desk.ports, QueueRequest())
    states = [desk.ports.outbox.mails[mail.id].state for mail in (alert, other)]
    assert MailState.READY in states, "the one that SES refused waits"
    assert states[1] is not MailState.READY


# --- Claims that were left behind ----------------------------------------------------------------


@pytest.mark.parametrize(("hours", "settled"), [(1, True), (0, False)])
def test_a_claim_whose_sender_died_can_be_settled_by_a_person(hours: int, settled: bool) -> None:
    """docs/faults.md 9: letters and questions have no worker that comes by again."""
    desk = MailDesk(state=MailState.READY)
    claimed_at = desk.ports.clock.now()
    assert desk.ports.outbox.move(INVOICE, MailState.READY, MailState.SENDING, at=claimed_at)
    desk.ports.clock.time += timedelta(hours=hours)
    request = SettleRequest(
        provider="birch",
        document=str(INVOICE),
        settled_as="not-sent",
        why="they have nothing",
        settled_by="dana",
    )
    if settled:
        assert settle_mail(desk.ports, request).state is MailState.REJECTED
    else:
        with pytest.raises(ProblemsError, match="it is sending"):
            settle_mail(desk.ports, request)


def test_a_lost_answer_stays_in_the_queue_until_its_event_came() -> None:
    desk = MailDesk()
    desk.hear(event("bounced", BOOKS))
    (alert,) = desk.alerts()
    desk.ports.outbox.leave_queue(SECOND)
    desk.ports.mailer.errors = [MailOutcomeUnknownError("no answer")]
    assert send(desk).unknown == 1
    assert list(desk.ports.outbox.queued("birch")) == [], "an alert about an alert helps nobody"
    assert desk.ports.outbox.mails[alert.id].state is MailState.UNKNOWN


# --- Names ---------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", ["contacts", "statements"])
def test_no_run_is_called_what_mails_of_no_cycle_are_kept_under(name: str) -> None:
    policy = policy_in_force(MailDesk().ports, "birch")
    runs = (policy.runs[0].model_copy(update={"run": name}), *policy.runs[1:])
    with pytest.raises(ValueError, match=f"a run cannot be called '{name}'"):
        ProviderPolicy.model_validate(
            {**policy.model_dump(), "runs": [r.model_dump() for r in runs]}
        )


@pytest.mark.parametrize(
    ("part", "copied"),
    [
        ("reminder-20260929", True),
        ("c1-returned-20260929141500000000", True),
        ("c1-cheque-returned-notice-1", False),
        ("c12-returned-2", False),
    ],
)
def test_letters_of_steps_are_left_to_their_case_whatever_the_steps_are_called(
    part: str, copied: bool
) -> None:
    """Copied by the queue as well, the next contact would get the notice twice (DUN-09)."""
    letter = INVOICE.model_copy(update={"run": "dunning", "part": part, "kind": "dunning"})
    assert goes_to_the_next(letter) is copied
