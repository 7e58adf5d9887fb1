"""Makes the template's resources in moto, through the same API calls as anybody would.

Kinds that have no effect on a local run are named in `WITHOUT_EFFECT`; anything else that is not
known here is refused, so that no resource is forgotten silently.
"""

from __future__ import annotations

import io
import json
import zipfile
from collections.abc import Callable, Mapping
from typing import Any

from local_cloud.template import ACCOUNT_ID, REGION, Resource, Template, TemplateError

#: Kinds that only matter on AWS: permissions, logs, alarms, versions, what the run does not see.
WITHOUT_EFFECT = frozenset(
    {
        "AWS::ApiGatewayV2::Api",  # read by `http_api`
        "AWS::ApiGatewayV2::Stage",
        "AWS::ApplicationInsights::Application",
        "AWS::Budgets::Budget",
        "AWS::CloudWatch::Alarm",
        "AWS::CloudWatch::CompositeAlarm",
        "AWS::CloudWatch::Dashboard",
        "AWS::Events::EventBusPolicy",
        "AWS::IAM::ManagedPolicy",
        "AWS::IAM::Policy",
        "AWS::IAM::Role",
        "AWS::KMS::Alias",
        "AWS::KMS::Key",
        "AWS::Lambda::Alias",
        "AWS::Lambda::EventInvokeConfig",
        "AWS::Lambda::LayerVersion",
        "AWS::Lambda::Permission",
        "AWS::Lambda::Version",
        "AWS::Logs::LogGroup",
        "AWS::Logs::MetricFilter",
        "AWS::S3::BucketPolicy",
        "AWS::SES::ConfigurationSetEventDestination",
        "AWS::SES::EmailIdentity",
        "AWS::SNS::Subscription",
        "AWS::SNS::TopicPolicy",
        "AWS::SQS::QueuePolicy",
        "AWS::SSM::Parameter",  # read where the template refers to its value
        "AWS::StepFunctions::StateMachineAlias",
        "AWS::StepFunctions::StateMachineVersion",
        "AWS::XRay::Group",
    }
)

#: One role for all: moto wants to see that there is one, and checks no permission.
_ROLE_NAME = "local"
_ROLE = f"arn:aws:iam::{ACCOUNT_ID}:role/{_ROLE_NAME}"


