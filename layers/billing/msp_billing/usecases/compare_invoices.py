"""Comparing: each account's drafts beside last month's invoices, and the run as a whole."""

from __future__ import annotations

from typing import TYPE_CHECKING

from msp_billing.domain.base import Frozen
from msp_billing.domain.documents import XLSX
from msp_billing.domain.outbox import Attachment, MailState, OutboxMail
from msp_billing.usecases.comparisons import (
    RUN_ROWS,
    comparison_mail_id,
    comparison_of,
    comparison_prefix,
    rows_key,
    run_row,
)
from msp_billing.usecases.context import (
    BatchRequest,
    CycleContext,
    failure_noted,
    load_context,
)
from msp_billing.usecases.moments import load_sealed_accounts
from msp_billing.usecases.stored_invoices import invoices_of, previous_invoices

if TYPE_CHECKING:
    from msp_billing.domain.comparison import Comparison
    from msp_billing.usecases.ports import Ports


class CompareResult(Frozen):
    """How many sheets were made for accounts."""

    batch: int
    rows: int
    sheets: int


def compare_invoices(ports: Ports, request: BatchRequest) -> CompareResult:
    """Compare every account of a batch with last month (COL-05).

    Writes the batch's part of the run's comparison and, where the policy wants it, a sheet per
    account with a READY mail. An account that is billed nothing after a month with an invoice gets
    its sheet too: it says what is gone. One that is parked gets none: what it has is unknown.
    """
    with failure_noted(ports, request):
        return _compare_invoices(ports, request)


def _compare_invoices(ports: Ports, request: BatchRequest) -> CompareResult:
    context = load_context(ports, request)
    records = ports.invoices.records(request.cycle_id, request.accounts)
    current = invoices_of(ports, request.cycle_id, records)
    previous = previous_invoices(ports, request.cycle_id, request.accounts)
    rows = tuple(
        run_row(context, records[account], current[account], previous.get(account, ()))
        for account in request.accounts
    )
    ports.records.put_once(
        rows_key(context.cycle, request.batch), RUN_ROWS.dump_json(rows), "application/json"
    )
    sheets = 0
    if context.run.comparison_to_accounts:
        snapshots = {
            entry.account.account: entry.account
            for entry in load_sealed_accounts(ports, request.key, request.sha256).accounts
        }
        for account in request.accounts:
            record, now, before = records[account], current[account], previous.get(account, ())
            if now or (before and not record.problems):
                made = comparison_of(context, record, now, before)
                recipients = snapshots[account].recipients("comparison")
                _store_sheet(ports, context, made, recipients)
                sheets += 1
    return CompareResult(batch=request.batch, rows=len(rows), sheets=sheets)


def _store_sheet(
    ports: Ports, context: CycleContext, made: Comparison, recipients: tuple[str, ...]
) -> None:
    cycle = context.cycle.id
    content = ports.workbooks.account_workbook(
        made, context.policy, context.price_book, context.cycle.plan.compare_at
    )
    stored = ports.records.put_once(
        f"{comparison_prefix(context.cycle)}/{made.account}.xlsx", content, XLSX
    )
    ports.outbox.put(
        OutboxMail(
            id=comparison_mail_id(context.cycle, made.account),
            state=MailState.READY,
            recipients=recipients,
            attachments=(
                Attachment(
                    key=stored.key,
                    sha256=stored.sha256,
                    file_name=f"{made.account}-{cycle.period}-comparison.xlsx",
                    media_type=XLSX,
                    size_bytes=stored.size_bytes,
                ),
            ),
        )
    )
