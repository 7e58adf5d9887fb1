"""summary.json: what was billed and what was not, for programs."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any

from msp_billing.domain.money import Money, totals_by_currency
from msp_billing.domain.outcomes import OutcomeKind
from mspbill.reports import AccountLane, AccountReport, CycleReport, ProviderReport

SCHEMA_VERSION = 2


def summarise(reports: Sequence[ProviderReport]) -> dict[str, Any]:
    """Totals per currency, then each provider with its cycles and their invoices."""
    cycles = [cycle for report in reports for cycle in report.cycles]
    return {
        "schema_version": SCHEMA_VERSION,
        "invoices": sum(len(report.invoices) for report in reports),
        "for_information": sum(report.for_information for report in reports),
        "totals": {money.currency: str(money.amount) for money in totals(reports)},
        "parked": sum(len(cycle.parked) for cycle in cycles),
        "providers": [_provider(report) for report in reports],
    }


def summary_text(reports: Sequence[ProviderReport]) -> str:
    """The file's content."""
    return json.dumps(summarise(reports), indent=2, ensure_ascii=False) + "\n"


def totals(reports: Sequence[ProviderReport]) -> tuple[Money, ...]:
    """What was billed, per currency; currencies are never added up."""
    amounts = [amount for report in reports for amount in report.totals]
    currencies = sorted({amount.currency for amount in amounts})
    return totals_by_currency(amounts, currencies[0]) if currencies else ()


def _provider(report: ProviderReport) -> dict[str, Any]:
    return {
        "provider": report.provider,
        "name": report.name,
        "policy_version": report.policy_version,
        "price_book_version": report.price_book_version,
        "cycles": [_cycle(cycle) for cycle in report.cycles],
        "ledgers_proven": report.ledgers_proven,
        "letters": [letter.file for letter in report.letters],
        "accounts": {lane.account: _account(lane) for lane in report.lanes},
    }


def _account(lane: AccountLane) -> dict[str, Any]:
    """Where an account stands at the end, and how it came there."""
    return {
        "state": lane.state,
        "balance": str(lane.balance.amount),
        "currency": lane.balance.currency,
        "states": [
            {"state": segment.state, "from_on": segment.from_on.isoformat()}
            for segment in lane.segments
        ],
    }


def _cycle(cycle: CycleReport) -> dict[str, Any]:
    return {
        "run": cycle.run,
        "period": str(cycle.period),
        "status": cycle.status,
        "failure": cycle.failure,
        "informational": cycle.informational,
        "invoice_on": cycle.invoice_on.isoformat(),
        "due_on": cycle.due_on.isoformat() if cycle.due_on else None,
        "totals": {money.currency: str(money.amount) for money in cycle.totals},
        "comparison": cycle.workbook,
        "exceptions": cycle.exceptions,
        "reports": {
            account: [entry.file for entry in files] for account, files in cycle.reports.items()
        },
        "invoices": [
            {
                "number": invoice.number,
                "account": account.account,
                "account_name": account.name,
                "label": invoice.label,
                "total": str(invoice.total.amount),
                "currency": invoice.total.currency,
                "lines": invoice.lines,
                "pdf": invoice.pdf,
                "email": invoice.mail and invoice.mail.file,
            }
            for account in cycle.accounts
            for invoice in account.invoices
        ],
        "nothing_to_bill": [
            account.account for account in cycle.with_outcome(OutcomeKind.NOTHING_TO_BILL)
        ],
        "skipped": [account.account for account in cycle.with_outcome(OutcomeKind.SKIPPED)],
        "parked": [_parked(account) for account in cycle.parked],
    }


def _parked(account: AccountReport) -> dict[str, Any]:
    return {
        "account": account.account,
        "account_name": account.name,
        "problems": [problem.model_dump(mode="json") for problem in account.problems],
    }
