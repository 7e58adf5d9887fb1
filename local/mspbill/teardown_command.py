"""``mspbill teardown``: take a stack away and keep the money data."""

from __future__ import annotations

import os
from collections.abc import Sequence
from decimal import Decimal
from typing import TYPE_CHECKING, Annotated, Any

import boto3
import typer
from botocore.exceptions import ClientError, WaiterError
from rich.markup import escape

from mspbill.answering import telling_what_went_wrong
from mspbill.command_errors import StackFailedError
from mspbill.command_options import AsJson
from mspbill.command_values import Source
from mspbill.console import notes, print_json, results
from mspbill.typed_name import typed_or_refused

if TYPE_CHECKING:
    from mspbill.kept_resources import KeptResource
    from mspbill.stack_executions import UnderWay
    from mspbill.stack_names import StackNames

_MOST_SHOWN = 20
_SCHEDULE_GROUPS = ("BillingScheduleGroup", "DigestScheduleGroup", "SweepScheduleGroup")


def teardown(
    stack: Annotated[str, typer.Option("--stack", help="The deployed stack to take away.")],
    typed: Annotated[
        str | None, typer.Option("--type", help="The name of the stack, typed again.")
    ] = None,
    plan_only: Annotated[
        bool, typer.Option("--plan", help="Only say what would go and what would stay.")
    ] = False,
    as_json: AsJson = False,
) -> None:
    """Take a stack away, and keep the table, the buckets and the queue of lost events.

    First it says what goes, what stays, what that costs a month, and how it can be read later
    without the stack. Then the stack's name has to be typed. What is under way is stopped.
    """
    from mspbill.kept_resources import kept_resources
    from mspbill.opening import opened_stack
    from mspbill.stack_executions import stop, under_way

    with (
        telling_what_went_wrong(as_json=as_json),
        opened_stack(Source(stack), changes=not plan_only) as found,
    ):
        names = found.names
        assert names is not None, "it was opened by its name"
        kept = kept_resources(names, os.environ["TABLE_NAME"])
        running = tuple(under_way(names))
        made = tuple(_made_schedules(names))
        if not as_json:
            _print_plan(names, kept, running, len(made))
        if not plan_only:
            question = f"Type the name of the stack to take it away ({stack})"
            typed_or_refused(question, stack, typed, as_json=as_json)
            for group, schedule in made:
                boto3.client("scheduler").delete_schedule(GroupName=group, Name=schedule)
            for execution in running:
                stop(execution, "the stack is taken away")
            _delete(stack)
    if as_json:
        print_json(_told(stack, kept, running, len(made), gone=not plan_only))
    elif not plan_only:
        results().print(f"\n{escape(stack)} is gone. What is listed above is kept.")


def _made_schedules(names: StackNames) -> list[tuple[str, str]]:
    """The schedules that functions made: CloudFormation does not know them one by one."""
    client = boto3.client("scheduler")
    known = set(names.resources.values())
    found = []
    for logical_id in _SCHEDULE_GROUPS:
        group = names.resources.get(logical_id)
        if not group:
            continue
        group_name = group.rpartition("/")[2]
        for page in client.get_paginator("list_schedules").paginate(GroupName=group_name):
            found += [
                (group_name, entry["Name"])
                for entry in page["Schedules"]
                if entry["Name"] not in known
            ]
    return found


def _delete(stack: str) -> None:
    client = boto3.client("cloudformation")
    client.delete_stack(StackName=stack)
    notes().print(f"{stack} is being deleted; this takes some minutes.", markup=False)
    try:
        client.get_waiter("stack_delete_complete").wait(StackName=stack)
    except WaiterError as error:
        reasons = "; ".join(_reasons(stack)) or "CloudFormation does not say why"
        raise StackFailedError(
            f"{stack} was not deleted as a whole: {reasons}. Mend that, and call it again."
        ) from error


def _reasons(stack: str) -> list[str]:
    """What CloudFormation says could not be deleted."""
    try:
        events = boto3.client("cloudformation").describe_stack_events(StackName=stack)
    except ClientError:
        return []
    return [
        f"{entry['LogicalResourceId']}: {entry.get('ResourceStatusReason', '')}"
        for entry in events["StackEvents"]
        if entry["ResourceStatus"] == "DELETE_FAILED"
    ]


# --- What is said --------------------------------------------------------------------------------


def _print_plan(
    names: StackNames, kept: Sequence[KeptResource], running: Sequence[UnderWay], schedules: int
) -> None:
    from msp_billing.adapters.mails.mail_text import counted

    console = results()
    going = len(names.resources) - len(kept)
    console.print(f"[bold]What goes with the stack {escape(names.stack)}[/bold]")
    resources = counted(going, "resource")
    console.print(f"  {resources}: functions, state machines, roles, alarms, logs, the bus")
    console.print(f"  {counted(schedules, 'schedule')} made for providers")
    if running:
        console.print(f"  {counted(len(running), 'execution')} under way, to be stopped:")
    for execution in running[:_MOST_SHOWN]:
        console.print(f"    {execution.machine} {escape(execution.name)}")
    if len(running) > _MOST_SHOWN:
        console.print(f"    and {len(running) - _MOST_SHOWN} more; --json lists all")
    console.print("\n[bold]What stays[/bold]")
    for entry in kept:
        console.print(f"  {entry.kind:7} {escape(entry.name)}")
        console.print(f"          {entry.what}; {_size(entry)}, {_dollars(entry)} a month")
    total = sum((entry.dollars_a_month or Decimal(0) for entry in kept), Decimal(0))
    console.print(f"  About {total:.2f} US dollars a month in all, at us-east-1's list prices.")
    console.print("\n[bold]How to read it later, without the stack[/bold]")
    for line in reading_later(kept):
        console.print(f"  {escape(line)}")
    console.print("  How to delete it for good when it need not be kept: docs/recovery.md")


def reading_later(kept: Sequence[KeptResource]) -> list[str]:
    """The commands by which what is kept can be read when the stack is gone."""
    table = [entry.name for entry in kept if entry.kind == "table"][-1]
    records = next(entry.name for entry in kept if "sealed" in entry.what)
    return [
        f"mspbill verify --table {table} --records {records}",
        f"export TABLE_NAME={table} RECORDS_BUCKET={records}",
        "mspbill account ACCOUNT --provider PROVIDER   (and aging, statement, evidence, may)",
    ]


def _size(entry: KeptResource) -> str:
    if entry.size_bytes is None:
        return "not counted"
    return f"{entry.size_bytes / 1024**2:,.1f} MiB"


def _dollars(entry: KeptResource) -> str:
    return "unknown" if entry.dollars_a_month is None else f"{entry.dollars_a_month} US dollars"


def _told(
    stack: str,
    kept: Sequence[KeptResource],
    running: Sequence[UnderWay],
    schedules: int,
    *,
    gone: bool,
) -> dict[str, Any]:
    return {
        "stack": stack,
        "gone": gone,
        "schedules": schedules,
        "stopped": [execution.name for execution in running],
        "kept": [
            {
                "kind": entry.kind,
                "name": entry.name,
                "what": entry.what,
                "size_bytes": entry.size_bytes,
                "dollars_a_month": None
                if entry.dollars_a_month is None
                else str(entry.dollars_a_month),
            }
            for entry in kept
        ],
        "read_later": reading_later(kept),
    }