class ResourceMaker:
    """Makes each kind once, in an order in which what is referred to exists."""

    def __init__(self, template: Template, client: Callable[[str], Any]) -> None:
        self._template = template
        self._client = client
        self._makers: dict[str, Callable[[Resource], None]] = {
            "AWS::DynamoDB::Table": self._table,
            "AWS::S3::Bucket": self._bucket,
            "AWS::SQS::Queue": self._queue,
            "AWS::SNS::Topic": self._topic,
            "AWS::Events::EventBus": self._bus,
            "AWS::SES::ConfigurationSet": self._configuration_set,
            "AWS::Lambda::Function": self._function,
            "AWS::StepFunctions::StateMachine": self._state_machine,
            "AWS::Events::Rule": self._rule,
            "AWS::Scheduler::ScheduleGroup": self._schedule_group,
            "AWS::Scheduler::Schedule": self._schedule,
        }

    def make_all(self) -> None:
        """Make everything. Raises TemplateError for kinds that are not known."""
        for resource in self._template.resources():
            if resource.kind not in self._makers and resource.kind not in WITHOUT_EFFECT:
                raise TemplateError(
                    f"the local cloud does not know {resource.kind} ({resource.logical_id})"
                )
        self._client("iam").create_role(RoleName=_ROLE_NAME, AssumeRolePolicyDocument="{}")
        for kind, make in self._makers.items():
            for resource in self._template.resources(kind):
                make(resource)

    def exchange_definitions(self, before: Template) -> None:
        """Put newer state machines in place; executions under way keep their definition.

        Raises TemplateError if a deployment changes more than code: this cloud keeps the rest.
        """
        kept = set(self._makers) - {"AWS::Lambda::Function", "AWS::StepFunctions::StateMachine"}
        if list(before.resources(*kept)) != list(self._template.resources(*kept)):
            raise TemplateError("only functions and state machines can be exchanged here")
        for resource in self._template.resources("AWS::StepFunctions::StateMachine"):
            self._client("stepfunctions").update_state_machine(
                stateMachineArn=self._template.arn(resource.logical_id),
                definition=self._definition(resource),
            )

    def _name(self, resource: Resource) -> str:
        return self._template.name(resource.logical_id)

    def _table(self, resource: Resource) -> None:
        taken = (
            "AttributeDefinitions",
            "BillingMode",
            "DeletionProtectionEnabled",
            "GlobalSecondaryIndexes",
            "KeySchema",
            "LocalSecondaryIndexes",
            "ProvisionedThroughput",
        )
        arguments = _only(resource.properties, *taken)
        stream = resource.properties.get("StreamSpecification")
        if stream:
            arguments["StreamSpecification"] = {"StreamEnabled": True, **stream}
        self._client("dynamodb").create_table(TableName=self._name(resource), **arguments)
        time_to_live = resource.properties.get("TimeToLiveSpecification")
        if time_to_live:
            self._client("dynamodb").update_time_to_live(
                TableName=self._name(resource),
                TimeToLiveSpecification=_with_booleans(time_to_live, "Enabled"),
            )

    def _bucket(self, resource: Resource) -> None:
        properties, s3, name = resource.properties, self._client("s3"), self._name(resource)
        s3.create_bucket(
            Bucket=name,
            ObjectLockEnabledForBucket=bool(properties.get("ObjectLockEnabled", False)),
        )
        if properties.get("VersioningConfiguration"):
            s3.put_bucket_versioning(
                Bucket=name, VersioningConfiguration=properties["VersioningConfiguration"]
            )
        notifications = properties.get("NotificationConfiguration", {})
        if "EventBridgeConfiguration" in notifications:
            s3.put_bucket_notification_configuration(
                Bucket=name, NotificationConfiguration={"EventBridgeConfiguration": {}}
            )
        if properties.get("ObjectLockConfiguration"):
            s3.put_object_lock_configuration(
                Bucket=name,
                ObjectLockConfiguration=_with_numbers(properties["ObjectLockConfiguration"]),
            )

    def _queue(self, resource: Resource) -> None:
        attributes = {
            name: json.dumps(value) if isinstance(value, Mapping) else str(value)
            for name, value in resource.properties.items()
            if name not in ("QueueName", "Tags")
        }
        self._client("sqs").create_queue(QueueName=self._name(resource), Attributes=attributes)

    def _topic(self, resource: Resource) -> None:
        self._client("sns").create_topic(Name=self._name(resource))

    def _bus(self, resource: Resource) -> None:
        self._client("events").create_event_bus(Name=self._name(resource))

    def _configuration_set(self, resource: Resource) -> None:
        self._client("sesv2").create_configuration_set(ConfigurationSetName=self._name(resource))

    def _function(self, resource: Resource) -> None:
        self._client("lambda").create_function(
            FunctionName=self._name(resource),
            Runtime=resource.properties.get("Runtime", "python3.13"),
            Role=_ROLE,
            Handler=resource.properties["Handler"],
            Code={"ZipFile": _EMPTY_ARCHIVE},
            Environment=resource.properties.get("Environment", {}),
        )

    def _state_machine(self, resource: Resource) -> None:
        self._client("stepfunctions").create_state_machine(
            name=self._name(resource),
            definition=self._definition(resource),
            roleArn=_ROLE,
            type=resource.properties.get("StateMachineType", "STANDARD"),
        )

    def _definition(self, resource: Resource) -> str:
        """The file as it is in the repository, with its substitutions put in."""
        file_name = self._template.definition_uris.get(resource.logical_id)
        if file_name is not None:
            text = (self._template.folder / file_name).read_text(encoding="utf-8")
        elif "DefinitionString" in resource.properties:
            text = str(resource.properties["DefinitionString"])
        else:
            text = json.dumps(resource.properties["Definition"])
        for name, value in resource.properties.get("DefinitionSubstitutions", {}).items():
            text = text.replace("${" + name + "}", str(value))
        return text

    def _rule(self, resource: Resource) -> None:
        properties, events, name = resource.properties, self._client("events"), self._name(resource)
        arguments = _only(properties, "EventBusName", "ScheduleExpression", "State")
        if properties.get("EventPattern"):
            arguments["EventPattern"] = json.dumps(properties["EventPattern"])
        events.put_rule(Name=name, **arguments)
        targets = list(properties.get("Targets", []))
        if targets:
            bus = _only(properties, "EventBusName")
            events.put_targets(Rule=name, Targets=targets, **bus)

    def _schedule_group(self, resource: Resource) -> None:
        self._client("scheduler").create_schedule_group(Name=self._name(resource))

    def _schedule(self, resource: Resource) -> None:
        taken = (
            "EndDate",
            "FlexibleTimeWindow",
            "GroupName",
            "ScheduleExpression",
            "ScheduleExpressionTimezone",
            "StartDate",
            "State",
            "Target",
        )
        self._client("scheduler").create_schedule(
            Name=self._name(resource), **_only(resource.properties, *taken)
        )


def _only(properties: Mapping[str, Any], *names: str) -> dict[str, Any]:
    return {name: properties[name] for name in names if name in properties}


def _with_numbers(value: Any) -> Any:
    """Read numbers that a template gives as text, as every parameter is: CloudFormation does so."""
    if isinstance(value, Mapping):
        return {key: _with_numbers(entry) for key, entry in value.items()}
    return int(value) if isinstance(value, str) and value.isdecimal() else value


def _with_booleans(properties: Mapping[str, Any], *names: str) -> dict[str, Any]:
    return {
        name: str(value).lower() == "true" if name in names else value
        for name, value in properties.items()
    }


def _empty_archive() -> bytes:
    """Make the archive moto asks for; the code itself is never taken from it."""
    archive = io.BytesIO()
    with zipfile.ZipFile(archive, "w") as opened:
        opened.writestr("app.py", f"# runs in process, not in {REGION}\n")
    return archive.getvalue()


_EMPTY_ARCHIVE = _empty_archive()
