"""Tables of an emulated DynamoDB with nothing around them: no index, no functions, no clock."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import boto3
from moto import mock_aws


@contextmanager
def bare_tables(*names: str) -> Iterator[Any]:
    """A client of DynamoDB that has empty tables with the keys of the project's own."""
    with mock_aws():
        client = boto3.client(
            "dynamodb",
            region_name="us-east-1",
            aws_access_key_id="none",
            aws_secret_access_key="none",
        )
        keys = [("pk", "HASH"), ("sk", "RANGE")]
        for name in names:
            client.create_table(
                TableName=name,
                BillingMode="PAY_PER_REQUEST",
                AttributeDefinitions=[{"AttributeName": n, "AttributeType": "S"} for n, _ in keys],
                KeySchema=[{"AttributeName": n, "KeyType": kind} for n, kind in keys],
            )
        yield client
