"""Reminders, and letters that a hold is back, for the next contact when they come back."""

from __future__ import annotations

import email
import email.policy
from datetime import date
from email.message import EmailMessage

import pytest

from msp_billing.domain.dunning.standing import AccountState
from msp_billing.domain.mail_events import MailEvent, ToldRecipient
from msp_billing.domain.outbox import MailId, MailState
from msp_billing.usecases.dunning.kept_letters import kept_letter_key
from msp_billing.usecases.errors import MailRefusedForNowError
from msp_billing.usecases.mailing.record_mail_event import record_mail_event
from msp_billing.usecases.mailing.send_queued import QueueRequest, QueueResult, send_queued
from tests.end_to_end.dunning_provider import (
    CHIEF,
    OWNER,
    PROVIDER,
    SECOND,
    dunning_policy,
    with_reminders,
)
from tests.unit.usecases.dunning_desk import Desk, desk

BOTH = (OWNER, SECOND)


@pytest.fixture
def cedar() -> Desk:
    """Cedar was reminded of B-1 and B-2 on 29 September, and nothing is known of the letter yet."""
    made = desk(dunning_policy(steps=with_reminders(-2)), escalation_contacts=(CHIEF,))
    made.fate = lambda _: None
    made.owe("B-2", "50.00", date(2026, 10, 1))
    assert made.sweep().reminded == 1
    return made


def reminder(cedar: Desk, part: str = "reminder-20260929") -> MailId:
    (found,) = (mail for mail in cedar.ports.outbox.mails if mail.part == part)
    return found


def bounce(cedar: Desk, mail: MailId, *addresses: str) -> None:
    told = MailEvent(
        mail=mail,
        kind="bounced",
        message_id="m",
        recipients=tuple(ToldRecipient(address=address) for address in addresses),
        note="Permanent General",
        is_permanent=True,
    )
    record_mail_event(cedar.ports, told)


def send(cedar: Desk) -> QueueResult:
    return send_queued(cedar.ports, QueueRequest(provider=PROVIDER))


def kept(cedar: Desk, mail: MailId) -> EmailMessage:
    raw = cedar.ports.records.get(kept_letter_key(mail))
    return email.message_from_bytes(raw, policy=email.policy.default)


def test_a_reminder_that_reached_nobody_goes_to_the_next_contact_as_it_was(cedar: Desk) -> None:
    mail = reminder(cedar)
    bounce(cedar, mail, OWNER)
    assert cedar.ports.outbox.mails[mail].state is MailState.SENT, "the second may have it"
    bounce(cedar, mail, SECOND)
    copy = mail.model_copy(update={"part": f"{mail.part}-copy-2"})
    assert cedar.ports.outbox.mails[copy].recipients == (CHIEF,)
    assert send(cedar).sent == 3, "the copy, and an alert for each of the two"
    first, second = kept(cedar, mail), kept(cedar, copy)
    assert (first["To"], second["To"]) == (", ".join(BOTH), CHIEF)
    assert first["Subject"] == second["Subject"]
    assert first.get_payload() is not None
    bodies = [entry.as_bytes().partition(b"\n\n")[2] for entry in (first, second)]
    assert bodies[0] == bodies[1]


def test_a_reminder_about_what_was_paid_meanwhile_is_withdrawn(cedar: Desk) -> None:
    mail = reminder(cedar)
    bounce(cedar, mail, *BOTH)
    cedar.pay("150.00")
    copy = mail.model_copy(update={"part": f"{mail.part}-copy-2"})
    assert send(cedar).rejected == 1
    found = cedar.ports.outbox.mails[copy]
    assert (found.state, found.note) == (
        MailState.REJECTED,
        "there is nothing left to remind of",
    )


def test_what_ses_refuses_for_now_stays_in_the_queue(cedar: Desk) -> None:
    """docs/faults.md 10: Lambda comes again, and the daily look after it."""
    bounce(cedar, reminder(cedar), *BOTH)
    cedar.ports.mailer.errors = [MailRefusedForNowError("429")]
    waiting = list(cedar.ports.outbox.queued(PROVIDER))
    with pytest.raises(MailRefusedForNowError, match="takes no mail for now"):
        send(cedar)
    assert list(cedar.ports.outbox.queued(PROVIDER)) == waiting
    assert send(cedar).sent == 3
    assert list(cedar.ports.outbox.queued(PROVIDER)) == []


def test_one_mail_with_a_defect_holds_up_none_of_the_others(cedar: Desk) -> None:
    """docs/faults.md 16."""
    mail = reminder(cedar)
    bounce(cedar, mail, *BOTH)
    del cedar.ports.records.objects[kept_letter_key(mail)]
    result = send(cedar)
    assert (result.sent, result.rejected) == (2, 1)


def test_a_flagged_contact_gets_no_reminder(cedar: Desk) -> None:
    bounce(cedar, reminder(cedar), OWNER)
    cedar.owe("B-3", "50.00", date(2026, 10, 2))
    cedar.ports.clock.pass_days(1)
    assert cedar.sweep().reminded == 1
    second = reminder(cedar, "reminder-20260930")
    assert cedar.ports.outbox.mails[second].recipients == (SECOND,)


@pytest.mark.rule("DUN-09")
def test_a_notice_passes_flagged_contacts_over_and_asks_the_next(cedar: Desk) -> None:
    """It waits for no bounce that is known before; who is left gets it, and that counts."""
    bounce(cedar, reminder(cedar), OWNER)
    cedar.fate = lambda _: MailState.DELIVERED
    cedar.run_until("2026-10-02T00:00:00")
    letters = [m for m in cedar.ports.mailer.sent if m.id.part.startswith("c1-")]
    assert [mail.recipients for mail in letters] == [(SECOND,)]
    assert cedar.standing.open_case is not None
    assert cedar.standing.open_case.steps[0].delivered_at is not None


@pytest.mark.rule("DUN-09")
def test_no_hold_follows_a_notice_that_had_nobody_to_go_to(cedar: Desk) -> None:
    bounce(cedar, reminder(cedar), *BOTH)
    bounce_all = [m for m in cedar.ports.outbox.mails if m.part.endswith("-copy-2")]
    send(cedar)
    bounce(cedar, bounce_all[0], CHIEF)
    cedar.run_until("2026-11-30T00:00:00")
    assert cedar.state is AccountState.DUE
    assert not [
        m for m in cedar.ports.mailer.sent if m.id.part.startswith("c1-") and m.id.kind == "dunning"
    ]
    assert [part for part in cedar.alerts if "told" in part]
