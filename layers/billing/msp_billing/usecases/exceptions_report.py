"""The exceptions of a run: what a person should look at, though it stops nothing (INT-09)."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from msp_billing.domain.documents import XLSX
from msp_billing.domain.outbox import Attachment
from msp_billing.domain.reports.exceptions import AccountFindings
from msp_billing.domain.seals import seal
from msp_billing.usecases.comparisons import comparison_prefix

if TYPE_CHECKING:
    from msp_billing.usecases.context import CycleContext
    from msp_billing.usecases.ports import Ports


def exceptions_key(context: CycleContext) -> str:
    """Where the workbook lies; each attempt of a cycle has its own."""
    return f"{comparison_prefix(context.cycle)}/exceptions.xlsx"


def exceptions_file_name(context: CycleContext) -> str:
    """The name under which the clerk gets it."""
    cycle = context.cycle.id
    return f"{cycle.provider}-{cycle.run}-{cycle.period}-exceptions.xlsx"


def store_exceptions(ports: Ports, context: CycleContext) -> None:
    """Make and store the exceptions workbook, when anything was found in any account."""
    found = tuple(_found(ports, context))
    if found:
        content = ports.workbooks.exceptions_workbook(
            context.cycle.id, found, context.policy, context.cycle.plan.compare_at
        )
        ports.records.put_once(exceptions_key(context), content, XLSX)


def exceptions_attachment(ports: Ports, context: CycleContext) -> tuple[Attachment, ...]:
    """The workbook that was stored when the run was compared, if there is one."""
    key = exceptions_key(context)
    content = ports.records.find(key)
    if content is None:
        return ()
    return (
        Attachment(
            key=key,
            sha256=seal(content),
            file_name=exceptions_file_name(context),
            media_type=XLSX,
            size_bytes=len(content),
        ),
    )


def _found(ports: Ports, context: CycleContext) -> Iterator[AccountFindings]:
    for record in ports.invoices.all_records(context.cycle.id):
        if record.findings:
            yield AccountFindings(
                account=record.account,
                account_name=record.account_name,
                findings=record.findings,
            )
