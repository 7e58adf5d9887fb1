"""What of an account's debt counts: overdue, not paused, and not too little to follow (DUN-01).

Everything here only shrinks when something is paid, whichever document the payment is for: the sum
that counts never grows and its oldest due date never moves back. That is why a payment can never
lead to a harsher state (DUN-04, killbill#2297).
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import date, timedelta
from decimal import Decimal
from typing import TYPE_CHECKING

from msp_billing.domain.base import Frozen, Identifier, Text
from msp_billing.domain.dunning.standing import Pause
from msp_billing.domain.ledger.entries import EntryKind
from msp_billing.domain.money import ExactDecimal

if TYPE_CHECKING:
    from msp_billing.domain.dunning.dunning_policy import DunningPolicy, ReleasePolicy
    from msp_billing.domain.ledger.position import LedgerPosition, OwedItem

_WITH_A_CLOCK = frozenset({EntryKind.INVOICE, EntryKind.PAYMENT_RETURNED, EntryKind.OPENING})
"""What starts and keeps a case; a late fee alone never does."""

_NOTHING = Decimal(0)


class CountedItem(Frozen):
    """An overdue document, and how much of it a dispute or a promise covers."""

    document: Text
    due_on: date
    clock_on: date
    """The day that is taken for its due date; later than it only for what was taken over."""
    amount: ExactDecimal
    """What it was at first."""
    open: ExactDecimal
    covered: ExactDecimal = _NOTHING

    @property
    def counts(self) -> Decimal:
        """What is followed of it."""
        return self.open - self.covered


class Counting(Frozen):
    """What counts today, in the account's currency."""

    items: tuple[CountedItem, ...] = ()
    """Overdue documents of which something counts, the one that is followed longest first."""
    overdue: ExactDecimal = _NOTHING
    """Of all overdue documents, covered or small ones too; without late fees."""
    amount: ExactDecimal = _NOTHING
    """What counts of them."""
    above: bool = False
    """Whether that is enough to do something about."""
    covered_by: tuple[Identifier, ...] = ()
    """The pauses that cover some of what is overdue."""
    paused_until: date | None = None
    """The last day of the first of them to end."""
    next_due_on: date | None = None
    """The next due date that is still to pass: the day after it more may count."""

    @property
    def anchor_on(self) -> date | None:
        """The due date that the clock runs from; None when nothing counts."""
        return self.items[0].clock_on if self.items else None

    @property
    def changes_on(self) -> date | None:
        """The first day on which something else may count although nobody does anything."""
        ends = [day for day in (self.paused_until, self.next_due_on) if day is not None]
        return min(ends) + timedelta(days=1) if ends else None


def counting(
    position: LedgerPosition, pauses: Sequence[Pause], policy: DunningPolicy, today: date
) -> Counting:
    """What counts of an account's debt on this local day.

    A document is overdue from the day after its due date. What open pauses cover of it is taken
    off. It is left alone when what remains is less than the policy's share of its first amount;
    the account is, when all that remains comes to less than the policy's amount.

    The share is measured document by document: measured over all of them, a payment that settles
    one would raise the share that is open of the others.
    """
    clocked = sorted(
        (item for item in position.open_items if item.kind in _WITH_A_CLOCK),
        key=lambda item: (item.clock_on, item.due_on, item.on, item.document),
    )
    overdue = [item for item in clocked if item.clock_on < today]
    parts = covered_parts(overdue, pauses, today)
    items = [
        CountedItem(
            document=item.document,
            due_on=item.due_on,
            clock_on=item.clock_on,
            amount=item.amount,
            open=item.open,
            covered=sum((p.amount for p in parts if p.document == item.document), _NOTHING),
        )
        for item in overdue
    ]
    counted = tuple(
        item
        for item in items
        if item.counts > 0 and item.counts >= policy.minimum_share * item.amount
    )
    amount = sum((item.counts for item in counted), _NOTHING)
    return Counting(
        items=counted,
        overdue=sum((item.open for item in overdue), _NOTHING),
        amount=amount,
        above=bool(counted) and amount >= policy.minimum_amount,
        covered_by=tuple(dict.fromkeys(part.pause.pause for part in parts)),
        paused_until=min((part.pause.until for part in parts), default=None),
        next_due_on=min(
            (item.clock_on for item in clocked if item.clock_on >= today), default=None
        ),
    )


