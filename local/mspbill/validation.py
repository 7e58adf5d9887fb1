"""What ``mspbill validate`` says of a provider directory that is fine."""

from __future__ import annotations

from datetime import date
from typing import Any

from rich.console import Console
from rich.markup import escape

from msp_billing.adapters.directory.provider_directory import ProviderDirectory
from msp_billing.adapters.formatting import format_day
from msp_billing.adapters.mails.mail_text import counted
from msp_billing.domain.periods import Period
from msp_billing.domain.policy import ProviderPolicy
from mspbill.planning import plan_cycles
from mspbill.suggesting import tell

ISSUE_DATES = 3


def describe(directory: ProviderDirectory, today: date) -> dict[str, Any]:
    """How much there is, and when each run issues next."""
    policy = directory.policy
    return {
        "provider": policy.provider,
        "name": policy.name,
        "policy_version": policy.version,
        "price_book_version": directory.price_book.version,
        "accounts": len(directory.accounts),
        "agreements": sum(len(account.agreements) for account in directory.accounts),
        "products": len(directory.price_book.products),
        "exports": len(directory.exports),
        "next_issue_dates": {
            run.run: [day.isoformat() for day in next_issue_dates(directory, run.run, today)]
            for run in policy.runs
        },
    }


def next_issue_dates(directory: ProviderDirectory, run: str, today: date) -> tuple[date, ...]:
    """The next invoice dates of a run, today included."""
    this_month = Period.of(today)
    periods = (this_month.shifted(months) for months in range(-13, 17))
    planned = plan_cycles(directory.policy, (run,), periods)
    days = sorted(cycle.plan.invoice_on for cycle in planned)
    return tuple(day for day in days if day >= today)[:ISSUE_DATES]


def print_description(told: dict[str, Any], policy: ProviderPolicy, console: Console) -> None:
    """The same for a person."""
    console.print(f"[green]✓[/green] [bold]{escape(policy.name)}[/bold] is fine.", highlight=False)
    how_much = ", ".join(
        counted(told[f"{kind}s"], kind) for kind in ("account", "agreement", "product", "export")
    )
    console.print(
        f"  {how_much}; policy "
        f"{escape(told['policy_version'])}, price book {escape(told['price_book_version'])}"
    )
    for run in policy.runs:
        days = [date.fromisoformat(day) for day in told["next_issue_dates"][run.run]]
        dates = ", ".join(format_day(day) for day in days)
        tell(f"{run.title}: next invoices on {dates}", console, indent=2)
