"""What needs a person, as a list to work down."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import groupby
from typing import Any

from rich.console import Console
from rich.markup import escape

from msp_billing.adapters.formatting import amounts_in_words, format_moment
from msp_billing.adapters.mails.mail_text import counted
from msp_billing.domain.attention import Attention
from msp_billing.domain.policy import ProviderPolicy
from msp_billing.usecases.attention.looking import needs_a_person
from mspbill.opening import OpenedStack, SourceError
from mspbill.suggesting import on_this_stack, tell

Gathered = Mapping[str, tuple[ProviderPolicy, tuple[Attention, ...]]]


def gather(
    found: OpenedStack, provider: str | None, account: str | None
) -> dict[str, tuple[ProviderPolicy, tuple[Attention, ...]]]:
    """What needs a person, by provider.

    Raises:
        SourceError: when there is no such provider, or none has such an account.
    """
    if provider is not None or found.only_provider is not None:
        names = [found.provider(provider).provider]
    else:
        names = list(found.ports.policies.providers())
    if account is not None:
        _check_account(found, names, account)
    gathered = {}
    for name in names:
        entries = needs_a_person(found.ports, name)
        if account is not None:
            entries = tuple(entry for entry in entries if entry.account == account)
        gathered[name] = (found.provider(name).policy, entries)
    return gathered


def _check_account(found: OpenedStack, providers: Sequence[str], account: str) -> None:
    """Of a name that is misspelt nothing is needed, and that would be no answer."""
    if not any(found.ports.book.find(name, account) for name in providers):
        if len(providers) == 1:
            found.provider(providers[0]).account(account)  # raises, with what is spelt like it
        raise SourceError(f"No provider here has an account '{account}'.")


def told_exceptions(gathered: Gathered) -> list[dict[str, Any]]:
    """The same for a program."""
    return [
        {**entry.model_dump(mode="json"), "command": _command(entry)}
        for _, entries in gathered.values()
        for entry in entries
    ]


def print_exceptions(gathered: Gathered, console: Console) -> None:
    """By provider, the most urgent first, what is of one kind together."""
    total = sum(len(entries) for _, entries in gathered.values())
    if not total:
        console.print("Nobody is needed.")
        return
    for name, (policy, entries) in gathered.items():
        if not entries:
            continue
        console.print(
            f"[bold]{escape(policy.name)}[/bold] ({name}): {counted(len(entries), 'thing')}"
        )
        for kind, some in groupby(entries, key=lambda entry: entry.kind):
            console.print(f"\n  [bold yellow]{kind.heading}[/bold yellow]")
            _print_entries(list(some), policy, console)
        console.print()
    console.print(f"{counted(total, 'thing')} to look at.")


def _print_entries(entries: Sequence[Attention], policy: ProviderPolicy, console: Console) -> None:
    for entry in entries:
        of = " ".join(str(part) for part in (entry.run, entry.period, entry.account) if part)
        since = f" (since {format_moment(entry.since_at, policy.zone)})" if entry.since_at else ""
        console.print(f"  [bold]{escape(of or policy.provider)}[/bold]{since}", soft_wrap=False)
        tell(amounts_in_words(entry.what, policy.currency), console, indent=4)
        tell(entry.do, console, indent=4)
        command = _command(entry)
        if command is not None:
            console.print(f"    [green]$[/green] {escape(command)}", soft_wrap=True)


def _command(entry: Attention) -> str | None:
    """Whole, so that it can be copied."""
    return None if entry.command is None else on_this_stack(entry.command)
