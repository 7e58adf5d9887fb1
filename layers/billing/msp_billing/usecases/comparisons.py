"""Comparisons: where they lie, and reading them back: by account, by line, summed up."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from pydantic import ConfigDict, TypeAdapter

from msp_billing.domain.comparison import Comparison, compare
from msp_billing.domain.documents import XLSX
from msp_billing.domain.outbox import Attachment, MailId
from msp_billing.domain.outcomes import AccountOutcome
from msp_billing.domain.run_summary import RunRow, RunTotals, summarise_account, summarise_run
from msp_billing.usecases.context import CycleContext, object_prefix
from msp_billing.usecases.manifest import manifest_lines
from msp_billing.usecases.stored_invoices import invoices_of, previous_invoices

if TYPE_CHECKING:
    from msp_billing.domain.cycles import Cycle
    from msp_billing.domain.invoices import Invoice
    from msp_billing.usecases.ports import Ports
    from msp_billing.usecases.records import AccountRecord

RUN_ROWS = TypeAdapter(tuple[RunRow, ...], config=ConfigDict(defer_build=True))


def account_comparisons(
    ports: Ports, context: CycleContext, accounts: tuple[str, ...]
) -> dict[str, Comparison]:
    """The comparisons of a batch by account, worked out again from what is stored."""
    cycle = context.cycle.id
    records = ports.invoices.records(cycle, accounts)
    current = invoices_of(ports, cycle, records)
    previous = previous_invoices(ports, cycle, accounts)
    return {
        account: comparison_of(context, record, current[account], previous.get(account, ()))
        for account, record in records.items()
    }


def comparison_mail_id(cycle: Cycle, account: str) -> MailId:
    """The mail that brings an account its comparison sheet, once for each time it was counted."""
    return MailId(
        provider=cycle.id.provider,
        run=cycle.id.run,
        period=cycle.id.period,
        account=account,
        part="all" if cycle.count_attempt == 1 else f"attempt-{cycle.count_attempt}",
        kind="comparison",
    )


def rows_key(cycle: Cycle, batch: int) -> str:
    """Where a batch's part of the run's comparison lies."""
    return f"{comparison_prefix(cycle)}/rows-{batch:05d}.json"


def comparison_prefix(cycle: Cycle) -> str:
    """Where what is compared lies: each attempt of a cycle makes a comparison of its own.

    Between two attempts an account may have come into the book, or the month before may have been
    mended; sealed objects never change, and so a second comparison needs another place.
    """
    prefix = f"{object_prefix(cycle.id)}/comparison"
    return prefix if cycle.attempt == 1 else f"{prefix}/attempt-{cycle.attempt}"


def run_rows(ports: Ports, context: CycleContext) -> Iterator[RunRow]:
    """Every account of the run, in order, with those that reconciling added as skipped."""
    cycle = context.cycle.id
    listed: set[str] = set()
    for line in manifest_lines(ports, context.cycle):
        for row in RUN_ROWS.validate_json(ports.records.get(rows_key(context.cycle, line.batch))):
            listed.add(row.account)
            yield row
    for record in ports.invoices.all_records(cycle):
        if record.account not in listed:
            yield run_row(context, record, (), ())


def run_totals(ports: Ports, context: CycleContext) -> RunTotals:
    """The sums of the run."""
    return summarise_run(run_rows(ports, context), context.policy.currency)


def store_run_workbook(ports: Ports, context: CycleContext) -> Attachment:
    """Make and store the run's workbook; the same bytes for the same attempt of a cycle."""
    cycle = context.cycle.id
    content = ports.workbooks.run_workbook(
        cycle, run_rows(ports, context), context.policy, context.cycle.plan.compare_at
    )
    stored = ports.records.put_once(
        f"{comparison_prefix(context.cycle)}/run-comparison.xlsx", content, XLSX
    )
    return Attachment(
        key=stored.key,
        sha256=stored.sha256,
        file_name=f"{cycle.provider}-{cycle.run}-{cycle.period}-comparison.xlsx",
        media_type=XLSX,
        size_bytes=stored.size_bytes,
    )


def comparison_of(
    context: CycleContext,
    record: AccountRecord,
    current: tuple[Invoice, ...],
    previous: tuple[Invoice, ...],
) -> Comparison:
    """An account's invoices beside those of the month before."""
    return compare(
        record.account,
        record.account_name,
        context.cycle.id.period,
        context.policy.currency,
        current,
        previous,
    )


def run_row(
    context: CycleContext,
    record: AccountRecord,
    current: tuple[Invoice, ...],
    previous: tuple[Invoice, ...],
) -> RunRow:
    """An account's line of the run's comparison."""
    outcome = AccountOutcome(
        account=record.account,
        account_name=record.account_name,
        agreements=record.agreements,
        invoices=current,
        problems=record.problems,
    )
    return summarise_account(outcome, previous, context.policy.currency)
