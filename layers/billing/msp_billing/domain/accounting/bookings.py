"""Entries of a ledger as bookings on the accounts of the provider's own books."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Decimal
from typing import TYPE_CHECKING, Literal

from msp_billing.domain.accounting_policy import AccountingPolicy, BooksAccount
from msp_billing.domain.ledger.entries import LedgerAccount

if TYPE_CHECKING:
    from msp_billing.domain.accounting.exported import ExportedEntry

Side = Literal["owed", "held", "ours"]


@dataclass(frozen=True)
class Booking:
    """An amount on one account: debit positive, credit negative.

    Attributes:
        side: whether the account is the customer's, and which of the two.
    """

    account: BooksAccount
    side: Side
    amount: Decimal


def bookings(exported: ExportedEntry, books: AccountingPolicy) -> tuple[Booking, ...]:
    """One booking for each account that the entry moves; together they are nothing."""
    sums: dict[tuple[BooksAccount, Side], Decimal] = {}
    for booking in _single(exported, books):
        key = (booking.account, booking.side)
        sums[key] = sums.get(key, Decimal(0)) + booking.amount
    return tuple(Booking(account, side, amount) for (account, side), amount in sums.items())


def bookings_for_programs(exported: ExportedEntry, books: AccountingPolicy) -> tuple[Booking, ...]:
    """The same for a program that keeps a customer's credit with what it owes.

    What nets to nothing is left out, and so is all of an entry by which credit is used.
    """
    merged: dict[tuple[BooksAccount, Side], Decimal] = {}
    for entry in bookings(exported, books):
        customers = entry.side != "ours"
        key: tuple[BooksAccount, Side] = (
            (books.receivable, "owed") if customers else (entry.account, "ours")
        )
        merged[key] = merged.get(key, Decimal(0)) + entry.amount
    return tuple(
        Booking(account, side, amount) for (account, side), amount in merged.items() if amount
    )


def _single(exported: ExportedEntry, books: AccountingPolicy) -> Iterator[Booking]:
    for posting in exported.entry.postings:
        match posting.on:
            case LedgerAccount.RECEIVABLE:
                yield Booking(books.receivable, "owed", posting.amount)
            case LedgerAccount.CREDIT:
                yield Booking(books.credit, "held", posting.amount)
            case LedgerAccount.CASH:
                yield Booking(books.cash_of(exported.method), "ours", posting.amount)
            case LedgerAccount.BILLED:
                for line in exported.lines:
                    account = (
                        books.tax if line.is_tax else books.revenue_of(line.product, line.category)
                    )
                    yield Booking(account, "ours", -line.amount)
            case LedgerAccount.LATE_FEES:
                yield Booking(books.late_fees, "ours", posting.amount)
            case LedgerAccount.WRITTEN_OFF:
                yield Booking(books.written_off, "ours", posting.amount)
            case LedgerAccount.OPENING:
                yield Booking(_opening(books), "ours", posting.amount)


def _opening(books: AccountingPolicy) -> BooksAccount:
    """Only the journal has it: the programs have what stood before already."""
    return BooksAccount(name="Opening Balance Equity", code="970", journal=books.opening)
