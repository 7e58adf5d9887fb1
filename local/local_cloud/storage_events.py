"""S3's "Object Created" and "Object Deleted" events, for buckets that tell EventBridge.

Moto sends them too, but to every bus, with moto's own time, and in silence when a rule's target is
not one it knows. These are as AWS documents them:
https://docs.aws.amazon.com/AmazonS3/latest/userguide/ev-events.html
"""

from __future__ import annotations

from itertools import count
from typing import Any

import moto.s3.notifications
from moto.events.models import events_backends
from moto.moto_api._internal import mock_random

from local_cloud.clock import Clock
from local_cloud.patching import PatchSet
from local_cloud.template import REGION

#: What S3 calls the request that made or removed the object; moto's name of the event is the key.
_REASONS = {
    "s3:ObjectCreated:Put": ("Object Created", "PutObject"),
    "s3:ObjectCreated:Post": ("Object Created", "POST Object"),
    "s3:ObjectCreated:Copy": ("Object Created", "CopyObject"),
    "s3:ObjectCreated:CompleteMultipartUpload": ("Object Created", "CompleteMultipartUpload"),
    "s3:ObjectRemoved:Delete": ("Object Deleted", "DeleteObject"),
    "s3:ObjectRemoved:DeleteMarkerCreated": ("Object Deleted", "DeleteObject"),
}


def announce_objects(patches: PatchSet, clock: Clock) -> None:
    """Let buckets with EventBridge notifications tell the default bus what changes in them."""
    sequence = count(1)

    def send(account_id: str, bucket: Any, event_name: Any, key: Any) -> None:
        if event_name.value not in _REASONS:
            return
        detail_type, reason = _REASONS[event_name.value]
        event: Any = {
            "version": "0",
            "id": str(mock_random.uuid4()),
            "detail-type": detail_type,
            "source": "aws.s3",
            "account": account_id,
            "time": clock.now().timestamp(),
            "region": REGION,
            "resources": [bucket.arn],
            "detail": _detail(bucket, key, reason, f"{next(sequence):018X}", account_id),
        }
        buses = events_backends[account_id][REGION].event_buses
        for rule in buses["default"].rules.values():
            rule.send_to_targets(event)

    patches.replace(moto.s3.notifications, "_send_event_bridge_message", send)


def _detail(bucket: Any, key: Any, reason: str, sequencer: str, requester: str) -> dict[str, Any]:
    """What happened to which object; its key is as it is, not encoded as for a URL."""
    described = {"key": key.name, "size": key.size, "etag": key.etag.strip('"')}
    if bucket.is_versioned:
        described["version-id"] = key.version_id
    return {
        "version": "0",
        "bucket": {"name": bucket.name},
        "object": {**described, "sequencer": sequencer},
        "request-id": sequencer[-16:],
        "requester": requester,
        "source-ip-address": "192.0.2.0",
        "reason": reason,
    }
