"""Making a report for a batch of accounts: documents, words, and a mail that is ready."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING

from msp_billing.domain.base import Frozen
from msp_billing.usecases.build_invoices import load_batch
from msp_billing.usecases.context import failure_noted, load_context
from msp_billing.usecases.errors import DEFECTS
from msp_billing.usecases.report_material import ReportMaterial, ReportRequest
from msp_billing.usecases.report_store import leave_to_a_person, report_mail_id, store_report

if TYPE_CHECKING:
    from msp_billing.domain.reports.notices import MadeReport
    from msp_billing.domain.reports.report_policy import ReportPolicy
    from msp_billing.domain.snapshots import AccountSnapshot
    from msp_billing.usecases.ports import Ports

_LOGGER = logging.getLogger(__name__)


class ReportResult(Frozen):
    """How many accounts of the batch got one."""

    batch: int
    made: int
    nothing_to_tell: int
    not_made: int


def make_reports(ports: Ports, request: ReportRequest) -> ReportResult:
    """Make a report for every account of a batch that has not got it yet.

    The same batch gives the same bytes: the report's date is the plan's, not the time at which a
    function ran. An account whose report cannot be made, because an export is missing or for a
    defect, is left to a person by name and the others get theirs.
    """
    with failure_noted(ports, request):
        return _make_reports(ports, request)


def _make_reports(ports: Ports, request: ReportRequest) -> ReportResult:
    context = load_context(ports, request)
    report = context.run.report(request.report)
    batch = load_batch(ports, request)
    material = ReportMaterial(ports, context, report, request)
    ids = {name: report_mail_id(context.cycle, name, report.kind) for name in request.accounts}
    there = ports.outbox.find_many(list(ids.values()))
    made, nothing, failed = len(there), 0, 0
    for snapshot in batch.accounts:
        account = snapshot.account
        if ids[account.account] in there:
            continue
        recipients = account.recipients(report.kind)
        try:
            document = make_report(ports, material, report, snapshot)
        except DEFECTS as error:  # one report that cannot be made must not hold up the others
            _LOGGER.warning("%s of %s was not made: %s", report.report, account.account, error)
            why = str(error) or type(error).__name__
            leave_to_a_person(ports, context.cycle, report, account.account, recipients, why)
            failed += 1
            continue
        if document is None:
            nothing += 1
            continue
        store_report(ports, context.cycle, report, account.account, document, recipients)
        made += 1
    return ReportResult(batch=request.batch, made=made, nothing_to_tell=nothing, not_made=failed)


def make_report(
    ports: Ports, material: ReportMaterial, report: ReportPolicy, snapshot: AccountSnapshot
) -> MadeReport | None:
    """One account's report; None when there is nothing to tell."""
    told = material.content(snapshot)
    if told is None:
        return None
    frame = material.frame
    locale = snapshot.account.locale or frame.policy.locale
    return ports.reports.make(told, report, frame.model_copy(update={"locale": locale}))
