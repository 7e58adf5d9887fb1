"""Every alarm can go off, says what it is about, and has its page in the runbook."""

from __future__ import annotations

import re
from typing import Any

import pytest

from tests.frame import repository
from tests.frame.alarms import Alarm, alarms, dashboard, dashboard_metrics
from tests.frame.template_checks import ASYNCHRONOUS_EVENTS, mentions, of_type

TEMPLATE = repository.template()
ALL = list(alarms().values())
RUNBOOK = (repository.ROOT / "docs" / "runbook.md").read_text("utf-8")

# Name and dimensions of the services' own metrics, as their documentation has them.
AWS_METRICS = {
    ("AWS/ApiGateway", "5xx", ("ApiId",)),
    ("AWS/DynamoDB", "ReadThrottleEvents", ("TableName",)),
    ("AWS/DynamoDB", "WriteThrottleEvents", ("TableName",)),
    ("AWS/DynamoDB", "WriteThrottleEvents", ("GlobalSecondaryIndexName", "TableName")),
    ("AWS/Lambda", "Errors", ("FunctionName",)),
    ("AWS/Lambda", "Throttles", ()),
    ("AWS/SES", "Reputation.BounceRate", ("ses:configuration-set",)),
    ("AWS/SES", "Reputation.ComplaintRate", ("ses:configuration-set",)),
    ("AWS/SQS", "ApproximateNumberOfMessagesVisible", ("QueueName",)),
    ("AWS/Scheduler", "InvocationDroppedCount", ("ScheduleGroup",)),
    ("AWS/Scheduler", "InvocationsSentToDeadLetterCount", ("ScheduleGroup",)),
    ("AWS/States", "ExecutionThrottled", ("StateMachineArn",)),
    ("AWS/States", "ExecutionsAborted", ("StateMachineArn",)),
    ("AWS/States", "ExecutionsFailed", ("StateMachineArn",)),
    ("AWS/States", "ExecutionsStarted", ("StateMachineArn",)),
    ("AWS/States", "ExecutionsSucceeded", ("StateMachineArn",)),
    ("AWS/States", "ExecutionsTimedOut", ("StateMachineArn",)),
}
# Called by a person or by another system that waits for the answer: whoever calls sees the error.
CALLED_BY_PEOPLE = {"BillAgainFunction", "IssueCreditNoteFunction"}
MOST_METRICS = 10
DAY, WEEK = 86_400, 604_800


def slug(heading: str) -> str:
    """The anchor that a heading gets on a page of Markdown."""
    return re.sub(r"[^\w\- ]", "", heading.lower()).strip().replace(" ", "-")


PAGES = [slug(found) for found in re.findall(r"^## (.+)$", RUNBOOK, re.M)]


@pytest.mark.parametrize("alarm", ALL, ids=lambda alarm: alarm.logical_id)
def test_an_alarm_links_to_its_page(alarm: Alarm) -> None:
    assert alarm.page in PAGES


@pytest.mark.parametrize("page", PAGES)
def test_a_page_belongs_to_an_alarm_and_names_it(page: str) -> None:
    names = [
        alarm.properties["AlarmName"]["Fn::Sub"].removeprefix("${AWS::StackName}-")
        for alarm in ALL
        if alarm.page == page
    ]
    assert names
    text = next(
        part for part in re.split(r"^## ", RUNBOOK, flags=re.M) if slug(_title(part)) == page
    )
    for name in names:
        assert f"`{name}`" in text
    for part in ("**Means.**", "**Customers notice.**", "**Look.**", "**Do.**", "**Leave it"):
        assert part in text


def _title(part: str) -> str:
    return part.splitlines()[0] if part else ""


@pytest.mark.parametrize("alarm", ALL, ids=lambda alarm: alarm.logical_id)
def test_an_alarm_is_told_and_says_what_no_data_means(alarm: Alarm) -> None:
    properties = alarm.properties
    assert properties["AlarmActions"] == properties["OKActions"] == [{"Ref": "AlarmTopic"}]
    assert properties["TreatMissingData"] in {"notBreaching", "ignore", "missing"}
    silence_is_told = properties.get("InsufficientDataActions") == [{"Ref": "AlarmTopic"}]
    assert silence_is_told is (properties["TreatMissingData"] == "missing")
    assert "${AWS::StackName}-" in properties["AlarmName"]["Fn::Sub"]


@pytest.mark.parametrize("alarm", ALL, ids=lambda alarm: alarm.logical_id)
def test_an_alarm_is_one_that_cloudwatch_takes(alarm: Alarm) -> None:
    """At most ten metrics; a day of short periods, or a week of periods of an hour and more."""
    assert 1 <= len(alarm.metrics) <= MOST_METRICS
    (period,) = {metric.period for metric in alarm.metrics}
    span = period * alarm.properties["EvaluationPeriods"]
    assert span <= (WEEK if period >= 3600 else DAY)


@pytest.mark.parametrize("alarm", ALL, ids=lambda alarm: alarm.logical_id)
def test_the_services_metrics_are_as_their_documentation_has_them(alarm: Alarm) -> None:
    for metric in alarm.metrics:
        if metric.namespace != "MspBilling":
            names = tuple(sorted(name for name, _ in metric.dimensions))
            assert (metric.namespace, metric.name, names) in AWS_METRICS


