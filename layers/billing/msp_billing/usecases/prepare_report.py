"""Preparing a report: the batches of accounts that it is made for."""

from __future__ import annotations

import gzip

from pydantic import AwareDatetime

from msp_billing.domain.base import Frozen, Identifier
from msp_billing.domain.reports.report_policy import ReportKind
from msp_billing.domain.snapshots import AccountSnapshot, SnapshotBatch, seal
from msp_billing.usecases.batches import ACCOUNTS_PER_BATCH, in_groups
from msp_billing.usecases.context import CycleContext, CycleRequest, load_context
from msp_billing.usecases.manifest import ManifestLine
from msp_billing.usecases.moments import moment_readings
from msp_billing.usecases.ports import Ports
from msp_billing.usecases.report_store import report_prefix


class PrepareReportRequest(CycleRequest):
    """Which of the run's reports, and the instant that the cycle's plan has for it."""

    report: Identifier
    at: AwareDatetime


class PrepareReportResult(Frozen):
    """What the state machine maps over."""

    report: str
    kind: ReportKind
    manifest_key: str
    batches: int


def prepare_report(ports: Ports, request: PrepareReportRequest) -> PrepareReportResult:
    """List the batches of a report: the cycle's own, once its snapshot was sealed.

    A report that goes out before that gets batches of its own, which hold the accounts as they are
    now and what was read at its moment, sealed for the same reason: made again, a report must say
    the same.
    """
    context = load_context(ports, request)
    report = context.run.report(request.report)
    cycle = context.cycle
    if cycle.manifest_key is not None and report.after_moment is None:
        key, content = cycle.manifest_key, ports.records.get(cycle.manifest_key)
    else:
        key = f"{report_prefix(cycle, report.report)}/manifest.jsonl"
        stored = ports.records.find(key)
        if stored is None:
            stored = _write_batches(ports, context, report.report, report.after_moment)
            ports.records.put_once(key, stored, "application/x-ndjson")
        content = stored
    return PrepareReportResult(
        report=report.report,
        kind=report.kind,
        manifest_key=key,
        batches=len(content.splitlines()),
    )


def _write_batches(ports: Ports, context: CycleContext, report: str, moment: str | None) -> bytes:
    cycle = context.cycle
    accounts = [entry.account for entry in ports.book.entries(cycle.id.provider)]
    lines: list[str] = []
    for number, group in enumerate(in_groups(accounts, ACCOUNTS_PER_BATCH)):
        names = tuple(entry.account for entry in group)
        readings = moment_readings(ports, cycle, moment, names) if moment else {}
        batch = SnapshotBatch(
            provider=cycle.id.provider,
            run=cycle.id.run,
            period=cycle.id.period,
            batch=number,
            accounts=tuple(
                AccountSnapshot(account=entry, readings=readings.get(entry.account, ()))
                for entry in group
            ),
        )
        content = gzip.compress(batch.model_dump_json().encode(), mtime=0)
        name = f"batch-{number:05d}-{seal(content)[:16]}.json.gz"
        sealed = ports.records.put_once(
            f"{report_prefix(cycle, report)}/batches/{name}", content, "application/gzip"
        )
        line = ManifestLine(batch=number, key=sealed.key, sha256=sealed.sha256, accounts=names)
        lines.append(line.model_dump_json())
    return ("\n".join(lines) + "\n").encode() if lines else b""
