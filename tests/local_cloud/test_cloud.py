"""The whole thing on the fixture: waits, retries, maps, tokens, schedules, and that it repeats."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from botocore.exceptions import ClientError

from local_cloud import Clock, FunctionError, LocalCloud
from local_cloud.cloud import AlreadyOpenError

OpenCloud = Callable[..., LocalCloud]
COUNT_AT = datetime(2026, 1, 16, 0, 0, 0, tzinfo=UTC)


@pytest.fixture(autouse=True)
def no_poison(monkeypatch: pytest.MonkeyPatch) -> None:
    """The fixture's account 13 is poison unless the environment names another."""
    monkeypatch.setenv("POISON", "none")


def run_input(**changes: Any) -> dict[str, Any]:
    return {"run": "r1", "batches": 20, "count_at": "2026-01-16T00:00:00Z", **changes}


def item(cloud: LocalCloud, pk: str, sk: str) -> dict[str, Any] | None:
    key = {"pk": {"S": pk}, "sk": {"S": sk}}
    answer = cloud.client("dynamodb").get_item(TableName=cloud.resource_id("Table"), Key=key)
    found: dict[str, Any] | None = answer.get("Item")
    return found


def noted(cloud: LocalCloud) -> list[dict[str, Any]]:
    found = item(cloud, "events", "all") or {"noted": {"L": []}}
    return [json.loads(entry["S"]) for entry in found["noted"]["L"]]


def approve(cloud: LocalCloud, run: str, decision: str) -> None:
    stored = item(cloud, run, "approval")
    assert stored is not None
    cloud.client("stepfunctions").send_task_success(
        taskToken=stored["token"]["S"], output=json.dumps({"decision": decision})
    )


def test_an_execution_waits_until_its_timestamp_and_not_a_moment_less(cloud: LocalCloud) -> None:
    cloud.start_execution("Run", "one", run_input())
    cloud.run_until(COUNT_AT - timedelta(microseconds=1))
    assert item(cloud, "r1", "attempts") is None
    cloud.run_until(COUNT_AT)
    assert item(cloud, "r1", "attempts") is not None


def test_an_approved_run_succeeds_with_every_batch_billed(cloud: LocalCloud) -> None:
    arn = cloud.start_execution("Run", "one", run_input())
    cloud.run_until(COUNT_AT + timedelta(hours=1))
    approve(cloud, "r1", "yes")
    cloud.run_until(COUNT_AT + timedelta(hours=2))
    (execution,) = cloud.executions()
    assert (execution.arn, execution.status) == (arn, "SUCCEEDED")
    assert execution.output["decision"] == "yes"
    assert execution.output["billed"] == 20
    assert execution.output["entered_at"] == "2026-01-16T01:00:00.000Z"
    assert execution.started_at == datetime(2026, 1, 15, tzinfo=UTC)
    assert execution.stopped_at == COUNT_AT + timedelta(hours=1)


def test_a_failing_task_is_tried_again_after_jittered_pauses_of_the_test_clock(
    cloud: LocalCloud,
) -> None:
    cloud.start_execution("Run", "one", run_input(failures=2, batches=1))
    cloud.run_until(COUNT_AT)
    assert (item(cloud, "r1", "attempts") or {})["attempts"]["N"] == "1"
    cloud.run_until(COUNT_AT + timedelta(seconds=90))
    assert (item(cloud, "r1", "attempts") or {})["attempts"]["N"] == "3"
    assert item(cloud, "r1", "batch#0000") is not None


def test_a_task_that_keeps_failing_fails_the_execution_with_the_name_of_its_error(
    cloud: LocalCloud,
) -> None:
    cloud.start_execution("Run", "one", run_input(failures=9))
    cloud.run_until_idle(COUNT_AT + timedelta(days=1))
    (execution,) = cloud.executions()
    assert (execution.status, execution.error) == ("FAILED", "NotYetError")
    assert json.loads(execution.cause or "")["errorMessage"] == "try again"
    assert (item(cloud, "r1", "attempts") or {})["attempts"]["N"] == "4"


