"""What the list of attention reads: mails in trouble by the index, and incidents; fakes as well."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from msp_billing.adapters.dynamodb.incidents import DynamoIncidentStore
from msp_billing.adapters.dynamodb.outbox import DynamoOutbox
from msp_billing.adapters.dynamodb.table import Table
from msp_billing.domain.attention import AttentionKind, Incident
from msp_billing.domain.outbox import MailState, OutboxMail
from msp_billing.usecases.ports import IncidentStore, Outbox
from tests.fakes.incidents import FakeIncidents
from tests.fakes.outside import FakeOutbox
from tests.unit.adapters.bare_tables import bare_tables
from tests.unit.adapters.test_mail_stores import MAIL

AT = datetime(2026, 9, 1, 12, tzinfo=UTC)
LONG_AGO = AT - timedelta(days=60)


@dataclass(frozen=True)
class Stores:
    outbox: Outbox
    incidents: IncidentStore


@pytest.fixture(params=["table", "fakes"])
def stores(request: pytest.FixtureRequest) -> Iterator[Stores]:
    if request.param == "fakes":
        yield Stores(FakeOutbox(), FakeIncidents())
        return
    with bare_tables("billing") as client:
        table: Any = Table(client, "billing")
        yield Stores(DynamoOutbox(table), DynamoIncidentStore(table))


def mail(part: str, state: MailState = MailState.SENDING, provider: str = "birch") -> OutboxMail:
    mail_id = MAIL.id.model_copy(update={"part": part, "provider": provider})
    return MAIL.model_copy(update={"id": mail_id, "state": state})


def troubled(stores: Stores, since: datetime = LONG_AGO, limit: int = 10) -> list[str]:
    return [entry.id.part for entry in stores.outbox.troubled("birch", since, limit)]


def test_a_mail_is_found_while_it_is_in_trouble(stores: Stores) -> None:
    """docs/faults.md 9: an unknown mail is found until somebody settles it."""
    for part in ("a", "b", "c"):
        stores.outbox.put(mail(part))
    move = stores.outbox.move
    assert move(mail("a").id, MailState.SENDING, MailState.UNKNOWN, at=AT)
    assert move(mail("b").id, MailState.SENDING, MailState.REJECTED, at=AT + timedelta(hours=1))
    assert move(mail("c").id, MailState.SENDING, MailState.SENT, at=AT + timedelta(hours=2))
    assert troubled(stores) == ["b", "a"]
    assert troubled(stores, limit=1) == ["b"]
    assert troubled(stores, since=AT + timedelta(minutes=1)) == ["b"]
    assert move(mail("a").id, MailState.UNKNOWN, MailState.SENT, at=AT + timedelta(hours=3))
    assert troubled(stores) == ["b"]
    assert move(mail("c").id, MailState.SENT, MailState.BOUNCED, at=AT + timedelta(hours=4))
    assert troubled(stores) == ["c", "b"]


def test_what_an_event_of_ses_changes_is_found_too(stores: Stores) -> None:
    """docs/faults.md 12."""
    sent = mail("a", MailState.SENT)
    stores.outbox.put(sent)
    bounced = sent.model_copy(update={"state": MailState.BOUNCED, "moved_at": AT})
    assert stores.outbox.change(sent, bounced)
    assert troubled(stores) == ["a"]
    assert not list(stores.outbox.troubled("elm", LONG_AGO, 10))


def incident(subject: str = "september.csv", at: datetime = AT, **changes: Any) -> Incident:
    told: dict[str, Any] = {
        "kind": AttentionKind.PAYMENT_FILE_REFUSED,
        "provider": "birch",
        "subject": subject,
        "since_at": at,
        "last_at": at,
        "what": "The file was refused.",
    }
    return Incident.model_validate(told | changes)


def test_an_incident_remembers_when_it_was_first_come_upon(stores: Stores) -> None:
    later = AT + timedelta(days=1)
    stores.incidents.report(incident())
    stores.incidents.report(incident(at=later, what="It was refused again."))
    (found,) = stores.incidents.open_of("birch")
    assert (found.since_at, found.last_at) == (AT, later)
    assert found.what == "It was refused again."


def test_a_settled_incident_is_over_and_begins_anew(stores: Stores) -> None:
    stores.incidents.report(incident())
    stores.incidents.report(incident("october.csv"))
    stores.incidents.settle(incident(settled_at=AT))
    assert [entry.subject for entry in stores.incidents.open_of("birch")] == ["october.csv"]
    later = AT + timedelta(days=3)
    stores.incidents.report(incident(at=later))
    assert {entry.subject: entry.since_at for entry in stores.incidents.open_of("birch")} == {
        "october.csv": AT,
        "september.csv": later,
    }


def test_incidents_are_found_by_kind_and_provider(stores: Stores) -> None:
    stores.incidents.report(incident())
    stores.incidents.report(incident("cedar", kind=AttentionKind.LEDGER_DOES_NOT_FIT))
    kind = AttentionKind.LEDGER_DOES_NOT_FIT
    assert [entry.subject for entry in stores.incidents.open_of("birch", kind)] == ["cedar"]
    assert not list(stores.incidents.open_of("elm"))
