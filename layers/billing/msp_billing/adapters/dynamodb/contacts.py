"""How mail addresses stand: one item per address, all of a provider in one partition."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator
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
from msp_billing.domain.contacts import Contact, contact_key


class DynamoContactStore:
    """Addresses that were ever flagged, with why and what became of it."""

    def __init__(self, table: Table) -> None:
        self._table = table

    def find_many(self, provider: str, addresses: Iterable[str]) -> dict[str, Contact]:
        """By key, those of the addresses that were ever flagged, read consistently."""
        wanted = {contact_key(address): _key(provider, address) for address in addresses}
        found = self._table.get_many(wanted.values()) if wanted else {}
        return {name: _contact(found[key]) for name, key in wanted.items() if key in found}

    def put(self, contact: Contact) -> bool:
        """Store the version after what is stored. False when another one came first."""
        pk, sk = _key(contact.provider, contact.address)
        item = {
            "pk": pk,
            "sk": sk,
            "contact_version": contact.version,
            "flags": [entry.reason.value for entry in contact.flags],
            "body": pack(contact.model_dump_json()),
        }
        put: dict[str, Any] = {"Item": encode(item)}
        if contact.version == 1:
            put["ConditionExpression"] = "attribute_not_exists(pk)"
        else:
            put["ConditionExpression"] = "contact_version = :before"
            put["ExpressionAttributeValues"] = encode_values({"before": contact.version - 1})
        token = hashlib.sha256(repr(put).encode()).hexdigest()[:36]
        return self._table.transact([{"Put": put}], token)

    def all_of(self, provider: str) -> Iterator[Contact]:
        """Every address that was ever flagged, in order."""
        for item in self._table.query(f"CONTACTS#{provider}"):
            yield _contact(item)


def _key(provider: str, address: str) -> Key:
    return (f"CONTACTS#{provider}", contact_key(address))


def _contact(item: Item) -> Contact:
    return Contact.model_validate_json(unpack(item["body"]))
