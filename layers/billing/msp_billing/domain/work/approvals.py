"""Approvals: billable work waits until somebody has said yes, or is small enough (COL-25)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import TYPE_CHECKING

from msp_billing.domain.accounts import feed_key

if TYPE_CHECKING:
    from msp_billing.domain.work.approval_terms import AccountWork, AutoApproval, WorkApproval
    from msp_billing.domain.work.time_entries import TimeEntry


@dataclass(frozen=True)
class AskedFor:
    """Billable work as approval sees it: an entry with what it comes to."""

    entry: TimeEntry
    hours: Decimal
    amount: Decimal


@dataclass(frozen=True)
class Decision:
    """Whether an entry may be billed, and why, in words for the invoice or for the clerk."""

    approved: bool
    said: str


def decide(
    asked: Sequence[AskedFor],
    approval: WorkApproval | None,
    terms: AccountWork,
    until_on: date,
) -> dict[str, Decision]:
    """Decide on every billable entry of an account, by entry id.

    A limit per ticket is used up in the order of the work, by approved entries too: an entry that
    was billed below the limit stays below it, whatever is entered or approved afterwards.

    Args:
        asked: all billable entries of the account that are known, those that are billed already
            among them, because they have used up their ticket's limit.
        approval: None when the provider asks nobody.
        until_on: approvals of later days belong to the next cycle.
    """
    if approval is None:
        return {one.entry.entry: Decision(True, "no approval asked for") for one in asked}
    limit = terms.auto_approve or approval.auto
    used: dict[str, tuple[Decimal, Decimal]] = {}
    decisions: dict[str, Decision] = {}
    for one in sorted(asked, key=lambda each: (each.entry.starts_at, each.entry.entry)):
        ticket = f"entry {one.entry.entry}"
        if limit is not None and limit.per == "ticket" and one.entry.ticket is not None:
            ticket = f"ticket {feed_key(one.entry.ticket)}"
        hours, amount = used.get(ticket, (Decimal(0), Decimal(0)))
        used[ticket] = (hours + one.hours, amount + one.amount)
        decisions[one.entry.entry] = _decide_one(one.entry, used[ticket], limit, terms, until_on)
    return decisions


def _decide_one(
    entry: TimeEntry,
    used: tuple[Decimal, Decimal],
    limit: AutoApproval | None,
    terms: AccountWork,
    until_on: date,
) -> Decision:
    refusal = _why_not_approved(entry, terms, until_on)
    if refusal is None:
        return Decision(True, f"approved by {entry.approved_by} on {entry.approved_on}")
    if limit is None:
        return Decision(False, refusal)
    over = _over(used, limit)
    if over is None:
        return Decision(True, f"within the auto-approve limit of {_limit_text(limit)}")
    return Decision(False, f"{refusal}; {over}")


def _why_not_approved(entry: TimeEntry, terms: AccountWork, until_on: date) -> str | None:
    if entry.approved_by is None:
        return "nobody has approved it"
    if entry.approved_on is None:
        return f"approved by {entry.approved_by} on an unknown day"
    if entry.approved_on > until_on:
        return f"approved by {entry.approved_by} on {entry.approved_on}, after {until_on}"
    allowed = {feed_key(name) for name in terms.approvers}
    if allowed and feed_key(entry.approved_by) not in allowed:
        return f"{entry.approved_by} is not among those who may approve"
    return None


def _over(used: tuple[Decimal, Decimal], limit: AutoApproval) -> str | None:
    hours, amount = used
    if limit.hours is not None and hours > limit.hours:
        return f"{hours} hours are over the auto-approve limit of {_limit_text(limit)}"
    if limit.amount is not None and amount > limit.amount:
        return f"{amount} is over the auto-approve limit of {_limit_text(limit)}"
    return None


def _limit_text(limit: AutoApproval) -> str:
    limits = [f"{limit.hours} hours"] if limit.hours is not None else []
    limits += [f"{limit.amount}"] if limit.amount is not None else []
    return f"{' and '.join(limits)} per {limit.per}"
