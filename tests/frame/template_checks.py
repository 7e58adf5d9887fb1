"""What must hold for template.yaml beyond the linters. Each check returns its complaints.

The linters know AWS; these know this project: what guards money is kept, logs end, lost events are
found again, and nothing starts at an hour that daylight saving can skip or repeat.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

Template = dict[str, Any]

ASYNCHRONOUS_EVENTS = frozenset(
    {"CloudWatchEvent", "EventBridgeRule", "S3", "SNS", "Schedule", "ScheduleV2"}
)
# Local time, from and up to: daylight saving skips or repeats an hour in here.
UNSAFE_HOURS = range(3)


def of_type(template: Template, *types: str) -> Iterator[tuple[str, dict[str, Any]]]:
    """Yield logical id and resource of every resource of the types."""
    for name, resource in template["Resources"].items():
        if resource["Type"] in types:
            yield name, resource


def mentions(value: object, name: str) -> bool:
    """Say whether a value refers to a logical id by Ref, GetAtt or Sub."""
    if isinstance(value, dict):
        if value.get("Ref") == name:
            return True
        return any(mentions(inner, name) for inner in value.values())
    if isinstance(value, list):
        return any(mentions(inner, name) for inner in value)
    text = str(value)
    return text == name or f"${{{name}" in text


def storage_complaints(template: Template) -> list[str]:
    """Tables and buckets outlive the stack; tables can be restored; no item expires."""
    found = []
    stores = ("AWS::DynamoDB::Table", "AWS::DynamoDB::GlobalTable", "AWS::S3::Bucket")
    for name, resource in of_type(template, *stores, "AWS::Serverless::SimpleTable"):
        for policy in ("DeletionPolicy", "UpdateReplacePolicy"):
            if resource.get(policy) != "Retain":
                found.append(f"{name}: {policy} is not Retain")
        properties = resource.get("Properties", {})
        if "TimeToLiveSpecification" in properties:
            found.append(f"{name}: a time to live deletes what guards money")
        recovery = properties.get("PointInTimeRecoverySpecification", {})
        if "Bucket" not in resource["Type"] and not recovery.get("PointInTimeRecoveryEnabled"):
            found.append(f"{name}: no point-in-time recovery")
    return found


def log_complaints(template: Template) -> list[str]:
    """Every function and state machine writes to a log group of ours, whose entries end."""
    found = [
        f"{name}: a log group without RetentionInDays"
        for name, resource in of_type(template, "AWS::Logs::LogGroup")
        if "RetentionInDays" not in resource.get("Properties", {})
    ]
    groups = dict(of_type(template, "AWS::Logs::LogGroup"))
    writers = ("AWS::Serverless::Function", "AWS::Serverless::StateMachine")
    for name, resource in of_type(template, *writers):
        properties = resource["Properties"]
        logging = [properties.get("LoggingConfig"), properties.get("Logging")]
        if not any(
            mentions(logging, group) or mentions(log["Properties"].get("LogGroupName"), name)
            for group, log in groups.items()
        ):
            found.append(f"{name}: no log group of ours")
    return found


def targets(template: Template) -> list[object]:
    """What rules and schedules call."""
    called: list[object] = []
    for _, resource in of_type(template, "AWS::Scheduler::Schedule"):
        called.append(resource["Properties"]["Target"]["Arn"])
    for _, resource in of_type(template, "AWS::Events::Rule"):
        called += [target["Arn"] for target in resource["Properties"].get("Targets", [])]
    return called


def lost_event_complaints(template: Template) -> list[str]:
    """A function that is called asynchronously keeps the events it could not handle."""
    found = []
    shared = template.get("Globals", {}).get("Function", {})
    called = targets(template)
    for name, resource in of_type(template, "AWS::Serverless::Function"):
        properties = {**shared, **resource["Properties"]}
        events = {event["Type"] for event in properties.get("Events", {}).values()}
        destination = properties.get("EventInvokeConfig", {}).get("DestinationConfig", {})
        if (
            (events & ASYNCHRONOUS_EVENTS or mentions(called, name))
            and "DeadLetterQueue" not in properties
            and "OnFailure" not in destination
        ):
            found.append(f"{name}: called asynchronously, with no dead-letter queue")
    return found


def expressions(value: object) -> Iterator[tuple[object, object]]:
    """Yield schedule expression and time zone of everything in the template that has a schedule."""
    if isinstance(value, dict):
        for key in ("ScheduleExpression", "Schedule"):
            if isinstance(value.get(key), str):
                yield value[key], value.get("ScheduleExpressionTimezone")
        for inner in value.values():
            yield from expressions(inner)
    elif isinstance(value, list):
        for inner in value:
            yield from expressions(inner)


def hours(field: str) -> set[int]:
    """The hours in a cron expression's second field: `5`, `4-6`, `*`, `0/6`, `1,13`."""
    named: set[int] = set()
    for part in field.split(","):
        span, _, step = part.partition("/")
        first, _, last = span.partition("-")
        start = 0 if first == "*" else int(first)
        end = int(last) if last else (23 if step or first == "*" else start)
        named |= set(range(start, end + 1, int(step or 1)))
    return named


