from __future__ import annotations

from datetime import timedelta
from typing import Any
from urllib.parse import parse_qs, urlsplit

import boto3
import pytest
from botocore.exceptions import ClientError

from msp_billing.adapters.aws_clients import S3_CLIENT
from msp_billing.adapters.s3_records import S3Records
from msp_billing.domain.outbox import Attachment
from msp_billing.domain.seals import seal
from msp_billing.usecases.errors import SealBrokenError


class Body:
    def __init__(self, content: bytes) -> None:
        self._content = content

    def read(self) -> bytes:
        return self._content


class Bucket:
    """As much of S3 as sealed objects need: conditional puts, and conflicts on order."""

    def __init__(self, conflicts: int = 0) -> None:
        self.objects: dict[str, bytes] = {}
        self.conflicts = conflicts

    def put_object(self, *, Key: str, Body: bytes, IfNoneMatch: str, **_: Any) -> None:  # noqa: N803
        assert IfNoneMatch == "*"
        if self.conflicts:
            self.conflicts -= 1
            raise error("ConditionalRequestConflict", 409)
        if Key in self.objects:
            raise error("PreconditionFailed", 412)
        self.objects[Key] = Body

    def get_object(self, *, Key: str, **_: Any) -> dict[str, Body]:  # noqa: N803
        if Key not in self.objects:
            raise error("NoSuchKey", 404)
        return {"Body": Body(self.objects[Key])}


def error(code: str, status: int) -> ClientError:
    answer = {"Error": {"Code": code}, "ResponseMetadata": {"HTTPStatusCode": status}}
    return ClientError(answer, "PutObject")


def records(bucket: Bucket) -> S3Records:
    return S3Records(bucket, "records")


def test_the_same_bytes_again_are_the_same_object() -> None:
    """docs/faults.md 30."""
    bucket = Bucket()
    first = records(bucket).put_once("k", b"content", "text/plain")
    assert records(bucket).put_once("k", b"content", "text/plain") == first
    assert (first.key, first.sha256, first.size_bytes) == ("k", seal(b"content"), 7)


def test_other_bytes_are_refused() -> None:
    bucket = Bucket()
    records(bucket).put_once("k", b"content", "text/plain")
    with pytest.raises(SealBrokenError, match="k has the SHA-256"):
        records(bucket).put_once("k", b"other", "text/plain")
    assert bucket.objects == {"k": b"content"}


def test_two_puts_at_the_same_time_are_tried_again() -> None:
    """S3 answers 409 while another conditional put of the same key is under way."""
    bucket = Bucket(conflicts=2)
    records(bucket).put_once("k", b"content", "text/plain")
    assert bucket.objects == {"k": b"content"}


def test_a_conflict_that_lasts_is_an_error() -> None:
    with pytest.raises(ClientError, match="ConditionalRequestConflict"):
        records(Bucket(conflicts=99)).put_once("k", b"content", "text/plain")


def test_bytes_under_their_hash_never_meet_other_bytes() -> None:
    bucket = Bucket()
    for content in (b"one", b"two"):
        stored = records(bucket).put_by_hash("drafts", content)
        assert stored.key == f"drafts/{seal(content)}"
        assert records(bucket).get(stored.key, stored.sha256) == content


def test_what_is_not_there_is_none_and_what_was_changed_is_refused() -> None:
    bucket = Bucket()
    assert records(bucket).find("k") is None
    bucket.objects["k"] = b"changed"
    assert records(bucket).find("k") == b"changed"
    with pytest.raises(SealBrokenError):
        records(bucket).get("k", seal(b"content"))


def test_keys_are_told_page_after_page() -> None:
    class Pages:
        def get_paginator(self, name: str) -> Pages:
            assert name == "list_objects_v2"
            return self

        def paginate(self, **asked: str) -> list[dict[str, Any]]:
            assert asked == {"Bucket": "records", "Prefix": "a/", "StartAfter": "a/1"}
            return [
                {"Contents": [{"Key": "a/2"}, {"Key": "a/3"}]},
                {"Contents": [{"Key": "a/4"}]},
                {},
            ]

    assert list(S3Records(Pages(), "records").keys("a/", after="a/1")) == ["a/2", "a/3", "a/4"]


def test_an_address_for_a_while_names_the_file_and_no_header_can_be_broken_with_it() -> None:
    client = boto3.client(
        "s3",
        region_name="eu-west-1",
        aws_access_key_id="none",
        aws_secret_access_key="none",
        config=S3_CLIENT,
    )
    attachment = Attachment(
        key="birch/managed/2026-09/invoices/BI-1.pdf",
        sha256="ab" * 32,
        file_name='BI-1"\r\nX: y.pdf',
        media_type="application/pdf",
        size_bytes=9,
    )
    address = urlsplit(S3Records(client, "records").address(attachment, timedelta(minutes=5)))
    asked = {name: values[0] for name, values in parse_qs(address.query).items()}
    assert address.path.endswith("/birch/managed/2026-09/invoices/BI-1.pdf")
    assert asked["response-content-disposition"] == 'attachment; filename="BI-1___X__y.pdf"'
    assert asked["response-content-type"] == "application/pdf"
    assert (address.netloc, asked["X-Amz-Expires"]) == (
        "records.s3.eu-west-1.amazonaws.com",
        "300",
    ), "newer regions take no other host, and no other signature"
