"""Spreadsheets by XlsxWriter: an account's comparison, and a run for the provider's clerk."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime

from msp_billing.adapters.formatting import format_moment, format_month
from msp_billing.adapters.reports.finding_workbooks import exceptions_workbook
from msp_billing.adapters.workbooks.xlsx_account import (
    category_titles,
    write_changes,
    write_details,
    write_summary,
)
from msp_billing.adapters.workbooks.xlsx_run import write_accounts, write_parked, write_run_summary
from msp_billing.adapters.workbooks.xlsx_sheets import WorkbookFile
from msp_billing.domain.comparison import Comparison
from msp_billing.domain.cycles import CycleId
from msp_billing.domain.policy import ProviderPolicy
from msp_billing.domain.price_book import PriceBook
from msp_billing.domain.reports.exceptions import AccountFindings
from msp_billing.domain.run_summary import RunRow, summarise_run


class XlsxWorkbooks:
    """The port ``Workbooks``. The same content made at the same instant is the same bytes."""

    def account_workbook(
        self,
        comparison: Comparison,
        policy: ProviderPolicy,
        price_book: PriceBook,
        made_at: datetime,
    ) -> bytes:
        """The comparison sheet of one account (COL-05).

        Sheets: Summary (totals, by category), Comparison (a row per section and product, which
        can be filtered), Changes (every item that joined or left, by name).
        """
        before, now = comparison.previous_total.currency, comparison.current_total.currency
        others = (before,) if comparison.currency_changed else ()
        title = f"Comparison {format_month(comparison.period)}, {comparison.account_name}"
        file = WorkbookFile(policy, now, title, made_at, others=others)
        titles = category_titles(comparison, price_book)
        heading = comparison.account_name
        compared = (
            f"{format_month(comparison.period)} compared with "
            f"{format_month(comparison.previous_period)}"
            if comparison.has_previous
            else f"{format_month(comparison.period)}; there was no invoice in "
            f"{format_month(comparison.previous_period)}"
        )
        if comparison.currency_changed:
            compared += f"; billed in {now}, in {before} the month before"
        made = f"Made by {policy.name} on {format_moment(made_at, policy.zone)}"
        summary = file.sheet("Summary", f"Invoice comparison: {heading}", (compared, made))
        details = file.sheet("Comparison", heading, (f"Every product, {compared}",))
        table = write_details(details, comparison, titles)
        write_summary(summary, comparison, titles, details, table)
        write_changes(file, comparison, heading, compared)
        return file.content()

    def run_workbook(
        self, cycle: CycleId, rows: Iterable[RunRow], policy: ProviderPolicy, made_at: datetime
    ) -> bytes:
        """The comparison of a whole run, for the provider's clerk.

        Sheets: Summary (accounts by outcome, totals), Accounts (a row each, which can be
        filtered), Parked (every problem with what to do about it).
        """
        known = tuple(rows)
        run = policy.run_policy(cycle.run)
        month = format_month(cycle.period)
        totals = summarise_run(known, policy.currency)
        currency, *others = (entry.currency for entry in totals.amounts)
        title = f"{run.title}, {month}"
        file = WorkbookFile(policy, currency, title, made_at, others=others)
        notes = (
            f"{month} compared with {format_month(cycle.period.shifted(-1))}",
            f"Made on {format_moment(made_at, policy.zone)} · cycle {cycle}",
        )
        summary = file.sheet("Summary", f"{policy.name}: {run.title}", notes)
        accounts = file.sheet("Accounts", f"{run.title}: accounts", (notes[0],))
        write_accounts(accounts, known, totals)
        write_run_summary(summary, totals)
        write_parked(file, known)
        return file.content()

    def exceptions_workbook(
        self,
        cycle: CycleId,
        entries: Iterable[AccountFindings],
        policy: ProviderPolicy,
        made_at: datetime,
    ) -> bytes:
        """What was found in a run's accounts, a sheet for each kind (INT-09)."""
        return exceptions_workbook(cycle, entries, policy, made_at)
