"""Each account's way through payments and holds: what its lane on the timeline page shows."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import date, datetime
from decimal import Decimal
from zoneinfo import ZoneInfo

from msp_billing.adapters.formatting import format_day, format_money
from msp_billing.domain.dunning.standing import AccountState, HistoryEntry
from msp_billing.domain.ledger.entries import EntryKind, LedgerAccount, LedgerEntry
from msp_billing.domain.ledger.position import LedgerPosition
from msp_billing.domain.policy import ProviderPolicy
from msp_billing.usecases.ports import Ports
from mspbill.reports import AccountLane, LaneMark, LaneSegment, MarkKind

_MARKS = {
    EntryKind.INVOICE: MarkKind.INVOICE,
    EntryKind.PAYMENT: MarkKind.PAYMENT,
    EntryKind.CREDIT_NOTE: MarkKind.CREDIT_NOTE,
    EntryKind.PAYMENT_RETURNED: MarkKind.RETURNED,
    EntryKind.LATE_FEE: MarkKind.INVOICE,
    EntryKind.WRITE_OFF: MarkKind.CREDIT_NOTE,
    EntryKind.OPENING: MarkKind.INVOICE,
}
"""What is shown of a ledger. Allocations and refunds move nothing that a lane is about."""


def account_lanes(
    ports: Ports, policy: ProviderPolicy, names: dict[str, str], until: datetime
) -> tuple[AccountLane, ...]:
    """A lane for every account that has a ledger; those that had trouble come first.

    Args:
        names: of accounts, by their short names.
        until: where the lanes end.
    """
    lanes = [
        _lane(ports, policy, position, names, until)
        for position in ports.ledgers.positions(policy.provider)
    ]
    return tuple(sorted(lanes, key=lambda lane: (-lane.trouble, lane.name)))


def _lane(
    ports: Ports,
    policy: ProviderPolicy,
    position: LedgerPosition,
    names: dict[str, str],
    until: datetime,
) -> AccountLane:
    account = position.ledger.account
    entries = tuple(ports.ledgers.entries(position.ledger))
    history = tuple(ports.standings.history(policy.provider, account))
    starts_on = min((entry.on for entry in entries), default=_day(until, policy.zone))
    segments = tuple(_segments(history, starts_on, _day(until, policy.zone), policy.zone))
    marks = [*_money_marks(entries, position.ledger.currency), *_told(history, policy.zone)]
    return AccountLane(
        account=account,
        name=names.get(account, account),
        state=segments[-1].state,
        balance=position.money(position.balance),
        segments=segments,
        marks=tuple(sorted(marks, key=lambda mark: mark.on)),
    )


def _segments(
    history: Iterable[HistoryEntry], starts_on: date, ends_on: date, zone: ZoneInfo
) -> Iterator[LaneSegment]:
    """The states one after the other, without a gap."""
    state, since, why = AccountState.GOOD_STANDING, starts_on, "Nothing is overdue."
    for entry in history:
        if entry.after is None or entry.after is state:
            continue
        changed_on = _day(entry.at, zone)
        yield LaneSegment(state=state, from_on=since, until_on=changed_on, why=why)
        state, since, why = entry.after, changed_on, entry.what
    yield LaneSegment(state=state, from_on=since, until_on=max(since, ends_on), why=why)


def _money_marks(entries: Iterable[LedgerEntry], currency: str) -> Iterator[LaneMark]:
    for entry in entries:
        kind = _MARKS.get(entry.kind)
        if kind is not None:
            amount = format_money(_moved(entry), currency)
            # Behind the comma of a payment's title is what the bank calls it.
            title = entry.title.partition(",")[0] if kind is MarkKind.PAYMENT else entry.title
            yield LaneMark(on=entry.on, kind=kind, what=f"{title}: {amount}")


def _moved(entry: LedgerEntry) -> Decimal:
    """How much an entry moves, from whichever side one looks."""
    ours = (LedgerAccount.RECEIVABLE, LedgerAccount.CREDIT)
    return abs(sum((p.amount for p in entry.postings if p.on in ours), Decimal(0)))


def _told(history: Iterable[HistoryEntry], zone: ZoneInfo) -> Iterator[LaneMark]:
    """Letters, pauses and approvals: what is no transition."""
    for entry in history:
        if entry.after is None:
            day = _day(entry.at, zone)
            yield LaneMark(on=day, kind=MarkKind.NOTE, what=f"{entry.what} ({entry.by})")


def _day(at: datetime, zone: ZoneInfo) -> date:
    return at.astimezone(zone).date()


def in_words(lane: AccountLane) -> str:
    """A lane for whoever does not see it: every state with its days."""
    return "; ".join(
        f"{segment.state.value.replace('_', ' ')} from {format_day(segment.from_on)}"
        for segment in lane.segments
    )
