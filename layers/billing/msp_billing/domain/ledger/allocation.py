"""What money is used for: what the remittance names first, then what is owed longest (KR-13)."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable, Iterator, Sequence
from datetime import UTC, date, datetime
from decimal import Decimal
from itertools import islice
from typing import TYPE_CHECKING

from msp_billing.domain.ledger.entries import (
    EntryDraft,
    EntryKind,
    LedgerAccount,
    Posting,
    chain,
)
from msp_billing.domain.ledger.position import LedgerPosition, after
from msp_billing.domain.problems import name_some

if TYPE_CHECKING:
    from msp_billing.domain.payments.incoming import RemittancePart

MAX_SOURCES = 30
"""Credits that are used in one append: each is an entry, and a transaction holds 100 actions."""

_ANY_TIME = datetime(1, 1, 1, tzinfo=UTC)

_Wanted = tuple[str, Decimal]


def allocate(
    position: LedgerPosition,
    today: date,
    remittance: Sequence[RemittancePart] = (),
    *,
    recorded_by: str = "ledger",
) -> tuple[EntryDraft, ...]:
    """Use the credit that an account has for what it owes.

    What the remittance names comes first: the amount that it gives, or all that is open of the
    document. What it names too much of, or what is not owed, is passed over. Then comes what is due
    longest (by due date, date and number). Older credit is used before newer. What nothing is owed
    for stays credit, and is used on the next invoice.

    Args:
        position: after the payment, credit note or invoice that makes it necessary.

    Returns:
        One entry for each credit that is used; at most 30, so that the caller may have to ask
        again for an account with more credits than that.
    """
    parts = _by_source(position, _wanted(position, remittance))
    return tuple(
        _entry(source, used, today, recorded_by) for source, used in islice(parts, MAX_SOURCES)
    )


def with_allocation(
    position: LedgerPosition,
    drafts: tuple[EntryDraft, ...],
    today: date,
    remittance: Sequence[RemittancePart] = (),
    *,
    recorded_by: str = "ledger",
) -> tuple[EntryDraft, ...]:
    """Drafts, and what is to be allocated after them."""
    following = foreseen(position, drafts)
    return (*drafts, *allocate(following, today, remittance, recorded_by=recorded_by))


def foreseen(position: LedgerPosition, drafts: tuple[EntryDraft, ...]) -> LedgerPosition:
    """The position that drafts would come to. Its hash is of no entry that there will be."""
    for entry in chain(position.version, position.last_hash, drafts, _ANY_TIME):
        position = after(position, entry)
    return position


def _wanted(position: LedgerPosition, remittance: Sequence[RemittancePart]) -> Iterator[_Wanted]:
    """What is to be paid, in this order: documents and amounts above zero."""
    left = {item.document: item.open for item in position.open_items}
    for part in remittance:
        open_of_it = left.get(part.invoice, Decimal(0))
        amount = open_of_it if part.amount is None else min(part.amount, open_of_it)
        if amount > 0:
            left[part.invoice] = open_of_it - amount
            yield part.invoice, amount
    for item in position.open_items:
        if left[item.document] > 0:
            yield item.document, left[item.document]


def _by_source(
    position: LedgerPosition, wanted: Iterable[_Wanted]
) -> Iterator[tuple[str, dict[str, Decimal]]]:
    """What each credit is used for, oldest credit first."""
    waiting = deque(wanted)
    for credit in sorted(position.credits, key=lambda entry: (entry.on, entry.source)):
        left = credit.open
        used: dict[str, Decimal] = {}
        while waiting and left > 0:
            document, amount = waiting.popleft()
            part = min(amount, left)
            used[document] = used.get(document, Decimal(0)) + part
            left -= part
            if amount > part:
                waiting.appendleft((document, amount - part))
        if used:
            yield credit.source, used


def _entry(source: str, used: dict[str, Decimal], today: date, recorded_by: str) -> EntryDraft:
    whole = sum(used.values(), Decimal(0))
    return EntryDraft(
        kind=EntryKind.ALLOCATION,
        document=source,
        on=today,
        title=f"Used for {name_some(list(used))}",
        recorded_by=recorded_by,
        postings=(
            Posting(on=LedgerAccount.CREDIT, reference=source, amount=whole),
            *(
                Posting(on=LedgerAccount.RECEIVABLE, reference=document, amount=-amount)
                for document, amount in used.items()
            ),
        ),
    )
