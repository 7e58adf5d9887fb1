"""Tables of an emulated DynamoDB with nothing around them: no functions, no clock."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import boto3
from moto import mock_aws


@contextmanager
def bare_tables(*names: str) -> Iterator[Any]:
    """A client of DynamoDB that has empty tables, with keys and index as the project's own."""
    with mock_aws():
        client = boto3.client(
            "dynamodb",
            region_name="us-east-1",
            aws_access_key_id="none",
            aws_secret_access_key="none",
        )
        names_of_keys = ("pk", "sk", "gsi1pk", "gsi1sk")
        for name in names:
            client.create_table(
                TableName=name,
                BillingMode="PAY_PER_REQUEST",
                AttributeDefinitions=[
                    {"AttributeName": key, "AttributeType": "S"} for key in names_of_keys
                ],
                KeySchema=_keys("pk", "sk"),
                GlobalSecondaryIndexes=[
                    {
                        "IndexName": "gsi1",
                        "KeySchema": _keys("gsi1pk", "gsi1sk"),
                        "Projection": {"ProjectionType": "KEYS_ONLY"},
                    }
                ],
            )
        yield client


def _keys(first: str, second: str) -> list[Any]:
    return [
        {"AttributeName": first, "KeyType": "HASH"},
        {"AttributeName": second, "KeyType": "RANGE"},
    ]
