"""Bounces and complaints: contacts are flagged, the next is tried, the provider's people know."""

from __future__ import annotations

import json
from collections import Counter
from datetime import timedelta
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from jsonschema import Draft202012Validator, FormatChecker

from msp_billing.domain.contacts import FlagReason
from msp_billing.domain.mail_events import MailEvent, MailEventKind
from msp_billing.domain.outbox import MailState
from msp_billing.domain.problems import ProblemsError
from msp_billing.usecases.dunning.context import policy_in_force
from msp_billing.usecases.errors import BusError
from msp_billing.usecases.mailing.addressing import addressed, flagged_among
from msp_billing.usecases.mailing.clear_contact import ClearRequest, clear_contact
from tests.unit.usecases.mail_desk import (
    BOOKS,
    BOSS,
    INVOICE,
    IT,
    NOW,
    OWNER,
    PDF,
    MailDesk,
    event,
)

SCHEMAS = Path(__file__).resolve().parents[3] / "docs" / "schemas" / "events"


def flags(desk: MailDesk, address: str) -> list[FlagReason]:
    found = desk.ports.contacts.find_many("birch", [address]).get(address)
    return [] if found is None else [flag.reason for flag in found.flags]


def test_a_hard_bounce_flags_the_contact_tells_the_provider_and_tries_the_next() -> None:
    """docs/faults.md 12."""
    desk = MailDesk()
    desk.hear(event("bounced", BOOKS))
    assert flags(desk, BOOKS) == [FlagReason.BOUNCED]
    copy = desk.of("all-copy-2")
    assert (copy.state, copy.recipients, copy.attachments) == (MailState.READY, (BOSS,), (PDF,))
    assert (copy.copy_of, copy.original) == ("all", INVOICE)
    (alert,) = desk.alerts()
    assert (alert.about, alert.recipients) == (BOOKS, ("clerk@birch.example",))
    assert desk.ports.bus.of_type("ContactFlagged") == [
        {
            "provider": "birch",
            "account": "cedar",
            "address": BOOKS,
            "reason": "bounced",
            "since": (NOW + timedelta(seconds=1)).isoformat(),
            "why": "Permanent General: 550 5.1.1",
            "mail": str(INVOICE),
        }
    ]
    (bounced,) = desk.ports.bus.of_type("MailBounced")
    assert bounced["reached_somebody"] is False
    assert desk.ports.bus.of_type("MailQueued") == [{"provider": "birch"}]


@pytest.mark.parametrize(
    ("detail_type", "schema"),
    [("ContactFlagged", "contact-flagged"), ("MailBounced", "mail-bounced")],
)
def test_what_the_bus_is_told_is_as_its_schema_says(detail_type: str, schema: str) -> None:
    desk = MailDesk(recipients=(BOOKS, BOSS))
    desk.hear(event("delivered", BOSS))
    desk.hear(event("bounced", BOOKS))
    (detail,) = desk.ports.bus.of_type(detail_type)
    content = json.loads((SCHEMAS / f"{schema}.v1.json").read_text("utf-8"))
    Draft202012Validator.check_schema(content)
    checks = Draft202012Validator(content, format_checker=FormatChecker())
    told = {"schema_version": 1, **detail}
    assert [error.message for error in checks.iter_errors(told)] == []
    assert set(told) == set(content["properties"])


def test_a_soft_bounce_tries_the_next_and_flags_nobody() -> None:
    desk = MailDesk()
    desk.hear(event("bounced", BOOKS, note="Transient MailboxFull"))
    assert (flags(desk, BOOKS), desk.copies(), desk.alerts()) == ([], ["all-copy-2"], [])


def test_a_mail_that_one_of_three_got_is_not_sent_again() -> None:
    desk = MailDesk(recipients=(BOOKS, BOSS, IT))
    desk.hear(event("bounced", BOOKS, BOSS))
    desk.hear(event("delivered", IT))
    assert desk.copies() == []
    assert [flags(desk, address) for address in (BOOKS, BOSS, IT)] == [
        [FlagReason.BOUNCED],
        [FlagReason.BOUNCED],
        [],
    ]
    assert len(desk.alerts()) == 2


def test_a_complaint_flags_and_sends_nothing_more() -> None:
    """docs/faults.md 13: who complains has read it, and wants no more of it."""
    desk = MailDesk()
    desk.hear(event("complained", BOOKS))
    assert (flags(desk, BOOKS), desk.copies()) == ([FlagReason.COMPLAINED], [])
    assert len(desk.alerts()) == 1


def test_a_suppressed_address_is_flagged_as_such_and_the_next_is_tried() -> None:
    """docs/faults.md 13."""
    desk = MailDesk()
    desk.hear(event("bounced", BOOKS, note="Permanent OnAccountSuppressionList"))
    assert flags(desk, BOOKS) == [FlagReason.SUPPRESSED]
    assert FlagReason.SUPPRESSED.words == "on the suppression list"
    assert desk.copies() == ["all-copy-2"]


def test_when_nobody_is_left_the_provider_is_told_once() -> None:
    desk = MailDesk()
    tried = [BOOKS, BOSS, IT, OWNER]
    for number, contact in enumerate(tried, start=1):
        part = "all" if number == 1 else f"all-copy-{number}"
        mail = INVOICE.model_copy(update={"part": part})
        assert desk.of(part).recipients == (contact,)
        for _ in range(2):
            desk.hear(event("bounced", contact, mail=mail))
        desk.send_queue()
    assert desk.copies() == ["all-copy-2", "all-copy-3", "all-copy-4"]
    nobody = [alert for alert in desk.alerts() if alert.about == str(INVOICE)]
    assert [alert.id.part for alert in nobody] == ["all"]
    assert len(desk.alerts()) == len(tried) + 1


