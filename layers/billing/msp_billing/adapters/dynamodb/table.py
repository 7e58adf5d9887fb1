"""The table: items in and out, within DynamoDB's limits, nothing left unprocessed."""

from __future__ import annotations

import random
import time
import zlib
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

from boto3.dynamodb.types import Binary, TypeDeserializer, TypeSerializer
from botocore.exceptions import ClientError

Item = dict[str, Any]
Key = tuple[str, str]

MAX_TRANSACTION_ACTIONS = 100
MAX_TRANSACTION_BYTES = 3_500_000  # of 4 MB; the rest is for keys and type markers
MAX_BATCH_WRITE_ITEMS = 25
MAX_BATCH_GET_ITEMS = 100
MAX_BODY_BYTES = 350_000  # of the 400 KB of an item; larger bodies go to S3 (docs/faults.md, 27)
_MAX_UNPROCESSED_ROUNDS = 10
_PASSING_REASONS = frozenset(
    {
        "ConditionalCheckFailed",
        "TransactionConflict",
        "DuplicateItem",
        "ThrottlingError",
        "ProvisionedThroughputExceeded",
    }
)
"""Why a transaction is cancelled that may succeed after reading again; the others never pass."""

_serialize = TypeSerializer().serialize
_deserialize = TypeDeserializer().deserialize


class Table:
    """One DynamoDB table with string keys ``pk`` and ``sk`` and the index ``gsi1``."""

    def __init__(self, client: Any, name: str) -> None:
        self._client = client
        self.name = name

    def get(self, key: Key) -> Item | None:
        """One item, read consistently."""
        found = self._client.get_item(
            TableName=self.name, Key=encode_key(key), ConsistentRead=True
        ).get("Item")
        return decode(found) if found else None

    def get_many(self, keys: Iterable[Key]) -> dict[Key, Item]:
        """Those of the items that exist, read consistently."""
        wanted = list(dict.fromkeys(keys))
        result: dict[Key, Item] = {}
        for start in range(0, len(wanted), MAX_BATCH_GET_ITEMS):
            request: dict[str, Any] = {
                self.name: {
                    "Keys": [encode_key(k) for k in wanted[start : start + MAX_BATCH_GET_ITEMS]],
                    "ConsistentRead": True,
                }
            }
            for round_number in range(_MAX_UNPROCESSED_ROUNDS):
                answer = self._client.batch_get_item(RequestItems=request)
                for raw in answer["Responses"].get(self.name, []):
                    item = decode(raw)
                    result[item["pk"], item["sk"]] = item
                request = answer.get("UnprocessedKeys") or {}
                if not request:
                    break
                pause(round_number)
            else:
                raise UnprocessedError(f"{self.name} left keys unread")
        return result

    def put(self, item: Item, condition: str | None = None, **values: Any) -> Item | None:
        """Put an item.

        Returns:
            None when it was put; the item that stands in its place when the condition failed.
        """
        request: dict[str, Any] = {"TableName": self.name, "Item": encode(item)}
        if condition is not None:
            request["ConditionExpression"] = condition
            request["ReturnValuesOnConditionCheckFailure"] = "ALL_OLD"
            if values:
                request["ExpressionAttributeValues"] = encode_values(values)
        try:
            self._client.put_item(**request)
        except ClientError as error:
            if not is_condition_failure(error):
                raise
            old = error.response.get("Item")
            # An emulator or an old endpoint may leave the item out of the answer.
            return decode(old) if old else self.get((item["pk"], item["sk"]))
        return None

    def put_many(self, items: Sequence[Item]) -> None:
        """Put items without a condition, 25 at a time, until none is left unprocessed."""
        for start in range(0, len(items), MAX_BATCH_WRITE_ITEMS):
            group = items[start : start + MAX_BATCH_WRITE_ITEMS]
            request: dict[str, Any] = {
                self.name: [{"PutRequest": {"Item": encode(item)}} for item in group]
            }
            for round_number in range(_MAX_UNPROCESSED_ROUNDS):
                answer = self._client.batch_write_item(RequestItems=request)
                request = answer.get("UnprocessedItems") or {}
                if not request:
                    break
                pause(round_number)
            else:
                raise UnprocessedError(f"{self.name} left items unwritten")

    def update(self, key: Key, expression: str, condition: str, **values: Any) -> Item | None:
        """Update one item by condition.

        Returns:
            None when it was updated; the item as it stands when the condition failed, empty when
            there is none.
        """
        try:
            self._client.update_item(
                TableName=self.name,
                Key=encode_key(key),
                UpdateExpression=expression,
                ConditionExpression=condition,
                ExpressionAttributeValues=encode_values(values),
                ReturnValuesOnConditionCheckFailure="ALL_OLD",
            )
        except ClientError as error:
            if not is_condition_failure(error):
                raise
            old = error.response.get("Item")
            return decode(old) if old else self.get(key) or {}
        return None

    def transact(self, actions: Sequence[Mapping[str, Any]], token: str) -> bool:
        """Commit actions together; False when a condition failed or another one interfered.

        What would fail for ever, as an item that is too large, raises: whoever is told False reads
        again and tries again.

        Args:
            actions: at most 100, as the API takes them, without TableName.
            token: ClientRequestToken, derived from what is done so that a retry is the same.
        """
        if len(actions) > MAX_TRANSACTION_ACTIONS:
            raise ValueError(f"{len(actions)} actions in one transaction; DynamoDB takes 100")
        named = [
            {kind: {"TableName": self.name, **body} for kind, body in action.items()}
            for action in actions
        ]
        try:
            self._client.transact_write_items(TransactItems=named, ClientRequestToken=token)
        except ClientError as error:
            if _somebody_was_faster(error):
                return False
            raise
        return True

    def query(
        self,
        pk: str,
        prefix: str = "",
        *,
        between: tuple[str, str] | None = None,
        after: str | None = None,
        limit: int | None = None,
        without: Sequence[str] = (),
        only: Sequence[str] = (),
    ) -> Iterator[Item]:
        """Items of a partition in order of their sort key, read consistently, page by page.

        Args:
            prefix: only sort keys that begin so.
            between: only sort keys from the first to the second, both included; without a prefix.
            after: only sort keys behind this one.
            limit: at most so many items.
            only: attributes to read, all when empty.
        """
        condition, values = "pk = :pk", {"pk": pk}
        if between is not None:
            condition += " AND sk BETWEEN :first AND :last"
            values |= {"first": between[0], "last": between[1]}
        elif prefix:
            condition += " AND begins_with(sk, :prefix)"
            values |= {"prefix": prefix}
        request: dict[str, Any] = {
            "TableName": self.name,
            "ConsistentRead": True,
            "KeyConditionExpression": condition,
            "ExpressionAttributeValues": encode_values(values),
        }
        if only:
            request["ProjectionExpression"] = ", ".join(f"#{name}" for name in only)
            request["ExpressionAttributeNames"] = {f"#{name}": name for name in only}
        if after is not None:
            request["ExclusiveStartKey"] = encode_key((pk, after))
        if limit is not None:
            request["Limit"] = limit
        count = 0
        while True:
            answer = self._client.query(**request)
            for raw in answer["Items"]:
                yield decode(raw)
                count += 1
                if limit is not None and count >= limit:
                    return
            if "LastEvaluatedKey" not in answer:
                return
            request["ExclusiveStartKey"] = answer["LastEvaluatedKey"]

    def query_index(self, gsi1pk: str, gsi1sk: str) -> list[Key]:
        """Keys of the items under an index entry. The index lags: read them consistently then."""
        answer = self._client.query(
            TableName=self.name,
            IndexName="gsi1",
            KeyConditionExpression="gsi1pk = :pk AND gsi1sk = :sk",
            ExpressionAttributeValues=encode_values({"pk": gsi1pk, "sk": gsi1sk}),
        )
        items = [decode(raw) for raw in answer["Items"]]
        return [(item["pk"], item["sk"]) for item in items]

    def query_index_down(self, gsi1pk: str, since: str, limit: int) -> list[Key]:
        """Keys under an index partition from a sort key on, the last ones first, at most so many.

        The index lags: read them consistently then.
        """
        answer = self._client.query(
            TableName=self.name,
            IndexName="gsi1",
            KeyConditionExpression="gsi1pk = :pk AND gsi1sk >= :since",
            ExpressionAttributeValues=encode_values({"pk": gsi1pk, "since": since}),
            ScanIndexForward=False,
            Limit=limit,
        )
        items = [decode(raw) for raw in answer["Items"]]
        return [(item["pk"], item["sk"]) for item in items]


