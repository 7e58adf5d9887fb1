"""Words and colours for how an account stands, on a terminal."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime

from rich.markup import escape

from msp_billing.adapters.formatting import format_day, format_money
from msp_billing.adapters.mails.dunning_views import STATE_WORDS, listed
from msp_billing.domain.dunning.entitlements import Entitlement
from msp_billing.domain.dunning.forecast import ForecastStep
from msp_billing.domain.dunning.standing import AccountState, HistoryEntry
from msp_billing.domain.ledger.aging import Aging, AgingBucket
from msp_billing.usecases.receivables.account_facts import AccountView, BookedLine, OpenDocument

COLOURS = {
    AccountState.GOOD_STANDING: "green",
    AccountState.DUE: "yellow",
    AccountState.CREDIT_HOLD: "dark_orange3",
    AccountState.SERVICE_HOLD: "red",
}
RELEASE_STATES = {
    "settled": "is about to be asked for",
    "asking": "waits for approvals",
    "approved": "is approved",
    "cancelled": "was cancelled",
    "turned_down": "was turned down",
    "left_to_person": "was left to a person, because nobody answered",
}
_BUCKETS = {
    AgingBucket.CURRENT: "not due",
    AgingBucket.DAYS_1_TO_30: "1 to 30 days overdue",
    AgingBucket.DAYS_31_TO_60: "31 to 60 days overdue",
    AgingBucket.DAYS_61_TO_90: "61 to 90 days overdue",
    AgingBucket.OVER_90: "more than 90 days overdue",
}


def may_rows(entitlement: Entitlement) -> Iterator[tuple[str, str]]:
    """What the account may do, in three lines."""
    yield "May buy", "yes" if entitlement.buy else "[bold]no[/bold]"
    yield "Support", "yes" if entitlement.support else "[bold]no[/bold]"
    if entitlement.services == "on":
        yield "Services", "on"
        return
    off = listed(entitlement.services_off) or "all"
    kept = listed([entry.service for entry in entitlement.protected_services])
    yield "Services", f"[bold]off[/bold]: {escape(off)}" + (f"; on: {escape(kept)}" if kept else "")


def aging_in_words(aging: Aging) -> str:
    """What is owed by its age: ``$480.50 not due, $3,150.00 1 to 30 days overdue``."""
    found = [
        f"{format_money(amount, aging.currency)} {_BUCKETS[bucket]}"
        for bucket, amount in aging.amounts.items()
        if amount
    ]
    return ", ".join(found)


def covered_words(entry: OpenDocument, currency: str) -> str:
    """What of a document is disputed or promised, on a line of its own."""
    covered = [
        f"{format_money(amount, currency)} {word}"
        for amount, word in ((entry.disputed, "disputed"), (entry.promised, "promised"))
        if amount
    ]
    return f"\n  {', '.join(covered)}" if covered else ""


def coming_words(step: ForecastStep) -> tuple[str, str]:
    """When a step is to come, and what it brings."""
    told = escape(step.title)
    if step.after is None:
        told = f"Letter: {told}"
    else:
        told += f" [bold]({STATE_WORDS[step.after]})[/bold]"
    if step.late_fee is not None:
        told += "; adds a late fee"
    if step.waits_for:
        told += f"\n  {escape(step.waits_for)}"
    return "waits for a person" if step.on is None else format_day(step.on), told


def in_turn(view: AccountView) -> list[HistoryEntry | BookedLine]:
    """What happened and what was booked, newest first.

    What happened at the same instant is told apart by the ledger's version that it saw: an entry
    comes before what followed from it.
    """

    def place(entry: HistoryEntry | BookedLine) -> tuple[datetime, int, int, int]:
        if isinstance(entry, BookedLine):
            return entry.at, entry.sequence, 0, 0
        return entry.at, entry.balance_version or 0, 1, entry.sequence

    return sorted((*view.history, *view.booked), key=place, reverse=True)
