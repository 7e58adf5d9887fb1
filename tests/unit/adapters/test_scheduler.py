from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import boto3
import pytest
from moto import mock_aws

from msp_billing.adapters.scheduler import EventBridgeSchedules
from msp_billing.usecases.sync_schedules import fingerprint_of

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
    schedules.put(
        name,
        cron=cron,
        zone=CHICAGO,
        payload=payload,
        fingerprint=fingerprint_of(cron, CHICAGO, payload),
    )


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
    fingerprint = fingerprint_of("cron(30 7 2 * ? *)", CHICAGO, "{}")
    assert of(client, "birch") == {"birch_managed": fingerprint}


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


def look(client: Any, target: str = TARGET) -> Any:
    schedules = EventBridgeSchedules(client, "billing", target, ROLE, LOST)
    return schedules.look("birch")["birch_managed"]


def test_a_schedule_is_as_it_was_left(client: Any) -> None:
    put(client, "birch_managed")
    assert look(client).changed_by_hand is False


@pytest.mark.parametrize(
    "change",
    [
        {"ScheduleExpression": "cron(0 6 1 * ? *)"},
        {"ScheduleExpressionTimezone": "UTC"},
        {"State": "DISABLED"},
        {"FlexibleTimeWindow": {"Mode": "FLEXIBLE", "MaximumWindowInMinutes": 60}},
        {"Target": {"Input": '{"run": "other"}'}},
        {"Target": {"RetryPolicy": {"MaximumRetryAttempts": 0, "MaximumEventAgeInSeconds": 60}}},
    ],
    ids=lambda change: next(iter(change)),
)
def test_what_somebody_changes_by_hand_is_seen_though_its_description_stays(
    client: Any, change: dict[str, Any]
) -> None:
    """docs/faults.md 2: a schedule that says something else would never fire for the run."""
    put(client, "birch_managed")
    before = look(client)
    made = client.get_schedule(Name="birch_managed", GroupName="billing")
    names = ("Name", "GroupName", "Description", "ScheduleExpression", "State")
    further = ("ScheduleExpressionTimezone", "FlexibleTimeWindow")
    kept = {name: made[name] for name in (*names, *further)}
    target = {**made["Target"], **change.get("Target", {})}
    client.update_schedule(**{**kept, **change, "Target": target})
    after = look(client)
    assert after.changed_by_hand is True
    assert after.fingerprint != before.fingerprint


def test_a_schedule_that_calls_what_an_earlier_release_had_is_made_anew(client: Any) -> None:
    """docs/faults.md 21: nobody changed it by hand, but it is not what is wanted now."""
    put(client, "birch_managed")
    found = look(client, target=f"{TARGET}:live")
    assert found.changed_by_hand is False
    assert found.fingerprint != look(client).fingerprint


def test_providers_are_known_by_the_names_of_their_schedules(client: Any) -> None:
    put(client, "birch_managed")
    put(client, "birch-two_managed")
    found = EventBridgeSchedules(client, "billing", TARGET, ROLE, LOST).providers()
    assert found == {"birch", "birch-two"}
