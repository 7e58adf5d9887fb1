"""What is exported of the ledgers: their entries of some days, with the lines behind them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from msp_billing.domain.ledger.entries import EntryKind, LedgerEntry

Sums = Mapping[tuple[EntryKind, str], Decimal]
"""By how much entries of a kind and currency raise what customers owe."""


@dataclass(frozen=True)
class ExportedLine:
    """A line of an invoice, late fee or credit note; what lowers the debt is negative.

    Attributes:
        quantity: times ``unit_price`` is exactly the amount, without any rounding, so that a
            program which multiplies comes to the same. Where that cannot be, it is 1, and the
            description says how the amount came about.
    """

    product: str
    description: str
    category: str
    is_tax: bool
    quantity: Decimal
    unit_price: Decimal
    amount: Decimal
    service_on: date | None = None


@dataclass(frozen=True)
class Customer:
    """Whose ledger it is.

    Attributes:
        name: what the books call the customer; no two customers have the same.
    """

    account: str
    name: str
    currency: str


@dataclass(frozen=True)
class ExportedEntry:
    """An entry of a ledger with what a program wants to know beside it.

    Attributes:
        lines: of what was billed or credited; they sum to it.
        method: how the money came or went, for what moves cash.
        paid: what a payment was used for, each with the kind of entry that it is of.
        label: of the invoice, as its customer reads it.
    """

    customer: Customer
    entry: LedgerEntry
    lines: tuple[ExportedLine, ...] = ()
    method: str = ""
    paid: tuple[tuple[EntryKind, str], ...] = ()
    label: str = ""


@dataclass(frozen=True)
class CustomerBalance:
    """Where a customer stood before the first day, and at the end of the last."""

    customer: Customer
    owed_before: Decimal
    held_before: Decimal
    owed: Decimal
    held: Decimal


@dataclass(frozen=True)
class AccountingPeriod:
    """Everything of a provider from the begin of one day to the end of another.

    Attributes:
        entries: by day, account and place in the ledger.
        late: of earlier days, but entered only when those days were over: an export of those days
            that was made in time does not have them.
    """

    provider: str
    provider_name: str
    from_on: date
    to_on: date
    entries: tuple[ExportedEntry, ...]
    balances: tuple[CustomerBalance, ...]
    late: tuple[ExportedEntry, ...] = ()


@dataclass(frozen=True)
class ExportFile:
    """A file for an accounting program.

    Attributes:
        sums: what the file itself comes to, read back from what was written.
    """

    name: str
    content: bytes
    rows: int
    sums: Sums
