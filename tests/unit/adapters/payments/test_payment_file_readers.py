"""The bucket's files, what a policy may say about them, and how many problems are told."""

from __future__ import annotations

import io
from typing import Any

import pytest
from botocore.exceptions import ClientError
from pydantic import ValidationError

from msp_billing.adapters.payments.file_faults import MAX_PROBLEMS
from msp_billing.adapters.payments.payment_file_readers import (
    MAX_FILE_BYTES,
    S3PaymentFiles,
    read_payment_file,
)
from msp_billing.domain.payments.payment_policy import PaymentFile, PaymentPolicy, Webhook
from msp_billing.usecases.errors import PaymentFileGoneError
from tests.unit.adapters.payments.file_samples import (
    BAI2,
    BAI2_FILE,
    CSV,
    CSV_FILE,
    NACHA_FILE,
    SETTING,
    codes,
)


class Bucket:
    """An S3 client with one bucket; keeps what it was asked for."""

    def __init__(self, **objects: bytes) -> None:
        self.objects = objects
        self.asked: list[dict[str, Any]] = []

    def get_object(self, **asked: Any) -> dict[str, Any]:
        self.asked.append(asked)
        if asked["Key"] == "forbidden":
            raise ClientError({"Error": {"Code": "AccessDenied"}}, "GetObject")
        if asked["Key"] not in self.objects:
            raise ClientError({"Error": {"Code": "NoSuchKey"}}, "GetObject")
        return {"Body": io.BytesIO(self.objects[asked["Key"]])}


def test_a_file_is_read_in_the_version_that_the_event_told() -> None:
    """What lies there by now may be another file, with an event of its own."""
    bucket = Bucket(today=CSV)
    files = S3PaymentFiles(bucket, "feeds")
    assert files.content("today", "v1") == CSV
    assert files.content("today") == CSV
    assert bucket.asked == [
        {"Bucket": "feeds", "Key": "today", "VersionId": "v1"},
        {"Bucket": "feeds", "Key": "today"},
    ]
    assert files.read(CSV_FILE, SETTING, CSV, "f") == read_payment_file(CSV_FILE, SETTING, CSV, "f")


def test_of_a_file_that_is_too_large_only_so_much_is_read_as_shows_it() -> None:
    files = S3PaymentFiles(Bucket(huge=b"x" * (MAX_FILE_BYTES + 100)), "feeds")
    assert len(files.content("huge")) == MAX_FILE_BYTES + 1


def test_a_file_that_is_gone_is_told_apart_from_one_that_may_not_be_read() -> None:
    files = S3PaymentFiles(Bucket(), "feeds")
    with pytest.raises(PaymentFileGoneError):
        files.content("gone")
    with pytest.raises(ClientError):
        files.content("forbidden")


def test_so_many_problems_are_told_and_how_many_more_there_are() -> None:
    rows = b"2026-09-01,D,,A,,ten\n" * (MAX_PROBLEMS + 7)
    reading = read_payment_file(CSV_FILE, SETTING, CSV + rows, "f")
    assert len(reading.problems) == MAX_PROBLEMS + 1
    assert reading.problems[-1].what == "There are 7 more problems."


def test_a_summary_that_does_not_come_out_even_is_refused() -> None:
    for summary in (b"015,1,,Q,", b"015", b"01X,5,,", b"015,5,,D,x"):
        content = BAI2.replace(b"015,1250000,,,100,462550,3,", summary)
        assert "summary" in codes(read_payment_file(BAI2_FILE, SETTING, content, "f"))


def file(**changes: Any) -> PaymentFile:
    return PaymentFile.model_validate({**NACHA_FILE.model_dump(), "file": "bank", **changes})


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"format": "csv"}, "'columns' are for"),
        ({"columns": CSV_FILE.columns}, "'columns' are for"),
        ({"date_format": "%m/%d"}, "does not say year, month and day"),
        ({"date_format": "today"}, "does not say year, month and day"),
        ({"date_format": "%Y-%m-%d %"}, "does not say year, month and day"),
    ],
)
def test_a_policy_that_could_read_no_file_is_refused(changes: dict[str, Any], said: str) -> None:
    with pytest.raises(ValidationError, match=said):
        file(**changes)


def test_sources_of_payments_have_names_of_their_own() -> None:
    """The key of a payment is its source and id: two sources of one name would be one."""
    webhook = Webhook(webhook="bank", title="Cards")
    for one in (
        {"files": (file(), file())},
        {"files": (file(),), "webhooks": (webhook,)},
        {"files": (file(file="api"),)},
    ):
        with pytest.raises(ValidationError, match="two sources of payments"):
            PaymentPolicy.model_validate(one)
    assert PaymentPolicy(files=(file(),)).files
