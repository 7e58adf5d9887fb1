"""Mails, contacts and sending on the list."""

from __future__ import annotations

from datetime import timedelta
from fractions import Fraction
from typing import Any

import pytest

from msp_billing.domain.attention import Attention
from msp_billing.domain.attention import AttentionKind as Kind
from msp_billing.domain.outbox import MailState, OutboxMail
from msp_billing.domain.sending import SendingAllowance
from msp_billing.usecases.attention.look import look_at
from msp_billing.usecases.attention.mails import contacts, mails, sending
from msp_billing.usecases.errors import MailRefusedForNowError, MailSetupError
from tests.unit.usecases.mail_desk import BOOKS, BOSS, INVOICE, IT, NOW, OWNER, MailDesk, event


def listed(desk: MailDesk, part: Any = mails) -> list[Attention]:
    return list(part(look_at(desk.ports, "birch")))


def test_an_unknown_mail_is_listed_once_its_event_had_time_to_come() -> None:
    """docs/faults.md 9."""
    desk = MailDesk(state=MailState.SENDING)
    desk.ports.outbox.move(INVOICE, MailState.SENDING, MailState.UNKNOWN, at=NOW)
    desk.ports.clock.move_to(NOW + timedelta(minutes=59))
    assert listed(desk) == []
    desk.ports.clock.move_to(NOW + timedelta(minutes=61))
    (entry,) = listed(desk)
    assert (entry.kind, entry.account, entry.since_at) == (Kind.MAIL_UNKNOWN, "cedar", NOW)
    assert "invoice BI-000001" in entry.what
    assert entry.command == (
        "mspbill outbox settle birch/managed/2026-09/cedar/all/invoice --as not-sent "
        "--provider birch --by NAME --why 'they have not got it'"
    )


def test_a_bounce_is_listed_only_when_nobody_of_the_account_got_the_mail() -> None:
    """docs/faults.md 12: the next contact gets it; only when all have failed, a person is asked."""
    desk = MailDesk()
    desk.hear(event("bounced", BOOKS))
    assert listed(desk) == []
    assert listed(desk, contacts) == []
    for number, address in enumerate((BOSS, IT, OWNER), start=2):
        desk.send_queue()
        desk.hear(event("bounced", address, mail=desk.of(f"all-copy-{number}").id))
    (entry,) = listed(desk)
    assert (entry.kind, entry.account) == (Kind.MAIL_FAILED, "cedar")
    assert f"of {BOOKS}, {BOSS}, {IT}, {OWNER}: " in entry.what
    assert entry.command is not None
    assert entry.command.startswith("mspbill outbox resend BI-000001 --to ADDRESS --provider birch")
    (nobody,) = listed(desk, contacts)
    assert (nobody.kind, nobody.account) == (Kind.NOBODY_TO_MAIL, "cedar")


def test_a_mail_to_the_providers_own_people_counts_too() -> None:
    desk = MailDesk()
    own = INVOICE.model_copy(update={"account": "birch", "kind": "summary"})
    desk.ports.outbox.put(
        OutboxMail(id=own, state=MailState.SENT, recipients=("clerk@birch.example",))
    )
    desk.ports.outbox.settle(own, MailState.BOUNCED, NOW, "550 no such user")
    (entry,) = listed(desk)
    assert (entry.kind, entry.account) == (Kind.MAIL_FAILED, None)
    assert "summary" in entry.what
    assert "550 no such user" in entry.what


def test_a_mail_of_long_ago_is_not_listed_for_ever() -> None:
    desk = MailDesk(state=MailState.SENDING)
    desk.ports.outbox.move(INVOICE, MailState.SENDING, MailState.UNKNOWN, at=NOW)
    desk.ports.clock.move_to(NOW + timedelta(days=46))
    assert listed(desk) == []


@pytest.mark.parametrize(
    ("allowed", "words"),
    [
        (SendingAllowance(per_second=Fraction(14), is_enabled=False), "switched sending off"),
        (SendingAllowance(per_second=Fraction(1), per_day=200, sent_today=200), "quota"),
        (MailRefusedForNowError("a timeout"), "does not say what it allows: a timeout"),
        (MailSetupError("no permission"), "as it is set up: no permission"),
    ],
)
def test_sending_that_stands_still_is_listed(allowed: Any, words: str) -> None:
    """docs/faults.md 11."""
    desk = MailDesk()
    assert listed(desk, sending) == []
    desk.ports.mailer.allowed = allowed
    (entry,) = listed(desk, sending)
    assert entry.kind is Kind.DELIVERY_PAUSED
    assert words in entry.what


def test_mails_that_wait_for_more_than_a_day_are_listed_with_what_ses_said() -> None:
    """docs/faults.md 10."""
    desk = MailDesk()
    waiting = INVOICE.model_copy(update={"part": "all-copy-2"})
    desk.ports.outbox.enqueue(
        OutboxMail(
            id=waiting,
            state=MailState.READY,
            recipients=(BOSS,),
            moved_at=NOW,
            note="Maximum sending rate exceeded.",
        )
    )
    desk.ports.clock.move_to(NOW + timedelta(hours=23))
    assert listed(desk, sending) == []
    desk.ports.clock.move_to(NOW + timedelta(hours=25))
    (entry,) = listed(desk, sending)
    assert "1 mail has waited" in entry.what
    assert "Maximum sending rate exceeded." in entry.what
