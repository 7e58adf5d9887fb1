"""SES's events in any order, doubled or missing: a mail only moves forward."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any, cast

import pytest
from hypothesis import given
from hypothesis import strategies as st

from msp_billing.domain.outbox import MailId, MailState, OutboxMail, may_become
from msp_billing.domain.periods import Period
from msp_billing.usecases.ports import Ports
from msp_billing.usecases.record_mail_event import MailEvent, record_mail_event
from msp_billing.usecases.ses_events import read_ses_event

MAIL = MailId(
    provider="birch",
    run="managed",
    period=Period(year=2026, month=9),
    account="cedar",
    part="all",
    kind="invoice",
)
EVENT_KINDS = {
    "Send": MailState.SENT,
    "Delivery": MailState.DELIVERED,
    "Bounce": MailState.BOUNCED,
    "Complaint": MailState.COMPLAINED,
    "Reject": MailState.REJECTED,
}


class OneMail:
    """An outbox of one mail that keeps the states it went through."""

    def __init__(self, state: MailState) -> None:
        self.states = [state]

    def find_many(self, ids: Sequence[MailId]) -> dict[MailId, OutboxMail]:
        return {
            entry: OutboxMail(id=entry, state=self.states[-1], recipients=("books@cedar.example",))
            for entry in ids
            if entry == MAIL
        }

    def move(self, mail: MailId, expected: MailState, following: MailState, **_: Any) -> bool:
        assert mail == MAIL
        assert may_become(expected, following)
        if self.states[-1] is not expected:
            return False
        self.states.append(following)
        return True


class OnePort:
    def __init__(self, outbox: OneMail) -> None:
        self.outbox = outbox
        self.clock = self

    def now(self) -> datetime:
        return datetime(2026, 9, 2, 14, 0, tzinfo=UTC)


def record(outbox: OneMail, state: MailState) -> bool:
    event = MailEvent(mail=MAIL, state=state, message_id="m")
    return record_mail_event(cast("Ports", OnePort(outbox)), event).changed


@given(
    start=st.sampled_from([MailState.SENDING, MailState.SENT, MailState.UNKNOWN]),
    events=st.lists(st.sampled_from(list(EVENT_KINDS.values())), max_size=8),
)
def test_whatever_the_order_a_mail_moves_forward_only(
    start: MailState, events: list[MailState]
) -> None:
    """docs/faults.md 12, 13 and 14."""
    outbox = OneMail(start)
    for state in events:
        record(outbox, state)
    assert len(set(outbox.states)) == len(outbox.states)
    assert not {MailState.READY, MailState.SENDING, MailState.WAITING} & set(outbox.states[1:])


@given(
    events=st.permutations([MailState.SENT, MailState.DELIVERED, MailState.DELIVERED]),
    start=st.sampled_from([MailState.SENDING, MailState.UNKNOWN, MailState.SENT]),
)
def test_a_mail_that_arrived_ends_as_delivered(start: MailState, events: list[MailState]) -> None:
    """docs/faults.md 14."""
    outbox = OneMail(start)
    for state in events:
        record(outbox, state)
    assert outbox.states[-1] is MailState.DELIVERED


@given(
    fate=st.sampled_from([MailState.BOUNCED, MailState.COMPLAINED]),
    more=st.lists(st.sampled_from([MailState.SENT, MailState.DELIVERED]), max_size=3),
    data=st.data(),
)
def test_a_bounce_or_a_complaint_stands(
    fate: MailState, more: list[MailState], data: st.DataObject
) -> None:
    """docs/faults.md 12 and 13: neither a late delivery nor a late sending covers it up."""
    outbox = OneMail(MailState.SENDING)
    for state in data.draw(st.permutations([fate, *more])):
        record(outbox, state)
    assert outbox.states[-1] is fate


def test_an_event_about_a_mail_that_nobody_knows_is_an_error() -> None:
    """It goes to the dead-letter queue, for a person."""
    stranger = MAIL.model_copy(update={"account": "stranger"})
    event = MailEvent(mail=stranger, state=MailState.SENT, message_id="m")
    with pytest.raises(KeyError):
        record_mail_event(cast("Ports", OnePort(OneMail(MailState.SENT))), event)


def ses_event(kind: str, **details: Any) -> dict[str, Any]:
    tags = {name: [str(value)] for name, value in MAIL.model_dump(mode="json").items()}
    mail = {"messageId": "m-1", "tags": tags}
    return {"detail": {"eventType": kind, "mail": mail, **details}}


@pytest.mark.parametrize("kind", EVENT_KINDS)
def test_events_are_found_by_their_tags(kind: str) -> None:
    event = read_ses_event(ses_event(kind, bounce={"bounceType": "Permanent"}))
    assert event is not None
    assert (event.mail, event.state, event.message_id) == (MAIL, EVENT_KINDS[kind], "m-1")


def test_a_soft_bounce_is_reported_when_ses_has_given_up() -> None:
    bounce = {"bounceType": "Transient", "bounceSubType": "MailboxFull"}
    event = read_ses_event(ses_event("Bounce", bounce=bounce))
    assert event is not None
    assert (event.state, event.note) == (MailState.BOUNCED, "Transient MailboxFull")


def test_an_absence_note_an_opening_and_a_strangers_mail_say_nothing() -> None:
    absent = {"bounceType": "Transient", "bounceSubType": "General"}
    assert read_ses_event(ses_event("Bounce", bounce=absent)) is None
    assert read_ses_event(ses_event("Open")) is None
    assert read_ses_event({"detail": {"eventType": "Delivery", "mail": {"tags": {}}}}) is None
    assert read_ses_event({}) is None


def test_a_bounce_keeps_its_reason() -> None:
    bounce = {"bounceType": "Permanent", "bounceSubType": "Suppressed"}
    event = read_ses_event(ses_event("Bounce", bounce=bounce))
    assert event is not None
    assert event.note == "Permanent Suppressed"
