"""Sealed objects in S3: written once, compared when they are there already."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import timedelta
from typing import TYPE_CHECKING, Any

from botocore.exceptions import ClientError

from msp_billing.domain.seals import seal
from msp_billing.usecases.errors import SealBrokenError
from msp_billing.usecases.records import StoredObject

if TYPE_CHECKING:
    from msp_billing.domain.outbox import Attachment

_MAX_TRIES = 5
_THERE_ALREADY = {"PreconditionFailed", "412"}
_BEING_WRITTEN = "ConditionalRequestConflict"  # another conditional put of the key is under way


class S3Records:
    """The records bucket. Its Object Lock keeps what is written from being changed or deleted."""

    def __init__(self, client: Any, bucket: str) -> None:
        self._client = client
        self._bucket = bucket

    def put_once(self, key: str, content: bytes, media_type: str) -> StoredObject:
        """Store bytes under a key, once.

        The same bytes again are fine: that is what a retry after a lost answer writes
        (docs/faults.md, 30).

        Raises:
            SealBrokenError: when other bytes are there.
        """
        stored = StoredObject(key=key, sha256=seal(content), size_bytes=len(content))
        for tries_left in reversed(range(_MAX_TRIES)):
            try:
                self._client.put_object(
                    Bucket=self._bucket,
                    Key=key,
                    Body=content,
                    ContentType=media_type,
                    IfNoneMatch="*",
                    ChecksumAlgorithm="SHA256",
                )
            except ClientError as error:
                code = error.response["Error"]["Code"]
                if code in _THERE_ALREADY:
                    self.get(key, stored.sha256)
                elif code == _BEING_WRITTEN and tries_left:
                    continue
                else:
                    raise
            break
        return stored

    def put_by_hash(self, prefix: str, content: bytes) -> StoredObject:
        """Store bytes under a key that ends in their hash, so that it never meets other bytes."""
        return self.put_once(f"{prefix}/{seal(content)}", content, "application/octet-stream")

    def get(self, key: str, sha256: str | None = None) -> bytes:
        """The bytes. Raises SealBrokenError when they do not have the given hash."""
        content: bytes = self._client.get_object(Bucket=self._bucket, Key=key)["Body"].read()
        if sha256 is not None and seal(content) != sha256:
            raise SealBrokenError(f"{key} has the SHA-256 {seal(content)}, sealed was {sha256}")
        return content

    def address(self, attachment: Attachment, life: timedelta) -> str:
        """An address from which the object can be fetched for a while, by whoever knows it.

        The browser stores it under its file name, and shows nothing inside the page.
        """
        address: str = self._client.generate_presigned_url(
            "get_object",
            Params={
                "Bucket": self._bucket,
                "Key": attachment.key,
                "ResponseContentType": attachment.media_type,
                "ResponseContentDisposition": f'attachment; filename="{_plain(attachment)}"',
                "ResponseCacheControl": "no-store",
            },
            ExpiresIn=int(life.total_seconds()),
        )
        return address

    def find(self, key: str) -> bytes | None:
        """The bytes, or None when there is no such object."""
        try:
            return self.get(key)
        except ClientError as error:
            if error.response["Error"]["Code"] in {"NoSuchKey", "404"}:
                return None
            raise

    def keys(self, prefix: str, after: str) -> Iterator[str]:
        """The keys that begin with a prefix and come after one, in their order."""
        pages = self._client.get_paginator("list_objects_v2").paginate(
            Bucket=self._bucket, Prefix=prefix, StartAfter=after
        )
        for page in pages:
            yield from (entry["Key"] for entry in page.get("Contents", ()))


def _plain(attachment: Attachment) -> str:
    """A file name that no header could be broken with."""
    return re.sub(r"[^A-Za-z0-9._-]", "_", attachment.file_name)
