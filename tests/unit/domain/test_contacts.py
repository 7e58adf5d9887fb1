"""Flags of mail addresses: set once per reason, cleared by a person, and never lost."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from msp_billing.domain.contacts import (
    MAX_HISTORY,
    Contact,
    FlagReason,
    cleared,
    contacts_in_turn,
    flagged,
)
from msp_billing.domain.dunning.dunning_policy import AccountDunning
from msp_billing.domain.outbox import MailId
from msp_billing.domain.periods import Period
from tests.end_to_end.small_provider import birch

AT = datetime(2026, 9, 2, 14, tzinfo=UTC)
NOBODY = Contact(provider="birch", address="ann@cedar.example")


def mail(month: int = 9) -> MailId:
    return MailId(
        provider="birch",
        run="managed",
        period=Period(year=2026, month=month),
        account="cedar",
        part="all",
        kind="invoice",
    )


def test_a_contact_is_flagged_once_per_reason() -> None:
    bounced = flagged(NOBODY, FlagReason.BOUNCED, "550 unknown", mail(), AT)
    assert bounced.is_flagged
    assert (bounced.version, bounced.flags[0].number) == (1, 1)
    assert flagged(bounced, FlagReason.BOUNCED, "550 again", mail(10), AT) == bounced
    both = flagged(bounced, FlagReason.COMPLAINED, "", mail(10), AT)
    assert [flag.reason for flag in both.flags] == [FlagReason.BOUNCED, FlagReason.COMPLAINED]
    assert both.flags[1].why == "a mail was reported as unwanted"


def test_a_cleared_contact_keeps_its_history_and_an_old_mail_flags_it_no_more() -> None:
    """SES tells the same twice, and late."""
    bounced = flagged(NOBODY, FlagReason.BOUNCED, "550", mail(), AT)
    free = cleared(bounced, "the mailbox works again", "dana", AT + timedelta(days=1))
    assert not free.is_flagged
    assert flagged(free, FlagReason.BOUNCED, "550", mail(), AT + timedelta(days=2)) == free
    anew = flagged(free, FlagReason.BOUNCED, "550", mail(10), AT + timedelta(days=30))
    assert anew.flags[0].number == 2
    assert [(entry.what, entry.by) for entry in anew.history] == [
        ("flagged", None),
        ("cleared", "dana"),
        ("flagged", None),
    ]


def test_the_history_does_not_grow_for_ever() -> None:
    contact = NOBODY
    for month in range(MAX_HISTORY):
        told = mail().model_copy(update={"part": f"m{month}"})
        contact = flagged(contact, FlagReason.BOUNCED, "550", told, AT)
        contact = cleared(contact, "works", "dana", AT)
    assert len(contact.history) == MAX_HISTORY


def test_contacts_are_tried_from_those_for_the_kind_to_those_for_unpaid_invoices() -> None:
    cedar = (
        birch()
        .only("cedar")
        .accounts[0]
        .model_copy(
            update={
                "billing_contacts": ("books@cedar.example", "Boss@cedar.example"),
                "contacts_by_kind": {
                    "invoice": ("ap@cedar.example",),
                    "comparison": ("it@cedar.example", "boss@cedar.example"),
                },
                "dunning": AccountDunning(
                    contacts=("books@cedar.example",), escalation_contacts=("owner@cedar.example",)
                ),
            }
        )
    )
    assert contacts_in_turn(cedar, "credit-note") == (
        "ap@cedar.example",
        "books@cedar.example",
        "Boss@cedar.example",
        "it@cedar.example",
        "owner@cedar.example",
    )
    assert contacts_in_turn(cedar, "dunning")[:2] == ("books@cedar.example", "owner@cedar.example")
    assert contacts_in_turn(cedar, "comparison")[:2] == ("it@cedar.example", "boss@cedar.example")
