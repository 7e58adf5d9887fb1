"""The feeds bucket of a stack: what lies there, and putting exports there with their checksums."""

from __future__ import annotations

import base64
import hashlib
import os
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

import boto3

from msp_billing.adapters.feeds.feed_files import CHECKSUM_SUFFIX

_CHUNK_BYTES = 1 << 20


@dataclass(frozen=True)
class Shelved:
    """A file in the bucket."""

    key: str
    """Below the provider, as in the directory's ``feeds/``."""
    size_bytes: int
    uploaded_at: datetime


class FeedShelf:
    """One provider's part of the feeds bucket."""

    def __init__(self, provider: str) -> None:
        self._client: Any = boto3.client("s3")
        self._bucket = os.environ["FEEDS_BUCKET"]
        self._provider = provider

    def files(self, feed: str) -> dict[str, Shelved]:
        """The files of a feed by their keys, without those that only hold a checksum."""
        pages = self._client.get_paginator("list_objects_v2").paginate(
            Bucket=self._bucket, Prefix=f"{self._provider}/{feed}/"
        )
        found = (_shelved(entry, self._provider) for page in pages for entry in _contents(page))
        return {file.key: file for file in found if not file.key.endswith(CHECKSUM_SUFFIX)}

    def holds(self, file: Shelved, sha256: str, size_bytes: int) -> bool:
        """Whether a file in the bucket has these very bytes."""
        if file.size_bytes != size_bytes:
            return False
        key = self._key(file.key)
        head = self._client.head_object(Bucket=self._bucket, Key=key, ChecksumMode="ENABLED")
        known = head.get("ChecksumSHA256")
        if known is not None and "-" not in known:  # with a hyphen, it is that of parts
            return bool(base64.b64decode(known).hex() == sha256)
        body = self._client.get_object(Bucket=self._bucket, Key=key)["Body"]
        return _sha256(iter(lambda: body.read(_CHUNK_BYTES), b"")) == sha256

    def put(self, key: str, path: Path, sha256: str) -> None:
        """Upload a file; S3 refuses it if a byte got lost on the way. Its checksum goes before.

        Who reads takes an export with its announced checksum, or not at all.
        """
        announced = f"{sha256}  {path.name}\n".encode()
        name = self._key(f"{key}{CHECKSUM_SUFFIX}")
        self._client.put_object(Bucket=self._bucket, Key=name, Body=announced)
        with path.open("rb") as stream:
            self._client.put_object(
                Bucket=self._bucket,
                Key=self._key(key),
                Body=stream,
                ChecksumSHA256=base64.b64encode(bytes.fromhex(sha256)).decode(),
            )

    def _key(self, key: str) -> str:
        return f"{self._provider}/{key}"


def sha256_of(path: Path) -> str:
    """The checksum of a file, hexadecimal."""
    with path.open("rb") as stream:
        return _sha256(iter(lambda: stream.read(_CHUNK_BYTES), b""))


def _sha256(chunks: Iterator[bytes]) -> str:
    digest = hashlib.sha256()
    for chunk in chunks:
        digest.update(chunk)
    return digest.hexdigest()


def _contents(page: dict[str, Any]) -> list[dict[str, Any]]:
    return list(page.get("Contents", ()))


def _shelved(entry: dict[str, Any], provider: str) -> Shelved:
    key = str(entry["Key"]).removeprefix(f"{provider}/")
    return Shelved(key=key, size_bytes=int(entry["Size"]), uploaded_at=entry["LastModified"])