@pytest.mark.parametrize("alarm", ALL, ids=lambda alarm: alarm.logical_id)
def test_each_metric_can_set_its_alarm_off(alarm: Alarm) -> None:
    """By one metric alone, far over the threshold, while the others are quiet."""
    if alarm.properties["ComparisonOperator"] == "LessThanThreshold":
        assert alarm.goes_off({"m": [0]})
        assert not alarm.goes_off({"m": [1]})
        return
    if alarm.logical_id == "BounceRateAlarm":  # a share, of enough mails
        assert alarm.goes_off({"sent": [100], "bounced": [6]})
        assert not alarm.goes_off({"sent": [100], "bounced": [5]})
        assert not alarm.goes_off({"sent": [10], "bounced": [9]})
        return
    others = {metric.id: [0.0] for metric in alarm.metrics}
    assert not alarm.goes_off(others)
    for metric in alarm.metrics:
        assert alarm.goes_off({**others, metric.id: [1000.0]})


def watched(metric_name: str, dimension: str) -> list[Any]:
    """The values of a dimension for which some alarm looks at a metric."""
    return [
        value
        for alarm in ALL
        for metric in alarm.metrics
        if metric.name == metric_name
        for name, value in metric.dimensions
        if name == dimension
    ]


@pytest.mark.parametrize(
    "group", [n for n, _ in of_type(TEMPLATE, "AWS::Scheduler::ScheduleGroup")]
)
def test_every_group_of_schedules_is_watched(group: str) -> None:
    assert {"Ref": group} in watched("InvocationDroppedCount", "ScheduleGroup")


@pytest.mark.parametrize(
    "machine", [n for n, _ in of_type(TEMPLATE, "AWS::Serverless::StateMachine")]
)
def test_every_state_machine_is_watched(machine: str) -> None:
    for name in ("ExecutionsFailed", "ExecutionsTimedOut"):
        assert {"Ref": machine} in watched(name, "StateMachineArn")


@pytest.mark.parametrize("queue", [n for n, _ in of_type(TEMPLATE, "AWS::SQS::Queue")])
def test_every_queue_of_lost_events_is_watched(queue: str) -> None:
    wanted = watched("ApproximateNumberOfMessagesVisible", "QueueName")
    assert {"Fn::GetAtt": [queue, "QueueName"]} in wanted


@pytest.mark.parametrize("name", [n for n, _ in of_type(TEMPLATE, "AWS::Serverless::Function")])
def test_the_errors_of_every_function_set_something_off(name: str) -> None:
    """Its own alarm, a state machine that fails, HTTP's 5xx, or the person who called it."""
    machines = of_type(TEMPLATE, "AWS::Serverless::StateMachine")
    by_machine = any(
        mentions(resource["Properties"]["DefinitionSubstitutions"], name)
        or mentions(resource["Properties"]["DefinitionSubstitutions"], f"{name}.Alias")
        or mentions(resource["Properties"]["DefinitionSubstitutions"], f"{name}.Version")
        for _, resource in machines
    )
    events = TEMPLATE["Resources"][name]["Properties"].get("Events", {}).values()
    by_http = any(event["Type"] == "HttpApi" for event in events)
    own = {"Ref": name} in watched("Errors", "FunctionName")
    if any(event["Type"] in ASYNCHRONOUS_EVENTS for event in events):
        assert own
    assert own or by_machine or by_http or name in CALLED_BY_PEOPLE


def test_the_dashboard_shows_every_alarm_and_links_to_the_runbook() -> None:
    shown = next(w for w in dashboard()["widgets"] if w["type"] == "alarm")["properties"]["alarms"]
    assert sorted(shown) == sorted(f"${{{alarm.logical_id}.Arn}}" for alarm in ALL)
    assert any("(${RunbookUrl})" in str(w["properties"]) for w in dashboard()["widgets"])


def test_the_widgets_of_the_dashboard_do_not_overlap() -> None:
    taken: set[tuple[int, int]] = set()
    for widget in dashboard()["widgets"]:
        columns = range(widget["x"], widget["x"] + widget["width"])
        places = {(x, widget["y"] + down) for x in columns for down in range(widget["height"])}
        assert max(columns) < 24
        assert not taken & places
        taken |= places


def test_the_dashboard_shows_metrics_that_services_have() -> None:
    shown = dashboard_metrics()
    assert len(shown) > 30
    assert {entry for entry in shown if entry[0] != "MspBilling"} <= AWS_METRICS


def test_alarms_may_use_the_topic_and_its_key() -> None:
    """CloudWatch cannot publish to a topic that is encrypted with the key of AWS itself."""
    topic = TEMPLATE["Resources"]["AlarmTopic"]["Properties"]
    assert topic["KmsMasterKeyId"] == {"Ref": "AlarmKey"}
    statements = [
        *TEMPLATE["Resources"]["AlarmKey"]["Properties"]["KeyPolicy"]["Statement"],
        *TEMPLATE["Resources"]["AlarmTopicPolicy"]["Properties"]["PolicyDocument"]["Statement"],
    ]
    by_cloudwatch = [
        statement
        for statement in statements
        if statement["Principal"].get("Service") == "cloudwatch.amazonaws.com"
    ]
    allowed = {action for entry in by_cloudwatch for action in _listed(entry["Action"])}
    assert allowed == {"kms:Decrypt", "kms:GenerateDataKey*", "sns:Publish"}
    assert all("aws:SourceAccount" in str(entry["Condition"]) for entry in by_cloudwatch)


def _listed(value: Any) -> list[Any]:
    return value if isinstance(value, list) else [value]