class UnprocessedError(RuntimeError):
    """DynamoDB kept leaving work undone; the caller is retried by the state machine."""


def encode(item: Item) -> Item:
    """An item as the API takes it."""
    return {name: _serialize(value) for name, value in item.items() if value is not None}


def decode(raw: Item) -> Item:
    """An item as Python has it; binary attributes as bytes."""
    plain = {name: _deserialize(value) for name, value in raw.items()}
    return {n: bytes(v) if isinstance(v, Binary) else v for n, v in plain.items()}


def encode_key(key: Key) -> Item:
    """A key as the API takes it."""
    return {"pk": {"S": key[0]}, "sk": {"S": key[1]}}


def encode_values(values: Mapping[str, Any]) -> Item:
    """Expression values as the API takes them, each with its colon."""
    return {f":{name}": _serialize(value) for name, value in values.items()}


def put_new(item: Item) -> dict[str, Any]:
    """The action of a transaction that puts an item where none may be yet."""
    return {"Put": {"Item": encode(item), "ConditionExpression": "attribute_not_exists(pk)"}}


def is_condition_failure(error: ClientError) -> bool:
    """Whether a conditional write found its condition not met."""
    return bool(error.response["Error"]["Code"] == "ConditionalCheckFailedException")


def _somebody_was_faster(error: ClientError) -> bool:
    """Whether a transaction failed by what others did. Each action has a reason, most 'None'."""
    code = error.response["Error"]["Code"]
    if code != "TransactionCanceledException":
        return bool(code == "TransactionInProgressException")
    reasons = error.response.get("CancellationReasons") or ()
    codes = {reason.get("Code") or "None" for reason in reasons} - {"None"}
    return codes <= _PASSING_REASONS


def pack(json_text: str) -> bytes:
    """A document as it is stored: compressed, because an item is paid for by its size."""
    return zlib.compress(json_text.encode(), 6)


def unpack(body: bytes) -> bytes:
    """The JSON of a stored document."""
    return zlib.decompress(body)


def pause(round_number: int) -> None:
    """Full-jitter backoff before work is tried again that was left undone or interfered with."""
    time.sleep(random.uniform(0, min(2.0, 0.05 * 2**round_number)))  # noqa: S311
