"""Exports on a deployed stack: upload them with their checksums, see what lies there."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import boto3
import pytest

from mspbill import agreeing
from tests.mspbill.deployed_stack import DeployedStack, deployed_stack
from tests.mspbill.small_provider import BAD_DATE, write_provider

START_AT = datetime(2026, 11, 30, 12, tzinfo=UTC)
AT = ("--stack", "trial")
DECEMBER = "feeds/devices/2026-12-01.csv"


@pytest.fixture(scope="module")
def stack() -> Iterator[DeployedStack]:
    with deployed_stack(START_AT) as deployed:
        yield deployed


def applied(stack: DeployedStack, root: Path, name: str, *changes: tuple[str, str, str]) -> Path:
    directory = write_provider(root / name, ("provider.yaml", "pinewood\n", f"{name}\n"), *changes)
    stack("provider", "apply", directory, "--yes", *AT)
    return directory


def exchange(directory: Path, old: str, new: str) -> None:
    path = directory / DECEMBER
    path.write_text(path.read_text("utf-8").replace(old, new), "utf-8")


def fates(told: Any) -> dict[str, str]:
    return {file["key"]: file["fate"] for file in told["files"]}


def test_exports_are_uploaded_once_with_their_checksums(
    stack: DeployedStack, tmp_path: Path
) -> None:
    directory = applied(stack, tmp_path, "alder")
    shown = stack.json("feeds", "push", directory, "--dry", *AT, code=4)
    assert set(fates(shown).values()) == {"new"}
    assert stack.json("feeds", "list", "--provider", "alder", *AT)[0]["exports"] == []
    assert "2 uploaded." in stack("feeds", "push", directory, *AT)
    again = stack.words("feeds", "push", directory, *AT)
    assert "2 in the bucket already, the same to the byte" in again
    s3, bucket = boto3.client("s3"), stack.billing.cloud.resource_id("FeedsBucket")
    found = s3.get_object(Bucket=bucket, Key="alder/devices/2026-12-01.csv.sha256")
    announced = found["Body"].read().decode()
    content = (directory / DECEMBER).read_bytes()
    assert announced == f"{hashlib.sha256(content).hexdigest()}  2026-12-01.csv\n"
    (feed,) = stack.json("feeds", "list", "--provider", "alder", *AT)
    assert [export["announced"] for export in feed["exports"]] == [True, True]


def test_a_changed_export_is_replaced_when_somebody_says_yes(
    stack: DeployedStack, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    directory = applied(stack, tmp_path, "birch")
    stack("feeds", "push", directory, *AT)
    exchange(directory, "HRB-SRV-5", "HRB-SRV-6")
    assert "Say yes with --yes." in stack.words("feeds", "push", directory, *AT, code=2)
    monkeypatch.setattr(agreeing, "at_a_terminal", lambda: True)
    told = stack.words("feeds", "push", directory, *AT, code=2, typed="n\n")
    assert "Replace 1 of them in the bucket?" in told
    assert "Nothing was uploaded." in told
    assert "1 uploaded." in stack("feeds", "push", directory, *AT, typed="y\n")
    assert fates(stack.json("feeds", "push", directory, *AT)) == {
        "devices/2026-11-01.csv": "same",
        "devices/2026-12-01.csv": "same",
    }


def test_exports_with_errors_are_refused_by_line(stack: DeployedStack, tmp_path: Path) -> None:
    directory = applied(stack, tmp_path, "cedar", BAD_DATE)
    told = stack.words("feeds", "push", directory, *AT, code=2)
    assert f"{DECEMBER}:5 (birch): The date 2025-02-30 does not exist." in told
    assert "nothing was uploaded. To upload them all the same: --anyway" in told
    assert "2 uploaded." in stack("feeds", "push", directory, "--anyway", *AT)
    unknown = stack.words("feeds", "push", directory, "--feed", "devces", *AT, code=2)
    assert "cedar has no feed 'devces', but devices." in unknown


def test_an_export_that_was_counted_is_not_replaced(stack: DeployedStack, tmp_path: Path) -> None:
    directory = applied(stack, tmp_path, "dogwood")
    whose = ("--provider", "dogwood", *AT)
    assert "Expected for monthly 2026-12, moment first" in stack.words("feeds", "list", *whose)
    stack.settle()
    stack.run_until(datetime(2026, 12, 1, 13, tzinfo=UTC))
    missing = stack.words("feeds", "list", *whose, code=4)
    assert "Missing for monthly 2026-12, moment first: it is counted on 1 December 2026" in missing
    stack("feeds", "push", directory, *AT)
    listed = stack.words("feeds", "list", *whose)
    assert "next: monthly 2026-12, moment first, 2026-12-01 08:00" in listed
    stack.run_until(datetime(2026, 12, 1, 15, tzinfo=UTC))
    assert "counted: monthly 2026-12, moment first" in stack.words("feeds", "list", *whose)
    exchange(directory, "HRB-SRV-5", "HRB-SRV-6")
    told = stack.words("feeds", "push", directory, "--yes", *AT, code=2)
    assert "A sealed snapshot was taken of devices/2026-12-01.csv; nothing was uploaded." in told
    done = stack.json("feeds", "push", directory, "--yes", "--replace-taken", *AT)
    assert (done["uploaded"], fates(done)["devices/2026-12-01.csv"]) == (1, "taken")
