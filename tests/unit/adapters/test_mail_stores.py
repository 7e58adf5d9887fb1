"""What outbox, contacts and links promise: the table's stores and the fakes keep the same."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from msp_billing.adapters.dynamodb.contacts import DynamoContactStore
from msp_billing.adapters.dynamodb.document_links import DynamoDocumentLinks
from msp_billing.adapters.dynamodb.outbox import DynamoOutbox
from msp_billing.adapters.dynamodb.table import Table
from msp_billing.domain.contacts import Contact, FlagReason, cleared, flagged
from msp_billing.domain.cycles import CycleId
from msp_billing.domain.document_links import DocumentLink
from msp_billing.domain.mail_events import MailEvent, ToldRecipient, after_event
from msp_billing.domain.outbox import Attachment, MailId, MailState, OutboxMail
from msp_billing.domain.periods import Period
from msp_billing.usecases.ports import ContactStore, DocumentLinkStore, Outbox
from tests.fakes.outside import FakeContacts, FakeDocumentLinks, FakeOutbox
from tests.unit.adapters.bare_tables import bare_tables

NOW = datetime(2026, 11, 2, 15, tzinfo=UTC)
ANN, BEN = "ann@cedar.example", "ben@cedar.example"
PDF = Attachment(
    key="k", sha256="ab" * 32, file_name="BI-1.pdf", media_type="application/pdf", size_bytes=9
)
MAIL = OutboxMail(
    id=MailId(
        provider="birch",
        run="managed",
        period=Period(year=2026, month=11),
        account="cedar",
        part="all",
        kind="invoice",
    ),
    state=MailState.SENT,
    recipients=(ANN, BEN),
    attachments=(PDF,),
)


@dataclass(frozen=True)
class Stores:
    outbox: Outbox
    contacts: ContactStore
    links: DocumentLinkStore


@pytest.fixture(params=["table", "fakes"])
def stores(request: pytest.FixtureRequest) -> Iterator[Stores]:
    if request.param == "fakes":
        yield Stores(FakeOutbox(), FakeContacts(), FakeDocumentLinks())
        return
    with bare_tables("billing") as client:
        table: Any = Table(client, "billing")
        yield Stores(DynamoOutbox(table), DynamoContactStore(table), DynamoDocumentLinks(table))


def stored(stores: Stores, mail: OutboxMail = MAIL) -> OutboxMail:
    return stores.outbox.find_many([mail.id])[mail.id]


def bounced(*addresses: str) -> MailEvent:
    return MailEvent(
        mail=MAIL.id,
        kind="bounced",
        message_id="m-1",
        recipients=tuple(ToldRecipient(address=entry, diagnostic="550") for entry in addresses),
        note="Permanent General",
        is_permanent=True,
    )


# --- The outbox ----------------------------------------------------------------------------------


def test_outcomes_are_kept_by_compare_and_set(stores: Stores) -> None:
    """docs/faults.md 14: of two events that read the same mail, the second reads it again."""
    stores.outbox.put(MAIL)
    one, two = (after_event(MAIL, bounced(address), NOW) for address in (ANN, BEN))
    assert stores.outbox.change(MAIL, one)
    assert not stores.outbox.change(MAIL, two), "ann's bounce would be lost"
    assert stored(stores) == one
    both = after_event(one, bounced(BEN), NOW)
    assert both.state is MailState.BOUNCED
    assert stores.outbox.change(one, both)
    found = stored(stores)
    assert (found.state, found.outcomes, found.moved_at) == (MailState.BOUNCED, both.outcomes, NOW)
    assert found.attachments == (PDF,)


def test_a_move_and_an_event_do_not_undo_each_other(stores: Stores) -> None:
    claimed = MAIL.model_copy(update={"state": MailState.SENDING})
    stores.outbox.put(claimed)
    assert stores.outbox.move(MAIL.id, MailState.SENDING, MailState.SENT, at=NOW, message_id="m-9")
    assert not stores.outbox.change(claimed, after_event(claimed, bounced(ANN), NOW))
    sent = stored(stores)
    assert stores.outbox.change(sent, after_event(sent, bounced(ANN), NOW))
    assert (stored(stores).message_id, len(stored(stores).outcomes)) == ("m-9", 1)


def test_recipients_change_while_a_mail_is_ready_only(stores: Stores) -> None:
    ready = MAIL.model_copy(update={"state": MailState.READY})
    stores.outbox.put(ready)
    other = ready.model_copy(update={"recipients": (BEN,), "note": "not to ann"})
    assert stores.outbox.change(ready, other)
    assert not stores.outbox.change(ready, other), "they are changed already"
    assert stored(stores).recipients == (BEN,)
    with pytest.raises(ValueError, match="cannot go from ready to delivered"):
        stores.outbox.change(other, other.model_copy(update={"state": MailState.DELIVERED}))


def test_a_mail_and_its_place_in_the_queue_are_there_together_and_once(stores: Stores) -> None:
    copy = MAIL.model_copy(
        update={
            "id": MAIL.id.model_copy(update={"part": "all-copy-2"}),
            "state": MailState.READY,
            "copy_of": "all",
            "requested_by": "dana",
            "about": "ann",
        }
    )
    assert stores.outbox.enqueue(copy)
    assert not stores.outbox.enqueue(copy.model_copy(update={"recipients": (BEN,)}))
    assert stored(stores, copy) == copy
    assert list(stores.outbox.queued("birch")) == [copy.id]
    assert list(stores.outbox.queued("elm")) == []
    cycle = CycleId(provider="birch", run="managed", period=MAIL.id.period)
    assert list(stores.outbox.all_of(cycle)) == [copy]
    for _ in range(2):
        stores.outbox.leave_queue(copy.id)
    assert list(stores.outbox.queued("birch")) == []
    assert stored(stores, copy) == copy


def test_a_mail_that_is_there_gets_no_place_in_the_queue(stores: Stores) -> None:
    stores.outbox.put(MAIL)
    assert not stores.outbox.enqueue(MAIL)
    assert list(stores.outbox.queued("birch")) == []


# --- Contacts ------------------------------------------------------------------------------------


def test_a_contact_changes_one_version_at_a_time(stores: Stores) -> None:
    nobody = Contact(provider="birch", address=ANN)
    first = flagged(nobody, FlagReason.BOUNCED, "550", MAIL.id, NOW)
    assert stores.contacts.put(first)
    assert not stores.contacts.put(first), "somebody was faster"
    second = cleared(first, "works again", "dana", NOW)
    assert stores.contacts.put(second)
    assert not stores.contacts.put(flagged(first, FlagReason.COMPLAINED, "", MAIL.id, NOW))
    found = stores.contacts.find_many("birch", ["Ann@Cedar.example", ANN, BEN])
    assert found == {ANN: second}
    assert stores.contacts.find_many("elm", [ANN]) == {}
    assert stores.contacts.find_many("birch", []) == {}


def test_contacts_are_listed_by_provider_in_order(stores: Stores) -> None:
    for provider, address in (("birch", BEN), ("birch", ANN), ("elm", ANN)):
        nobody = Contact(provider=provider, address=address)
        assert stores.contacts.put(flagged(nobody, FlagReason.BOUNCED, "", MAIL.id, NOW))
    assert [entry.address for entry in stores.contacts.all_of("birch")] == [ANN, BEN]


# --- Links ---------------------------------------------------------------------------------------


def test_a_link_is_found_by_the_whole_of_it_only(stores: Stores) -> None:
    link = DocumentLink(
        provider="birch",
        document="ab" * 16,
        secret_sha256="cd" * 32,
        attachment=PDF,
        mail=MAIL.id,
        made_at=NOW,
        expires_at=NOW + timedelta(days=400),
    )
    stores.links.put(link)
    assert stores.links.find("birch", "ab" * 16, "cd" * 32) == link
    assert stores.links.find("elm", "ab" * 16, "cd" * 32) is None
    assert stores.links.find("birch", "ac" * 16, "cd" * 32) is None
    assert stores.links.find("birch", "ab" * 16, "ce" * 32) is None
