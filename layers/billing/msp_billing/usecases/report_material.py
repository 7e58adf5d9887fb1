"""What the reports of a batch of accounts are made of, read when it is first needed."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cached_property
from typing import TYPE_CHECKING

from pydantic import AwareDatetime

from msp_billing.domain.base import Identifier
from msp_billing.domain.contracts.lifetimes import lifetime
from msp_billing.domain.counting.previous_counts import NO_PREVIOUS_COUNTS, PreviousCounts
from msp_billing.domain.cycles import CycleId
from msp_billing.domain.invoices import Invoice, InvoiceId
from msp_billing.domain.ledger.entries import LedgerId
from msp_billing.domain.paper_sizes import paper_of
from msp_billing.domain.periods import Period
from msp_billing.domain.reports.billed_contacts import billed_contacts
from msp_billing.domain.reports.content import ReportContent, ReportFrame
from msp_billing.domain.reports.device_changes import device_report
from msp_billing.domain.reports.pre_invoices import pre_invoices
from msp_billing.domain.reports.quarterly_review import (
    ReviewHold,
    ReviewPayment,
    months_until,
    quarterly_review,
)
from msp_billing.domain.reports.review_receivables import review_holds, review_payments
from msp_billing.domain.reports.uncovered import uncovered_devices
from msp_billing.domain.reports.user_changes import user_changes
from msp_billing.usecases.build_invoices import build_context, previous_counts
from msp_billing.usecases.context import BatchRequest, CycleContext
from msp_billing.usecases.stored_invoices import credit_notes_of, invoices_of, not_voided

if TYPE_CHECKING:
    from msp_billing.domain.accounts import Account
    from msp_billing.domain.building.account_build import AccountBuild
    from msp_billing.domain.building.build_context import BuildContext
    from msp_billing.domain.money import Money
    from msp_billing.domain.reports.report_policy import ReportPolicy
    from msp_billing.domain.snapshots import AccountSnapshot
    from msp_billing.usecases.ports import Ports
    from msp_billing.usecases.records import AccountRecord

InvoicesByMonth = dict[Period, dict[str, Sequence[Invoice]]]


class ReportRequest(BatchRequest):
    """Which report to make for a batch, and the instant that the cycle's plan has for it."""

    report: Identifier
    at: AwareDatetime


class ReportMaterial:
    """The material of one report for one batch."""

    def __init__(
        self, ports: Ports, context: CycleContext, report: ReportPolicy, request: ReportRequest
    ) -> None:
        self._ports = ports
        self._context = context
        self._report = report
        self._request = request
        self._credited: dict[InvoiceId, list[Money]] = {}

    @cached_property
    def frame(self) -> ReportFrame:
        """What all its reports share."""
        return ReportFrame(
            policy=self._context.policy,
            period=self._request.period,
            made_at=self._request.at,
        )

    def content(self, snapshot: AccountSnapshot) -> ReportContent | None:
        """What the report tells an account; None when there is nothing to tell.

        Raises:
            LookupError: when something that it would tell is not known.
        """
        account = snapshot.account
        match self._report.kind:
            case "device_report":
                return device_report(self._build(snapshot), self._report)
            case "user_changes":
                return user_changes(self._build(snapshot), self._report)
            case "billed_contacts":
                return billed_contacts(
                    self._invoices.get(account.account, ()), account.name, self._report
                )
            case "uncovered_devices":
                return self._uncovered(snapshot)
            case "pre_invoices":
                return pre_invoices(account, self._invoices.get(account.account, ()))
            case "quarterly_review":
                return self._review(snapshot)

    def _uncovered(self, snapshot: AccountSnapshot) -> ReportContent | None:
        account = snapshot.account
        record = self._records.get(account.account)
        return uncovered_devices(
            account.account,
            account.name,
            self._request.period,
            {entry.subscriber: entry.name for entry in account.subscribers},
            record.findings if record is not None else (),
            self._report,
        )

    def _review(self, snapshot: AccountSnapshot) -> ReportContent | None:
        account, period = snapshot.account, self._request.period
        build = self._build_context
        lives = (
            lifetime(agreement, build.policy, build.price_book, build.calendar)
            for agreement in account.agreements
        )
        payments, holds = self._receivables(account)
        told = quarterly_review(
            account.account,
            account.name,
            account.currency,
            period,
            self._year.get(account.account, {}),
            [life for life in lives if life.active_in(period)],
            payments,
            holds,
            credited=self._credited,
        )
        return (
            None
            if told is None
            else told.model_copy(update={"paper": paper_of(account, self._context.policy)})
        )

    def _receivables(
        self, account: Account
    ) -> tuple[tuple[ReviewPayment, ...] | None, tuple[ReviewHold, ...]]:
        """Payments and holds as they were at the instant that the cycle's plan has."""
        provider, until = self._request.provider, self._request.at
        ledger = LedgerId(provider=provider, account=account.account, currency=account.currency)
        history = self._ports.standings.history(provider, account.account)
        return (
            review_payments(ledger, self._ports.ledgers.entries(ledger), until),
            review_holds(history, until, self._context.policy.zone),
        )

    def _build(self, snapshot: AccountSnapshot) -> AccountBuild:
        # What builds invoices is loaded with the first account that it is needed for.
        from msp_billing.domain.building.account_build import AccountBuild  # noqa: PLC0415

        previous = self._previous.get(snapshot.account.account, NO_PREVIOUS_COUNTS)
        return AccountBuild(self._build_context, snapshot, previous)

    @cached_property
    def _build_context(self) -> BuildContext:
        plan = self._context.cycle.plan
        return build_context(
            self._ports,
            self._context,
            self._request,
            invoice_on=plan.invoice_on,
            due_on=plan.due_on,
        )

    @cached_property
    def _previous(self) -> dict[str, PreviousCounts]:
        return previous_counts(self._ports, self._request)

    @cached_property
    def _records(self) -> dict[str, AccountRecord]:
        return self._ports.invoices.records(self._request.cycle_id, self._request.accounts)

    @cached_property
    def _invoices(self) -> dict[str, tuple[Invoice, ...]]:
        """This cycle's drafts, or invoices, by account."""
        return invoices_of(self._ports, self._request.cycle_id, self._records)

    @cached_property
    def _year(self) -> dict[str, InvoicesByMonth]:
        """The invoices of the last twelve months that stand, in all runs, by account and month.

        A month in which no run has a record of the account is left out: it was not billed with
        this system, which is not the same as having had nothing to bill.
        """
        found: dict[str, InvoicesByMonth] = {}
        for period in months_until(self._request.period):
            for run in self._context.policy.runs:
                if run.informational:  # its charges are on a regular invoice (COL-24)
                    continue
                cycle = CycleId(provider=self._request.provider, run=run.run, period=period)
                records = self._ports.invoices.records(cycle, self._request.accounts)
                by_account = invoices_of(self._ports, cycle, records)
                notes = credit_notes_of(self._ports, cycle, by_account)
                self._credited.update(
                    (invoice, [note.total for note in of_invoice])
                    for invoice, of_invoice in notes.items()
                )
                for account, invoices in by_account.items():
                    of_month = found.setdefault(account, {}).setdefault(period, {})
                    issued = [entry for entry in invoices if entry.number is not None]
                    of_month[run.title] = not_voided(issued, notes)
        return found
