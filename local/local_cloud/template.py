"""Reads template.yaml: SAM to CloudFormation, then every intrinsic function to a plain value.

The names of all resources follow from the template alone, so references can be resolved before
anything is made, in any order.
"""

from __future__ import annotations

import base64
import copy
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import boto3
from samtranslator.parser.parser import Parser
from samtranslator.translator.translator import Translator

from local_cloud.sam import ManagedPolicies, parsed, take_local_uris

ACCOUNT_ID = "123456789012"
REGION = "us-east-1"
_NO_VALUE = object()


class TemplateError(ValueError):
    """The template uses something the local cloud does not know, or refers to what is not there."""


@dataclass(frozen=True)
class Resource:
    """One resource after translation. `properties` has no intrinsic functions left."""

    logical_id: str
    kind: str
    properties: Mapping[str, Any]


@dataclass(frozen=True)
class _Names:
    """How a kind is named: the property with its name, and the arn made of that name."""

    name_property: str
    arn: str
    ref_is_arn: bool = False
    ref: str = "{name}"


_ARN = f"{REGION}:{ACCOUNT_ID}"
_NAMES: dict[str, _Names] = {
    "AWS::CloudWatch::Alarm": _Names("AlarmName", f"arn:aws:cloudwatch:{_ARN}:alarm:{{name}}"),
    "AWS::DynamoDB::Table": _Names("TableName", f"arn:aws:dynamodb:{_ARN}:table/{{name}}"),
    "AWS::Events::EventBus": _Names("Name", f"arn:aws:events:{_ARN}:event-bus/{{name}}"),
    "AWS::Events::Rule": _Names("Name", f"arn:aws:events:{_ARN}:rule/{{name}}"),
    "AWS::IAM::ManagedPolicy": _Names(
        "ManagedPolicyName", f"arn:aws:iam::{ACCOUNT_ID}:policy/{{name}}", ref_is_arn=True
    ),
    "AWS::IAM::Role": _Names("RoleName", f"arn:aws:iam::{ACCOUNT_ID}:role/{{name}}"),
    "AWS::KMS::Key": _Names("", f"arn:aws:kms:{_ARN}:key/{{name}}"),
    "AWS::Lambda::Function": _Names("FunctionName", f"arn:aws:lambda:{_ARN}:function:{{name}}"),
    "AWS::Lambda::LayerVersion": _Names(
        "LayerName", f"arn:aws:lambda:{_ARN}:layer:{{name}}:1", ref_is_arn=True
    ),
    "AWS::Logs::LogGroup": _Names("LogGroupName", f"arn:aws:logs:{_ARN}:log-group:{{name}}:*"),
    "AWS::S3::Bucket": _Names("BucketName", "arn:aws:s3:::{name}"),
    "AWS::SES::ConfigurationSet": _Names("Name", f"arn:aws:ses:{_ARN}:configuration-set/{{name}}"),
    "AWS::SES::EmailIdentity": _Names("EmailIdentity", f"arn:aws:ses:{_ARN}:identity/{{name}}"),
    "AWS::SNS::Topic": _Names("TopicName", f"arn:aws:sns:{_ARN}:{{name}}", ref_is_arn=True),
    "AWS::SQS::Queue": _Names(
        "QueueName",
        f"arn:aws:sqs:{_ARN}:{{name}}",
        ref=f"https://sqs.{REGION}.amazonaws.com/{ACCOUNT_ID}/{{name}}",
    ),
    "AWS::Scheduler::Schedule": _Names("Name", f"arn:aws:scheduler:{_ARN}:schedule/{{name}}"),
    "AWS::Scheduler::ScheduleGroup": _Names(
        "Name", f"arn:aws:scheduler:{_ARN}:schedule-group/{{name}}"
    ),
    "AWS::StepFunctions::StateMachine": _Names(
        "StateMachineName", f"arn:aws:states:{_ARN}:stateMachine:{{name}}", ref_is_arn=True
    ),
}


