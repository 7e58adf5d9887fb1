"""Transactions of the emulated DynamoDB, undone item by item.

moto keeps a copy of the whole table for each item of a transaction, so that the time and the memory
of a run grow with the square of its accounts. What a transaction can change is the items that it
names: here they alone are kept, and put back when it fails.
"""

from __future__ import annotations

import copy
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import moto.dynamodb.models as dynamodb_models
from moto.dynamodb.models import DynamoDBBackend
from moto.dynamodb.models.dynamo_type import DynamoType
from moto.dynamodb.models.table import Table

from local_cloud.patching import Overlay, PatchSet


def undo_transactions_by_item(patches: PatchSet) -> None:
    """Take the copies of whole tables out of TransactWriteItems."""
    run = DynamoDBBackend.transact_write_items

    def transact_write_items(backend: Any, transact_items: Sequence[dict[str, Any]]) -> None:
        kept = [_keep(backend, action) for action in transact_items]
        try:
            run(backend, list(transact_items))
        except BaseException:
            for entry in kept:
                if entry is not None:
                    entry.put_back()
            raise

    def copied(value: Any, memo: Any = None) -> Any:
        return value if isinstance(value, Table) else copy.deepcopy(value, memo)

    patches.replace(dynamodb_models, "copy", Overlay(copy, deepcopy=copied))
    patches.replace(DynamoDBBackend, "transact_write_items", transact_write_items)


@dataclass(frozen=True)
class _Kept:
    """An item as it was, or that there was none."""

    table: Any
    hash_key: Any
    range_key: Any
    item: Any

    def put_back(self) -> None:
        items = self.table.items if self.range_key is None else self.table.items[self.hash_key]
        key = self.hash_key if self.range_key is None else self.range_key
        if self.item is None:
            items.pop(key, None)
        else:
            items[key] = self.item


def _keep(backend: Any, action: Mapping[str, Any]) -> _Kept | None:
    """The item that an action names; None for an action that moto refuses at once."""
    for body in action.values():
        table = backend.tables.get(body.get("TableName"))
        key = body.get("Key") or body.get("Item")
        if table is None or key is None or table.hash_key_attr not in key:
            return None
        hash_key = DynamoType(key[table.hash_key_attr])
        named = table.range_key_attr
        range_key = DynamoType(key[named]) if named is not None and named in key else None
        if named is not None and range_key is None:
            return None
        item = table.get_item(hash_key, range_key)
        return _Kept(table, hash_key, range_key, copy.deepcopy(item))
    return None
