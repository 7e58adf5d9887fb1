"""Objects that are put into a bucket are told to EventBridge, where the bucket is set up for it."""

from __future__ import annotations

import json
from typing import Any

from local_cloud import LocalCloud


def put(cloud: LocalCloud, bucket: str, key: str) -> None:
    name = cloud.resource_id(bucket)
    cloud.client("s3").put_object(Bucket=name, Key=key, Body=b"12345")


def noted(cloud: LocalCloud) -> list[dict[str, Any]]:
    cloud.run_until(cloud.clock.now())
    key = {"pk": {"S": "events"}, "sk": {"S": "all"}}
    answer = cloud.client("dynamodb").get_item(TableName=cloud.resource_id("Table"), Key=key)
    found = answer.get("Item", {"noted": {"L": []}})
    return [json.loads(entry["S"]) for entry in found["noted"]["L"]]


def test_an_object_is_announced_as_aws_does(cloud: LocalCloud) -> None:
    put(cloud, "InboxBucket", "in/a file+1.csv")
    (event,) = noted(cloud)
    bucket = cloud.resource_id("InboxBucket")
    assert (event["source"], event["detail-type"]) == ("aws.s3", "Object Created")
    assert event["time"] == "2026-01-15T00:00:00Z"
    assert event["resources"] == [f"arn:aws:s3:::{bucket}"]
    assert event["detail"]["bucket"] == {"name": bucket}
    assert event["detail"]["reason"] == "PutObject"
    described = event["detail"]["object"]
    assert (described["key"], described["size"]) == ("in/a file+1.csv", 5)
    assert described["etag"] == "827ccb0eea8a706c4c34a16891f84e7b"
    assert "version-id" not in described, "the bucket keeps no versions"


def test_later_objects_have_higher_sequencers(cloud: LocalCloud) -> None:
    put(cloud, "InboxBucket", "in/same.csv")
    put(cloud, "InboxBucket", "in/same.csv")
    first, second = (event["detail"]["object"]["sequencer"] for event in noted(cloud))
    assert first < second


def test_what_no_rule_wants_and_what_no_bucket_tells_is_not_announced(cloud: LocalCloud) -> None:
    put(cloud, "InboxBucket", "out/a.csv")
    put(cloud, "RecordsBucket", "in/a.csv")
    assert noted(cloud) == []
