"""What a run leaves beside its documents, and what it says at its end."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.markup import escape
from rich.table import Table

from msp_billing.adapters.formatting import format_moneys
from msp_billing.adapters.mails.mail_text import counted
from msp_billing.domain.problems import name_some
from mspbill.index_page import index_page
from mspbill.reports import NOT_IN_BOOK, CycleReport, CycleStatus, ProviderReport
from mspbill.summary import summarise, summary_text, totals

_STATUS = {
    CycleStatus.CLOSED: "[green]billed[/green]",
    CycleStatus.WAITS_FOR_APPROVAL: "[yellow]waits for approval[/yellow]",
    CycleStatus.FAILED: "[red]failed[/red]",
}


def write_results(folder: Path, reports: Sequence[ProviderReport]) -> dict[str, Any]:
    """Write summary.json and index.html; returns the summary."""
    (folder / "summary.json").write_text(summary_text(reports), "utf-8")
    (folder / "index.html").write_text(index_page(reports), "utf-8")
    return summarise(reports)


def print_result(reports: Sequence[ProviderReport], out: Path, console: Console) -> None:
    """What there is, where, and what is left to do."""
    table = Table(box=None, pad_edge=False)
    for name in ("Provider", "Run", "Month", ""):
        table.add_column(name)
    for name in ("Invoices", "Total", "Parked"):
        table.add_column(name, justify="right")
    for report in reports:
        for cycle in report.cycles:
            table.add_row(
                escape(report.name),
                cycle.run,
                str(cycle.period),
                _STATUS[cycle.status],
                str(len(cycle.invoices)),
                format_moneys(cycle.totals),
                str(len(cycle.parked)),
            )
    console.print(table)
    for report in reports:
        for cycle in report.cycles:
            _print_open_ends(report, cycle, console)
    amounts = format_moneys(totals(reports))
    invoices = sum(len(report.invoices) for report in reports)
    also = sum(report.for_information for report in reports)
    told = f", and {counted(also, 'document')} for information" if also else ""
    console.print(f"\n[bold]{counted(invoices, 'invoice')}, {amounts}[/bold]{told}")
    console.print(f"Look at {escape(str(out / 'index.html'))}")
    _print_followed([report for report in reports if report.lanes], out, console)


def _print_followed(reports: Sequence[ProviderReport], out: Path, console: Console) -> None:
    """What became of the invoices, and the commands that answer about it."""
    if not reports:
        return
    letters = sum(len(report.letters) for report in reports)
    proven = sum(report.ledgers_proven for report in reports)
    console.print(
        f"\n{counted(proven, 'ledger')} proven, {counted(letters, 'mail')} about payments and "
        "holds. Ask about an account:"
    )
    for report in reports:
        lane = report.lanes[0]  # the one that had the most trouble
        folder = escape(str(out / "providers" / report.provider))
        console.print(f"  mspbill account {lane.account} --state {folder}")
    folder = escape(str(out / "providers" / reports[0].provider))
    console.print(
        f"  mspbill aging --state {folder}\n"
        "[dim]and statement, evidence, may, verify-ledger: mspbill --help tells what they do[/dim]"
    )


def _print_open_ends(report: ProviderReport, cycle: CycleReport, console: Console) -> None:
    name = f"{report.name}, {cycle.run} {cycle.period}"
    if cycle.status is CycleStatus.FAILED:
        console.print(f"[red]failed[/red]  {escape(f'{name}: {cycle.failure}')}")
    if cycle.status is CycleStatus.WAITS_FOR_APPROVAL:
        console.print(
            f"[yellow]waits[/yellow]   {escape(name)}: nothing was numbered. Look at its "
            "comparison, then run it again with --approved-by NAME --force."
        )
    if cycle.unknown_customers:
        names = named_accounts(cycle.unknown_customers)
        console.print(f"[yellow]unknown[/yellow] {escape(f'{name}: {names}: {NOT_IN_BOOK}')}")
    parked: dict[str, list[str]] = {}
    for account in cycle.parked:
        for problem in dict.fromkeys(account.problem_texts):
            parked.setdefault(problem, []).append(account.name)
    for problem, accounts in parked.items():
        text = f"{name}, {named_accounts(accounts)}: {problem}"
        console.print(f"[yellow]parked[/yellow]  {escape(text)}")


def named_accounts(names: Sequence[str]) -> str:
    """One by its name; of several how many they are, and the first ten."""
    return names[0] if len(names) == 1 else f"{len(names)} accounts: {name_some(names)}"
