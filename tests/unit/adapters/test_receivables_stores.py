"""What ledgers, payments and standings promise: the table's stores and the fakes keep the same."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

import pytest

from msp_billing.adapters.dynamodb.bodies import Bodies
from msp_billing.adapters.dynamodb.ledgers import DynamoLedgerStore
from msp_billing.adapters.dynamodb.outbox import DynamoOutbox
from msp_billing.adapters.dynamodb.payments import DynamoPaymentStore
from msp_billing.adapters.dynamodb.standings import DynamoStandingStore
from msp_billing.adapters.dynamodb.table import Table, pack
from msp_billing.domain.dunning.standing import AccountState, HistoryEntry, Standing
from msp_billing.domain.ledger.entries import (
    EntryDraft,
    EntryKind,
    LedgerAccount,
    LedgerId,
    Posting,
)
from msp_billing.domain.money import Money
from msp_billing.domain.outbox import MailId, MailState, OutboxMail
from msp_billing.domain.payments.incoming import IncomingPayment, PaymentKey, PaymentMethod
from msp_billing.domain.payments.records import PaymentRecord
from msp_billing.domain.periods import Period
from msp_billing.usecases.errors import StandingUnreadableError
from msp_billing.usecases.ports import LedgerStore, Outbox, PaymentStore, StandingStore
from tests.fakes.outside import FakeOutbox, FakeRecords
from tests.fakes.receivables import FakeLedgers, FakePayments, FakeStandings
from tests.unit.adapters.bare_tables import bare_tables

NOW = datetime(2026, 11, 2, 15, tzinfo=UTC)
ALDER = LedgerId(provider="birch", account="alder", currency="USD")
BEECH = LedgerId(provider="birch", account="beech", currency="USD")


@dataclass(frozen=True)
class Stores:
    ledgers: LedgerStore
    payments: PaymentStore
    standings: StandingStore
    outbox: Outbox


@pytest.fixture(params=["table", "fakes"])
def stores(request: pytest.FixtureRequest) -> Iterator[Stores]:
    if request.param == "fakes":
        payments, outbox = FakePayments(), FakeOutbox()
        ledgers = FakeLedgers(payments)
        yield Stores(ledgers, payments, FakeStandings(ledgers, outbox), outbox)
        return
    with bare_tables("billing") as client:
        table = Table(client, "billing")
        bodies = Bodies(FakeRecords())
        yield Stores(
            DynamoLedgerStore(table, bodies),
            DynamoPaymentStore(table),
            DynamoStandingStore(table, bodies),
            DynamoOutbox(table),
        )


def invoice(number: str, amount: str) -> EntryDraft:
    return EntryDraft(
        kind=EntryKind.INVOICE,
        document=number,
        on=date(2026, 11, 1),
        due_on=date(2026, 11, 15),
        title=f"Invoice {number}",
        recorded_by="billing cycle",
        postings=(
            Posting(on=LedgerAccount.RECEIVABLE, reference=number, amount=Decimal(amount)),
            Posting(on=LedgerAccount.BILLED, reference=number, amount=-Decimal(amount)),
        ),
    )


def paid(name: str, amount: str) -> EntryDraft:
    return EntryDraft(
        kind=EntryKind.PAYMENT,
        document=name,
        on=date(2026, 11, 2),
        title="Payment",
        recorded_by="clerk",
        postings=(
            Posting(on=LedgerAccount.CASH, reference="ach", amount=Decimal(amount)),
            Posting(on=LedgerAccount.CREDIT, reference=name, amount=-Decimal(amount)),
        ),
    )


def used(source: str, number: str, amount: str) -> EntryDraft:
    return EntryDraft(
        kind=EntryKind.ALLOCATION,
        document=source,
        on=date(2026, 11, 2),
        title=f"{source} for {number}",
        recorded_by="clerk",
        postings=(
            Posting(on=LedgerAccount.CREDIT, reference=source, amount=Decimal(amount)),
            Posting(on=LedgerAccount.RECEIVABLE, reference=number, amount=-Decimal(amount)),
        ),
    )


def record(version: int = 1, state: Any = "booked", external_id: str = "1") -> PaymentRecord:
    payment = IncomingPayment(
        key=PaymentKey(provider="birch", source="bank", external_id=external_id),
        amount=Money(amount=Decimal("40.00"), currency="USD"),
        method=PaymentMethod.ACH,
        received_on=date(2026, 11, 2),
        trace=f"trace-{external_id}",
    )
    return PaymentRecord(
        version=version,
        payment=payment,
        state=state,
        account="alder" if state == "booked" else None,
        reported_at=NOW,
        reported_by="clerk",
    )


def test_an_append_moves_the_position_and_keeps_the_entries_in_order(stores: Stores) -> None:
    empty = stores.ledgers.position(ALDER)
    assert (empty.version, empty.balance) == (0, Decimal(0))
    first = stores.ledgers.append(empty, [invoice("BI-1", "100.00")], NOW)
    assert first is not None
    drafts = [paid("bank:1", "40.00"), used("bank:1", "BI-1", "40.00")]
    assert stores.ledgers.append(first, drafts, NOW) is not None
    position = stores.ledgers.position(ALDER)
    assert (position.version, position.balance) == (3, Decimal("60.00"))
    entries = list(stores.ledgers.entries(ALDER))
    assert [entry.kind.value for entry in entries] == ["invoice", "payment", "allocation"]
    assert all(entry.hash == entry.computed_hash() for entry in entries)
    assert [entry.sequence for entry in stores.ledgers.entries(ALDER, after=1)] == [2, 3]
    assert list(stores.ledgers.entries(BEECH)) == []


def test_of_two_appends_at_one_position_the_second_is_refused(stores: Stores) -> None:
    empty = stores.ledgers.position(ALDER)
    assert stores.ledgers.append(empty, [invoice("BI-1", "100.00")], NOW) is not None
    assert stores.ledgers.append(empty, [invoice("BI-2", "50.00")], NOW) is None
    assert stores.ledgers.position(ALDER).balance == 100


def test_a_document_is_entered_once_per_kind(stores: Stores) -> None:
    position = stores.ledgers.position(ALDER)
    position = stores.ledgers.append(position, [invoice("BI-1", "100.00")], NOW) or position
    assert stores.ledgers.append(position, [invoice("BI-1", "100.00")], NOW) is None
    found = stores.ledgers.find(ALDER, EntryKind.INVOICE, "BI-1")
    assert found is not None
    assert found.sequence == 1
    assert stores.ledgers.find(ALDER, EntryKind.INVOICE, "BI-2") is None
    assert stores.ledgers.find(ALDER, EntryKind.CREDIT_NOTE, "BI-1") is None


def test_a_payment_and_its_record_are_stored_together_or_not_at_all(stores: Stores) -> None:
    position = stores.ledgers.position(ALDER)
    booked = stores.ledgers.append(position, [paid("bank:1", "40.00")], NOW, record())
    assert booked is not None
    assert stores.payments.find(record().key) == record()
    again = stores.ledgers.append(booked, [paid("bank:9", "40.00")], NOW, record())
    assert again is None, "the record is there already"
    assert stores.ledgers.position(ALDER).version == 1


def test_every_provider_has_its_own_positions_by_name(stores: Stores) -> None:
    for ledger in (BEECH, ALDER, ALDER.model_copy(update={"provider": "other"})):
        position = stores.ledgers.position(ledger)
        assert stores.ledgers.append(position, [invoice("BI-1", "10.00")], NOW) is not None
    assert [p.ledger.account for p in stores.ledgers.positions("birch")] == ["alder", "beech"]


def test_the_queue_lists_what_waits_and_a_decision_takes_it_off(stores: Stores) -> None:
    assert stores.payments.put(record(state="queued"))
    assert stores.payments.put(record(state="queued", external_id="2"))
    assert [r.key.external_id for r in stores.payments.queue("birch")] == ["1", "2"]
    assert stores.payments.put(record(version=2, state="dismissed"))
    assert not stores.payments.put(record(version=2, state="dismissed")), "decided before"
    assert [r.key.external_id for r in stores.payments.queue("birch")] == ["2"]
    assert [r.state for r in stores.payments.of_provider("birch")] == ["dismissed", "queued"]
    found = stores.payments.find_by_trace("birch", "trace-2")
    assert [r.key.external_id for r in found] == ["2"]


def _standing(version: int, state: AccountState = AccountState.DUE) -> Standing:
    return Standing(provider="birch", account="alder", version=version, state=state)


def _mail(part: str = "c1-first-1") -> OutboxMail:
    mail_id = MailId(
        provider="birch",
        run="dunning",
        period=Period(year=2026, month=11),
        account="alder",
        part=part,
        kind="dunning",
    )
    return OutboxMail(id=mail_id, state=MailState.READY, recipients=("books@alder.example",))


def test_a_standing_changes_by_compare_and_set_with_history_and_mail(stores: Stores) -> None:
    nothing = stores.standings.find("birch", "alder")
    assert (nothing.version, nothing.state) == (0, AccountState.GOOD_STANDING)
    told = HistoryEntry(sequence=1, at=NOW, what="Opened", by="dunning", after=AccountState.DUE)
    assert stores.standings.change(nothing, _standing(1), [told], mails=[_mail()])
    assert not stores.standings.change(nothing, _standing(1)), "somebody was faster"
    assert stores.standings.find("birch", "alder") == _standing(1)
    assert list(stores.standings.history("birch", "alder")) == [told]
    assert _mail().id in stores.outbox.find_many([_mail().id])
    assert [entry.account for entry in stores.standings.all_of("birch")] == ["alder"]


def test_a_payment_that_came_in_between_keeps_the_standing_as_it_was(stores: Stores) -> None:
    empty = stores.ledgers.position(ALDER)
    nothing = stores.standings.find("birch", "alder")
    owing = stores.ledgers.append(empty, [invoice("BI-1", "100.00")], NOW)
    assert owing is not None
    assert not stores.standings.change(nothing, _standing(1), position=empty)
    assert stores.standings.change(nothing, _standing(1), position=owing)
    assert stores.ledgers.append(owing, [paid("bank:1", "100.00")], NOW) is not None
    held = _standing(2, AccountState.CREDIT_HOLD)
    assert not stores.standings.change(_standing(1), held, position=owing)
    assert stores.standings.find("birch", "alder").state is AccountState.DUE


def test_a_mail_that_is_there_keeps_the_standing_as_it_was(stores: Stores) -> None:
    stores.outbox.put(_mail())
    nothing = stores.standings.find("birch", "alder")
    assert not stores.standings.change(nothing, _standing(1), mails=[_mail()])
    assert stores.standings.find("birch", "alder").version == 0


def test_a_standing_moves_by_one_version_at_a_time(stores: Stores) -> None:
    nothing = stores.standings.find("birch", "alder")
    with pytest.raises(ValueError, match="does not follow"):
        stores.standings.change(nothing, _standing(2))


@pytest.mark.parametrize(
    "damage",
    [
        {"body": b"changed by hand"},
        {"body": pack('{"provider": "birch"}')},
        {"body": None},
        {"body": None, "body_key": "birch/standings/alder", "body_sha256": "other"},
    ],
    ids=["not packed", "no standing", "nothing", "other bytes than were sealed"],
)
def test_a_standing_that_cannot_be_read_is_passed_over_and_told_of(damage: dict[str, Any]) -> None:
    """docs/faults.md 16: somebody changed the item; its account hides none behind it."""
    with bare_tables("billing") as client:
        table, records = Table(client, "billing"), FakeRecords()
        records.put_once("birch/standings/alder", b"{}", "application/json")
        store = DynamoStandingStore(table, Bodies(records))
        for name in ("alder", "beech"):
            before = store.find("birch", name)
            assert store.change(before, before.model_copy(update={"version": 1}))
        item = {"pk": "STANDINGS#birch", "sk": "alder", "standing_version": 1}
        table.put(item | damage)
        told: dict[str, Exception] = {}
        found = store.all_of("birch", unreadable=told.__setitem__)
        assert [standing.account for standing in found] == ["beech"]
        assert list(told) == ["alder"]
        with pytest.raises(StandingUnreadableError, match="how birch/alder stands"):
            store.find("birch", "alder")
        with pytest.raises(StandingUnreadableError, match="how birch/alder stands"):
            list(store.all_of("birch"))


def test_acknowledgements_never_go_back(stores: Stores) -> None:
    for version in (1, 3, 2):
        stores.standings.acknowledge("birch", "alder", "rmm", version)
    stores.standings.acknowledge("birch", "beech", "shop", 1)
    assert stores.standings.acknowledged("birch", "rmm") == {"alder": 3}
    assert stores.standings.consumers("birch") == ("rmm", "shop")
