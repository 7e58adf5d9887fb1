"""``mspbill run --dry``: what a month would bill, and what differs from the month before."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from rich.console import Console
from rich.markup import escape

from msp_billing.adapters.directory.provider_directory import ProviderDirectory
from msp_billing.domain.building.earlier_charges import BEFORE_START
from msp_billing.domain.comparison import compare
from msp_billing.domain.findings import Finding
from msp_billing.domain.money import Money, total
from msp_billing.domain.outcomes import AccountOutcome
from msp_billing.domain.periods import Period
from msp_billing.domain.problems import Problem
from msp_billing.domain.reports.differences import Difference, differences
from mspbill.amounts import amount_table, shown, shown_change
from mspbill.console import print_json, results
from mspbill.exit_codes import ExitCode
from mspbill.replay import Replay, Snapshots
from mspbill.run_command import RunOrder

_SHOWN = 8  # differences of an account on the screen; --json has all


@dataclass(frozen=True)
class DryAccount:
    """What one account would be billed."""

    account: str
    name: str
    previous: Money | None
    current: Money
    differences: tuple[Difference, ...]
    problems: tuple[Problem, ...]
    findings: tuple[Finding, ...]


@dataclass(frozen=True)
class DryRun:
    """What one run of the month would bill; nothing of it is numbered or kept."""

    run: str
    title: str
    period: Period
    accounts: tuple[DryAccount, ...]

    @property
    def is_clean(self) -> bool:
        """Whether nobody is parked."""
        return not any(entry.problems for entry in self.accounts)

    def totals(self) -> dict[str, tuple[Money, Money]]:
        """Previous and current total by currency."""
        currencies = sorted({entry.current.currency for entry in self.accounts})
        return {
            currency: (
                total(
                    (
                        entry.previous
                        for entry in self.accounts
                        if entry.previous and entry.previous.currency == currency
                    ),
                    currency,
                ),
                total(
                    (e.current for e in self.accounts if e.current.currency == currency), currency
                ),
            )
            for currency in currencies
        }


def dry_runs(
    directory: ProviderDirectory, runs: tuple[str, ...], period: Period
) -> Iterator[DryRun]:
    """Bill the month before and the month in memory, and put them side by side."""
    replay = Replay(Snapshots(directory), period.shifted(-1))
    for run in runs:
        outcomes = replay.outcomes(run, period)
        before = replay.outcomes(run, period.shifted(-1))
        yield DryRun(
            run=run,
            title=directory.policy.run_policy(run).title,
            period=period,
            accounts=tuple(
                _account(directory, outcome, before[account], period)
                for account, outcome in outcomes.items()
            ),
        )


def _account(
    directory: ProviderDirectory, outcome: AccountOutcome, before: AccountOutcome, period: Period
) -> DryAccount:
    currency = next(
        entry.currency for entry in directory.accounts if entry.account == outcome.account
    )
    known = not before.parked
    same = [entry for entry in before.invoices if entry.currency == currency]
    compared = compare(
        outcome.account,
        outcome.account_name,
        period,
        currency,
        outcome.invoices,
        tuple(same),
    )
    return DryAccount(
        account=outcome.account,
        name=outcome.account_name,
        previous=compared.previous_total if known else None,
        current=compared.current_total,
        differences=differences(compared) if known and not outcome.parked else (),
        problems=outcome.problems,
        # A dry run begins with the month before: of what is older it knows nothing worth telling.
        findings=tuple(entry for entry in outcome.findings if entry.code != BEFORE_START),
    )


def show_dry_runs(order: RunOrder, *, as_json: bool) -> ExitCode:
    """Show every run of the order. The exit code says whether somebody is parked."""
    made = tuple(dry_runs(order.directory, order.runs, order.period))
    if as_json:
        print_json({"runs": [dry_run_json(one) for one in made]})
    else:
        for one in made:
            print_dry_run(one, results())
    return ExitCode.DONE if all(one.is_clean for one in made) else ExitCode.PARKED


def print_dry_run(made: DryRun, console: Console) -> None:
    """A table of the accounts, then each with what differs and why."""
    console.print(f"\n[bold]{escape(made.title)}, {made.period}[/bold] (dry run: nothing is kept)")
    table = amount_table("Account", "Last month", "Now", "Change", "")
    for entry in made.accounts:
        table.add_row(
            escape(entry.name),
            "unknown" if entry.previous is None else shown(entry.previous),
            "parked" if entry.problems else shown(entry.current),
            "" if entry.previous is None or entry.problems else _change(entry),
            f"{len(entry.findings)} to look at" if entry.findings else "",
        )
    for currency, (before, now) in made.totals().items():
        table.add_row(
            f"[bold]Total {currency}[/bold]", shown(before), shown(now), shown_change(now - before)
        )
    console.print(table)
    for entry in made.accounts:
        _print_account(entry, console)


def _print_account(entry: DryAccount, console: Console) -> None:
    if not entry.differences and not entry.problems and not entry.findings:
        return
    console.print(f"\n[bold]{escape(entry.name)}[/bold]")
    for problem in entry.problems:
        console.print(f"  parked: {escape(str(problem.what))}")
        console.print(f"    [green]→[/green] {escape(problem.fix)}")
    for difference in entry.differences[:_SHOWN]:
        place = f"{difference.section}: " if difference.subscriber else ""
        console.print(
            f"  {shown_change(difference.change):>14}  {escape(place + difference.description)}: "
            f"{escape(difference.why)}"
        )
    if len(entry.differences) > _SHOWN:
        rest = entry.differences[_SHOWN:]
        change = total((one.change for one in rest), entry.current.currency)
        console.print(
            f"  {shown_change(change):>14}  in {len(rest)} more lines (--json has them all)"
        )
    for finding in entry.findings:
        console.print(f"  [yellow]to look at[/yellow]: {escape(finding.what)}")


def dry_run_json(made: DryRun) -> dict[str, Any]:
    """The same for a program."""
    return {
        "run": made.run,
        "period": str(made.period),
        "totals": {
            currency: {"previous": str(before.amount), "current": str(now.amount)}
            for currency, (before, now) in made.totals().items()
        },
        "accounts": [
            {
                "account": entry.account,
                "previous": entry.previous and entry.previous.model_dump(mode="json"),
                "current": None if entry.problems else entry.current.model_dump(mode="json"),
                "differences": [one.model_dump(mode="json") for one in entry.differences],
                "problems": [one.model_dump(mode="json") for one in entry.problems],
                "findings": [one.model_dump(mode="json") for one in entry.findings],
            }
            for entry in made.accounts
        ],
    }


def _change(entry: DryAccount) -> str:
    assert entry.previous is not None, "asked for only where last month is known"
    return shown_change(entry.current - entry.previous)
