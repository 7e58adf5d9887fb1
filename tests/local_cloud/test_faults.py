from __future__ import annotations

from datetime import timedelta
from typing import Any

import boto3
import pytest
from botocore.config import Config
from botocore.exceptions import ClientError, ConnectTimeoutError, ReadTimeoutError

from local_cloud import LocalCloud

ONCE = Config(retries={"total_max_attempts": 1})


@pytest.fixture
def table(cloud: LocalCloud) -> Any:
    return boto3.resource("dynamodb", region_name="us-east-1").Table(cloud.resource_id("Table"))


@pytest.fixture
def once(cloud: LocalCloud) -> Any:
    return boto3.client("dynamodb", region_name="us-east-1", config=ONCE)


def add_one(table_name: str, **more: Any) -> dict[str, Any]:
    return {
        "TableName": table_name,
        "Key": {"pk": {"S": "a"}, "sk": {"S": "b"}},
        "UpdateExpression": "ADD n :one",
        "ExpressionAttributeValues": {":one": {"N": "1"}},
        **more,
    }


def value(table: Any) -> int:
    return int(table.get_item(Key={"pk": "a", "sk": "b"}).get("Item", {}).get("n", 0))


def test_a_lost_answer_is_carried_out(cloud: LocalCloud, table: Any, once: Any) -> None:
    cloud.lose_answer("dynamodb", "UpdateItem")
    with pytest.raises(ReadTimeoutError):
        once.update_item(**add_one(table.name))
    assert value(table) == 1


def test_a_lost_answer_with_default_retries_is_carried_out_twice(
    cloud: LocalCloud, table: Any
) -> None:
    cloud.lose_answer("dynamodb", "UpdateItem")
    cloud.client("dynamodb").update_item(**add_one(table.name))
    assert value(table) == 2
    assert cloud.request_counts["dynamodb", "UpdateItem"] == 2


def test_a_lost_request_is_not_carried_out(cloud: LocalCloud, table: Any, once: Any) -> None:
    cloud.lose_request("dynamodb", "UpdateItem", times=2)
    for _ in range(2):
        with pytest.raises(ConnectTimeoutError):
            once.update_item(**add_one(table.name))
    assert value(table) == 0
    once.update_item(**add_one(table.name))
    assert value(table) == 1


def test_an_ordered_error_is_the_service_s_own(cloud: LocalCloud, table: Any, once: Any) -> None:
    cloud.fail_with("dynamodb", "UpdateItem", "ProvisionedThroughputExceededException")
    with pytest.raises(once.exceptions.ProvisionedThroughputExceededException):
        once.update_item(**add_one(table.name))
    assert value(table) == 0


def test_errors_of_other_services_look_like_theirs(cloud: LocalCloud) -> None:
    cloud.fail_with("s3", "PutObject", "SlowDown", times=9, status=503)
    cloud.fail_with("sesv2", "SendEmail", "TooManyRequestsException", times=9, status=429)
    cloud.fail_with("stepfunctions", "StartExecution", "ExecutionLimitExceeded")
    with pytest.raises(ClientError, match="SlowDown"):
        cloud.client("s3").put_object(Bucket=cloud.resource_id("RecordsBucket"), Key="k", Body=b"")
    with pytest.raises(cloud.client("sesv2").exceptions.TooManyRequestsException):
        cloud.client("sesv2").send_email(Content={})
    with pytest.raises(cloud.client("stepfunctions").exceptions.ExecutionLimitExceeded):
        cloud.start_execution("Run", "one", {})


def test_a_repeated_transaction_is_applied_once(cloud: LocalCloud, table: Any) -> None:
    cloud.lose_answer("dynamodb", "TransactWriteItems")
    actions = [{"Update": add_one(table.name)}]
    client = cloud.client("dynamodb")
    client.transact_write_items(TransactItems=actions, ClientRequestToken="token")
    client.transact_write_items(TransactItems=actions, ClientRequestToken="token")
    assert value(table) == 1
    other = [{"Update": add_one(table.name, ConditionExpression="attribute_exists(pk)")}]
    with pytest.raises(client.exceptions.IdempotentParameterMismatchException):
        client.transact_write_items(TransactItems=other, ClientRequestToken="token")


def test_limits_hold_for_every_client(cloud: LocalCloud, table: Any) -> None:
    items = [{"Put": {"TableName": table.name, "Item": {"pk": {"S": "a"}, "sk": {"S": "b"}}}}]
    with pytest.raises(ClientError, match="multiple operations on one item"):
        cloud.client("dynamodb").transact_write_items(TransactItems=items * 2)


@pytest.mark.parametrize(
    ("times", "expected"),
    [(3, ("SUCCEEDED", None)), (4, ("FAILED", "Lambda.TooManyRequestsException"))],
)
def test_a_throttled_function_is_tried_again_by_the_state_machine(
    cloud: LocalCloud, times: int, expected: tuple[str, str | None]
) -> None:
    started_at = cloud.clock.now()
    cloud.start_execution(
        "Run", "one", {"run": "r", "batches": 1, "count_at": "2026-01-15T01:00:00Z", "failures": 0}
    )
    cloud.run_until(started_at)
    cloud.fail_with("lambda", "Invoke", "TooManyRequestsException", times=times, status=429)
    cloud.run_until_idle(started_at + timedelta(days=3))
    (execution,) = cloud.executions()
    assert (execution.status, execution.error) == expected


def test_faults_do_not_use_up_the_retries_of_later_requests(cloud: LocalCloud) -> None:
    """Botocore's standard mode denies retries to a client after a hundred failures."""
    thrice = Config(retries={"mode": "standard", "total_max_attempts": 3})
    client = boto3.client("dynamodb", region_name="us-east-1", config=thrice)
    for _ in range(60):
        cloud.fail_with("dynamodb", "ListTables", "InternalServerError", times=3, status=500)
        with pytest.raises(ClientError):
            client.list_tables()
    assert cloud.request_counts["dynamodb", "ListTables"] == 180
