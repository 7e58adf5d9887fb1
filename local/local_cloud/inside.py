"""What is read straight out of moto's stores: executions, keys of tables, configuration sets."""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from local_cloud.template import ACCOUNT_ID, REGION


@dataclass(frozen=True)
class ExecutionRecord:
    """One execution of a state machine. Times are the test clock's; values are parsed JSON."""

    arn: str
    name: str
    state_machine: str
    status: str
    input: Any
    output: Any
    error: str | None
    cause: str | None
    started_at: datetime
    stopped_at: datetime | None


def all_executions() -> list[ExecutionRecord]:
    """All executions, in the order in which they were started."""
    from moto.stepfunctions.parser.models import stepfunctions_parser_backends

    backend = stepfunctions_parser_backends[ACCOUNT_ID][REGION]
    found = [
        _record(machine.name, execution)
        for machine in backend.state_machines
        for execution in machine.executions
    ]
    return sorted(found, key=lambda record: record.started_at)


def key_names(table_name: str) -> list[str]:
    """The names of a table's key attributes; none if there is no such table."""
    from moto.dynamodb.models import dynamodb_backends

    table = dynamodb_backends[ACCOUNT_ID][REGION].tables.get(table_name)
    return [part["AttributeName"] for part in table.schema] if table else []


def configuration_sets() -> list[str]:
    """The names of SES's configuration sets."""
    from moto.ses.models import ses_backends

    return list(ses_backends[ACCOUNT_ID][REGION].config_sets)


def _record(machine_name: str, execution: Any) -> ExecutionRecord:
    given = execution.input_data
    return ExecutionRecord(
        arn=execution.exec_arn,
        name=execution.name,
        state_machine=machine_name,
        status=str(execution.exec_status.value),
        input=json.loads(given) if isinstance(given, str) else given,
        output=execution.output,
        error=execution.error,
        cause=execution.cause,
        started_at=_aware(execution.start_date),
        stopped_at=_aware(execution.stop_date) if execution.stop_date else None,
    )


def _aware(instant: datetime) -> datetime:
    """A plain datetime in UTC out of the interpreter's own class."""
    return datetime.fromtimestamp(instant.timestamp(), tz=UTC)
