"""``mspbill backtest``: what a changed policy, or changed prices, would have billed."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path
from typing import Any

from pydantic import ValidationError
from rich.console import Console
from rich.markup import escape

from msp_billing.adapters.clock import SystemClock
from msp_billing.adapters.directory.provider_directory import (
    ProviderDirectory,
    load_provider_directory,
)
from msp_billing.adapters.directory.provider_files import POLICY_FILE, PRICE_BOOK_FILE
from msp_billing.domain.money import Money, total
from msp_billing.domain.outcomes import AccountOutcome
from msp_billing.domain.periods import Period
from msp_billing.domain.problems import Problem, ProblemsError
from mspbill.amounts import amount_table, shown, shown_change
from mspbill.console import print_json, results
from mspbill.exit_codes import ExitCode
from mspbill.replay import Replay, Rules, Snapshots


@dataclass(frozen=True)
class BacktestMonth:
    """One account in one month of one run, under the old rules and the new ones."""

    run: str
    period: Period
    old: tuple[Money, ...]
    new: tuple[Money, ...]
    old_problems: tuple[Problem, ...]
    new_problems: tuple[Problem, ...]

    @property
    def is_known(self) -> bool:
        """Whether both could be billed; a difference to something unknown is none."""
        return not self.old_problems and not self.new_problems


@dataclass(frozen=True)
class BacktestAccount:
    """One account over all months."""

    account: str
    name: str
    currency: str
    months: tuple[BacktestMonth, ...]

    @property
    def old(self) -> Money:
        """What was billed by the old rules, in the months that both could bill."""
        return total(
            (amount for month in self.months if month.is_known for amount in month.old),
            self.currency,
        )

    @property
    def new(self) -> Money:
        """What the new rules would have billed, in the same months."""
        return total(
            (amount for month in self.months if month.is_known for amount in month.new),
            self.currency,
        )

    @property
    def unknown(self) -> tuple[BacktestMonth, ...]:
        """Months that one of the two could not bill."""
        return tuple(month for month in self.months if not month.is_known)


@dataclass(frozen=True)
class BacktestOrder:
    """What to replay, and under which changed rules."""

    directory: ProviderDirectory
    rules: Rules
    first: Period
    months: int

    @classmethod
    def of(
        cls,
        directory: Path,
        policy: Path | None,
        price_book: Path | None,
        months: int,
        until: str | None,
    ) -> BacktestOrder:
        """Read the directory, and once more with the changed files in place of its own.

        Raises:
            ProblemsError: with file and line; also when the changed policy is of another provider
                or lacks a run.
        """
        own = load_provider_directory(directory)
        problems: list[Problem] = []
        if policy is None and price_book is None:
            problems.append(
                Problem(
                    code="nothing-changed",
                    what="Neither --policy nor --price-book is given: there is nothing to compare.",
                    fix="Copy provider.yaml or price-book.yaml, change the copy, and give it.",
                )
            )
        try:
            last = Period.parse(until) if until else _last_month(own)
        except ValidationError:
            what, fix = f"'{until}' is no month.", "Write --until as YYYY-MM, such as 2026-12."
            problems.append(Problem(code="no-month", what=what, fix=fix))
        instead = {
            name: path
            for name, path in ((POLICY_FILE, policy), (PRICE_BOOK_FILE, price_book))
            if path is not None
        }
        if problems:
            raise ProblemsError(problems)
        changed = load_provider_directory(directory, instead)
        rules = Rules(changed.policy, changed.price_book)
        _check(own, rules)
        return cls(own, rules, last.shifted(1 - months), months)


def _last_month(directory: ProviderDirectory) -> Period:
    """The month before the current one, in the provider's zone."""
    today = SystemClock().now().astimezone(directory.policy.zone).date()
    return Period.of(today).shifted(-1)


def show_backtest(order: BacktestOrder, *, as_json: bool) -> ExitCode:
    """Replay and show. The exit code says whether there were months that cannot be compared."""
    made = backtest(order.directory, order.rules, order.first, order.months)
    if as_json:
        print_json(backtest_json(made))
    else:
        print_backtest(made, results())
    return ExitCode.PARKED if any(entry.unknown for entry in made) else ExitCode.DONE