def schedule_complaints(template: Template) -> list[str]:
    """No schedule falls into the hours that daylight saving moves."""
    found = []
    for expression, _zone in expressions(template["Resources"]):
        text = str(expression)
        if not text.startswith("cron("):
            found.append(f"{text}: only a cron expression says at which hour")
        elif early := hours(text.removeprefix("cron(").split()[1]) & set(UNSAFE_HOURS):
            found.append(f"{text}: starts at {min(early):02}:00, which may not exist")
    return found


#: Routes that bring a proof of their own: a signature over the body, an approver's secret.
OPEN_ROUTES = frozenset(
    {
        "POST /webhooks/{provider}/{webhook}",
        "GET /releases/{provider}/{account}/{release}",
        "POST /releases/{provider}/{account}/{release}",
        "GET /documents/{provider}/{document}",
    }
)
#: What an access log may not hold: an approver's secret is in the query.
SECRET_IN_LOGS = ("$context.rawQueryString", "$context.requestOverride", "querystring")


def http_complaints(template: Template) -> list[str]:
    """APIs want a principal, are throttled, and are logged; a route without one is meant to be."""
    found = []
    for name, resource in of_type(template, "AWS::Serverless::HttpApi"):
        properties = resource.get("Properties", {})
        auth = properties.get("Auth", {})
        if not auth.get("EnableIamAuthorizer") or auth.get("DefaultAuthorizer") != "AWS_IAM":
            found.append(f"{name}: its routes want no principal unless they say so")
        limits = properties.get("DefaultRouteSettings", {})
        if not (limits.get("ThrottlingRateLimit") and limits.get("ThrottlingBurstLimit")):
            found.append(f"{name}: no limit of requests")
        logging = properties.get("AccessLogSettings", {})
        groups = [group for group, _ in of_type(template, "AWS::Logs::LogGroup")]
        if not any(mentions(logging.get("DestinationArn"), group) for group in groups):
            found.append(f"{name}: no access log of ours")
        if any(secret in logging.get("Format", "") for secret in SECRET_IN_LOGS):
            found.append(f"{name}: the access log would hold queries, and secrets with them")
    return [*found, *_route_complaints(template)]


def _route_complaints(template: Template) -> list[str]:
    found = []
    for name, resource in of_type(template, "AWS::Serverless::Function"):
        for event in resource["Properties"].get("Events", {}).values():
            if event["Type"] not in {"HttpApi", "Api"}:
                continue
            properties = event["Properties"]
            route = f"{properties['Method'].upper()} {properties['Path']}"
            if event["Type"] == "Api" or "ApiId" not in properties:
                found.append(f"{name}: {route} is of an API that nobody configured")
            authorizer = properties.get("Auth", {}).get("Authorizer")
            if authorizer == "NONE" and route not in OPEN_ROUTES:
                found.append(f"{name}: {route} is open to everybody")
            if authorizer not in {None, "NONE"}:
                found.append(f"{name}: {route} has another authorizer than the API's")
        if "FunctionUrlConfig" in resource["Properties"]:
            found.append(f"{name}: a function URL goes past the API")
    return found


def complaints(template: Template) -> list[str]:
    """Return everything that is wrong with a template."""
    return [
        *storage_complaints(template),
        *log_complaints(template),
        *lost_event_complaints(template),
        *schedule_complaints(template),
        *http_complaints(template),
    ]
