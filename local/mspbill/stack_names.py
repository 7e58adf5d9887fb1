"""The names that a deployed stack has given its resources, as the variables that functions have."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import boto3
from botocore.exceptions import (
    BotoCoreError,
    ClientError,
    NoCredentialsError,
    NoRegionError,
)

from mspbill.repository import repository_root

RESOURCES: Mapping[str, str] = {
    "TABLE_NAME": "BillingTable",
    "FEEDS_BUCKET": "FeedsBucket",
    "RECORDS_BUCKET": "RecordsBucket",
    "BUS_NAME": "BillingBus",
    "MAIL_CONFIGURATION_SET": "MailConfigurationSet",
    "SCHEDULE_GROUP": "BillingScheduleGroup",
    "CYCLE_STATE_MACHINE_ARN": "BillingCycle",
    "DUNNING_STATE_MACHINE_ARN": "Dunning",
    "RELEASE_STATE_MACHINE_ARN": "HoldRelease",
}
"""Which resource of the template each variable is the name of."""

OUTPUTS: Mapping[str, str] = {
    "TABLE_NAME": "TableName",
    "PAYMENTS_API_URL": "ApiUrl",
    "TRIAL_CLOCK": "TrialClock",
}
"""Which output of the template says a variable better: a restored table may have taken the place
of the template's own."""

HTTP_API = "BillingApi"
"""The resource whose address is PAYMENTS_API_URL, for a stack that does not put it out."""

START_CYCLE = "StartCycleFunctionAliaslive"
"""The alias that points to the version of the function in use; its name is its ARN."""

SCHEDULER_ROLE = "MonthlyScheduleRole"
LOST_EVENTS = "LostEventsQueue"
VARIABLES = frozenset(
    {
        *RESOURCES,
        *OUTPUTS,
        "ASSETS_DIRECTORY",
        "SCHEDULER_ROLE_ARN",
        "SCHEDULE_DEAD_LETTER_ARN",
        "START_CYCLE_FUNCTION_ARN",
    }
)
"""Every variable that :func:`variables_of` may give."""

_STATE_MACHINE = re.compile(r"arn:([^:]+):states:([^:]+):([^:]+):stateMachine:")


class SourceError(LookupError):
    """It is not said where to read, or there is nothing there; the message says what to do."""


@dataclass(frozen=True)
class StackNames:
    """What CloudFormation knows of a stack."""

    stack: str
    resources: Mapping[str, str]
    """By logical id, what the resource is called."""
    outputs: Mapping[str, str]
    region: str

    def of(self, logical_id: str) -> str:
        """What a resource is called. Raises SourceError when the stack does not have it."""
        found = self.resources.get(logical_id)
        if not found:
            raise SourceError(
                f"The stack {self.stack} has no {logical_id}: it was deployed from an older "
                "template. Deploy this one, or use the program that belongs to it."
            )
        return found


def stack_names(stack: str) -> StackNames:
    """Ask CloudFormation for the names and outputs of a stack.

    Raises:
        SourceError: when there is no such stack, or no permission to look at it.
    """
    try:
        client = boto3.client("cloudformation")
        pages = client.get_paginator("list_stack_resources").paginate(StackName=stack)
        resources = {
            entry["LogicalResourceId"]: entry.get("PhysicalResourceId", "")
            for page in pages
            for entry in page["StackResourceSummaries"]
        }
        (described,) = client.describe_stacks(StackName=stack)["Stacks"]
    except (BotoCoreError, ClientError) as error:
        raise SourceError(f"The stack {stack} cannot be looked at: {_said(error)}") from error
    if not resources.get(RESOURCES["TABLE_NAME"]):
        raise SourceError(f"The stack {stack} is not one of msp-billing: it has no BillingTable.")
    outputs = {entry["OutputKey"]: entry["OutputValue"] for entry in described.get("Outputs", ())}
    return StackNames(stack, resources, outputs, str(client.meta.region_name))


def variables_of(names: StackNames) -> dict[str, str]:
    """The variables that the functions of a stack have, for use cases that run here."""
    found = names.resources
    values = {
        variable: found[resource] for variable, resource in RESOURCES.items() if found.get(resource)
    }
    if found.get(HTTP_API):
        values["PAYMENTS_API_URL"] = (
            f"https://{found[HTTP_API]}.execute-api.{names.region}.amazonaws.com"
        )
    values |= {
        variable: names.outputs[output]
        for variable, output in OUTPUTS.items()
        if names.outputs.get(output)
    }
    values |= _of_schedules(names)
    values["ASSETS_DIRECTORY"] = str(repository_root() / "layers" / "rendering")
    return values


def _of_schedules(names: StackNames) -> dict[str, str]:
    """ARNs that schedules carry; CloudFormation lists names and addresses only."""
    place = _STATE_MACHINE.match(names.resources.get(RESOURCES["CYCLE_STATE_MACHINE_ARN"], ""))
    parts = (START_CYCLE, SCHEDULER_ROLE, LOST_EVENTS)
    if place is None or not all(names.resources.get(part) for part in parts):
        return {}
    partition, region, account = place.groups()
    alias, role, queue = (names.resources[part] for part in parts)
    queue_name = queue.rsplit("/", 1)[-1]
    here = f"{region}:{account}"
    return {
        "START_CYCLE_FUNCTION_ARN": alias,
        "SCHEDULER_ROLE_ARN": f"arn:{partition}:iam::{account}:role/{role}",
        "SCHEDULE_DEAD_LETTER_ARN": f"arn:{partition}:sqs:{here}:{queue_name}",
    }


def _said(error: Any) -> str:
    if isinstance(error, ClientError):
        return str(error.response["Error"].get("Message") or error)
    if isinstance(error, NoRegionError):
        return "no region is set. Set AWS_REGION, or AWS_PROFILE to a profile that has one."
    if isinstance(error, NoCredentialsError):
        return "there are no AWS credentials. Sign in, and set AWS_PROFILE to your profile."
    return str(error)
