"""``mspbill use-table``: let a stack go on with another table, one that was restored."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Annotated, Any

import boto3
import typer
from botocore.exceptions import ClientError, WaiterError
from rich.markup import escape

from mspbill.answering import telling_what_went_wrong
from mspbill.command_errors import StackFailedError
from mspbill.command_options import AsJson, By, Why
from mspbill.command_values import Source
from mspbill.console import notes, print_json, results
from mspbill.refusing import refuse_with
from mspbill.typed_name import typed_or_refused

if TYPE_CHECKING:
    from msp_billing.usecases.ports import Ports
    from mspbill.table_succession import CaughtUp

PARAMETER = "BillingTableName"
"""The template's parameter: which table to bill with; empty for the stack's own."""

_CAPABILITIES = ["CAPABILITY_IAM", "CAPABILITY_NAMED_IAM", "CAPABILITY_AUTO_EXPAND"]
_NOTHING_TO_DO = "No updates are to be performed"


def use_table(
    table: Annotated[str, typer.Argument(metavar="TABLE", help="The table to go on with.")],
    stack: Annotated[str, typer.Option("--stack", help="The deployed stack.")],
    by: By,
    why: Why,
    typed: Annotated[
        str | None, typer.Option("--type", help="The name of the table, typed again.")
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Let every function of a stack read and write another table, such as a restored one.

    Cycles and releases that are under way are stopped first: they hold what the other table does
    not know. Cases of dunning go on: they read their account again after every wait. Numbers that
    were given out until now are passed over in the other table, and cycles that went on are held;
    once more when the stack has it, for what came in between. The table in use so far is kept as
    it is. Ledgers that are behind their anchors are anchored
    anew, with your name and why. Name the stack's own table to go back to it.
    """
    from msp_billing.usecases.migrating.schema import SchemaTooNewError, check_readable
    from mspbill.opening import opened_stack
    from mspbill.stack_executions import CYCLES, RELEASES, stop, under_way
    from mspbill.stored_table import stored_table

    with (
        telling_what_went_wrong(as_json=as_json),
        opened_stack(Source(stack), changes=True) as found,
    ):
        names = found.names
        assert names is not None, "it was opened by its name"
        problem = unfit(table)
        if problem is not None:
            refuse_with("table-unfit", problem, as_json=as_json)
        with stored_table(Source(stack), table=table) as other:
            try:
                check_readable(other.schemas)
            except SchemaTooNewError as error:
                refuse_with("schema-too-new", str(error), as_json=as_json)
        with stored_table(Source(stack)) as in_use:
            before = in_use.name
        if before == table:
            _say(stack, table, as_json=as_json)
            return
        running = list(under_way(names, CYCLES, RELEASES))
        for execution in running:
            notes().print(f"would be stopped: {execution.machine} {execution.name}", markup=False)
        question = f"The stack {stack} will bill with {table}. Type the table's name to go on"
        typed_or_refused(question, table, typed, as_json=as_json)
        for execution in running:
            stop(execution, f"the stack goes on with the table {table}")
        caught_up = _catch_up(stack, before, table)
        with stored_table(Source(stack), table=table) as other:
            _anchor(other.ports, table, by, why)
        own = table == names.of("BillingTable")
        changed = update_parameter(stack, "" if own else table)
        # The update takes a minute or more, and the stack billed with its table until its end.
        caught_up += _catch_up(stack, before, table)
    stopped = [one.name for one in running]
    _say(stack, table, caught_up, stopped, updated=changed, as_json=as_json)


def _catch_up(stack: str, before: str, table: str) -> CaughtUp:
    """Tell the table what the one of before knows; the stack may have either by now."""
    from mspbill.stored_table import stored_table
    from mspbill.table_succession import catch_up

    with (
        stored_table(Source(stack), table=before) as in_use,
        stored_table(Source(stack), table=table) as other,
    ):
        caught_up = catch_up(in_use, other, f"The stack went on with {table}")
    for sentence in caught_up.sentences():
        notes().print(sentence, markup=False)
    return caught_up


def _say(
    stack: str,
    table: str,
    caught_up: CaughtUp | None = None,
    stopped: Sequence[str] = (),
    *,
    updated: bool = False,
    as_json: bool,
) -> None:
    from mspbill.table_succession import CaughtUp

    if as_json:
        told = {"stopped": list(stopped), **(caught_up or CaughtUp()).as_data()}
        print_json({"stack": stack, "table": table, **told, "updated": updated})
    elif updated:
        results().print(f"{escape(stack)} bills with {escape(table)} now.")
    else:
        results().print(f"{escape(stack)} did so before; nothing was changed.")


def _anchor(ports: Ports, table: str, by: str, why: str) -> None:
    """Let the anchors of ledgers that were restored count from today on."""
    from msp_billing.usecases.restoring.anchoring import anchor_restored

    for provider in ports.policies.providers():
        taken = anchor_restored(ports, provider, table, by, why)
        if taken is not None:
            notes().print(
                f"{provider}: {len(taken.behind)} ledgers are anchored anew", markup=False
            )


def unfit(table: str) -> str | None:
    """Why a table must not be billed with; None when nothing speaks against it."""
    client = boto3.client("dynamodb")
    try:
        described = client.describe_table(TableName=table)["Table"]
    except ClientError as error:
        if error.response["Error"]["Code"] != "ResourceNotFoundException":
            raise
        return f"There is no table {table}."
    backups = client.describe_continuous_backups(TableName=table)["ContinuousBackupsDescription"]
    recovery = backups.get("PointInTimeRecoveryDescription", {}).get("PointInTimeRecoveryStatus")
    lacking = [
        what
        for what, there in (
            ("it is not active", described["TableStatus"] == "ACTIVE"),
            ("it is not protected from deletion", described.get("DeletionProtectionEnabled")),
            ("it has no point-in-time recovery", recovery == "ENABLED"),
            ("it has no index gsi1", _has_index(described)),
        )
        if not there
    ]
    if not lacking:
        return None
    return f"{table} is not fit to bill with: {', '.join(lacking)}. Run mspbill restore again."


def _has_index(described: dict[str, Any]) -> bool:
    return any(
        index["IndexName"] == "gsi1" for index in described.get("GlobalSecondaryIndexes", ())
    )


def update_parameter(stack: str, table: str) -> bool:
    """Give the stack another table, everything else as it is, and wait for it.

    Returns:
        False when it had this table already.

    Raises:
        StackFailedError: when CloudFormation went back to what was before.
    """
    client = boto3.client("cloudformation")
    (described,) = client.describe_stacks(StackName=stack)["Stacks"]
    parameters = [
        {"ParameterKey": entry["ParameterKey"], "UsePreviousValue": True}
        for entry in described.get("Parameters", ())
        if entry["ParameterKey"] != PARAMETER
    ]
    parameters.append({"ParameterKey": PARAMETER, "ParameterValue": table})
    try:
        client.update_stack(
            StackName=stack,
            UsePreviousTemplate=True,
            Parameters=parameters,
            Capabilities=_CAPABILITIES,
        )
    except ClientError as error:
        if _NOTHING_TO_DO in str(error):
            return False
        raise
    notes().print(f"{stack} is being updated; this takes some minutes.", markup=False)
    try:
        client.get_waiter("stack_update_complete").wait(StackName=stack)
    except WaiterError as error:
        raise StackFailedError(
            f"{stack} could not be updated: look at its events in CloudFormation. It bills with "
            "the table it had before."
        ) from error
    return True