def is_open(pause: Pause, today: date) -> bool:
    """Whether a dispute or promise covers anything on this day: its last day is ``until``."""
    return pause.ended_at is None and pause.until >= today


class CoveredPart(Frozen):
    """How much of one document one pause covers."""

    pause: Pause
    document: Text
    amount: ExactDecimal


def covered_parts(
    items: Sequence[OwedItem], pauses: Iterable[Pause], today: date
) -> tuple[CoveredPart, ...]:
    """What open pauses cover of these documents, which are in the order of their due dates.

    Pauses of one document first, then those that cover the oldest first; within both in the order
    in which they were made. A promise covers its amount of whatever is open until its last day:
    money that comes in meanwhile makes it reach further, never shorter.
    """
    opened = sorted(
        (pause for pause in pauses if is_open(pause, today)),
        key=lambda pause: (pause.document is None, pause.made_at, pause.pause),
    )
    left = {item.document: item.open for item in items}
    parts: list[CoveredPart] = []
    for pause in opened:
        rest = pause.amount
        for item in items:
            taken = min(rest, left[item.document])
            if taken > 0 and pause.document in {None, item.document}:
                parts.append(CoveredPart(pause=pause, document=item.document, amount=taken))
                left[item.document] -= taken
                rest -= taken
    return tuple(parts)


class Settlement(Frozen):
    """What a hold still waits for (DUN-06)."""

    unpaid: ExactDecimal
    """What has to be paid yet, without what is disputed."""
    on_its_way: ExactDecimal
    """Paid, by payments that the bank may still take back."""
    settles_on: date | None
    """From when on it is settled, if nothing is taken back; None while something is unpaid."""

    @property
    def settled(self) -> bool:
        """Whether the account may be let out, as far as money goes."""
        return self.unpaid <= 0 and self.on_its_way <= 0


def settlement(
    position: LedgerPosition,
    pauses: Sequence[Pause],
    policy: ReleasePolicy,
    today: date,
) -> Settlement:
    """What has to be paid before a hold ends, by what the policy says has to be settled.

    A disputed amount need not be paid, a promised one must. A payment counts when the bank takes
    it back no more (``settles_on``).
    """
    disputes = [pause for pause in pauses if pause.kind == "dispute"]

    def missing(day: date) -> Decimal:
        items = [
            item
            for item in _as_if_unsettled_had_not_come(position, day)
            if policy.settles == "outstanding" or item.due_on < today
        ]
        owed = sum((item.open for item in items), _NOTHING)
        return owed - sum((p.amount for p in covered_parts(items, disputes, today)), _NOTHING)

    unpaid = missing(date.max)
    days = sorted({entry.settles_on for entry in position.unsettled_on(today)})
    settles_on = next((day for day in (today, *days) if missing(day) <= 0), None)
    return Settlement(unpaid=unpaid, on_its_way=missing(today) - unpaid, settles_on=settles_on)


def _as_if_unsettled_had_not_come(position: LedgerPosition, day: date) -> list[OwedItem]:
    """What would be open without the payments that are not settled on this day, oldest first.

    Other credit that the account holds would be used for it then, oldest due date first.
    """
    unsettled = position.unsettled_on(day)
    back: dict[str, Decimal] = {}
    for payment in unsettled:
        for document, used in payment.still_used.items():
            back[document] = back.get(document, _NOTHING) + used
    names = {payment.payment for payment in unsettled}
    credit = sum((held.open for held in position.credits if held.source not in names), _NOTHING)
    opened: list[OwedItem] = []
    for item in sorted(position.items, key=lambda item: (item.due_on, item.on, item.document)):
        owed = item.open + back.get(item.document, _NOTHING)
        used = min(credit, max(owed, _NOTHING))
        credit -= used
        if owed > used:
            opened.append(item.model_copy(update={"open": owed - used}))
    return opened
