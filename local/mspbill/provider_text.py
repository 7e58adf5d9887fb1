"""The providers of a stack for a person: versions, schedules, cycles under way, what comes next."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from rich.console import Console
from rich.markup import escape
from rich.table import Table

from msp_billing.adapters.formatting import format_moment
from msp_billing.adapters.mails.mail_text import counted
from msp_billing.usecases.applying.beginnings import next_openings
from msp_billing.usecases.applying.comparing import schedule_changes
from msp_billing.usecases.applying.plan_provider import open_cycles
from mspbill.opening import Opened, OpenedStack
from mspbill.plan_text import opening_words
from mspbill.suggesting import suggested, tell


def provider_summaries(found: OpenedStack) -> list[dict[str, Any]]:
    """Every provider that is in force."""
    told = []
    for provider in found.ports.policies.providers():
        current = found.ports.policies.current(provider)
        policy = found.ports.policies.policy(provider, current.policy_version)
        accounts = sum(1 for _ in found.ports.book.entries(provider))
        runs = [run.run for run in policy.runs]
        summary = {
            "name": policy.name,
            "time_zone": policy.time_zone,
            "accounts": accounts,
            "runs": runs,
        }
        told.append({**current.model_dump(mode="json"), **summary})
    return told


def print_providers(told: list[dict[str, Any]], console: Console) -> None:
    """A line for each."""
    if not told:
        tell(f"No provider yet. Put one in force: {suggested('provider apply DIR')}", console)
        return
    table = Table(box=None, pad_edge=False, header_style="bold")
    for heading in ("provider", "name", "policy", "prices", "accounts", "since"):
        table.add_column(heading, justify="right" if heading == "accounts" else "left")
    for entry in told:
        table.add_row(
            entry["provider"],
            escape(entry["name"]),
            escape(entry["policy_version"]),
            escape(entry["price_book_version"]),
            f"{entry['accounts']:,}",
            f"{_applied_at(entry):%Y-%m-%d}",
        )
    console.print(table)


def provider_details(found: Opened) -> dict[str, Any]:
    """What is in force, and what comes next."""
    ports, policy = found.ports, found.policy
    current = ports.policies.current(found.provider)
    there = ports.schedules.of_provider(found.provider) if not found.is_saved else {}
    openings = next_openings(policy, current.first_period, ports.clock.now(), current.later_runs)
    return {
        **current.model_dump(mode="json"),
        "name": policy.name,
        "time_zone": policy.time_zone,
        "accounts": sum(1 for _ in ports.book.entries(found.provider)),
        "runs": [
            {
                **opening.model_dump(mode="json"),
                "opens": opening_words(opening, policy),
            }
            for opening in openings
        ],
        "schedules": sorted(there),
        "schedules_out_of_step": [
            change.what for change in schedule_changes(there, policy) if not found.is_saved
        ],
        "open_cycles": [
            str(cycle.id) for cycle in open_cycles(ports, policy, current.first_period)
        ],
    }


def print_provider(told: dict[str, Any], console: Console) -> None:
    """The same for a person."""
    console.print(f"[bold]{escape(told['name'])}[/bold] ({told['provider']})")
    applied_at = _applied_at(told)
    console.print(
        f"  policy {escape(told['policy_version'])}, price book "
        f"{escape(told['price_book_version'])}, in force since "
        f"{format_moment(applied_at, ZoneInfo(told['time_zone']))}",
        soft_wrap=False,
    )
    since = f"bills with this system since {told['first_period']}"
    console.print(f"  {counted(told['accounts'], 'account')}; {since}")
    for run in told["runs"]:
        tell(run["opens"], console, indent=2)
    for cycle in told["open_cycles"]:
        run, _, period = cycle.removeprefix(f"{told['provider']}_").rpartition("_")
        tell(f"Under way: {suggested(f'cycle show {run} {period}')}", console, indent=2)
    if told["schedules_out_of_step"]:
        console.print(
            f"  [yellow]![/yellow] Schedules that do not say what the policy says: "
            f"{', '.join(told['schedules_out_of_step'])}. The daily sweep puts them right.",
            soft_wrap=False,
        )
    elif told["schedules"]:
        console.print(f"  schedules: {', '.join(told['schedules'])}", soft_wrap=False)


def _applied_at(told: Mapping[str, Any]) -> datetime:
    """In the provider's zone."""
    return datetime.fromisoformat(told["applied_at"]).astimezone(ZoneInfo(told["time_zone"]))
