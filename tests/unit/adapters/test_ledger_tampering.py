"""Ledgers in the table that somebody changes by hand: the proof names what (docs/faults.md, 46)."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from typing import Any

import pytest

from msp_billing.adapters.dynamodb.bodies import Bodies
from msp_billing.adapters.dynamodb.ledgers import DynamoLedgerStore
from msp_billing.adapters.dynamodb.table import Table, decode, encode, encode_key, pack, unpack
from msp_billing.adapters.dynamodb.write_offs import DynamoWriteOffStore
from msp_billing.domain.ledger.verifying import Misfit
from msp_billing.domain.ledger.write_offs import WriteOff
from msp_billing.usecases.errors import ConcurrentLedgerError, LedgerUnreadableError
from msp_billing.usecases.receivables.verifying import anchor_ledgers, verify_account
from tests.fakes.outside import FakeRecords
from tests.unit.adapters.bare_tables import bare_tables
from tests.unit.usecases.ledger_office import Office

ENTRIES = "LEDGER#lantern#tern-harbor"
HEADS = "LEDGERS#lantern"
NOW = datetime(2026, 11, 28, 18, tzinfo=UTC)


class Vault:
    """The table, as somebody with too many rights sees it."""

    def __init__(self, client: Any) -> None:
        self.client = client

    def read(self, pk: str, sk: str) -> dict[str, Any]:
        found = self.client.get_item(TableName="billing", Key=encode_key((pk, sk)))
        return decode(found["Item"])

    def write(self, item: dict[str, Any]) -> None:
        self.client.put_item(TableName="billing", Item=encode(item))

    def drop(self, sequence: int) -> None:
        key = encode_key((ENTRIES, f"ENTRY#{sequence:08d}"))
        self.client.delete_item(TableName="billing", Key=key)

    def change(self, sequence: int, change: Callable[[dict[str, Any]], None]) -> None:
        item = self.read(ENTRIES, f"ENTRY#{sequence:08d}")
        entry = json.loads(unpack(bytes(item["body"])))
        change(entry)
        self.write(item | {"body": pack(json.dumps(entry))})


@pytest.fixture
def vault() -> Iterator[Vault]:
    with bare_tables("billing") as client:
        yield Vault(client)


@pytest.fixture
def office(vault: Vault) -> Office:
    """Six entries: LP-1 and its payment, LP-2 and its payment, with their allocations."""
    office = Office()
    office.ports.ledgers = DynamoLedgerStore(Table(vault.client, "billing"), Bodies(FakeRecords()))
    for number, amount in ((1, "100.00"), (2, "60.00")):
        office.bill(f"LP-{number}", amount)
        office.pay(f"A-{number}", amount)
    return office


def misfit(office: Office) -> Misfit:
    found = verify_account(office.ports, "lantern", "tern-harbor")
    assert found.misfit is not None
    return found.misfit


def told(office: Office) -> tuple[str, int]:
    found = misfit(office)
    return found.kind.value, found.sequence


def test_what_was_entered_fits(office: Office) -> None:
    found = verify_account(office.ports, "lantern", "tern-harbor")
    assert (found.fits, found.entries, found.balance) == (True, 6, office.balance)


def test_an_amount_that_was_changed_is_named_by_its_entry(vault: Vault, office: Office) -> None:
    def cheaper(entry: dict[str, Any]) -> None:
        entry["postings"][0]["amount"], entry["postings"][1]["amount"] = "6.00", "-6.00"

    vault.change(4, cheaper)
    assert told(office) == ("hash", 4)


def test_one_side_of_an_entry_that_was_changed_is_named(vault: Vault, office: Office) -> None:
    def lopsided(entry: dict[str, Any]) -> None:
        entry["postings"][0]["amount"] = "6.00"

    vault.change(4, lopsided)
    found = misfit(office)
    assert (found.kind.value, found.sequence) == ("debits and credits", 4)
    assert "debits and credits of LP-2 differ by -54.00" in found.what


def test_an_entry_that_is_no_entry_any_more_is_named(vault: Vault, office: Office) -> None:
    item = vault.read(ENTRIES, "ENTRY#00000003")
    vault.write(item | {"body": b"nothing"})
    assert told(office) == ("unreadable", 3)
    del item["body"]
    vault.write(item)
    assert told(office) == ("unreadable", 3)
    vault.write(item | {"body": pack('{"kind": "gift"}')})
    assert told(office) == ("unreadable", 3)


def test_entries_that_are_gone_are_named(vault: Vault, office: Office) -> None:
    vault.drop(6)
    found = misfit(office)
    assert (found.kind.value, found.sequence) == ("missing tail", 6)
    vault.drop(2)
    assert told(office) == ("order", 2)


def test_an_old_head_that_was_put_back_is_named(vault: Vault, office: Office) -> None:
    old = vault.read(HEADS, "tern-harbor")
    office.bill("LP-3", "40.00")
    vault.write(old)
    found = misfit(office)
    assert (found.kind.value, found.sequence) == ("head", 6)
    vault.write(old | {"body": b"nothing"})
    assert told(office) == ("head", 7)


def test_an_old_head_with_its_tail_dropped_is_named_by_the_anchor(
    vault: Vault, office: Office
) -> None:
    old = vault.read(HEADS, "tern-harbor")
    office.bill("LP-3", "40.00")
    anchor_ledgers(office.ports, "lantern")
    vault.write(old)
    vault.drop(7)
    found = misfit(office)
    assert (found.kind.value, found.sequence) == ("missing tail", 7)
    assert "the anchor of 2026-11-28 has them" in found.what


def test_nothing_is_entered_on_an_old_head(vault: Vault, office: Office) -> None:
    """The places behind it are taken, so that a restored head cannot grow a second history."""
    old = vault.read(HEADS, "tern-harbor")
    office.bill("LP-3", "40.00")
    vault.write(old)
    with pytest.raises(ConcurrentLedgerError):
        office.bill("LP-4", "10.00")


def test_write_offs_are_kept_under_their_names_a_version_after_the_other(vault: Vault) -> None:
    store = DynamoWriteOffStore(Table(vault.client, "billing"))
    first = WriteOff.model_validate(
        {
            "provider": "lantern",
            "account": "tern-harbor",
            "write_off": "gone",
            "document": "LP-1",
            "amount": "10.00",
            "why": "out of business",
            "requested_by": "clerk",
            "requested_at": NOW,
        }
    )
    assert store.find("lantern", "tern-harbor", "gone") is None
    assert store.put(first)
    assert not store.put(first.model_copy(update={"why": "another"}))
    approved = first.decided("approved", "boss", "yes", NOW)
    assert store.put(approved)
    assert not store.put(first.decided("rejected", "owner", "no", NOW))
    assert store.find("lantern", "tern-harbor", "gone") == approved
    other = first.model_copy(update={"account": "alder"})
    assert store.put(other)
    assert list(store.of_provider("lantern")) == [other, approved]
    assert list(store.of_provider("birch")) == []


def test_a_head_that_cannot_be_read_is_passed_over_and_told_of_and_keeps_its_anchor(
    vault: Vault, office: Office
) -> None:
    anchor_ledgers(office.ports, "lantern")
    vault.write(vault.read(HEADS, "tern-harbor") | {"body": b"changed by hand"})
    told: dict[str, LedgerUnreadableError] = {}
    found = office.ports.ledgers.positions("lantern", unreadable=told.__setitem__)
    assert [position.ledger.account for position in found] == []
    assert list(told) == ["tern-harbor"]
    with pytest.raises(LedgerUnreadableError):
        list(office.ports.ledgers.positions("lantern"))
    office.ports.clock.pass_days(1)
    anchored = anchor_ledgers(office.ports, "lantern")
    assert (anchored.accounts, anchored.gone_back) == (1, ("tern-harbor",))
