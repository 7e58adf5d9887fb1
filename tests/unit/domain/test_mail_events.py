"""What SES says of recipients, in any order, and what it makes of their mail."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from msp_billing.domain.mail_events import (
    MailEvent,
    MailEventKind,
    ToldRecipient,
    after_event,
    has_failed,
)
from msp_billing.domain.outbox import MailId, MailState, OutboxMail, may_become
from msp_billing.domain.periods import Period

ANN, BEN, CAY = "ann@cedar.example", "ben@cedar.example", "cay@cedar.example"
AT = datetime(2026, 9, 2, 14, tzinfo=UTC)
MAIL = OutboxMail(
    id=MailId(
        provider="birch",
        run="managed",
        period=Period(year=2026, month=9),
        account="cedar",
        part="all",
        kind="invoice",
    ),
    state=MailState.SENT,
    recipients=(ANN, BEN, CAY),
)


def event(kind: MailEventKind, *addresses: str, hard: bool = True, said: str = "") -> MailEvent:
    return MailEvent(
        mail=MAIL.id,
        kind=kind,
        message_id="m-1",
        recipients=tuple(ToldRecipient(address=a, diagnostic=said) for a in addresses),
        note={"bounced": "Permanent General" if hard else "Transient MailboxFull"}.get(kind, ""),
        is_permanent=kind == "bounced" and hard,
    )


def after(mail: OutboxMail, *events: MailEvent) -> OutboxMail:
    for number, entry in enumerate(events):
        following = after_event(mail, entry, AT + timedelta(seconds=number))
        assert following.state is mail.state or may_become(mail.state, following.state)
        mail = following
    return mail


def fates(mail: OutboxMail) -> dict[str, str]:
    return {entry.recipient: entry.fate for entry in mail.outcomes}


def test_delivered_to_one_of_three_is_delivered() -> None:
    mail = after(MAIL, event("bounced", ANN, BEN, said="550 5.1.1"), event("delivered", CAY))
    assert mail.state is MailState.DELIVERED
    assert fates(mail) == {ANN: "bounced", BEN: "bounced", CAY: "delivered"}
    assert mail.outcomes[0].bounce == "Permanent General: 550 5.1.1"
    assert mail.note == f"{ANN}, {BEN}: Permanent General"
    assert not has_failed(mail)


def test_a_mail_has_bounced_when_everybody_has() -> None:
    mail = after(MAIL, event("bounced", ANN), event("bounced", CAY))
    assert mail.state is MailState.SENT
    mail = after(mail, event("bounced", BEN))
    assert mail.state is MailState.BOUNCED
    assert has_failed(mail)


def test_a_server_that_sends_a_mail_back_takes_its_word_back() -> None:
    mail = after(MAIL, event("delivered", ANN), event("bounced", ANN, BEN, CAY))
    assert mail.state is MailState.BOUNCED


def test_who_complained_has_got_it() -> None:
    """Nobody else is tried: the mail arrived, and was not wanted."""
    mail = after(MAIL, event("complained", ANN))
    assert mail.state is MailState.DELIVERED
    mail = after(mail, event("bounced", BEN, CAY))
    assert mail.state is MailState.COMPLAINED
    assert not has_failed(mail)


def test_a_delay_is_kept_and_moves_nothing() -> None:
    mail = after(MAIL, event("delayed", ANN, said="452 full"))
    assert mail.state is MailState.SENT
    assert fates(mail) == {ANN: "delayed"}
    assert mail.outcomes[0].delay == "452 full"
    assert fates(after(mail, event("delivered", ANN))) == {ANN: "delivered"}
    assert fates(after(MAIL, event("delivered", ANN), event("delayed", ANN))) == {ANN: "delivered"}


def test_a_delay_settles_that_ses_has_the_mail() -> None:
    unknown = MAIL.model_copy(update={"state": MailState.UNKNOWN})
    assert after(unknown, event("delayed", ANN)).state is MailState.SENT


def test_the_mailbox_behind_the_only_address_is_the_address() -> None:
    one = MAIL.model_copy(update={"recipients": (ANN,)})
    mail = after(one, event("bounced", "ann.lee@mailbox.example"))
    assert fates(mail) == {ANN: "bounced"}
    assert (mail.state, mail.note) == (MailState.BOUNCED, "Permanent General")


def test_a_stranger_among_several_is_passed_over_and_case_is_not() -> None:
    assert after(MAIL, event("bounced", "stranger@elm.example")).outcomes == ()
    assert fates(after(MAIL, event("bounced", "ANN@Cedar.example"))) == {ANN: "bounced"}


def test_an_event_that_names_nobody_is_about_everybody() -> None:
    assert after(MAIL, event("bounced")).state is MailState.BOUNCED


def test_a_hard_bounce_outweighs_a_soft_one() -> None:
    for events in (
        (event("bounced", ANN, hard=False), event("bounced", ANN)),
        (event("bounced", ANN), event("bounced", ANN, hard=False)),
    ):
        (outcome,) = after(MAIL, *events).outcomes
        assert outcome.is_permanent


@pytest.mark.parametrize("state", [MailState.WAITING, MailState.READY])
def test_a_mail_that_was_not_handed_over_is_left_alone(state: MailState) -> None:
    mail = MAIL.model_copy(update={"state": state})
    assert after(mail, event("delivered", ANN)) == mail


def test_what_comes_after_a_rejection_is_kept_and_moves_nothing() -> None:
    """A person may have settled a mail as not sent that did arrive: its recipients tell."""
    mail = after(MAIL, event("rejected"), event("delivered", ANN))
    assert mail.state is MailState.REJECTED
    assert fates(mail) == {ANN: "delivered"}


EVENTS = st.builds(
    event,
    st.sampled_from(["sent", "delivered", "delayed", "bounced", "complained"]),
    st.sampled_from([ANN, BEN, CAY]),
    hard=st.booleans(),
)


@given(
    start=st.sampled_from([MailState.SENDING, MailState.SENT, MailState.UNKNOWN]),
    events=st.lists(EVENTS, min_size=1, max_size=8),
    data=st.data(),
)
def test_the_order_of_events_and_their_repetition_make_no_difference(
    start: MailState, events: list[MailEvent], data: st.DataObject
) -> None:
    """docs/faults.md 12, 13 and 14: twice, late, before SENT is stored."""
    mail = MAIL.model_copy(update={"state": start})
    once = after(mail, *events)
    again = after(mail, *data.draw(st.permutations([*events, *events])))
    assert again.state is once.state
    assert {e.recipient: (e.fate, e.is_permanent) for e in again.outcomes} == {
        e.recipient: (e.fate, e.is_permanent) for e in once.outcomes
    }
    assert after(again, *events).state is again.state
