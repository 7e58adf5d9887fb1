"""Paying credit back to an account."""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING

from pydantic import Field

from msp_billing.domain.base import Frozen, Identifier, Text
from msp_billing.domain.ledger.entries import EntryDraft, EntryKind, LedgerEntry, LedgerId
from msp_billing.domain.ledger.postings import refund_entry
from msp_billing.domain.ledger.refusals import check_payable
from msp_billing.domain.money import ExactDecimal, Money
from msp_billing.domain.payments.incoming import PaymentMethod
from msp_billing.usecases.dunning.react import react
from msp_billing.usecases.errors import RefundConflictError
from msp_billing.usecases.receivables.accounts import kept_ledger, today_of
from msp_billing.usecases.receivables.appending import enter

if TYPE_CHECKING:
    from msp_billing.domain.ledger.position import LedgerPosition
    from msp_billing.usecases.ports import Ports


class RefundRequest(Frozen):
    """Credit that was paid back, or is to be. The same request twice is one refund."""

    provider: Identifier
    account: Identifier
    refund: Identifier = Field(description="The person's own name for it; used once an account.")
    amount: ExactDecimal | None = Field(
        default=None, description="In the account's currency; all that is held if left out."
    )
    method: PaymentMethod
    requested_by: Text
    why: Text


class RefundResult(Frozen):
    """The refund that stands for the request."""

    refund: Identifier
    amount: Money
    balance: Money
    entered: bool = Field(description="Whether it was entered by this call.")


def refund_credit(ports: Ports, request: RefundRequest) -> RefundResult:
    """Enter that credit is paid back: never more than is held, oldest credit first.

    Raises:
        UnknownAccountError: when the book does not have the account.
        EntryRefusedError: for more than is held, and for what cannot be paid.
        RefundConflictError: when the name was used for a refund of another amount.
    """
    ledger = kept_ledger(ports, request.provider, request.account)
    today = today_of(ports, request.provider)
    if request.amount is not None:
        check_payable(Money(amount=request.amount, currency=ledger.currency))
    entered = False

    def decide(position: LedgerPosition) -> tuple[EntryDraft, ...]:
        nonlocal entered
        entered = ports.ledgers.find(ledger, EntryKind.REFUND, request.refund) is None
        if not entered:
            return ()
        amount = position.held if request.amount is None else request.amount
        entry = refund_entry(
            position,
            request.refund,
            position.money(amount).amount,
            request.method,
            today,
            request.requested_by,
            request.why,
        )
        return (entry,)

    position = enter(ports, ledger, decide)
    made = _same(ports, ledger, request)
    react(ports, request.provider, request.account)
    return RefundResult(
        refund=request.refund,
        amount=position.money(_paid_back(made)),
        balance=position.money(position.balance),
        entered=entered,
    )


def _same(ports: Ports, ledger: LedgerId, request: RefundRequest) -> LedgerEntry:
    """The refund of that name, if it is of the same amount."""
    made = ports.ledgers.find(ledger, EntryKind.REFUND, request.refund)
    assert made is not None, "it was entered, or it was there"
    standing = _paid_back(made)
    if request.amount not in {None, standing}:
        raise RefundConflictError(
            f"the refund '{request.refund}' of {ledger} was of {standing}: give another refund "
            "another name"
        )
    return made


def _paid_back(entry: LedgerEntry) -> Decimal:
    return sum((p.amount for p in entry.postings if p.amount > 0), Decimal(0))