def test_a_call_that_broke_off_is_made_good_by_the_next() -> None:
    """The bus lost the event; SES's event comes again, and everything is there once."""
    desk = MailDesk()
    for lost in range(3):
        desk.ports.bus.errors = [BusError("lost")] if lost == 0 else []
        try:
            desk.hear(event("bounced", BOOKS))
        except BusError:
            assert lost == 0
    assert desk.copies() == ["all-copy-2"]
    assert len(desk.alerts()) == 1
    assert desk.ports.bus.of_type("MailQueued")


def test_mails_to_the_providers_own_people_flag_nobody_and_alerts_alert_nobody() -> None:
    desk = MailDesk()
    desk.hear(event("bounced", BOOKS))
    (alert,) = desk.alerts()
    desk.send_queue()
    before = len(desk.ports.outbox.mails)
    desk.hear(event("bounced", *alert.recipients, mail=alert.id))
    assert len(desk.ports.outbox.mails) == before
    assert flags(desk, alert.recipients[0]) == []


# --- Who is left out of the next mails -----------------------------------------------------------


def going(desk: MailDesk, part: str = "next", *recipients: str) -> tuple[str, ...] | None:
    mail = desk.mail.model_copy(
        update={
            "id": INVOICE.model_copy(update={"part": part}),
            "state": MailState.READY,
            "recipients": recipients or (BOOKS,),
            "outcomes": (),
        }
    )
    desk.ports.outbox.put(mail)
    policy = policy_in_force(desk.ports, "birch")
    found = addressed(desk.ports, policy, mail, flagged_among(desk.ports, "birch", [mail]))
    return None if found is None else found.recipients


def test_the_next_mail_goes_to_whoever_is_not_flagged() -> None:
    desk = MailDesk()
    assert going(desk, "before") == (BOOKS,)
    desk.hear(event("bounced", BOOKS))
    assert going(desk, "both", BOOKS, IT) == (IT,)
    assert going(desk, "first") == (BOSS,)
    assert desk.of("first").note == f"not to {BOOKS}: flagged"


def test_a_mail_that_may_go_to_nobody_is_given_up_and_told() -> None:
    desk = MailDesk(recipients=(BOOKS, BOSS, IT, OWNER))
    desk.hear(event("bounced", BOOKS, BOSS, IT, OWNER))
    assert going(desk) is None
    assert desk.of("next").state is MailState.REJECTED
    assert "nobody is left" in str(desk.of("next").note)
    assert any(alert.id.part == "next" for alert in desk.alerts())


def test_a_cleared_contact_gets_mails_again_and_ses_lets_them_through() -> None:
    desk = MailDesk()
    desk.ports.mailer.suppressed.add(BOOKS)
    desk.hear(event("bounced", BOOKS))
    request = ClearRequest(
        provider="birch", address="Books@cedar.example", why="works again", cleared_by="dana"
    )
    done = clear_contact(desk.ports, request)
    assert (done.was_suppressed, done.contact.is_flagged) == (True, False)
    assert not desk.ports.mailer.suppressed
    assert going(desk) == (BOOKS,)
    desk.hear(event("bounced", BOOKS))
    assert flags(desk, BOOKS) == [], "an event that comes once more flags nobody anew"
    with pytest.raises(ProblemsError, match="is not flagged"):
        clear_contact(desk.ports, request)


# --- Whatever order ------------------------------------------------------------------------------

FATES = st.sampled_from(["delivered", "hard", "soft", "complained", "back", "silent"])


def told(part: str, address: str, fate: str) -> list[MailEvent]:
    """What SES says about a mail to one contact, in its order."""
    mail = INVOICE.model_copy(update={"part": part})
    kinds: dict[str, list[tuple[MailEventKind, str]]] = {
        "delivered": [("delayed", ""), ("delivered", "")],
        "hard": [("bounced", "Permanent General")],
        "soft": [("delayed", ""), ("bounced", "Transient MailboxFull")],
        "complained": [("delivered", ""), ("complained", "")],
        "back": [("delivered", ""), ("bounced", "Permanent General")],
        "silent": [],
    }
    said: list[tuple[MailEventKind, str]] = [("sent", ""), *kinds[fate]]
    return [event(kind, address, mail=mail, note=note) for kind, note in said]


@settings(max_examples=40)
@given(fates=st.fixed_dictionaries(dict.fromkeys((BOOKS, BOSS, IT, OWNER), FATES)), data=st.data())
def test_each_contact_gets_a_document_once_whatever_the_order_of_events(
    fates: dict[str, str], data: st.DataObject
) -> None:
    """docs/faults.md 12 to 14: twice, late, in any order; at most one accepted mail per contact."""
    desk = MailDesk()
    heard: set[str] = set()
    past: list[MailEvent] = []
    while True:
        new = [(part, to) for part, to in desk.accepted if part not in heard]
        if not new:
            break
        for part, to in new:
            heard.add(part)
            events = told(part, to, fates[to])
            past += events
            late = data.draw(st.lists(st.sampled_from(past), max_size=3))
            for entry in data.draw(st.permutations([*events, *late])):
                desk.hear(entry)
                if data.draw(st.booleans()):
                    desk.send_queue()
        desk.send_queue()
    for entry in past:
        desk.hear(entry)
    desk.send_queue()
    assert max(Counter(address for _, address in desk.accepted).values()) == 1
    failing = ("hard", "soft", "back")
    order = [BOOKS, BOSS, IT, OWNER]
    reached = next((n for n, address in enumerate(order) if fates[address] not in failing), None)
    wanted = order if reached is None else order[: reached + 1]
    assert [address for _, address in desk.accepted] == wanted
    nobody = [alert for alert in desk.alerts() if alert.about == str(INVOICE)]
    assert len(nobody) == (reached is None)
