"""The item that says in which shape the others are."""

from __future__ import annotations

from typing import TYPE_CHECKING

from msp_billing.usecases.ports.stored import Schema

if TYPE_CHECKING:
    from msp_billing.adapters.dynamodb.table import Item, Table

_SCHEMA_KEY = ("schema", "schema")


class DynamoSchemaStore:
    """The item ``schema``: in which shape the other items are."""

    def __init__(self, table: Table) -> None:
        self._table = table

    def find(self) -> Schema | None:
        """What the table says; None for one that never said anything."""
        item = self._table.get(_SCHEMA_KEY)
        return None if item is None else Schema.model_validate_json(item["schema_text"])

    def put(self, before: Schema | None, after: Schema) -> bool:
        """Compare-and-set. False when somebody else was faster."""
        pk, sk = _SCHEMA_KEY
        text = after.model_dump_json()
        item: Item = {"pk": pk, "sk": sk, "schema_version": after.version, "schema_text": text}
        if before is None:
            standing = self._table.put(item, "attribute_not_exists(pk)")
        else:
            was = before.model_dump_json()
            standing = self._table.put(item, "schema_text = :before", before=was)
        return standing is None or standing.get("schema_text") == text
