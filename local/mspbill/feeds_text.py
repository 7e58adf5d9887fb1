"""Exports for a person: what would be uploaded, what lies there and what takes it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any
from zoneinfo import ZoneInfo

from rich.console import Console
from rich.markup import escape
from rich.table import Table

from msp_billing.adapters.directory.provider_directory import ProviderDirectory
from msp_billing.adapters.formatting import format_moment
from msp_billing.adapters.mails.mail_text import counted
from mspbill.feed_plan import Fate, FeedPlan
from mspbill.feeds_list import ListedExport, ListedFeed

_MARKS = {
    Fate.NEW: "[green]+[/green]",
    Fate.CHANGED: "[yellow]~[/yellow]",
    Fate.TAKEN: "[red]![/red]",
    Fate.SAME: " ",
}
_SHOWN_OF_A_FATE = 20
_HOURS_PER_DAY = 24
_DAYS_SAID_IN_HOURS = 2


def told_push(plan: FeedPlan, *, uploaded: int) -> dict[str, Any]:
    """The same for a program."""
    return {"ok": True, "uploaded": uploaded, **plan.model_dump(mode="json")}


def print_push(
    plan: FeedPlan, directory: ProviderDirectory, console: Console, *, replace_taken: bool
) -> None:
    """What would be uploaded; what is the same is only counted."""
    console.print(f"[bold]{escape(directory.policy.name)}[/bold] ({plan.provider}): exports")
    for fate in (Fate.NEW, Fate.CHANGED, Fate.TAKEN):
        files = plan.of(fate)
        for file in files[:_SHOWN_OF_A_FATE]:
            words: str = fate
            if file.taken_by is not None:
                what = "replaced all the same" if replace_taken else "not replaced"
                words = f"changed, but counted by {file.taken_by}: {what}"
            size = _size(file.size_bytes)
            console.print(f"  {_MARKS[fate]} {escape(file.key)}  {size}  {words}", soft_wrap=False)
        if len(files) > _SHOWN_OF_A_FATE:
            console.print(f"    and {len(files) - _SHOWN_OF_A_FATE:,} more that are {fate}")
    same = plan.of(Fate.SAME)
    if same:
        console.print(f"    {len(same):,} in the bucket already, the same to the byte")
    if not plan.files:
        console.print("    The directory has no exports (they lie in feeds/).")


def print_feeds(
    feeds: Sequence[ListedFeed], zone: ZoneInfo, console: Console, *, everything: bool
) -> None:
    """A paragraph for each feed."""
    if not feeds:
        console.print("The policy names no feeds: nothing is counted from exports.")
    for feed in feeds:
        many = counted(len(feed.exports), "export")
        many = f"{many}, at most {feed.max_age_hours} h old when counted"
        console.print(f"[bold]{escape(feed.title)}[/bold] ({feed.feed}): {many}")
        for missing in feed.missing:
            at = format_moment(missing.take_at, zone)
            told = f"Missing for {missing}: it is counted on {at}."
            console.print(f"  [red]![/red] {escape(told)}", soft_wrap=False)
        for expected in feed.expected:
            at = format_moment(expected.moment_at, zone)
            told = f"Expected for {expected}: as of {at}."
            console.print(f"    {escape(told)}", soft_wrap=False)
        shown = feed.exports if everything else _newest(feed.exports)
        table = Table(box=None, pad_edge=False, show_header=False, padding=(0, 2, 0, 0))
        for export in shown:
            style = "dim" if export.too_old else ""
            checksum = "" if export.announced else "no checksum"
            table.add_row(
                f"  {escape(export.key.removeprefix(f'{feed.feed}/'))}",
                _age(export.age_hours),
                _size(export.size_bytes),
                escape(_use(export, zone)),
                checksum,
                style=style,
            )
        if shown:
            console.print(table)
        if len(shown) < len(feed.exports):
            console.print(f"  and {len(feed.exports) - len(shown):,} older; --all lists them")


def _newest(exports: Sequence[ListedExport]) -> list[ListedExport]:
    """The newest of each folder, and whatever is taken next."""
    folders: dict[str, ListedExport] = {}
    for export in exports:
        folders.setdefault(export.key.rpartition("/")[0], export)
    newest = {export.key for export in folders.values()}
    return [export for export in exports if export.key in newest or export.next is not None]


def _use(export: ListedExport, zone: ZoneInfo) -> str:
    if export.next is not None:
        return f"next: {export.next}, {export.next.take_at.astimezone(zone):%Y-%m-%d %H:%M}"
    if export.taken_by is not None:
        return f"counted: {export.taken_by}"
    return "too old for a moment of now" if export.too_old else "no moment takes it, as it stands"


def _age(hours: int) -> str:
    days = abs(hours) // _HOURS_PER_DAY
    length = f"{abs(hours)} h" if days < _DAYS_SAID_IN_HOURS else f"{days} d"
    return f"in {length}" if hours < 0 else f"{length} old"


def _size(size_bytes: int) -> str:
    size = float(size_bytes)
    for unit in ("B", "kB", "MB"):
        if size < 1000:
            return f"{size:.0f} {unit}" if unit == "B" else f"{size:.1f} {unit}"
        size /= 1000
    return f"{size:.1f} GB"
