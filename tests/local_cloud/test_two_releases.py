"""A deployment while executions run: who keeps the old code, who gets the new (faults.md, 21)."""

from __future__ import annotations

import json
import shutil
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from local_cloud import LocalCloud
from local_cloud.functions import UnknownFunctionError
from local_cloud.template import TemplateError

RELEASES = Path(__file__).parent / "fixtures" / "two_releases"
START_AT = datetime(2026, 1, 15, tzinfo=UTC)
FIRST, SECOND = ("first", "1"), ("second", "2")


@pytest.fixture
def cloud() -> Iterator[LocalCloud]:
    with LocalCloud(RELEASES / "first" / "template.yaml", start_at=START_AT) as opened:
        opened.client("s3").put_object(
            Bucket=opened.resource_id("Bucket"), Key="manifest.jsonl", Body=b'{"batch": 1}\n'
        )
        yield opened


def started(cloud: LocalCloud, machine: str, name: str) -> str:
    """Start an execution, and let it come to its wait."""
    arn = cloud.start_execution(machine, name, {})
    cloud.run_until(cloud.clock.now())
    return arn


def deployed(cloud: LocalCloud) -> None:
    cloud.deploy(RELEASES / "second" / "template.yaml")


def finished(cloud: LocalCloud) -> None:
    cloud.run_until(cloud.clock.now() + timedelta(hours=2))


def output(cloud: LocalCloud, arn: str) -> dict[str, Any]:
    described = cloud.client("stepfunctions").describe_execution(executionArn=arn)
    assert described["status"] == "SUCCEEDED", described
    value: dict[str, Any] = json.loads(described["output"])
    return value


def who(answer: dict[str, Any]) -> tuple[str, str]:
    assert answer["version"] == answer["variable"]
    return answer["code"], answer["version"]


def test_an_execution_that_calls_versions_ends_with_the_code_it_began_with(
    cloud: LocalCloud,
) -> None:
    running = started(cloud, "Pinned", "running")
    deployed(cloud)
    fresh = started(cloud, "Pinned", "fresh")
    finished(cloud)
    for arn, code in ((running, FIRST), (fresh, SECOND)):
        told = output(cloud, arn)
        assert [who(told["begin"]), *map(who, told["batches"]), who(told["finish"])] == [code] * 3
        assert told["definition"] == code[0]


def test_an_execution_that_calls_the_alias_goes_on_with_the_new_code(cloud: LocalCloud) -> None:
    running = started(cloud, "Newest", "running")
    deployed(cloud)
    finished(cloud)
    told = output(cloud, running)
    assert (who(told["begin"]), who(told["finish"])) == (FIRST, SECOND)
    assert told["definition"] == "first", "its own steps are still those that it began with"


def test_schedules_and_calls_without_a_version_get_the_new_code(cloud: LocalCloud) -> None:
    assert who(cloud.invoke("StepFunction", {"step": "by hand"})) == FIRST
    deployed(cloud)
    assert who(cloud.invoke("StepFunction", {"step": "by hand"})) == SECOND
    name = cloud.resource_id("StepFunction")

    def called(qualified: str) -> tuple[str, str]:
        answer = cloud.client("lambda").invoke(FunctionName=qualified, Payload=b'{"step": "call"}')
        return who(json.loads(answer["Payload"].read()))

    assert [called(name), called(f"{name}:live")] == [SECOND, SECOND]
    assert [called(f"{name}:1"), called(f"{name}:2")] == [FIRST, SECOND]
    with pytest.raises(UnknownFunctionError, match=":3"):
        called(f"{name}:3")
    cloud.run_until(START_AT + timedelta(days=1))
    assert cloud.failed_deliveries == []


def test_a_deployment_that_changes_more_than_code_is_refused(
    cloud: LocalCloud, tmp_path: Path
) -> None:
    shutil.copytree(RELEASES / "second", tmp_path / "changed")
    template = tmp_path / "changed" / "template.yaml"
    text = template.read_text("utf-8")
    assert "  Bucket:\n" in text
    template.write_text(
        text.replace("  Bucket:\n", "  Other:\n    Type: AWS::S3::Bucket\n  Bucket:\n")
    )
    with pytest.raises(TemplateError, match="only functions and state machines"):
        cloud.deploy(template)
