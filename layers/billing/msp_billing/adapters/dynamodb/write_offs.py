"""Write-offs: asked for and decided; all of a provider in one partition, of which there are few."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from typing import Any

from msp_billing.adapters.dynamodb.table import (
    Item,
    Key,
    Table,
    encode,
    encode_values,
    pack,
    unpack,
)
from msp_billing.domain.ledger.write_offs import WriteOff


class DynamoWriteOffStore:
    """Write-offs under their names."""

    def __init__(self, table: Table) -> None:
        self._table = table

    def find(self, provider: str, account: str, write_off: str) -> WriteOff | None:
        """One, read consistently, or None when nobody asked for it."""
        item = self._table.get(_key(provider, account, write_off))
        return None if item is None else _write_off(item)

    def put(self, write_off: WriteOff) -> bool:
        """Store the version after what is stored. False when another one came first."""
        pk, sk = _key(write_off.provider, write_off.account, write_off.write_off)
        item = {
            "pk": pk,
            "sk": sk,
            "write_off_version": write_off.version,
            "body": pack(write_off.model_dump_json()),
        }
        put: dict[str, Any] = {"Item": encode(item)}
        if write_off.version == 1:
            put["ConditionExpression"] = "attribute_not_exists(pk)"
        else:
            put["ConditionExpression"] = "write_off_version = :before"
            put["ExpressionAttributeValues"] = encode_values({"before": write_off.version - 1})
        token = hashlib.sha256(repr(put).encode()).hexdigest()[:36]
        return self._table.transact([{"Put": put}], token)

    def of_provider(self, provider: str) -> Iterator[WriteOff]:
        """Every write-off of a provider, by account and name."""
        for item in self._table.query(f"WRITE_OFFS#{provider}"):
            yield _write_off(item)


def _key(provider: str, account: str, write_off: str) -> Key:
    return (f"WRITE_OFFS#{provider}", f"{account}#{write_off}")


def _write_off(item: Item) -> WriteOff:
    return WriteOff.model_validate_json(unpack(item["body"]))