def backtest(
    directory: ProviderDirectory, rules: Rules, first: Period, months: int
) -> tuple[BacktestAccount, ...]:
    """Replay the months under both rules, from the same snapshots.

    The snapshots are taken by the directory's own policy. What a changed policy counts from a feed
    or at a moment that they lack is unknown, and is told so.
    """
    snapshots = Snapshots(directory)
    old, new = Replay(snapshots, first), Replay(snapshots, first, rules)
    periods = [first.shifted(count) for count in range(months)]
    runs = [run.run for run in directory.policy.runs if not run.informational]
    before = {(run, month): old.outcomes(run, month) for run in runs for month in periods}
    after = {(run, month): new.outcomes(run, month) for run in runs for month in periods}
    return tuple(
        BacktestAccount(
            account=account.account,
            name=account.name,
            currency=account.currency,
            months=tuple(
                _month(run, month, before[run, month][name], after[run, month][name])
                for run, month in before
            ),
        )
        for account in directory.accounts
        for name in (account.account,)
    )


def _month(run: str, period: Period, old: AccountOutcome, new: AccountOutcome) -> BacktestMonth:
    return BacktestMonth(
        run=run,
        period=period,
        old=tuple(invoice.total for invoice in old.invoices),
        new=tuple(invoice.total for invoice in new.invoices),
        old_problems=old.problems,
        new_problems=new.problems,
    )


def _check(directory: ProviderDirectory, rules: Rules) -> None:
    problems: list[Problem] = []
    own, changed = directory.policy, rules.policy
    if changed.provider != own.provider:
        problems.append(
            Problem(
                code="another-provider",
                what=f"The changed policy is of '{changed.provider}', the directory of "
                f"'{own.provider}'.",
                fix="Copy the directory's provider.yaml and change that.",
            )
        )
    known = {run.run for run in changed.runs}
    problems += [
        Problem(
            code="run-missing",
            what=f"The changed policy has no run '{run.run}'.",
            fix="Keep the names of the runs: months are compared run by run.",
        )
        for run in own.runs
        if run.run not in known
    ]
    if problems:
        raise ProblemsError(problems)


def print_backtest(accounts: tuple[BacktestAccount, ...], console: Console) -> None:
    """A row per account with both sums, and the months that could not be compared."""
    table = amount_table("Account", "Old", "New", "Difference", "In percent", "Months compared")
    for entry in accounts:
        table.add_row(
            escape(entry.name),
            shown(entry.old),
            shown(entry.new),
            shown_change(entry.new - entry.old),
            _percent(entry.old, entry.new),
            f"{len(entry.months) - len(entry.unknown)} of {len(entry.months)}",
        )
    for currency in sorted({entry.currency for entry in accounts}):
        old, new = _totals(accounts, currency)
        table.add_row(
            f"[bold]Total {currency}[/bold]",
            shown(old),
            shown(new),
            shown_change(new - old),
            _percent(old, new),
            "",
        )
    console.print(table)
    for entry in accounts:
        for month in entry.unknown:
            problems = month.new_problems or month.old_problems
            console.print(
                f"{escape(entry.name)}, {month.run} {month.period}: not compared, "
                f"{_who_fails(month)} bill it: {escape(problems[0].what)}"
            )


def _who_fails(month: BacktestMonth) -> str:
    if month.old_problems and month.new_problems:
        return "neither the old rules nor the changed ones can"
    return "the changed rules cannot" if month.new_problems else "the old rules cannot"


def backtest_json(accounts: tuple[BacktestAccount, ...]) -> dict[str, Any]:
    """The same for a program, month by month."""
    return {
        "accounts": [
            {
                "account": entry.account,
                "currency": entry.currency,
                "old": str(entry.old.amount),
                "new": str(entry.new.amount),
                "difference": str((entry.new - entry.old).amount),
                "months": [
                    {
                        "run": month.run,
                        "period": str(month.period),
                        "old": [str(amount.amount) for amount in month.old],
                        "new": [str(amount.amount) for amount in month.new],
                        "problems": [
                            problem.model_dump(mode="json")
                            for problem in (*month.old_problems, *month.new_problems)
                        ],
                    }
                    for month in entry.months
                ],
            }
            for entry in accounts
        ]
    }


def _totals(accounts: tuple[BacktestAccount, ...], currency: str) -> tuple[Money, Money]:
    mine = [entry for entry in accounts if entry.currency == currency]
    return (
        total((entry.old for entry in mine), currency),
        total((entry.new for entry in mine), currency),
    )


def _percent(old: Money, new: Money) -> str:
    if not old.amount:
        return ""
    share = (new.amount - old.amount) / old.amount * 100
    return f"{share.quantize(Decimal('0.1')):+f}%"
