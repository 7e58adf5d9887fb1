"""Answers are the same with the shortcuts and without."""

from __future__ import annotations

import re
from typing import Any

import pytest
from botocore.exceptions import ClientError

from local_cloud import LocalCloud, shortcuts
from tests.local_cloud.conftest import OpenCloud

_DRAWN_BY_LOT = {"RequestId", "x-amzn-requestid", "x-amz-crc32", "date"}
_UUID = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")


def test_answers_are_those_without_shortcuts(
    open_cloud: OpenCloud, monkeypatch: pytest.MonkeyPatch
) -> None:
    with_shortcuts = open_cloud()
    told = answers(with_shortcuts)
    with_shortcuts.__exit__(None, None, None)
    monkeypatch.setattr(shortcuts, "install", lambda _: None)
    assert told == answers(open_cloud())
    assert (len(told), len([entry for entry in told if "Error" in entry])) == (17, 3)


def test_a_presigned_link_is_signed_and_works_like_any_other(cloud: LocalCloud) -> None:
    s3, bucket = cloud.client("s3"), cloud.resource_id("RecordsBucket")
    links = [
        s3.generate_presigned_url("get_object", Params={"Bucket": bucket, "Key": key})
        for key in ("a", "b")
    ]
    signatures = {link.rsplit("Signature=", 1)[1] for link in links}
    assert len(signatures) == 2


def answers(cloud: LocalCloud) -> list[Any]:
    """What every kind of service answers, well and in error."""
    s3, table = cloud.client("s3"), cloud.client("dynamodb")
    bucket, name = cloud.resource_id("RecordsBucket"), cloud.resource_id("Table")
    key = {"pk": {"S": "a"}, "sk": {"S": "b"}}
    item = {**key, "many": {"L": [{"N": "1"}, {"M": {"x": {"BOOL": True}}}]}}
    index = {"gsi1pk": {"S": "x"}, "gsi1sk": {"S": "y"}}
    asked = (
        lambda: s3.put_object(Bucket=bucket, Key="a/b c", Body=b"text", ChecksumAlgorithm="SHA256"),
        lambda: s3.get_object(Bucket=bucket, Key="a/b c"),
        lambda: s3.get_object(Bucket=bucket, Key="none"),
        lambda: s3.list_objects_v2(Bucket=bucket, Prefix="a/"),
        lambda: table.put_item(TableName=name, Item=item),
        lambda: table.put_item(
            TableName=name, Item=item, ConditionExpression="attribute_not_exists(pk)"
        ),
        *(
            lambda more=more: table.put_item(
                TableName=name, Item={**key, "sk": {"S": more}, **index}
            )
            for more in ("c", "b2", "a")
        ),
        lambda: table.get_item(TableName=name, Key=key),
        lambda: table.query(
            TableName=name,
            KeyConditionExpression="pk = :pk",
            ExpressionAttributeValues={":pk": {"S": "a"}},
        ),
        lambda: table.query(
            TableName=name,
            KeyConditionExpression="pk = :pk AND begins_with(sk, :sk)",
            ExpressionAttributeValues={":pk": {"S": "a"}, ":sk": {"S": "b"}},
            ScanIndexForward=False,
            Limit=1,
        ),
        lambda: table.query(
            TableName=name,
            IndexName="gsi1",
            KeyConditionExpression="gsi1pk = :pk",
            ExpressionAttributeValues={":pk": {"S": "x"}},
        ),
        lambda: table.scan(TableName=name),
        lambda: table.describe_table(TableName=name),
        lambda: cloud.client("stepfunctions").list_state_machines(),
        lambda: cloud.client("scheduler").get_schedule(Name="none"),
    )
    return [_answer(ask) for ask in asked]


def _answer(ask: Any) -> Any:
    try:
        answer = ask()
    except ClientError as error:
        answer = error.response
    return _plain(answer)


def _plain(value: Any) -> Any:
    """Without what is drawn by lot or read from the clock, and with the bytes of a body."""
    if isinstance(value, str):
        return _UUID.sub("an-id", value)
    if isinstance(value, dict):
        return {name: _plain(entry) for name, entry in value.items() if name not in _DRAWN_BY_LOT}
    if isinstance(value, list):
        return [_plain(entry) for entry in value]
    return value.read() if hasattr(value, "read") else value
