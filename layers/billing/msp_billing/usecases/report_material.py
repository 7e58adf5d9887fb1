"""What the reports of a batch of accounts are made of, read when it is first needed."""

from __future__ import annotations

from functools import cached_property

from pydantic import AwareDatetime

from msp_billing.domain.account_build import AccountBuild
from msp_billing.domain.base import Identifier
from msp_billing.domain.build_context import BuildContext
from msp_billing.domain.counter import NO_PREVIOUS_COUNTS, PreviousCounts
from msp_billing.domain.reports.content import ReportContent, ReportFrame
from msp_billing.domain.reports.device_changes import device_report
from msp_billing.domain.reports.report_policy import ReportPolicy
from msp_billing.domain.snapshots import AccountSnapshot
from msp_billing.usecases.build_invoices import previous_counts
from msp_billing.usecases.context import BatchRequest, CycleContext, calendar_around
from msp_billing.usecases.ports import Ports


class ReportRequest(BatchRequest):
    """Which report to make for a batch, and the instant that the cycle's plan has for it."""

    report: Identifier
    at: AwareDatetime


class ReportMaterial:
    """The material of one report for one batch.

    Args:
        request: the batch, with ``at``, the report's instant.
    """

    def __init__(
        self, ports: Ports, context: CycleContext, report: ReportPolicy, request: ReportRequest
    ) -> None:
        self._ports = ports
        self._context = context
        self._report = report
        self._request = request

    @cached_property
    def frame(self) -> ReportFrame:
        """What all its reports share."""
        return ReportFrame(
            policy=self._context.policy,
            price_book=self._context.price_book,
            period=self._request.period,
            made_at=self._request.at,
        )

    def content(self, snapshot: AccountSnapshot) -> ReportContent | None:
        """What the report tells an account; None when there is nothing to tell.

        Raises:
            LookupError: when something that it would tell is not known.
        """
        match self._report.kind:
            case "device_report":
                return device_report(self._build(snapshot), self._report)
            case kind:
                raise NotImplementedError(kind)

    def _build(self, snapshot: AccountSnapshot) -> AccountBuild:
        previous = self._previous.get(snapshot.account.account, NO_PREVIOUS_COUNTS)
        return AccountBuild(self._build_context, snapshot, previous)

    @cached_property
    def _build_context(self) -> BuildContext:
        plan = self._context.cycle.plan
        policy = self._context.policy
        return BuildContext(
            policy=policy,
            run=self._context.run,
            price_book=self._context.price_book,
            period=self._request.period,
            invoice_on=plan.invoice_on,
            due_on=plan.due_on,
            charges_until=plan.charges_until,
            snapshot_sha256=self._request.sha256,
            calendar=calendar_around(self._ports, policy, self._request.period.year),
        )

    @cached_property
    def _previous(self) -> dict[str, PreviousCounts]:
        return previous_counts(self._ports, self._request)
