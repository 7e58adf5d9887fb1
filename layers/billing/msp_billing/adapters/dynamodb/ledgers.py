"""Ledgers of accounts: entries in a partition of their own, and a head that holds the position.

An append is one transaction: the entries, the documents that they enter, the head with the new
position and the record of the payment that is booked. The head's version is the condition of it all
(docs/data-model.md).
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator, Sequence
from datetime import datetime
from typing import TYPE_CHECKING, Any

from msp_billing.adapters.dynamodb.bodies import DAMAGED, what_is_wrong
from msp_billing.adapters.dynamodb.payments import record_actions
from msp_billing.adapters.dynamodb.table import (
    MAX_TRANSACTION_ACTIONS,
    Item,
    Key,
    Table,
    encode,
    encode_key,
    encode_values,
    pack,
    put_new,
    unpack,
)
from msp_billing.domain.ledger.entries import EntryDraft, EntryKind, LedgerEntry, LedgerId, chain
from msp_billing.domain.ledger.position import LedgerPosition, after
from msp_billing.usecases.errors import LedgerUnreadableError

if TYPE_CHECKING:
    from msp_billing.adapters.dynamodb.bodies import Bodies
    from msp_billing.domain.payments.records import PaymentRecord


class DynamoLedgerStore:
    """Ledgers; the currency of a ledger is kept with its head."""

    def __init__(self, table: Table, bodies: Bodies) -> None:
        self._table = table
        self._bodies = bodies

    def position(self, ledger: LedgerId) -> LedgerPosition:
        """Where the account stands, read consistently; empty when nothing was entered yet."""
        item = self._table.get(head_key(ledger.provider, ledger.account))
        return LedgerPosition.empty(ledger) if item is None else self._position(item)

    def positions(
        self,
        provider: str,
        after: str | None = None,
        unreadable: Callable[[str, LedgerUnreadableError], None] | None = None,
    ) -> Iterator[LedgerPosition]:
        """Where every account of a provider stands that has a ledger, in order of the name."""
        for item in self._table.query(f"LEDGERS#{provider}", after=after):
            try:
                position = self._position(item)
            except LedgerUnreadableError as error:
                if unreadable is None:
                    raise
                unreadable(str(item["sk"]), error)
            else:
                yield position

    def entries(self, ledger: LedgerId, after: int = 0) -> Iterator[LedgerEntry]:
        """Entries in their order, from the one behind ``after`` on, read consistently."""
        behind = entry_key(ledger, after)[1] if after else None
        for item in self._table.query(_pk(ledger), "ENTRY#", after=behind):
            yield _entry(item)

    def find(self, ledger: LedgerId, kind: EntryKind, document: str) -> LedgerEntry | None:
        """The entry of a document, or None. Not for allocations, of which there may be many."""
        claim = self._table.get(_document_key(ledger, kind, document))
        if claim is None:
            return None
        item = self._table.get(entry_key(ledger, int(claim["entry"])))
        return None if item is None else _entry(item)

    def append(
        self,
        position: LedgerPosition,
        drafts: Sequence[EntryDraft],
        at: datetime,
        booking: PaymentRecord | None = None,
    ) -> LedgerPosition | None:
        """Enter drafts behind the position with the payment's record, or nothing.

        Raises:
            ValueError: for no draft, or more than one transaction holds.
        """
        if not drafts:
            raise ValueError("nothing to enter")
        ledger = position.ledger
        following = position
        entries = chain(position.version, position.last_hash, tuple(drafts), at)
        for entry in entries:
            following = after(following, entry)
        actions = [self._head_action(position, following)]
        for entry in entries:
            actions.append(put_new(_entry_item(ledger, entry)))
            if entry.kind is not EntryKind.ALLOCATION:
                key = _document_key(ledger, entry.kind, entry.document)
                actions.append(put_new({"pk": key[0], "sk": key[1], "entry": entry.sequence}))
        if booking is not None:
            actions += record_actions(booking)
        if len(actions) > MAX_TRANSACTION_ACTIONS:
            raise ValueError(f"{len(drafts)} entries at once are more than a transaction holds")
        token = hashlib.sha256(repr((str(ledger), entries[-1].hash)).encode()).hexdigest()[:36]
        return following if self._table.transact(actions, token) else None

    def _head_action(self, before: LedgerPosition, following: LedgerPosition) -> dict[str, Any]:
        ledger = following.ledger
        pk, sk = head_key(ledger.provider, ledger.account)
        prefix = f"{ledger.provider}/ledger/positions/{ledger.account}"
        item = {
            "pk": pk,
            "sk": sk,
            "ledger_version": following.version,
            "balance": format(following.balance, "f"),
            "currency": ledger.currency,
            **self._bodies.attributes(_stored(following), prefix),
        }
        action: dict[str, Any] = {"Item": encode(item), **version_condition(before.version)}
        return {"Put": action}

    def _position(self, item: Item) -> LedgerPosition:
        try:
            return LedgerPosition.model_validate_json(self._bodies.read(item))
        except DAMAGED as error:
            whose = f"{item['pk'].removeprefix('LEDGERS#')}/{item['sk']}"
            raise LedgerUnreadableError(whose, None, what_is_wrong(error)) from error


def head_key(provider: str, account: str) -> Key:
    """Where an account's position is; all of a provider lie in one partition."""
    return (f"LEDGERS#{provider}", account)


def version_condition(version: int) -> dict[str, Any]:
    """The condition that a ledger is still at a version; zero means that it has no entry."""
    if version == 0:
        return {"ConditionExpression": "attribute_not_exists(pk)"}
    return {
        "ConditionExpression": "ledger_version = :version",
        "ExpressionAttributeValues": encode_values({"version": version}),
    }


def unchanged(position: LedgerPosition) -> dict[str, Any]:
    """An action that lets a transaction fail when the ledger is not at this position any more."""
    ledger = position.ledger
    return {
        "ConditionCheck": {
            "Key": encode_key(head_key(ledger.provider, ledger.account)),
            **version_condition(position.version),
        }
    }


def entry_key(ledger: LedgerId, sequence: int) -> Key:
    """Where an entry is stored."""
    return (_pk(ledger), f"ENTRY#{sequence:08d}")


def _document_key(ledger: LedgerId, kind: EntryKind, document: str) -> Key:
    return (_pk(ledger), f"DOCUMENT#{kind}#{document}")


def _pk(ledger: LedgerId) -> str:
    return f"LEDGER#{ledger.provider}#{ledger.account}"


def _entry_item(ledger: LedgerId, entry: LedgerEntry) -> Item:
    pk, sk = entry_key(ledger, entry.sequence)
    return {"pk": pk, "sk": sk, "hash": entry.hash, "body": pack(_stored(entry))}


def _stored(value: LedgerEntry | LedgerPosition) -> str:
    """As it is stored: without what it does not have.

    A field that entries get one day is then in none that does not use it, and functions of the
    version before, which finish their executions, go on reading the others.
    """
    return value.model_dump_json(exclude_none=True)


def _entry(item: Item) -> LedgerEntry:
    try:
        return LedgerEntry.model_validate_json(unpack(item["body"]))
    except DAMAGED as error:
        whose = item["pk"].removeprefix("LEDGER#").replace("#", "/")
        sequence = int(item["sk"].removeprefix("ENTRY#"))
        raise LedgerUnreadableError(whose, sequence, what_is_wrong(error)) from error
