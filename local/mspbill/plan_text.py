"""The plan of a provider directory for a person: like a diff, in the order of the files."""

from __future__ import annotations

from zoneinfo import ZoneInfo

from rich.console import Console
from rich.markup import escape

from msp_billing.adapters.formatting import format_day, format_moment
from msp_billing.adapters.mails.mail_text import counted
from msp_billing.domain.policy import ProviderPolicy
from msp_billing.usecases.applying.changes import (
    Change,
    ChangeGroup,
    FieldChange,
    NextOpening,
    ProviderPlan,
)
from mspbill.suggesting import fitting, suggested, tell

_MARKS = {"added": "[green]+[/green]", "changed": "[yellow]~[/yellow]", "removed": "[red]-[/red]"}
_TITLES = {
    ChangeGroup.POLICY: "Policy (provider.yaml)",
    ChangeGroup.PRICES: "Prices and products (price-book.yaml)",
    ChangeGroup.ACCOUNTS: "Accounts and agreements (accounts/)",
    ChangeGroup.MAIL_TEMPLATES: "Mail templates",
    ChangeGroup.SCHEDULES: "Schedules",
}
_MAX_FIELD = 34
_MAX_OF_A_KIND = 40
"""Changes of a group that are shown; a first apply has hundreds of accounts."""


def print_plan(plan: ProviderPlan, zone: ZoneInfo, console: Console) -> None:
    """What would change, what to know before, and how much it is."""
    _print_head(plan, zone, console)
    if not plan.changes_anything:
        console.print("Nothing changed: the stack has it all. Nothing was written.")
        return
    if plan.replaces is not None and any(change.fields for change in plan.changes):
        tell("Fields are named as in the file: what is in force -> what would be.", console)
    for group in ChangeGroup:
        changes = plan.in_group(group)
        if changes:
            console.print(f"\n[bold]{_TITLES[group]}[/bold]")
        for change in changes[:_MAX_OF_A_KIND]:
            _print_change(change, console, brief=plan.replaces is None)
        if len(changes) > _MAX_OF_A_KIND:
            console.print(f"  and {len(changes) - _MAX_OF_A_KIND:,} more; --json lists all of them")
    if plan.warnings:
        console.print("\n[bold]Before you say yes[/bold]")
    for warning in plan.warnings:
        tell(warning.what, console, indent=2, mark="[yellow]![/yellow]")
        if warning.do:
            tell(warning.do, console, indent=4)
    counts = (
        f"{plan.count('added'):,} to add",
        f"{plan.count('changed'):,} to change",
        f"{plan.count('removed'):,} to remove",
    )
    console.print(f"\n{', '.join(counts)}.")


def print_applied(plan: ProviderPlan, policy: ProviderPolicy, console: Console) -> None:
    """What was done, and what comes next."""
    done = (
        f"{plan.count('added'):,} added",
        f"{plan.count('changed'):,} changed",
        f"{plan.count('removed'):,} removed",
    )
    console.print(
        f"\n[green]✓[/green] In force: policy {escape(plan.policy_version)}, price book "
        f"{escape(plan.price_book_version)}, {counted(plan.accounts, 'account')} "
        f"({', '.join(done)})."
    )
    console.print("The monthly schedules follow within a minute. What comes next:")
    for opening in plan.next_openings:
        tell(opening_words(opening, policy), console, indent=2)
    if plan.replaces is None:
        console.print(f"The first service month that it bills: {plan.first_period}.")
        tell(f"Now upload the exports: {suggested('feeds push DIR')}", console)


def opening_words(opening: NextOpening, policy: ProviderPolicy) -> str:
    """``Monthly invoice for 2026-12 opens 1 December 2026, 06:00 (America/Chicago)``."""
    local = opening.opens_at.astimezone(policy.zone)
    at = f"{format_day(local.date())}, {local:%H:%M}"
    return f"{opening.title} for {opening.period} opens {at} ({policy.time_zone})"


def _print_head(plan: ProviderPlan, zone: ZoneInfo, console: Console) -> None:
    name = f"[bold]{escape(plan.name)}[/bold] ({plan.provider})"
    if plan.replaces is None:
        console.print(f"{name}: new on this stack, bills from {plan.first_period} on")
        versions = (plan.policy_version, plan.price_book_version)
    else:
        console.print(f"{name}: in force since {format_moment(plan.replaces.applied_at, zone)}")
        versions = (
            _step(plan.replaces.policy_version, plan.policy_version),
            _step(plan.replaces.price_book_version, plan.price_book_version),
        )
    console.print(
        f"  policy {escape(versions[0])}, price book {escape(versions[1])}, "
        f"{counted(plan.accounts, 'account')} in the directory"
    )


def _step(was: str, becomes: str) -> str:
    return was if was == becomes else f"{was} -> {becomes}"


def _print_change(change: Change, console: Console, *, brief: bool) -> None:
    tell(change.what, console, indent=2, mark=_MARKS[change.kind])
    if brief and change.group in {ChangeGroup.POLICY, ChangeGroup.PRICES}:
        return  # all of it is new: the file says it better
    width = max((len(entry.field) for entry in change.fields), default=0)
    width, style = min(width, _MAX_FIELD), "dim" if brief else ""
    margin = 6 + width + 2
    for entry in change.fields:
        words = _field_words(entry) if change.group is not ChangeGroup.SCHEDULES else entry.becomes
        lines = fitting(words or "", console.width - margin) or [""]
        console.print(escape(f"      {entry.field:<{width}}  {lines[0]}"), style=style)
        for line in lines[1:]:
            console.print(f"{' ' * margin}{escape(line)}", style=style)


def _field_words(entry: FieldChange) -> str:
    if entry.was is None:
        return f"+ {entry.becomes}"
    if entry.becomes is None:
        return f"- {entry.was}"
    return f"{entry.was} -> {entry.becomes}"