@dataclass
class Template:
    """A translated template.

    `code_uris` are the folders of functions, `definition_uris` the files of state machines, both
    as the template gives them, relative to `folder`. `release` is the number of the deployment, and
    of every version of a function that it publishes.
    """

    folder: Path
    stack_name: str
    body: Mapping[str, Any]
    parameters: dict[str, str]
    code_uris: Mapping[str, str]
    definition_uris: Mapping[str, str]
    release: int = 1
    _conditions: dict[str, bool] = field(default_factory=dict)

    @classmethod
    def read(
        cls,
        path: Path,
        parameters: Mapping[str, str],
        stack_name: str = "local",
        release: int = 1,
    ) -> Template:
        """Read and translate. `parameters` take precedence over the template's defaults."""
        source = copy.deepcopy(parsed(path.read_text(encoding="utf-8")))
        values = {
            name: str(parameters.get(name, details.get("Default", "")))
            for name, details in source.get("Parameters", {}).items()
        }
        unknown = set(parameters) - set(values)
        if unknown:
            raise TemplateError(f"{path.name} has no parameters {sorted(unknown)}")
        code_uris, definition_uris = take_local_uris(source)
        translator = Translator(
            ManagedPolicies(), Parser(), boto_session=boto3.Session(region_name=REGION)
        )
        body = translator.translate(source, values)
        return cls(path.parent, stack_name, body, values, code_uris, definition_uris, release)

    def newer(self, path: Path) -> Template:
        """The template that a deployment puts in the place of this one, with its parameters."""
        return Template.read(path, self.parameters, self.stack_name, self.release + 1)

    def resources(self, *kinds: str) -> Iterator[Resource]:
        """The resources of the given kinds (all, if none is given), in the template's order."""
        for logical_id, raw in self.body["Resources"].items():
            if kinds and raw["Type"] not in kinds:
                continue
            if "Condition" in raw and not self._condition(raw["Condition"]):
                continue
            yield Resource(logical_id, raw["Type"], self.resolve(raw.get("Properties", {})))

    def kind(self, logical_id: str) -> str:
        """The type of a resource, `AWS::DynamoDB::Table` for example."""
        try:
            return str(self.body["Resources"][logical_id]["Type"])
        except KeyError:
            raise TemplateError(f"the template has no resource {logical_id!r}") from None

    def name(self, logical_id: str) -> str:
        """The name the resource has or will get."""
        names = self._names(logical_id)
        given = self.body["Resources"][logical_id].get("Properties", {}).get(names.name_property)
        if given is not None:
            resolved = self.resolve(given)
            if resolved is not _NO_VALUE:
                return str(resolved)
        name = f"{self.stack_name}-{logical_id}"
        return name.lower() if self.kind(logical_id) == "AWS::S3::Bucket" else name

    def arn(self, logical_id: str) -> str:
        """The arn the resource has or will get."""
        return self._names(logical_id).arn.format(name=self._arn_name(logical_id))

    def ref(self, logical_id: str) -> Any:
        """What `!Ref` gives: a parameter's value, or a resource's name, address or arn."""
        if logical_id in self.parameters:
            declared = self.body["Parameters"][logical_id].get("Type", "String")
            value = self.parameters[logical_id]
            return value.split(",") if declared == "CommaDelimitedList" else value
        kind = self.kind(logical_id)
        if kind in ("AWS::Lambda::Alias", "AWS::Lambda::Version"):
            properties = self.body["Resources"][logical_id]["Properties"]
            function = str(self.resolve(properties["FunctionName"])).rsplit(":", 1)[-1]
            qualifier = self.resolve(properties.get("Name", str(self.release)))
            return f"arn:aws:lambda:{_ARN}:function:{function}:{qualifier}"
        if kind not in _NAMES:
            return f"{self.stack_name}-{logical_id}"
        names = _NAMES[kind]
        return (
            self.arn(logical_id)
            if names.ref_is_arn
            else names.ref.format(name=self.name(logical_id))
        )

    def resolve(self, value: Any) -> Any:
        """A copy of `value` with every intrinsic function replaced by what it stands for."""
        if isinstance(value, list):
            return [item for item in map(self.resolve, value) if item is not _NO_VALUE]
        if not isinstance(value, Mapping):
            return value
        if len(value) == 1:
            ((name, argument),) = value.items()
            if name in {"Ref", "Condition"} or name.startswith("Fn::"):
                return self._call(name, argument)
        resolved = {key: self.resolve(item) for key, item in value.items()}
        return {key: item for key, item in resolved.items() if item is not _NO_VALUE}

    def _call(self, name: str, argument: Any) -> Any:  # noqa: C901, PLR0911, PLR0912
        match name:
            case "Ref":
                return (
                    self._pseudo(argument) if argument.startswith("AWS::") else self.ref(argument)
                )
            case "Fn::GetAtt":
                target, attribute = (
                    argument.split(".", 1) if isinstance(argument, str) else argument
                )
                return self._attribute(target, attribute)
            case "Fn::Sub":
                return self._substitute(argument)
            case "Fn::Join":
                return argument[0].join(str(item) for item in self.resolve(argument[1]))
            case "Fn::Select":
                return self.resolve(argument[1])[int(self.resolve(argument[0]))]
            case "Fn::Split":
                return self.resolve(argument[1]).split(argument[0])
            case "Fn::Base64":
                return base64.b64encode(str(self.resolve(argument)).encode()).decode()
            case "Fn::FindInMap":
                table, row, column = self.resolve(argument)
                return self.body["Mappings"][table][row][column]
            case "Fn::If":
                return self.resolve(argument[1] if self._condition(argument[0]) else argument[2])
            case "Fn::Equals":
                return self.resolve(argument[0]) == self.resolve(argument[1])
            case "Fn::Not":
                return not self.resolve(argument[0])
            case "Fn::And":
                return all(self.resolve(argument))
            case "Fn::Or":
                return any(self.resolve(argument))
            case "Condition":
                return (
                    self._condition(argument)
                    if isinstance(argument, str)
                    else {name: self.resolve(argument)}
                )
        raise TemplateError(f"the local cloud does not know {name}")

    def _condition(self, name: str) -> bool:
        if name not in self._conditions:
            self._conditions[name] = bool(self.resolve(self.body["Conditions"][name]))
        return self._conditions[name]

    def _pseudo(self, name: str) -> Any:
        values = {
            "AWS::AccountId": ACCOUNT_ID,
            "AWS::NoValue": _NO_VALUE,
            "AWS::Partition": "aws",
            "AWS::Region": REGION,
            "AWS::StackId": f"arn:aws:cloudformation:{_ARN}:stack/{self.stack_name}/local",
            "AWS::StackName": self.stack_name,
            "AWS::URLSuffix": "amazonaws.com",
        }
        return values[name]

    def _attribute(self, logical_id: str, attribute: str) -> str:
        if attribute in ("Arn", "StateMachineArn", "TopicArn"):
            return self.arn(logical_id)
        if attribute in ("Name", "QueueName", "TopicName"):
            return self.name(logical_id)
        if attribute == "Version" and self.kind(logical_id) == "AWS::Lambda::Version":
            return str(self.release)
        if attribute == "QueueUrl":
            return str(self.ref(logical_id))
        if attribute == "Value" and self.kind(logical_id) == "AWS::SSM::Parameter":
            return str(self.resolve(self.body["Resources"][logical_id]["Properties"]["Value"]))
        raise TemplateError(f"the local cloud does not know !GetAtt {logical_id}.{attribute}")

    def _substitute(self, argument: Any) -> str:
        text, own = (argument, {}) if isinstance(argument, str) else argument

        def value_of(match: re.Match[str]) -> str:
            name = match.group(1)
            if name.startswith("!"):
                return "${" + name[1:] + "}"
            if name in own:
                return str(self.resolve(own[name]))
            if "." in name and not name.startswith("AWS::"):
                return str(self._call("Fn::GetAtt", name))
            return str(self._call("Ref", name))

        return re.sub(r"\$\{([^}]+)\}", value_of, text)

    def _names(self, logical_id: str) -> _Names:
        kind = self.kind(logical_id)
        if kind not in _NAMES:
            raise TemplateError(f"the local cloud has no name for {logical_id} ({kind})")
        return _NAMES[kind]

    def _arn_name(self, logical_id: str) -> str:
        name = self.name(logical_id)
        properties = self.body["Resources"][logical_id].get("Properties", {})
        if self.kind(logical_id) == "AWS::Scheduler::Schedule":
            return f"{self.resolve(properties.get('GroupName', 'default'))}/{name}"
        if self.kind(logical_id) == "AWS::Events::Rule" and "EventBusName" in properties:
            return f"{str(self.resolve(properties['EventBusName'])).rsplit('/', 1)[-1]}/{name}"
        return name
