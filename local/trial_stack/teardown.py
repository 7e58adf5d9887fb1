"""Taking a trial stack away, with everything that a stack which bills would keep."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import boto3
from botocore.exceptions import ClientError

Tell = Callable[[str], None]


def take_away(stack: str, tell: Tell) -> bool:
    """Delete a trial stack, then the table, the buckets and the queue that it leaves behind.

    Objects in the records bucket are locked for a day. Whoever may bypass that (the permission
    ``s3:BypassGovernanceRetention``) has them deleted; otherwise it is told what is left, and a
    second call a day later deletes it.

    Returns:
        Whether nothing is left but what CloudFormation and SAM keep of any stack.
    """
    client = boto3.client("cloudformation")
    try:
        (described,) = client.describe_stacks(StackName=stack)["Stacks"]
    except ClientError:
        return True
    arn = described["StackId"]
    kept = _resources(client, arn)
    client.delete_stack(StackName=arn)
    client.get_waiter("stack_delete_complete").wait(
        StackName=arn, WaiterConfig={"Delay": 5, "MaxAttempts": 240}
    )
    left = [complaint for kind, name in kept if (complaint := _deleted(kind, name)) is not None]
    for complaint in left:
        tell(complaint)
    return not left


def _resources(client: Any, stack: str) -> list[tuple[str, str]]:
    """Kind and name of what the template retains."""
    pages = client.get_paginator("list_stack_resources").paginate(StackName=stack)
    return [
        (entry["ResourceType"], entry["PhysicalResourceId"])
        for page in pages
        for entry in page["StackResourceSummaries"]
        if entry["ResourceType"] in _DELETING and entry.get("PhysicalResourceId")
    ]


def _deleted(kind: str, name: str) -> str | None:
    """Delete what is still there of a kind; what to tell when it cannot be."""
    try:
        _DELETING[kind](name)
    except ClientError as error:
        said = error.response.get("Error", {})
        if said.get("Code") in _GONE:
            return None
        return f"Left: {kind} {name}: {said.get('Message') or error}"
    return None


def _delete_table(name: str) -> None:
    client = boto3.client("dynamodb")
    client.update_table(TableName=name, DeletionProtectionEnabled=False)
    client.get_waiter("table_exists").wait(TableName=name)
    client.delete_table(TableName=name)


def _delete_bucket(name: str) -> None:
    client = boto3.client("s3")
    for page in client.get_paginator("list_object_versions").paginate(Bucket=name):
        found = [*page.get("Versions", ()), *page.get("DeleteMarkers", ())]
        for entry in found:
            client.delete_object(
                Bucket=name,
                Key=entry["Key"],
                VersionId=entry["VersionId"],
                BypassGovernanceRetention=True,
            )
    client.delete_bucket(Bucket=name)


def _delete_queue(url: str) -> None:
    boto3.client("sqs").delete_queue(QueueUrl=url)


_DELETING: dict[str, Callable[[str], None]] = {
    "AWS::DynamoDB::Table": _delete_table,
    "AWS::S3::Bucket": _delete_bucket,
    "AWS::SQS::Queue": _delete_queue,
}
_GONE = frozenset(
    {
        "AWS.SimpleQueueService.NonExistentQueue",
        "NoSuchBucket",
        "QueueDoesNotExist",
        "ResourceNotFoundException",
    }
)
