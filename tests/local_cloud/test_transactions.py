"""A transaction of the emulated table happens whole or not at all."""

from __future__ import annotations

from typing import Any

import pytest
from botocore.exceptions import ClientError

from local_cloud import LocalCloud

TABLE = "pairs"


@pytest.fixture
def table(cloud: LocalCloud) -> Any:
    """A client, and a table with one item."""
    client = cloud.client("dynamodb")
    client.create_table(
        TableName=TABLE,
        BillingMode="PAY_PER_REQUEST",
        AttributeDefinitions=[
            {"AttributeName": "pk", "AttributeType": "S"},
            {"AttributeName": "sk", "AttributeType": "S"},
        ],
        KeySchema=[
            {"AttributeName": "pk", "KeyType": "HASH"},
            {"AttributeName": "sk", "KeyType": "RANGE"},
        ],
    )
    client.put_item(TableName=TABLE, Item=item("old", "1"))
    return client


def item(sk: str, number: str) -> dict[str, Any]:
    return {"pk": {"S": "a"}, "sk": {"S": sk}, "number": {"N": number}}


def key(sk: str) -> dict[str, Any]:
    return {"pk": {"S": "a"}, "sk": {"S": sk}}


def changes(condition: str) -> list[dict[str, Any]]:
    """A new item, a changed one, and a third one under a condition."""
    return [
        {"Put": {"TableName": TABLE, "Item": item("new", "2")}},
        {
            "Update": {
                "TableName": TABLE,
                "Key": key("old"),
                "UpdateExpression": "SET #n = :n",
                "ExpressionAttributeNames": {"#n": "number"},
                "ExpressionAttributeValues": {":n": {"N": "7"}},
            }
        },
        {
            "Put": {
                "TableName": TABLE,
                "Item": item("third", "3"),
                "ConditionExpression": condition,
            }
        },
    ]


def stored(client: Any) -> dict[str, str]:
    return {
        entry["sk"]["S"]: entry["number"]["N"] for entry in client.scan(TableName=TABLE)["Items"]
    }


def test_a_transaction_that_fails_leaves_every_item_as_it_was(table: Any) -> None:
    with pytest.raises(ClientError, match="ConditionalCheckFailed"):
        table.transact_write_items(TransactItems=changes("attribute_exists(pk)"))
    assert stored(table) == {"old": "1"}


def test_a_transaction_that_holds_changes_every_item(table: Any) -> None:
    table.transact_write_items(TransactItems=changes("attribute_not_exists(pk)"))
    assert stored(table) == {"old": "7", "new": "2", "third": "3"}


def test_a_deleted_item_comes_back_when_the_transaction_fails(table: Any) -> None:
    delete = {"Delete": {"TableName": TABLE, "Key": key("old")}}
    failing = changes("attribute_exists(pk)")[2]
    with pytest.raises(ClientError, match="ConditionalCheckFailed"):
        table.transact_write_items(TransactItems=[delete, failing])
    assert stored(table) == {"old": "1"}
