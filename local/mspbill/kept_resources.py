"""What of a stack holds money data and outlives it, how large it is, and what it costs."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

import boto3
from botocore.exceptions import ClientError

from mspbill.stack_names import StackNames

_GIB = Decimal(1024**3)
PRICES: Mapping[str, Decimal] = {
    "table": Decimal("0.25"),
    "recovery": Decimal("0.20"),
    "bucket": Decimal("0.023"),
}
"""US dollars for a GiB and month, us-east-1, list prices of November 2026: DynamoDB storage, its
point-in-time recovery, S3 Standard."""

_MOST_OBJECTS_COUNTED = 200_000


@dataclass(frozen=True)
class KeptResource:
    """Something that stays when the stack is gone."""

    kind: str
    name: str
    what: str
    size_bytes: int | None
    """None where it was not worked out."""
    dollars_a_month: Decimal | None


def kept_resources(names: StackNames, table_in_use: str) -> tuple[KeptResource, ...]:
    """What stays, by the template's own policies, and the table in use if it is another one."""
    found = []
    for logical_id in retained(names):
        name = names.resources.get(logical_id)
        if not name:
            continue
        match logical_id:
            case "BillingTable":
                found.append(_table(name, "all state"))
            case "FeedsBucket":
                found.append(_bucket(name, "what the provider's tools exported"))
            case "RecordsBucket":
                found.append(_bucket(name, "sealed invoices, snapshots and letters"))
            case "LostEventsQueue":
                found.append(_queue(name))
    own = names.resources.get("BillingTable")
    if table_in_use != own:
        found.append(_table(table_in_use, "all state, restored: the table in use"))
    return tuple(found)


def retained(names: StackNames) -> Iterator[str]:
    """The resources that the deployed template keeps when the stack is deleted."""
    body = boto3.client("cloudformation").get_template(
        StackName=names.stack, TemplateStage="Processed"
    )["TemplateBody"]
    template: Any = json.loads(body) if isinstance(body, str) else body
    for logical_id, resource in template["Resources"].items():
        if str(resource.get("DeletionPolicy", "")).startswith("Retain"):
            yield logical_id


def _table(name: str, what: str) -> KeptResource:
    described = boto3.client("dynamodb").describe_table(TableName=name)["Table"]
    size = int(described.get("TableSizeBytes", 0))  # as of six hours ago, says AWS
    price = _cost(size, PRICES["table"] + PRICES["recovery"])
    return KeptResource("table", name, what, size, price)


def _bucket(name: str, what: str) -> KeptResource:
    size = 0
    pages = boto3.client("s3").get_paginator("list_object_versions").paginate(Bucket=name)
    count = 0
    for page in pages:
        for version in page.get("Versions", ()):
            size, count = size + int(version["Size"]), count + 1
        if count > _MOST_OBJECTS_COUNTED:  # somebody waits; the bill of last month says it
            return KeptResource("bucket", name, what, None, None)
    return KeptResource("bucket", name, what, size, _cost(size, PRICES["bucket"]))


def _queue(address: str) -> KeptResource:
    waiting = 0
    try:
        told = boto3.client("sqs").get_queue_attributes(
            QueueUrl=address, AttributeNames=["ApproximateNumberOfMessages"]
        )
        waiting = int(told["Attributes"]["ApproximateNumberOfMessages"])
    except ClientError:
        waiting = 0
    what = f"events that no function took; {waiting} wait, each for 14 days at most"
    return KeptResource("queue", address.rpartition("/")[2], what, None, Decimal(0))


def _cost(size: int, price: Decimal) -> Decimal:
    return (size / _GIB * price).quantize(Decimal("0.01"))
