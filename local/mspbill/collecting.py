"""Gathering what a run left in the local cloud: documents into a folder, and a report."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from pathlib import Path
from types import MappingProxyType

from local_cloud import SentMail
from msp_billing.domain.cycles import CycleId
from msp_billing.domain.invoices import Invoice
from msp_billing.domain.money import totals_by_currency
from msp_billing.domain.outbox import MailState, OutboxMail
from msp_billing.domain.outcomes import AccountOutcome
from msp_billing.domain.policy import ProviderPolicy
from msp_billing.domain.run_summary import RunRow, summarise_account
from msp_billing.usecases.comparisons import comparison_prefix, run_rows
from msp_billing.usecases.context import CycleContext, object_prefix, pinned
from msp_billing.usecases.moments import find_moment
from msp_billing.usecases.records import AccountRecord
from msp_billing.usecases.render_invoices import document_key, mail_id
from msp_billing.usecases.stored_invoices import invoices_of
from mspbill.billing_run import CycleResult, LocalBilling
from mspbill.calendar_words import calendar_in_words
from mspbill.report_files import exceptions_file, report_files
from mspbill.reports import (
    AccountReport,
    CycleReport,
    CycleStatus,
    InvoiceReport,
    MailReport,
    ProviderReport,
    ReportFile,
    RunReport,
    TimelineEvent,
)
from mspbill.shelf import Shelf
from mspbill.timeline import (
    approval_events,
    execution_events,
    failure_message,
    in_order,
    mail_events,
)


def collect_provider(
    billing: LocalBilling,
    policy: ProviderPolicy,
    results: Iterable[CycleResult],
    root: Path,
    *,
    folder_per_cycle: bool,
    collected: Mapping[CycleId, CycleReport] = MappingProxyType({}),
) -> ProviderReport:
    """Write every document of the cycles below ``root`` and say what there is.

    Args:
        folder_per_cycle: ``providers/<provider>/<run>/<period>/`` for each cycle, in place of one
            folder for all.
        collected: what :func:`collect_cycle` has already reported, before the clock went on.
    """
    found = list(results)
    runs = []
    for run in policy.runs:
        of_run = [result for result in found if result.planned.id.run == run.run]
        if not of_run:
            continue
        cycles = []
        for result in sorted(of_run, key=lambda entry: entry.planned.id.period):
            cycle = result.planned.id
            folder = f"providers/{object_prefix(cycle)}" if folder_per_cycle else ""
            known = collected.get(cycle)
            cycles.append(known or collect_cycle(billing, policy, result, Shelf(root, folder)))
        runs.append(
            RunReport(
                run=run.run, title=run.title, calendar=calendar_in_words(run), cycles=tuple(cycles)
            )
        )
    versions = billing.ports.policies.current(policy.provider)
    return ProviderReport(
        provider=policy.provider,
        name=policy.name,
        primary=policy.brand.primary,
        accent=policy.brand.accent,
        time_zone=policy.time_zone,
        currency=policy.currency,
        policy_version=versions.policy_version,
        price_book_version=versions.price_book_version,
        runs=tuple(runs),
    )


def collect_cycle(
    billing: LocalBilling, policy: ProviderPolicy, result: CycleResult, shelf: Shelf
) -> CycleReport:
    """Write every document that a cycle has now, and say what there is."""
    return _CycleCollector(billing, policy, result, shelf).collect()


class _CycleCollector:
    """Collects one cycle."""

    def __init__(
        self, billing: LocalBilling, policy: ProviderPolicy, result: CycleResult, shelf: Shelf
    ) -> None:
        self._billing = billing
        self._ports = billing.ports
        self._policy = policy
        self._result = result
        self._id: CycleId = result.planned.id
        self._shelf = shelf
        self._sent: dict[str, SentMail] = billing.mails()
        self._mails = {mail.id: mail for mail in self._ports.outbox.all_of(self._id)}

    def collect(self) -> CycleReport:
        """The cycle's report; its files are written."""
        records = list(self._ports.invoices.all_records(self._id))
        invoices = invoices_of(
            self._ports, self._id, {record.account: record for record in records}
        )
        rows = {row.account: row for row in self._rows(records, invoices)}
        accounts = tuple(
            self._account(rows[record.account], invoices[record.account]) for record in records
        )
        plan = self._result.planned.plan
        before = [row.previous_total for row in rows.values() if row.has_previous]
        currency = self._policy.currency
        return CycleReport(
            run=self._id.run,
            period=self._id.period,
            status=self._status(),
            failure=self._failure(),
            opened_at=None if self._result.cycle is None else self._result.cycle.opened_at,
            invoice_on=plan.invoice_on,
            due_on=plan.due_on,
            totals=totals_by_currency((account.total for account in accounts), currency),
            previous_totals=totals_by_currency(before, currency) if before else None,
            accounts=accounts,
            workbook=self._workbook(),
            sheets=self._sheets(),
            reports=self._reports(),
            exceptions=self._exceptions(),
            unknown_customers=self._result.cycle.unknown_customers if self._result.cycle else (),
            mails=self._other_mails(),
            events=self._events(accounts),
        )

    def _status(self) -> CycleStatus:
        if self._result.closed:
            return CycleStatus.CLOSED
        if self._result.waiting_for is not None:
            return CycleStatus.WAITS_FOR_APPROVAL
        return CycleStatus.FAILED

    def _failure(self) -> str | None:
        if self._status() is not CycleStatus.FAILED:
            return None
        execution = self._billing.execution(self._id)
        if execution is not None and execution.error:
            return failure_message(execution.error, execution.cause)
        return self._result.failure or "the cycle did not come to its end"

    def _context(self) -> CycleContext:
        assert self._result.cycle is not None, "asked only of cycles that were opened"
        return pinned(self._ports, self._result.cycle)

    def _rows(
        self, records: list[AccountRecord], invoices: dict[str, tuple[Invoice, ...]]
    ) -> Iterable[RunRow]:
        """The comparison's rows; of a cycle that failed before it, what was built."""
        if self._status() is not CycleStatus.FAILED:
            return run_rows(self._ports, self._context())
        return [
            summarise_account(
                AccountOutcome(
                    account=record.account,
                    account_name=record.account_name,
                    agreements=record.agreements,
                    invoices=invoices[record.account],
                    problems=record.problems,
                ),
                (),
                self._policy.currency,
            )
            for record in records
        ]

    def _account(self, row: RunRow, invoices: tuple[Invoice, ...]) -> AccountReport:
        return AccountReport(
            account=row.account,
            name=row.account_name,
            outcome=row.outcome,
            reasons=row.reasons,
            problems=row.problems,
            total=row.current_total,
            previous_total=row.previous_total if row.has_previous else None,
            joined=row.joined_count,
            left=row.left_count,
            invoices=tuple(
                self._invoice(invoice)
                for invoice in sorted(invoices, key=lambda entry: entry.number or "")
                if invoice.number is not None
            ),
        )

    def _invoice(self, invoice: Invoice) -> InvoiceReport:
        number = str(invoice.number)
        pdf = self._ports.records.find(document_key(invoice))
        mail = self._mails[mail_id(invoice.id, "invoice")]
        self._shelf.put("data", "policy.json", self._pinned_policy())
        return InvoiceReport(
            number=number,
            label=invoice.label,
            part=invoice.id.part,
            total=invoice.total,
            lines=len(invoice.lines),
            invoice_on=invoice.invoice_on,
            due_on=invoice.due_on,
            pdf=self._shelf.put("invoices", f"{number}.pdf", pdf) if pdf is not None else "",
            data=self._shelf.put("data", f"{number}.json", invoice.model_dump_json().encode()),
            mail=self._mail(mail, f"{number}-{invoice.id.account}.eml"),
        )

    def _pinned_policy(self) -> bytes:
        return self._context().policy.model_dump_json().encode()

    def _mail(self, mail: OutboxMail, name: str) -> MailReport | None:
        sent = self._sent.get(mail.message_id or "")
        if sent is None:
            return None
        return MailReport(
            kind=mail.id.kind,
            account=mail.id.account,
            subject=str(sent.headers["Subject"]),
            recipients=mail.recipients,
            state=mail.state,
            file=self._shelf.put("emails", name, sent.raw),
        )

    def _other_mails(self) -> tuple[MailReport, ...]:
        made = (
            self._mail(mail, f"{mail.id.run}-{mail.id.period}-{mail.id.kind}-{mail.id.account}.eml")
            for mail in self._mails.values()
            if mail.id.kind != "invoice"
        )
        return tuple(mail for mail in made if mail is not None)

    def _workbook(self) -> str | None:
        cycle = self._result.cycle
        if cycle is None:
            return None
        content = self._ports.records.find(f"{comparison_prefix(cycle)}/run-comparison.xlsx")
        if content is None:
            return None
        return self._shelf.put("comparison", f"{self._id}-comparison.xlsx", content)

    def _sheets(self) -> dict[str, str]:
        """Each account's own sheet, where the policy sends them."""
        return {
            mail.id.account: self._shelf.put(
                "comparison", attachment.file_name, self._ports.records.get(attachment.key)
            )
            for mail in self._mails.values()
            if mail.id.kind == "comparison" and mail.state is not MailState.WAITING
            for attachment in mail.attachments
        }

    def _reports(self) -> dict[str, tuple[ReportFile, ...]]:
        if self._result.cycle is None:
            return {}
        context = self._context()
        return report_files(self._ports, context, self._mails.values(), self._shelf.put)

    def _exceptions(self) -> str | None:
        if self._result.cycle is None:
            return None
        return exceptions_file(self._ports, self._context(), self._shelf.put)

    def _events(self, accounts: tuple[AccountReport, ...]) -> tuple[TimelineEvent, ...]:
        execution = self._billing.execution(self._id)
        cycle = self._result.cycle
        if execution is None or cycle is None:
            return ()
        found = (
            find_moment(self._ports, cycle, moment.moment)
            for moment in self._result.planned.plan.moments
        )
        snapshots = [taken for taken in found if taken is not None]
        accepted = {name: mail.accepted_at for name, mail in self._sent.items()}
        events = [
            *execution_events(self._billing.history(execution), accounts, snapshots),
            *approval_events(self._ports.cycles.approval(self._id)),
            *mail_events(self._mails.values(), accepted),
        ]
        return in_order(events)
