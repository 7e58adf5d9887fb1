"""The template keeps what guards money, ends its logs, and loses no event."""

from __future__ import annotations

from typing import Any

import pytest

from tests.frame import repository, template_checks


def test_the_template_is_in_order() -> None:
    assert template_checks.complaints(repository.template()) == []


@pytest.mark.parametrize(
    "kind",
    [
        "AWS::DynamoDB::Table",
        "AWS::S3::Bucket",
        "AWS::Serverless::Function",
        "AWS::Serverless::HttpApi",
        "AWS::Serverless::LayerVersion",
        "AWS::Serverless::StateMachine",
    ],
)
def test_there_is_something_to_check(kind: str) -> None:
    assert list(template_checks.of_type(repository.template(), kind))


def test_every_layer_is_built_by_its_own_makefile() -> None:
    for name, layer in template_checks.of_type(
        repository.template(), "AWS::Serverless::LayerVersion"
    ):
        assert layer["Metadata"]["BuildMethod"] == "makefile"
        folder = repository.ROOT / layer["Properties"]["ContentUri"]
        assert f"build-{name}:" in (folder / "Makefile").read_text("utf-8")


TABLE: dict[str, Any] = {
    "Type": "AWS::DynamoDB::Table",
    "DeletionPolicy": "Retain",
    "UpdateReplacePolicy": "Retain",
    "Properties": {"PointInTimeRecoverySpecification": {"PointInTimeRecoveryEnabled": True}},
}
LOG: dict[str, Any] = {"Type": "AWS::Logs::LogGroup", "Properties": {"RetentionInDays": 30}}


def function(**properties: object) -> dict[str, Any]:
    return {
        "Type": "AWS::Serverless::Function",
        "Properties": {"LoggingConfig": {"LogGroup": {"Ref": "Log"}}, **properties},
    }


def schedule(expression: str) -> dict[str, Any]:
    return {
        "Type": "AWS::Scheduler::Schedule",
        "Properties": {
            "ScheduleExpression": expression,
            "Target": {"Arn": {"Fn::GetAtt": ["Sweep", "Arn"]}},
        },
    }


def template(**resources: dict[str, Any]) -> dict[str, Any]:
    return {"Resources": {"Log": LOG, "Table": TABLE, **resources}}


def event(kind: str) -> dict[str, Any]:
    return {"Any": {"Type": kind, "Properties": {}}}


QUEUE = {"Type": "SQS", "TargetArn": {"Fn::GetAtt": ["Lost", "Arn"]}}


API: dict[str, Any] = {
    "Type": "AWS::Serverless::HttpApi",
    "Properties": {
        "Auth": {"EnableIamAuthorizer": True, "DefaultAuthorizer": "AWS_IAM"},
        "AccessLogSettings": {
            "DestinationArn": {"Fn::GetAtt": ["Log", "Arn"]},
            "Format": "$context.path",
        },
        "DefaultRouteSettings": {"ThrottlingRateLimit": 1, "ThrottlingBurstLimit": 1},
    },
}


def api(**properties: object) -> dict[str, Any]:
    return {**API, "Properties": {**API["Properties"], **properties}}


def route(path: str, method: str = "POST", **properties: object) -> dict[str, Any]:
    told = {"ApiId": {"Ref": "Api"}, "Method": method, "Path": path, **properties}
    return {"Route": {"Type": "HttpApi", "Properties": told}}


OPEN = {"Authorizer": "NONE"}
WEBHOOK = "/webhooks/{provider}/{webhook}"


def test_a_sound_template_passes() -> None:
    sweep = function(DeadLetterQueue=QUEUE, Events=event("ScheduleV2"))
    sound = template(
        Sweep=sweep,
        Daily=schedule("cron(0 3 * * ? *)"),
        Api=API,
        Signed=function(Events=route("/payments")),
        Webhook=function(Events=route(WEBHOOK, Auth=OPEN)),
    )
    assert template_checks.complaints(sound) == []


@pytest.mark.parametrize(
    ("resources", "complaint"),
    [
        (
            {"Table": {**TABLE, "DeletionPolicy": "Delete"}},
            "Table: DeletionPolicy is not Retain",
        ),
        ({"Table": {**TABLE, "Properties": {}}}, "Table: no point-in-time recovery"),
        (
            {
                "Table": {
                    **TABLE,
                    "Properties": {**TABLE["Properties"], "TimeToLiveSpecification": {}},
                }
            },
            "Table: a time to live deletes what guards money",
        ),
        ({"Log": {**LOG, "Properties": {}}}, "Log: a log group without RetentionInDays"),
        ({"Sweep": function(LoggingConfig={})}, "Sweep: no log group of ours"),
        (
            {"Sweep": function(Events=event("EventBridgeRule"))},
            "Sweep: called asynchronously, with no dead-letter queue",
        ),
        (
            {"Sweep": function(), "Daily": schedule("cron(0 4 * * ? *)")},
            "Sweep: called asynchronously, with no dead-letter queue",
        ),
        (
            {"Daily": schedule("cron(30 2 * * ? *)")},
            "cron(30 2 * * ? *): starts at 02:00, which may not exist",
        ),
        (
            {"Daily": schedule("cron(0 1-5 * * ? *)")},
            "cron(0 1-5 * * ? *): starts at 01:00, which may not exist",
        ),
        (
            {"Daily": schedule("rate(1 day)")},
            "rate(1 day): only a cron expression says at which hour",
        ),
        (
            {"Api": api(Auth={"EnableIamAuthorizer": True})},
            "Api: its routes want no principal unless they say so",
        ),
        ({"Api": api(DefaultRouteSettings={})}, "Api: no limit of requests"),
        ({"Api": api(AccessLogSettings={})}, "Api: no access log of ours"),
        (
            {
                "Api": api(
                    AccessLogSettings={
                        **API["Properties"]["AccessLogSettings"],
                        "Format": "$context.rawQueryString",
                    }
                )
            },
            "Api: the access log would hold queries, and secrets with them",
        ),
        (
            {"Pay": function(Events=route("/payments", Auth=OPEN))},
            "Pay: POST /payments is open to everybody",
        ),
        (
            {"Pay": function(Events=route(WEBHOOK, method="any", Auth=OPEN))},
            f"Pay: ANY {WEBHOOK} is open to everybody",
        ),
        (
            {"Pay": function(Events=route("/payments", Auth={"Authorizer": "Other"}))},
            "Pay: POST /payments has another authorizer than the API's",
        ),
        (
            {"Pay": function(Events={"Route": {**route("/a")["Route"], "Type": "Api"}})},
            "Pay: POST /a is of an API that nobody configured",
        ),
        (
            {"Pay": function(FunctionUrlConfig={"AuthType": "NONE"})},
            "Pay: a function URL goes past the API",
        ),
    ],
)
def test_a_fault_is_found(resources: dict[str, Any], complaint: str) -> None:
    assert template_checks.complaints(template(**resources)) == [complaint]


@pytest.mark.parametrize(
    ("field", "hours"),
    [
        ("5", {5}),
        ("3-5", {3, 4, 5}),
        ("3/8", {3, 11, 19}),
        ("4,13", {4, 13}),
        ("*/12", {0, 12}),
        ("*", set(range(24))),
    ],
)
def test_the_hours_of_a_cron_expression(field: str, hours: set[int]) -> None:
    assert template_checks.hours(field) == hours