def test_one_poisoned_batch_fails_a_map_that_tolerates_none(
    cloud: LocalCloud, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("POISON", "account-13")
    cloud.start_execution("Run", "one", run_input())
    cloud.run_until_idle(COUNT_AT + timedelta(days=1))
    (execution,) = cloud.executions()
    assert execution.error == "States.ExceedToleratedFailureThreshold"
    assert item(cloud, "r1", "batch#0019") is not None


def test_a_missing_manifest_fails_with_the_reader_s_error(cloud: LocalCloud) -> None:
    cloud.start_execution("Run", "one", run_input(lose_manifest=True))
    cloud.run_until_idle(COUNT_AT + timedelta(days=1))
    (execution,) = cloud.executions()
    assert execution.error == "States.ItemReaderFailed"


def test_an_approval_that_nobody_gives_times_out_on_the_test_clock(cloud: LocalCloud) -> None:
    cloud.start_execution("Run", "one", run_input(batches=1))
    cloud.run_until_idle(datetime(2026, 3, 1, tzinfo=UTC))
    (execution,) = cloud.executions()
    assert execution.output["decision"] == "expired"
    assert cloud.clock.now() == COUNT_AT + timedelta(days=1)


def test_a_token_counts_once(cloud: LocalCloud) -> None:
    cloud.start_execution("Run", "one", run_input(batches=1))
    cloud.run_until(COUNT_AT)
    approve(cloud, "r1", "yes")
    cloud.run_until(COUNT_AT + timedelta(hours=1))
    with pytest.raises(ClientError):
        approve(cloud, "r1", "no")
    assert cloud.executions()[0].output["decision"] == "yes"


def test_an_execution_started_twice_is_refused(cloud: LocalCloud) -> None:
    cloud.start_execution("Run", "one", run_input())
    cloud.run_until(COUNT_AT)
    with pytest.raises(ClientError, match="ExecutionAlreadyExists"):
        cloud.start_execution("Run", "one", run_input(batches=3))


def test_a_schedule_of_the_template_fires_in_its_zone_across_daylight_saving(
    cloud: LocalCloud,
) -> None:
    cloud.run_until(datetime(2026, 5, 15, tzinfo=UTC))
    started = [(execution.name, execution.started_at) for execution in cloud.executions()]
    assert started == [
        ("run-2026-02-01", datetime(2026, 2, 1, 12, tzinfo=UTC)),
        ("run-2026-03-01", datetime(2026, 3, 1, 12, tzinfo=UTC)),
        ("run-2026-04-01", datetime(2026, 4, 1, 11, tzinfo=UTC)),
        ("run-2026-05-01", datetime(2026, 5, 1, 11, tzinfo=UTC)),
    ]
    assert {execution.status for execution in cloud.executions()} == {"SUCCEEDED"}


def test_a_schedule_made_at_run_time_fires_once_and_goes(cloud: LocalCloud) -> None:
    scheduler = cloud.client("scheduler")
    scheduler.create_schedule(
        Name="once",
        GroupName=cloud.resource_id("ScheduleGroup"),
        ScheduleExpression="at(2026-01-20T09:00:00)",
        ScheduleExpressionTimezone="America/New_York",
        FlexibleTimeWindow={"Mode": "OFF"},
        ActionAfterCompletion="DELETE",
        Target={
            "Arn": cloud.client("lambda").get_function(
                FunctionName=cloud.resource_id("NoteEventFunction")
            )["Configuration"]["FunctionArn"],
            "RoleArn": "arn:aws:iam::123456789012:role/any",
            "Input": '{"at": "<aws.scheduler.scheduled-time>"}',
        },
    )
    cloud.run_until(datetime(2026, 1, 25, tzinfo=UTC))
    assert noted(cloud) == [{"at": "2026-01-20T14:00:00Z"}]
    names = [entry["Name"] for entry in scheduler.list_schedules()["Schedules"]]
    assert "once" not in names


def test_a_daily_rate_fires_every_day(open_cloud: OpenCloud) -> None:
    cloud = open_cloud(parameters={})
    cloud.run_until(datetime(2026, 1, 18, 12, tzinfo=UTC))
    assert [event["at"] for event in noted(cloud)] == [
        "2026-01-16T00:00:00Z",
        "2026-01-17T00:00:00Z",
        "2026-01-18T00:00:00Z",
    ]


def test_events_on_the_bus_reach_the_function_whose_rule_matches(cloud: LocalCloud) -> None:
    for source in ("example.billing", "example.other"):
        cloud.client("events").put_events(
            Entries=[
                {
                    "EventBusName": cloud.resource_id("Bus"),
                    "Source": source,
                    "DetailType": "Invoice Issued",
                    "Detail": '{"number": "A-1"}',
                }
            ]
        )
    cloud.run_until(cloud.clock.now())
    (event,) = noted(cloud)
    assert (event["source"], event["detail-type"]) == ("example.billing", "Invoice Issued")
    assert event["detail"] == {"number": "A-1"}
    assert event["time"] == "2026-01-15T00:00:00Z"


def test_an_event_nobody_takes_is_tried_thrice_and_ends_in_the_dead_letter_queue(
    cloud: LocalCloud,
) -> None:
    cloud.client("events").put_events(
        Entries=[
            {
                "EventBusName": cloud.resource_id("Bus"),
                "Source": "example.billing",
                "DetailType": "x",
                "Detail": '{"refuse": true}',
            }
        ]
    )
    cloud.run_until(cloud.clock.now() + timedelta(minutes=10))
    assert len(noted(cloud)) == 3
    (failed,) = cloud.failed_deliveries
    assert "RefusedError" in failed.error
    assert failed.failed_at == datetime(2026, 1, 15, 0, 3, tzinfo=UTC)
    queue = cloud.client("sqs").receive_message(QueueUrl=cloud.resource_id("DeadLetters"))
    assert json.loads(queue["Messages"][0]["Body"])["detail"] == {"refuse": True}


def test_invoke_calls_the_handler_and_raises_its_error(cloud: LocalCloud) -> None:
    assert cloud.invoke("NoteEventFunction", {"a": 1}) is None
    with pytest.raises(FunctionError) as raised:
        cloud.invoke("NoteEventFunction", {"detail": {"refuse": True}})
    assert raised.value.error_type == "RefusedError"


def test_a_result_over_the_payload_limit_fails_the_state(cloud: LocalCloud) -> None:
    cloud.start_execution("Run", "one", run_input(padding_bytes=262_144))
    cloud.run_until_idle(COUNT_AT)
    (execution,) = cloud.executions()
    assert (execution.status, execution.error) == ("FAILED", "States.DataLimitExceeded")


def test_an_expression_that_yields_nothing_fails_the_state(cloud: LocalCloud) -> None:
    cloud.start_execution("Run", "one", run_input(forget_manifest_key=True))
    cloud.run_until_idle(COUNT_AT + timedelta(days=1))
    (execution,) = cloud.executions()
    assert execution.error == "States.QueryEvaluationError"


def test_the_clock_is_handed_over_before_anything_runs(open_cloud: OpenCloud) -> None:
    clocks: list[Clock] = []
    cloud = open_cloud(on_start=clocks.append)
    assert clocks == [cloud.clock]


def test_only_one_cloud_may_be_open(open_cloud: OpenCloud) -> None:
    open_cloud()
    with pytest.raises(AlreadyOpenError):
        open_cloud()


def test_counts_and_ids_are_those_of_the_template(cloud: LocalCloud) -> None:
    cloud.start_execution("Run", "one", run_input(batches=5))
    cloud.run_until(COUNT_AT)
    assert cloud.transition_counts == {"Run": 5 + 5}
    assert cloud.request_counts["lambda", "Invoke"] == 3 + 5
    environment = cloud.function_environment("BillBatchFunction")
    assert environment["TABLE_NAME"] == cloud.resource_id("Table") == "local-Table"
    assert environment["STATE_MACHINE_ARN"] == cloud.resource_id("Run")


def trace_of(cloud: LocalCloud) -> str:
    """Everything a run leaves behind, as one digest."""
    cloud.start_execution("Run", "one", run_input(failures=2))
    cloud.run_until(datetime(2026, 4, 15, tzinfo=UTC))
    table = cloud.client("dynamodb").scan(TableName=cloud.resource_id("Table"))["Items"]
    histories = [
        cloud.client("stepfunctions").get_execution_history(executionArn=execution.arn)["events"]
        for execution in cloud.executions()
    ]
    left = [table, histories, cloud.executions(), sorted(cloud.request_counts.items())]
    return hashlib.sha256(json.dumps(left, default=str, sort_keys=True).encode()).hexdigest()


def test_two_runs_are_equal_to_the_last_byte(open_cloud: OpenCloud) -> None:
    first = open_cloud(parameters={})
    digest = trace_of(first)
    first.__exit__(None, None, None)
    second = open_cloud(parameters={})
    assert trace_of(second) == digest
