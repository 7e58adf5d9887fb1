from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import boto3
import pytest
from moto import mock_aws

from msp_billing.adapters.scheduler import EventBridgeSchedules

TARGET = "arn:aws:lambda:us-east-1:123456789012:function:start"
ROLE = "arn:aws:iam::123456789012:role/schedules"
LOST = "arn:aws:sqs:us-east-1:123456789012:lost"
CHICAGO = "America/Chicago"


@pytest.fixture
def client() -> Iterator[Any]:
    with mock_aws():
        made = boto3.client(
            "scheduler",
            region_name="us-east-1",
            aws_access_key_id="none",
            aws_secret_access_key="none",
        )
        made.create_schedule_group(Name="billing")
        yield made


def put(client: Any, name: str, cron: str = "cron(0 5 1 * ? *)", payload: str = "{}") -> None:
    schedules = EventBridgeSchedules(client, "billing", TARGET, ROLE, LOST)
    schedules.put(name, cron=cron, zone=CHICAGO, payload=payload, fingerprint=f"{cron}{payload}")


def of(client: Any, provider: str) -> dict[str, str]:
    return EventBridgeSchedules(client, "billing", TARGET, ROLE, LOST).of_provider(provider)


def test_a_schedule_calls_the_starting_function_and_loses_nothing(client: Any) -> None:
    """docs/faults.md 2: it is tried again for a day, and then kept for a person."""
    put(client, "birch_managed", payload='{"run": "managed"}')
    made = client.get_schedule(Name="birch_managed", GroupName="billing")
    assert made["ScheduleExpression"] == "cron(0 5 1 * ? *)"
    assert made["ScheduleExpressionTimezone"] == CHICAGO
    assert made["FlexibleTimeWindow"] == {"Mode": "OFF"}
    target = made["Target"]
    assert (target["Arn"], target["RoleArn"]) == (TARGET, ROLE)
    assert target["Input"] == '{"run": "managed"}'
    assert target["DeadLetterConfig"] == {"Arn": LOST}
    assert target["RetryPolicy"]["MaximumEventAgeInSeconds"] == 86_400


def test_a_schedule_that_is_there_is_replaced(client: Any) -> None:
    put(client, "birch_managed")
    put(client, "birch_managed", cron="cron(30 7 2 * ? *)")
    assert list(of(client, "birch")) == ["birch_managed"]
    made = client.get_schedule(Name="birch_managed", GroupName="billing")
    assert made["ScheduleExpression"] == "cron(30 7 2 * ? *)"
    assert of(client, "birch") == {"birch_managed": "cron(30 7 2 * ? *){}"}


def test_a_provider_sees_its_own_schedules_only(client: Any) -> None:
    put(client, "birch_managed")
    put(client, "birch-two_managed")
    assert list(of(client, "birch")) == ["birch_managed"]
    assert list(of(client, "birch-two")) == ["birch-two_managed"]


def test_removing_what_is_gone_is_no_error(client: Any) -> None:
    put(client, "birch_managed")
    schedules = EventBridgeSchedules(client, "billing", TARGET, ROLE, LOST)
    for _ in range(2):
        schedules.delete("birch_managed")
    assert of(client, "birch") == {}
