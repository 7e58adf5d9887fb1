"""Taking a stack away and switching its table, on a stack that CloudFormation made in memory."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import boto3
import pytest
from botocore.exceptions import WaiterError
from moto import mock_aws

from msp_billing.usecases.wholeness.findings import FindingKind
from mspbill import environment
from tests.frame import repository
from tests.mspbill.conftest import call

STACK = "keeping"
KEPT = ("BillingTable", "FeedsBucket", "RecordsBucket", "LostEventsQueue")


def _table(**more: Any) -> dict[str, Any]:
    names = ("pk", "sk", "gsi1pk", "gsi1sk")
    return {
        "BillingMode": "PAY_PER_REQUEST",
        "AttributeDefinitions": [{"AttributeName": n, "AttributeType": "S"} for n in names],
        "KeySchema": [
            {"AttributeName": "pk", "KeyType": "HASH"},
            {"AttributeName": "sk", "KeyType": "RANGE"},
        ],
        "GlobalSecondaryIndexes": [
            {
                "IndexName": "gsi1",
                "KeySchema": [
                    {"AttributeName": "gsi1pk", "KeyType": "HASH"},
                    {"AttributeName": "gsi1sk", "KeyType": "RANGE"},
                ],
                "Projection": {"ProjectionType": "KEYS_ONLY"},
            }
        ],
        **more,
    }


def _kept(kind: str, properties: dict[str, Any] | None = None) -> dict[str, Any]:
    return {"Type": kind, "DeletionPolicy": "Retain", "Properties": properties or {}}


TEMPLATE = {
    "Parameters": {
        "BillingTableName": {"Type": "String", "Default": ""},
        "LogLevel": {"Type": "String", "Default": "INFO"},
    },
    "Conditions": {"Other": {"Fn::Not": [{"Fn::Equals": [{"Ref": "BillingTableName"}, ""]}]}},
    "Resources": {
        "BillingTable": _kept("AWS::DynamoDB::Table", _table()),
        "FeedsBucket": _kept("AWS::S3::Bucket"),
        "RecordsBucket": _kept("AWS::S3::Bucket"),
        "LostEventsQueue": _kept("AWS::SQS::Queue"),
        "Going": {"Type": "AWS::SNS::Topic"},
    },
    "Outputs": {
        "TableName": {
            "Value": {"Fn::If": ["Other", {"Ref": "BillingTableName"}, {"Ref": "BillingTable"}]}
        }
    },
}


@pytest.fixture
def stack(monkeypatch: pytest.MonkeyPatch) -> Iterator[Any]:
    """A stack with everything that is kept, and something that is not."""
    monkeypatch.setenv("COLUMNS", "200")
    with environment.away_from_aws(), mock_aws():
        client = boto3.client("cloudformation")
        client.create_stack(
            StackName=STACK,
            TemplateBody=json.dumps(TEMPLATE),
            Parameters=[{"ParameterKey": "LogLevel", "ParameterValue": "ERROR"}],
        )
        yield client


def resources(client: Any) -> dict[str, str]:
    found = client.list_stack_resources(StackName=STACK)["StackResourceSummaries"]
    return {entry["LogicalResourceId"]: entry["PhysicalResourceId"] for entry in found}


def test_what_the_template_keeps_is_what_holds_money_data() -> None:
    kept = {
        name
        for name, resource in repository.template()["Resources"].items()
        if resource.get("DeletionPolicy") == "Retain"
    }
    assert kept == {*KEPT, "FeedsBucketPolicy", "RecordsBucketPolicy"}


def test_a_plan_says_what_stays_and_changes_nothing(stack: Any) -> None:
    names = resources(stack)
    boto3.client("s3").put_object(Bucket=names["RecordsBucket"], Key="x", Body=b"x" * 1024**2)
    told = json.loads(call("teardown", "--stack", STACK, "--plan", "--json").stdout)
    assert (told["gone"], told["schedules"], told["stopped"]) == (False, 0, [])
    assert {entry["name"] for entry in told["kept"]} >= {names["BillingTable"]}
    assert len(told["kept"]) == len(KEPT)
    (records,) = (entry for entry in told["kept"] if "sealed" in entry["what"])
    assert (records["name"], records["size_bytes"]) == (names["RecordsBucket"], 1024**2)
    assert told["read_later"][0] == (
        f"mspbill verify --table {names['BillingTable']} --records {names['RecordsBucket']}"
    )
    assert resources(stack) == names


def test_a_stack_goes_only_when_its_name_is_typed_and_its_data_stays(stack: Any) -> None:
    names = resources(stack)
    refused = call("teardown", "--stack", STACK, typed="yes\n")
    assert refused.exit_code == 2
    assert "'keeping' was not typed. Nothing was changed." in refused.output
    assert resources(stack) == names
    answer = call("teardown", "--stack", STACK, typed=f"{STACK}\n")
    assert answer.exit_code == 0, answer.output
    assert "keeping is gone. What is listed above is kept." in answer.stdout
    assert "1 resource: functions" in answer.stdout
    assert boto3.client("sns").list_topics()["Topics"] == []
    assert boto3.client("dynamodb").list_tables()["TableNames"] == [names["BillingTable"]]
    buckets = {entry["Name"] for entry in boto3.client("s3").list_buckets()["Buckets"]}
    assert buckets == {names["FeedsBucket"], names["RecordsBucket"]}
    assert boto3.client("sqs").list_queues()["QueueUrls"] == [names["LostEventsQueue"]]
    later = call("verify", "--table", names["BillingTable"], "--records", names["RecordsBucket"])
    assert "It is whole." in later.stdout


def test_a_program_types_the_name_by_an_option(stack: Any) -> None:
    names = resources(stack)
    for answered in (
        call("teardown", "--stack", STACK, "--json"),
        call("teardown", "--stack", STACK),
    ):
        assert answered.exit_code == 2, answered.output
        assert resources(stack) == names
    (problem,) = json.loads(call("teardown", "--stack", STACK, "--json").stdout)["problems"]
    assert problem["code"] == "not-typed"
    assert "--type" in problem["what"]
    told = json.loads(call("teardown", "--stack", STACK, "--type", STACK, "--json").stdout)
    assert told["gone"] is True


def test_a_stack_that_cannot_go_is_told_to_a_program(
    stack: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refused(*_: Any, **__: Any) -> None:
        raise WaiterError("StackDeleteComplete", "DELETE_FAILED", {})

    monkeypatch.setattr("botocore.waiter.Waiter.wait", refused)
    result = call("teardown", "--stack", STACK, "--type", STACK, "--json")
    assert result.exit_code == 1
    (problem,) = json.loads(result.stdout)["problems"]
    assert problem["code"] == "failed"
    assert "keeping was not deleted as a whole" in problem["what"]


def test_a_stack_goes_on_with_another_table_and_back(stack: Any) -> None:
    client = boto3.client("dynamodb")
    for name in ("restored", resources(stack)["BillingTable"]):
        if name == "restored":
            client.create_table(TableName=name, **_table())
        client.update_table(TableName=name, DeletionProtectionEnabled=True)
        client.update_continuous_backups(
            TableName=name, PointInTimeRecoverySpecification={"PointInTimeRecoveryEnabled": True}
        )

    def parameters() -> dict[str, str]:
        (described,) = stack.describe_stacks(StackName=STACK)["Stacks"]
        return {e["ParameterKey"]: e["ParameterValue"] for e in described["Parameters"]}

    by = ("--stack", STACK, "--by", "pat", "--why", "a drill")
    answer = call("use-table", "restored", *by, typed="restored\n")
    assert answer.exit_code == 0, answer.output
    assert "keeping bills with restored now." in answer.stdout
    assert parameters() == {"BillingTableName": "restored", "LogLevel": "ERROR"}
    assert json.loads(call("verify", "--stack", STACK, "--json").stdout)["table"] == "restored"
    told = json.loads(call("teardown", "--stack", STACK, "--plan", "--json").stdout)
    assert [e["name"] for e in told["kept"] if "in use" in e["what"]] == ["restored"]
    own = resources(stack)["BillingTable"]
    back = call("use-table", own, *by, typed=f"{own}\n")
    assert back.exit_code == 0, back.output
    assert parameters()["BillingTableName"] == ""


def test_every_finding_is_explained() -> None:
    text = (Path(repository.ROOT) / "docs" / "recovery.md").read_text("utf-8")
    assert [kind.value for kind in FindingKind if f"`{kind.value}`" not in text] == []
