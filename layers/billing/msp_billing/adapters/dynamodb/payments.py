"""Payments and returns under their keys, for ever; what waits for a person is listed beside."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from msp_billing.adapters.dynamodb.table import (
    Item,
    Key,
    Table,
    encode,
    encode_key,
    encode_values,
    pack,
    unpack,
)
from msp_billing.domain.payments.records import PaymentRecord

if TYPE_CHECKING:
    from msp_billing.domain.payments.incoming import PaymentKey


class DynamoPaymentStore:
    """Records of payments."""

    def __init__(self, table: Table) -> None:
        self._table = table

    def find(self, key: PaymentKey) -> PaymentRecord | None:
        """A payment or a return, read consistently."""
        item = self._table.get(_key(key))
        return None if item is None else _record(item)

    def find_by_trace(self, provider: str, trace: str) -> tuple[PaymentRecord, ...]:
        """The payments that have this number of the bank: found by the index, read by key.

        One that was stored a moment ago may be missing.
        """
        keys = self._table.query_index(f"TRACE#{provider}", trace)
        found = self._table.get_many(keys)
        records = (_record(found[key]) for key in sorted(found))
        return tuple(
            record
            for record in records
            if record.payment is not None and record.payment.trace == trace
        )

    def put(self, record: PaymentRecord) -> bool:
        """Store a record that moves no money. False when another one came first."""
        actions = record_actions(record)
        token = hashlib.sha256(repr(actions).encode()).hexdigest()[:36]
        return self._table.transact(actions, token)

    def queue(self, provider: str) -> Iterator[PaymentRecord]:
        """What waits for a person, oldest first."""
        waiting = [(item["place"], item["sk"]) for item in self._table.query(_queue_pk(provider))]
        keys = [(f"PAYMENTS#{provider}", place) for place, _ in waiting]
        found = self._table.get_many(keys)
        for key in keys:
            record = _record(found[key])
            if record.state == "queued":  # decided since the list was read
                yield record

    def of_provider(self, provider: str) -> Iterator[PaymentRecord]:
        """Every payment and return of a provider."""
        for item in self._table.query(f"PAYMENTS#{provider}"):
            yield _record(item)


def record_actions(record: PaymentRecord) -> list[dict[str, Any]]:
    """What stores a record in a transaction: itself, and its place in the queue."""
    pk, sk = _key(record.key)
    item: Item = {
        "pk": pk,
        "sk": sk,
        "payment_version": record.version,
        "payment_state": record.state,
        "body": pack(record.model_dump_json()),
    }
    if record.payment is not None and record.payment.trace is not None:
        item |= {"gsi1pk": f"TRACE#{record.key.provider}", "gsi1sk": record.payment.trace}
    put: dict[str, Any] = {"Item": encode(item)}
    if record.version == 1:
        put["ConditionExpression"] = "attribute_not_exists(pk)"
    else:
        put["ConditionExpression"] = "payment_version = :before"
        put["ExpressionAttributeValues"] = encode_values({"before": record.version - 1})
    return [{"Put": put}, *_queue_actions(record, sk)]


def _queue_actions(record: PaymentRecord, place: str) -> list[dict[str, Any]]:
    key = (_queue_pk(record.key.provider), f"{record.reported_at.isoformat()}#{place}")
    if record.state == "queued":
        return [{"Put": {"Item": encode({"pk": key[0], "sk": key[1], "place": place})}}]
    if record.version == 1:
        return []
    return [{"Delete": {"Key": encode_key(key)}}]


def _key(key: PaymentKey) -> Key:
    return (f"PAYMENTS#{key.provider}", f"{key.source}#{key.external_id}")


def _queue_pk(provider: str) -> str:
    return f"PAYMENT_QUEUE#{provider}"


def _record(item: Item) -> PaymentRecord:
    return PaymentRecord.model_validate_json(unpack(item["body"]))
