"""What Step Functions knows of a cycle's execution: its step, its page, whether it can go on."""

from __future__ import annotations

from datetime import datetime
from typing import Any

import boto3
from botocore.exceptions import ClientError

from msp_billing.domain.base import Frozen

_EVENTS_A_PAGE = 100
_GONE = "ExecutionDoesNotExist"


class Execution(Frozen):
    """An execution, as far as Step Functions still knows it."""

    arn: str
    status: str
    started_at: datetime | None = None
    stopped_at: datetime | None = None
    step: str | None = None
    redrive: str | None = None
    """REDRIVABLE, or why it is not."""
    page: str | None = None
    """Where the AWS console shows it; nowhere, on a trial without AWS."""

    @property
    def is_redrivable(self) -> bool:
        """Whether Step Functions would let it go on where it stopped."""
        return self.redrive in {"REDRIVABLE", "REDRIVABLE_BY_MAP_RUN"}


def execution(arn: str) -> Execution | None:
    """An execution by its ARN; None when Step Functions forgot it, which it does after 90 days."""
    client = boto3.client("stepfunctions")
    try:
        found = client.describe_execution(executionArn=arn)
    except ClientError as error:
        if error.response["Error"]["Code"] == _GONE:
            return None
        raise
    status = found.get("redriveStatus")
    return Execution(
        arn=arn,
        status=found["status"],
        started_at=found.get("startDate"),
        stopped_at=found.get("stopDate"),
        step=_step(client, arn),
        page=_page(client, arn),
        redrive=status if status != "NOT_REDRIVABLE" else found.get("redriveStatusReason", status),
    )


def redrive(arn: str) -> None:
    """Let an execution go on at the step where it stopped. Raises ClientError."""
    boto3.client("stepfunctions").redrive_execution(executionArn=arn)


def _page(client: Any, arn: str) -> str | None:
    if not str(client.meta.endpoint_url).endswith(".amazonaws.com"):
        return None
    region = arn.split(":")[3]
    home = f"https://{region}.console.aws.amazon.com/states/home?region={region}"
    return f"{home}#/v2/executions/details/{arn}"


def _step(client: Any, arn: str) -> str | None:
    """The state that it entered last."""
    pages = client.get_paginator("get_execution_history").paginate(
        executionArn=arn, reverseOrder=True, PaginationConfig={"PageSize": _EVENTS_A_PAGE}
    )
    newest: tuple[int, str] | None = None
    for page in pages:
        for event in page["events"]:
            entered = event.get("stateEnteredEventDetails")
            if entered is not None and (newest is None or event["id"] > newest[0]):
                newest = (event["id"], str(entered["name"]))
        if newest is not None and page["events"][0]["id"] > 1:
            break  # the newest come first, as asked; an emulator may not do so
    return None if newest is None else newest[1]
