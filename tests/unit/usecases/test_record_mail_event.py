"""SES's events in any order, doubled or missing: a mail only moves forward."""

from __future__ import annotations

from typing import Any

import pytest

from msp_billing.domain.mail_events import MailEventKind
from msp_billing.domain.outbox import MailState
from msp_billing.usecases.mailing.record_mail_event import record_mail_event
from msp_billing.usecases.mailing.ses_events import read_ses_event
from tests.unit.usecases.mail_desk import BOOKS, INVOICE, MailDesk, event

EVENT_KINDS: dict[str, MailEventKind] = {
    "Send": "sent",
    "Delivery": "delivered",
    "DeliveryDelay": "delayed",
    "Bounce": "bounced",
    "Complaint": "complained",
    "Reject": "rejected",
    "Rendering Failure": "rejected",
}


def ses_event(kind: str, **details: Any) -> dict[str, Any]:
    tags = {name: [str(value)] for name, value in INVOICE.model_dump(mode="json").items()}
    mail = {"messageId": "m-1", "tags": tags}
    return {"detail": {"eventType": kind, "mail": mail, **details}}


def test_an_event_settles_an_unknown_mail_and_keeps_its_message_id() -> None:
    """docs/faults.md 9."""
    desk = MailDesk(state=MailState.UNKNOWN)
    result = desk.hear(event("delivered"))
    assert (result.state, result.changed) == (MailState.DELIVERED, True)
    assert desk.mail.message_id == "m-1"
    assert not desk.hear(event("delivered")).changed


def test_an_event_is_stored_although_another_one_comes_in_between(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """docs/faults.md 14: two events are recorded at the same time; both are kept."""
    desk = MailDesk(recipients=(BOOKS, "second@cedar.example"))
    change = desk.ports.outbox.change
    raced: list[bool] = []

    def change_late(before: Any, after: Any) -> bool:
        if not raced:
            raced.append(True)
            desk.hear(event("bounced", BOOKS))
        result: bool = change(before, after)
        return result

    monkeypatch.setattr(desk.ports.outbox, "change", change_late)
    desk.hear(event("delivered", "second@cedar.example"))
    assert {e.recipient: e.fate for e in desk.mail.outcomes} == {
        BOOKS: "bounced",
        "second@cedar.example": "delivered",
    }
    assert desk.mail.state is MailState.DELIVERED


def test_an_event_about_a_mail_that_nobody_knows_is_an_error() -> None:
    """It goes to the dead-letter queue, for a person."""
    desk = MailDesk()
    stranger = INVOICE.model_copy(update={"account": "stranger"})
    with pytest.raises(KeyError):
        record_mail_event(desk.ports, event("sent").model_copy(update={"mail": stranger}))


# --- Reading what SES says -----------------------------------------------------------------------


@pytest.mark.parametrize("kind", EVENT_KINDS)
def test_events_are_found_by_their_tags(kind: str) -> None:
    found = read_ses_event(ses_event(kind, bounce={"bounceType": "Permanent"}))
    assert found is not None
    assert (found.mail, found.kind, found.message_id) == (INVOICE, EVENT_KINDS[kind], "m-1")


def test_a_bounce_names_its_recipients_its_reason_and_whether_it_is_for_good() -> None:
    recipients = [
        {"emailAddress": "Books <books@cedar.example>", "diagnosticCode": "smtp; 550 5.1.1"},
        {"emailAddress": "not an address"},
    ]
    bounce = {"bounceType": "Permanent", "bounceSubType": "General"}
    found = read_ses_event(ses_event("Bounce", bounce={**bounce, "bouncedRecipients": recipients}))
    assert found is not None
    assert [(told.address, told.diagnostic) for told in found.recipients] == [
        (BOOKS, "smtp; 550 5.1.1")
    ]
    assert (found.note, found.is_permanent, found.is_suppressed) == (
        "Permanent General",
        True,
        False,
    )


@pytest.mark.parametrize("sub_type", ["Suppressed", "OnAccountSuppressionList"])
def test_a_suppressed_address_bounces(sub_type: str) -> None:
    """docs/faults.md 13: it was never tried, whichever event tells of it."""
    bounce = {"bounceType": "Permanent", "bounceSubType": sub_type}
    complaint = {"complaintSubType": sub_type, "complainedRecipients": [{"emailAddress": BOOKS}]}
    for raw in (ses_event("Bounce", bounce=bounce), ses_event("Complaint", complaint=complaint)):
        found = read_ses_event(raw)
        assert found is not None
        assert (found.kind, found.is_suppressed) == ("bounced", True)
        assert found.note == f"Permanent {sub_type}"


def test_a_soft_bounce_is_reported_when_ses_has_given_up() -> None:
    bounce = {"bounceType": "Transient", "bounceSubType": "MailboxFull"}
    found = read_ses_event(ses_event("Bounce", bounce=bounce))
    assert found is not None
    assert (found.kind, found.note, found.is_permanent) == (
        "bounced",
        "Transient MailboxFull",
        False,
    )


def test_a_delay_a_delivery_and_a_rejection_say_whom_and_why() -> None:
    delay = {
        "delayType": "MailboxFull",
        "delayedRecipients": [{"emailAddress": BOOKS, "diagnosticCode": "452 4.2.2"}],
    }
    delayed = read_ses_event(ses_event("DeliveryDelay", deliveryDelay=delay))
    assert delayed is not None
    assert (delayed.note, delayed.recipients[0].diagnostic) == ("Delayed MailboxFull", "452 4.2.2")
    delivered = read_ses_event(ses_event("Delivery", delivery={"recipients": [BOOKS]}))
    assert delivered is not None
    assert delivered.recipients[0].address == BOOKS
    rejected = read_ses_event(ses_event("Reject", reject={"reason": "Bad content"}))
    assert rejected is not None
    assert rejected.note == "Bad content"
    failure = {"templateName": "none", "errorMessage": "no value for 'name'"}
    failed = read_ses_event(ses_event("Rendering Failure", failure=failure))
    assert failed is not None
    assert failed.note == "no value for 'name'"


def test_an_absence_note_an_opening_and_a_strangers_mail_say_nothing() -> None:
    absent = {"bounceType": "Transient", "bounceSubType": "General"}
    assert read_ses_event(ses_event("Bounce", bounce=absent)) is None
    assert read_ses_event(ses_event("Open")) is None
    assert read_ses_event({"detail": {"eventType": "Delivery", "mail": {"tags": {}}}}) is None
    assert read_ses_event({}) is None
