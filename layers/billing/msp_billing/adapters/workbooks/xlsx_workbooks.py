"""Spreadsheets by XlsxWriter: an account's comparison, and a run for the provider's clerk."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from typing import TYPE_CHECKING

from msp_billing.adapters.formatting import format_moment, format_month
from msp_billing.adapters.language import _, in_language
from msp_billing.adapters.reports.finding_workbooks import exceptions_workbook
from msp_billing.adapters.workbooks.xlsx_account import (
    category_titles,
    write_changes,
    write_details,
)
from msp_billing.adapters.workbooks.xlsx_run import write_accounts, write_parked, write_run_summary
from msp_billing.adapters.workbooks.xlsx_sheets import WorkbookFile
from msp_billing.adapters.workbooks.xlsx_summary import write_summary
from msp_billing.domain.run_summary import RunRow, summarise_run

if TYPE_CHECKING:
    from msp_billing.domain.comparison import Comparison
    from msp_billing.domain.cycles import CycleId
    from msp_billing.domain.policy import ProviderPolicy
    from msp_billing.domain.price_book import PriceBook
    from msp_billing.domain.reports.exceptions import AccountFindings


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

        Sheets: Summary (totals by category, and why they differ), Comparison (a row per section
        and product, which can be filtered), Changes (every item that joined or left, by name). In
        the language of the invoices.
        """
        with in_language(comparison.locale):
            return _account_workbook(comparison, policy, price_book, made_at)

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


def _account_workbook(
    comparison: Comparison, policy: ProviderPolicy, price_book: PriceBook, made_at: datetime
) -> bytes:
    before, now = comparison.previous_total.currency, comparison.current_total.currency
    month, heading = format_month(comparison.period), comparison.account_name
    compared = _compared(comparison)
    file = WorkbookFile(
        policy,
        now,
        _("Comparison {month}, {account}").format(month=month, account=heading),
        made_at,
        others=(before,) if comparison.currency_changed else (),
        subject=compared,
        paper=comparison.paper,
    )
    titles = category_titles(comparison, price_book)
    made = _("Made by {provider} on {moment}").format(
        provider=policy.name, moment=format_moment(made_at, policy.zone)
    )
    title = _("Invoice comparison: {account}").format(account=heading)
    summary = file.sheet(_("Summary"), title, (compared, made))
    every = _("Every product, {compared}").format(compared=compared)
    details = file.sheet(_("Comparison"), heading, (every,))
    table = write_details(details, comparison, titles)
    write_summary(summary, comparison, titles, details, table)
    write_changes(file, comparison, heading, compared)
    return file.content()


def _compared(comparison: Comparison) -> str:
    """Which months stand beside each other."""
    months = {
        "month": format_month(comparison.period),
        "before": format_month(comparison.previous_period),
    }
    if not comparison.has_previous:
        return _("{month}; there was no invoice in {before}").format(**months)
    if not comparison.currency_changed:
        return _("{month} compared with {before}").format(**months)
    return _(
        "{month} compared with {before}; "
        "billed in {currency}, in {currency_before} the month before"
    ).format(
        **months,
        currency=comparison.current_total.currency,
        currency_before=comparison.previous_total.currency,
    )
