"""Money that two report: a clerk enters a check, and the bank's file has it under its own name."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

from msp_billing.domain.payments.incoming import IncomingPayment, source_of
from msp_billing.domain.problems import Problem

if TYPE_CHECKING:
    from msp_billing.domain.ledger.position import LedgerPosition, TakenPayment

PERHAPS_ENTERED_BEFORE = "perhaps-entered-before"
"""Why money waits that may be in the ledger already: only a person can tell."""

_AROUND = timedelta(days=10)
"""How far apart two may date the same money: a check lies in a drawer, a bank books it later."""


def entered_before(
    position: LedgerPosition, payment: IncomingPayment, *, by_bank: bool
) -> Problem | None:
    """Why a payment may be money that another source has reported already; None if nothing says so.

    It is of the same amount as a payment of another source within ten days that was not returned.
    One source does not report the same money under two names.

    Args:
        payment: with what it is for.
        by_bank: reported by a bank or payment service. What it says to be for an invoice that is
            still open is not what paid the other one. A person who enters it may name any invoice.
    """
    if by_bank and _names_open_invoice(position, payment):
        return None
    alike = next((entry for entry in position.payments if _alike(entry, payment)), None)
    if alike is None:
        return None
    return Problem(
        code=PERHAPS_ENTERED_BEFORE,
        what=f"{payment.amount} of {payment.received_on} may be the payment {alike.payment} of "
        f"{alike.on}, which is booked for {position.ledger.account} already.",
        fix="Dismiss it if it is the same money, assign it if it is not.",
        where=position.ledger.account,
    )


def _alike(entry: TakenPayment, payment: IncomingPayment) -> bool:
    return (
        entry.amount == payment.amount.amount
        and entry.returned < entry.amount
        and source_of(entry.payment) != payment.key.source
        and abs(entry.on - payment.received_on) <= _AROUND
    )


def _names_open_invoice(position: LedgerPosition, payment: IncomingPayment) -> bool:
    open_now = {item.document for item in position.open_items}
    return any(part.invoice in open_now for part in payment.remittance)
