"""Entering in a ledger: decide by what stands, and decide anew when somebody was faster."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from msp_billing.domain.ledger.allocation import allocate
from msp_billing.domain.ledger.entries import EntryDraft, LedgerId
from msp_billing.domain.ledger.position import LedgerPosition
from msp_billing.usecases.errors import ConcurrentLedgerError, LedgerCurrencyError

if TYPE_CHECKING:
    from msp_billing.domain.payments.records import PaymentRecord
    from msp_billing.usecases.ports import Ports

MAX_TRIES = 8

Decide = Callable[[LedgerPosition], tuple[EntryDraft, ...]]
"""What to enter at a position; nothing, when it stands there already."""


def enter(
    ports: Ports,
    ledger: LedgerId,
    decide: Decide,
    booking: Callable[[], PaymentRecord] | None = None,
) -> LedgerPosition:
    """Enter what is decided by the account's position, all of it at once.

    Two that enter at the same time do not overwrite each other: the second one reads again and
    decides by what the first one made of it (docs/faults.md, 41). ``decide`` must therefore look
    whether its document is entered already, and return nothing then. After each call the caller
    lets ``usecases.dunning.react`` see what it means for the account.

    Args:
        booking: makes the record of the payment that is booked with it; asked for anew each try,
            and may raise when the payment was booked by somebody else meanwhile.

    Returns:
        The position after it; the one that was found, when nothing was to be entered.

    Raises:
        LedgerCurrencyError: when the account's ledger is kept in another currency.
        ConcurrentLedgerError: when others kept coming first.
    """
    for _ in range(MAX_TRIES):
        position = ports.ledgers.position(ledger)
        if position.ledger.currency != ledger.currency:
            raise LedgerCurrencyError(
                f"the ledger of {ledger} is in {position.ledger.currency}, not {ledger.currency}"
            )
        drafts = decide(position)
        if not drafts:
            return position
        record = None if booking is None else booking()
        following = ports.ledgers.append(position, drafts, ports.clock.now(), record)
        if following is not None:
            return _use_up(ports, following, drafts)
    raise ConcurrentLedgerError(f"entries in the ledger of {ledger} came first {MAX_TRIES} times")


def _use_up(
    ports: Ports, position: LedgerPosition, drafts: tuple[EntryDraft, ...]
) -> LedgerPosition:
    """Use credit that is left beside debts: more credits than one append holds."""
    today = max(draft.on for draft in drafts)
    while rest := allocate(position, today):
        following = ports.ledgers.append(position, rest, ports.clock.now())
        if following is None:  # whoever came first uses it up as well
            break
        position = following
    return position
