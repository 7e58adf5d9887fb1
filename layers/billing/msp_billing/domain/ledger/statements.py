"""Statements: what a customer was billed and paid from one day to another, with running balance."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date
from decimal import Decimal

from pydantic import Field

from msp_billing.domain.base import Frozen, Identifier, Text
from msp_billing.domain.contracts.final_statements import Movement, MovementKind
from msp_billing.domain.ledger.entries import EntryKind, LedgerAccount, LedgerEntry, LedgerId
from msp_billing.domain.money import CurrencyCode, ExactDecimal, Money

_CUSTOMERS = frozenset({LedgerAccount.RECEIVABLE, LedgerAccount.CREDIT})


class StatementLine(Frozen):
    """One entry as the customer reads it."""

    on: date
    kind: EntryKind
    document: Text
    title: Text
    due_on: date | None = None
    lowers: Text | None = Field(
        default=None, description="Of a credit note or write-off: the document that it is of."
    )
    method: Text | None = Field(default=None, description="Of a payment: how it came.")
    amount: ExactDecimal = Field(description="Positive raises what is owed, negative lowers it.")
    balance: ExactDecimal = Field(description="What is owed after it; negative is credit.")


class Statement(Frozen):
    """An account from the begin of one day to the end of another."""

    account: Identifier
    currency: CurrencyCode
    from_on: date
    to_on: date
    opening_balance: ExactDecimal
    lines: tuple[StatementLine, ...]
    closing_balance: ExactDecimal


def balance_effect(entry: LedgerEntry) -> Decimal:
    """By how much an entry raises what the customer owes."""
    return sum((p.amount for p in entry.postings if p.on in _CUSTOMERS), Decimal(0))


def statement(
    ledger: LedgerId, entries: Iterable[LedgerEntry], from_on: date, to_on: date
) -> Statement:
    """The statement of an account, out of nothing but its entries.

    Entries come by the day that they are of, and of one day in the order in which they were
    entered. Allocations are left out: what a payment is used for does not change the balance.

    Args:
        entries: all of the ledger, from its first one on.

    Raises:
        ValueError: when the days are in the wrong order.
    """
    if from_on > to_on:
        raise ValueError(f"a statement from {from_on} cannot end on {to_on}")
    shown = sorted(
        (e for e in entries if e.kind is not EntryKind.ALLOCATION and e.on <= to_on),
        key=lambda entry: (entry.on, entry.sequence),
    )
    opening = sum((balance_effect(e) for e in shown if e.on < from_on), Decimal(0))
    balance = opening
    lines: list[StatementLine] = []
    for entry in shown:
        if entry.on < from_on:
            continue
        effect = balance_effect(entry)
        balance += effect
        lines.append(
            StatementLine(
                on=entry.on,
                kind=entry.kind,
                document=entry.document,
                title=entry.title,
                due_on=entry.due_on,
                lowers=entry.lowers,
                method=_method(entry),
                amount=effect,
                balance=balance,
            )
        )
    return Statement(
        account=ledger.account,
        currency=ledger.currency,
        from_on=from_on,
        to_on=to_on,
        opening_balance=_money(ledger, opening),
        lines=tuple(lines),
        closing_balance=_money(ledger, balance),
    )


def movements(ledger: LedgerId, entries: Iterable[LedgerEntry]) -> tuple[Movement, ...]:
    """Everything but invoices that moved the balance, for a final statement (MSA-05).

    A payment that the bank took back is there twice: as it came, and as it went.
    """
    return tuple(
        Movement(
            kind=_movement_kind(entry),
            on=entry.on,
            reference=entry.document,
            amount=Money(amount=abs(balance_effect(entry)), currency=ledger.currency),
            invoice=entry.lowers,
        )
        for entry in entries
        if entry.kind in _MOVEMENTS and balance_effect(entry)
    )


def _movement_kind(entry: LedgerEntry) -> MovementKind:
    """What was taken over raises or lowers what is owed; every other kind does one of the two."""
    if entry.kind is EntryKind.OPENING and balance_effect(entry) < 0:
        return MovementKind.OPENING_CREDIT
    return _MOVEMENTS[entry.kind]


_MOVEMENTS = {
    EntryKind.CREDIT_NOTE: MovementKind.CREDIT_NOTE,
    EntryKind.PAYMENT: MovementKind.PAYMENT,
    EntryKind.PAYMENT_RETURNED: MovementKind.PAYMENT_RETURNED,
    EntryKind.REFUND: MovementKind.REFUND,
    EntryKind.LATE_FEE: MovementKind.LATE_FEE,
    EntryKind.WRITE_OFF: MovementKind.WRITE_OFF,
    EntryKind.OPENING: MovementKind.OPENING_INVOICE,
}


def _method(entry: LedgerEntry) -> str | None:
    """How money came; cash is booked on the method."""
    if entry.kind is not EntryKind.PAYMENT:
        return None
    return next((p.reference for p in entry.postings if p.on is LedgerAccount.CASH), None)


def _money(ledger: LedgerId, amount: Decimal) -> Decimal:
    return Money(amount=amount, currency=ledger.currency).rounded().amount
