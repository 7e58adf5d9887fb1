"""What the state machines of a stack have under way."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import boto3

from mspbill.stack_names import StackNames

CYCLES, DUNNING, RELEASES = "BillingCycle", "Dunning", "HoldRelease"
_MACHINES = (CYCLES, DUNNING, RELEASES)


@dataclass(frozen=True)
class UnderWay:
    """An execution that runs."""

    machine: str
    name: str
    arn: str


def under_way(names: StackNames, *machines: str) -> Iterator[UnderWay]:
    """The executions that run, of these state machines or of all."""
    client = boto3.client("stepfunctions")
    for machine in machines or _MACHINES:
        arn = names.resources.get(machine)
        if not arn:
            continue
        pages = client.get_paginator("list_executions").paginate(
            stateMachineArn=arn, statusFilter="RUNNING"
        )
        for page in pages:
            for entry in page["executions"]:
                yield UnderWay(machine, entry["name"], entry["executionArn"])


def stop(execution: UnderWay, why: str) -> None:
    """End an execution. What it did so far stays, and is found by whoever starts it again."""
    boto3.client("stepfunctions").stop_execution(
        executionArn=execution.arn, error="StoppedByPerson", cause=why
    )
