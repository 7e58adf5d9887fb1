"""The whole table: for people who look after it. Functions read by key and never scan."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from boto3.dynamodb.types import TypeSerializer
from botocore.exceptions import ClientError

from msp_billing.adapters.dynamodb.table import (
    Item,
    Key,
    Table,
    decode,
    encode_key,
    is_condition_failure,
)

_serialize = TypeSerializer().serialize


class WholeTable(Table):
    """A table that can be read from one end to the other, and mended attribute by attribute."""

    def scan(self, after: Key | None = None) -> Iterator[tuple[list[Item], Key | None]]:
        """Every item behind a key, read consistently: pages, each with the key it ends at.

        The key is None on the last page.
        """
        request: dict[str, Any] = {"TableName": self.name, "ConsistentRead": True}
        if after is not None:
            request["ExclusiveStartKey"] = encode_key(after)
        while True:
            answer = self._client.scan(**request)
            last = answer.get("LastEvaluatedKey")
            key = decode(last) if last else None
            yield [decode(raw) for raw in answer["Items"]], (key["pk"], key["sk"]) if key else None
            if not last:
                return
            request["ExclusiveStartKey"] = last

    def exchange(self, key: Key, before: Item, after: Item) -> bool:
        """Replace attributes of an item if each is still as it was; None stands for absent.

        Returns:
            False when one of them is not. An answer that was lost is no failure: what stands there
            is compared with what was wanted.
        """
        names = {f"#n{n}": name for n, name in enumerate(before)}
        try:
            self._client.update_item(
                TableName=self.name, Key=encode_key(key), **_exchange(names, before, after)
            )
        except ClientError as error:
            if not is_condition_failure(error):
                raise
            standing = self.get(key) or {}
            return all(standing.get(name) == after[name] for name in names.values())
        return True


def _exchange(names: dict[str, str], before: Item, after: Item) -> dict[str, Any]:
    """The update that changes attributes, by their aliases, on condition that none has changed."""
    values: Item = {}
    conditions, sets, removals = ["attribute_exists(pk)"], [], []
    for alias, name in names.items():
        old, new = before[name], after[name]
        old_value, new_value = f":o{alias[2:]}", f":w{alias[2:]}"
        if old is None:
            conditions.append(f"attribute_not_exists({alias})")
        else:
            conditions.append(f"{alias} = {old_value}")
            values[old_value] = _serialize(old)
        if new is None:
            removals.append(alias)
        else:
            sets.append(f"{alias} = {new_value}")
            values[new_value] = _serialize(new)
    parts = [f"SET {', '.join(sets)}"] if sets else []
    parts += [f"REMOVE {', '.join(removals)}"] if removals else []
    return {
        "UpdateExpression": " ".join(parts),
        "ConditionExpression": " AND ".join(conditions),
        "ExpressionAttributeNames": names,
        "ExpressionAttributeValues": values,
    }
