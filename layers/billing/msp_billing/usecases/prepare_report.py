"""Preparing a report: the batches of accounts that it is made for."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pydantic import AwareDatetime

from msp_billing.domain.base import Frozen, Identifier
from msp_billing.domain.reports.report_policy import ReportKind
from msp_billing.usecases.context import CycleRequest, load_context
from msp_billing.usecases.moments import load_moment, moment_key
from msp_billing.usecases.report_store import report_prefix
from msp_billing.usecases.seal_snapshot import write_batches

if TYPE_CHECKING:
    from msp_billing.usecases.ports import Ports


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
    now and name what was read at its moment, sealed for the same reason: made again, a report must
    say the same.
    """
    context = load_context(ports, request)
    report = context.run.report(request.report)
    cycle = context.cycle
    if cycle.manifest_key is not None and report.after_moment is None:
        key, content = cycle.manifest_key, ports.records.get(cycle.manifest_key)
    else:
        folder = report_prefix(cycle, report.report)
        key = f"{folder}/manifest.jsonl"
        stored = ports.records.find(key)
        if stored is None:
            taken = [report.after_moment] if report.after_moment is not None else []
            moments = [load_moment(ports.records.get(moment_key(cycle, name))) for name in taken]
            stored = write_batches(ports, cycle, moments, f"{folder}/batches")
            ports.records.put_once(key, stored, "application/x-ndjson")
        content = stored
    return PrepareReportResult(
        report=report.report,
        kind=report.kind,
        manifest_key=key,
        batches=len(content.splitlines()),
    )
