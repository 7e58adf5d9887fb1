"""The read and write units of a request to the emulated DynamoDB, from the items that it met."""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping
from typing import Any

from benchmarks.counting.item_sizes import item_bytes, read_units, write_units

Find = Callable[[str, Mapping[str, Any]], dict[str, Any]]
"""The item of a table that has the key, as the API writes it; empty when there is none."""

_INDEX_KEYS = ("gsi1pk", "gsi1sk")
_TABLE_KEYS = ("pk", "sk")


class Capacity:
    """One request: looked at before it is carried out, and worked out behind it."""

    def __init__(self, operation: str, body: bytes, find: Find) -> None:
        self._operation = operation
        self._request: dict[str, Any] = json.loads(body)
        self._find = find
        self._writes = list(_writes(operation, self._request))
        self._before = [find(table, key) for table, key, _ in self._writes]

    def units(self, answer: Mapping[str, Any]) -> dict[str, float]:
        """Units by kind: ``read``, ``write``, and ``index write`` for the index.

        Those of the table also by the first word of the partition key, "write units in CYCLE":
        what lies under one key shares one partition's rate.
        """
        counted: defaultdict[str, float] = defaultdict(float)
        factor = 2 if self._operation == "TransactWriteItems" else 1
        for (table, key, kind), before in zip(self._writes, self._before, strict=True):
            after = self._find(table, key)
            units = factor * write_units(max(item_bytes(before), item_bytes(after)))
            counted["write units"] += units
            counted[f"write units in {_first_word(key)}"] += units
            if kind != "ConditionCheck":
                counted["index write units"] += factor * _index_writes(before, after)
        for word, read in self._reads(answer):
            counted["read units"] += read
            counted[f"read units in {word}"] += read
        return {kind: units for kind, units in counted.items() if units}

    def _reads(self, answer: Mapping[str, Any]) -> Iterator[tuple[str, float]]:
        request, consistent = self._request, bool(self._request.get("ConsistentRead"))
        match self._operation:
            case "GetItem":
                size = item_bytes(self._find(request["TableName"], request["Key"]))
                yield _first_word(request["Key"]), read_units(size, consistent=consistent)
            case "Query":
                pk = {"pk": request["ExpressionAttributeValues"][":pk"]}
                yield _first_word(pk), read_units(self._paged(answer), consistent=consistent)
            case "BatchGetItem":
                for table, asked in request["RequestItems"].items():
                    each = bool(asked.get("ConsistentRead"))
                    for key in asked["Keys"]:
                        size = item_bytes(self._find(table, key))
                        yield _first_word(key), read_units(size, consistent=each)

    def _paged(self, answer: Mapping[str, Any]) -> int:
        """Bytes that a query went through: whole items, however few attributes it asked for."""
        table = self._request["TableName"]
        names = (*_TABLE_KEYS, *_INDEX_KEYS) if "IndexName" in self._request else ()
        size = 0
        for item in answer.get("Items", ()):
            whole = self._find(table, {name: item[name] for name in _TABLE_KEYS})
            size += item_bytes({name: whole[name] for name in names} if names else whole)
        return size


def _writes(
    operation: str, request: Mapping[str, Any]
) -> Iterator[tuple[str, Mapping[str, Any], str]]:
    """Table, key and kind of everything that a request writes or checks."""
    if operation in {"PutItem", "UpdateItem", "DeleteItem"}:
        yield request["TableName"], _key(request.get("Key") or request["Item"]), operation
    elif operation == "TransactWriteItems":
        for action in request["TransactItems"]:
            ((kind, what),) = action.items()
            yield what["TableName"], _key(what.get("Key") or what["Item"]), kind
    elif operation == "BatchWriteItem":
        for table, actions in request["RequestItems"].items():
            for action in actions:
                ((kind, what),) = action.items()
                yield table, _key(what.get("Key") or what["Item"]), kind


def _first_word(key: Mapping[str, Any]) -> str:
    return str(key["pk"]["S"]).partition("#")[0]


def _key(item: Mapping[str, Any]) -> dict[str, Any]:
    return {name: item[name] for name in _TABLE_KEYS}


def _index_writes(before: Mapping[str, Any], after: Mapping[str, Any]) -> int:
    """Writes to the index, which holds keys alone: put in, taken out, or moved."""
    old, new = _index_entry(before), _index_entry(after)
    if old == new:
        return 0
    return (old is not None) + (new is not None)


def _index_entry(item: Mapping[str, Any]) -> tuple[Any, ...] | None:
    if not all(name in item for name in _INDEX_KEYS):
        return None
    return tuple(item[name] for name in _INDEX_KEYS)
