"""Entries of an account's ledger: double entry, never changed, each chained to the one before."""

from __future__ import annotations

import hashlib
import json
from datetime import date, datetime
from decimal import Decimal
from enum import StrEnum

from pydantic import Field, model_validator

from msp_billing.domain.base import Frozen, Identifier, Text
from msp_billing.domain.money import CurrencyCode, ExactDecimal


class LedgerAccount(StrEnum):
    """What an amount is booked on. The first two are the customer's; the others are ours."""

    RECEIVABLE = "receivable"  # owed by the customer, by document
    CREDIT = "credit"  # held for the customer, by where it came from
    CASH = "cash"  # received, by method
    BILLED = "billed"  # invoices, less credit notes
    LATE_FEES = "late_fees"
    WRITTEN_OFF = "written_off"
    OPENING = "opening"  # what stood before: the other side of opening balances


class EntryKind(StrEnum):
    """What happened."""

    INVOICE = "invoice"
    CREDIT_NOTE = "credit_note"
    PAYMENT = "payment"
    ALLOCATION = "allocation"  # credit is used for what is owed
    PAYMENT_RETURNED = "payment_returned"
    REFUND = "refund"  # credit is paid back
    LATE_FEE = "late_fee"
    WRITE_OFF = "write_off"
    OPENING = "opening"  # owed or held when the account was taken over from another system


class Posting(Frozen):
    """One side of an entry."""

    on: LedgerAccount
    reference: Text = Field(
        description="Which document is owed, where credit came from, how cash came."
    )
    amount: ExactDecimal = Field(description="Debit positive, credit negative.")


class EntryDraft(Frozen):
    """What is to be entered; it gets its place and its hash when it is appended."""

    kind: EntryKind
    document: Text = Field(
        description="The number of the invoice, credit note or fee, or the name of the payment or "
        "return. A document is entered once per kind; for allocations, where the credit came from."
    )
    on: date = Field(description="The day that it is of, in the provider's zone.")
    due_on: date | None = Field(default=None, description="Of what is owed by it.")
    title: Text = Field(description="What the customer reads on a statement.")
    recorded_by: Text = Field(description="A person, a file, or 'billing cycle'.")
    why: Text | None = None
    settles_on: date | None = Field(
        default=None, description="Of a payment: from this day on the bank takes it back no more."
    )
    cycle: Text | None = Field(default=None, description="Of an invoice: 'run/period'.")
    lowers: Text | None = Field(
        default=None, description="Of a credit note or write-off: the document that it is of."
    )
    payment: Text | None = Field(
        default=None, description="Of a return: the payment that went back, or a part of it."
    )
    followed_from: date | None = Field(
        default=None,
        description="Of what was taken over: dunning takes it for due on this day at the earliest.",
    )
    postings: tuple[Posting, ...] = Field(min_length=2)

    @model_validator(mode="after")
    def _balanced(self) -> EntryDraft:
        summed = sum((posting.amount for posting in self.postings), Decimal(0))
        if summed:
            raise ValueError(f"debits and credits of {self.document} differ by {summed}")
        return self


class LedgerEntry(EntryDraft):
    """An entry in its place."""

    schema_version: int = 1
    sequence: int = Field(ge=1, description="Position in the account's ledger, from 1.")
    recorded_at: datetime
    previous_hash: str
    hash: str

    def computed_hash(self) -> str:
        """What the hash must be: over everything else in the entry, and so over all before it.

        What an entry does not have is left out, so that a field that entries get one day does not
        change the hashes of those that were made before.
        """
        content = self.model_dump(mode="json", exclude={"hash"}, exclude_none=True)
        text = json.dumps(content, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
        return hashlib.sha256(text.encode()).hexdigest()


class LedgerId(Frozen):
    """Whose ledger it is."""

    provider: Identifier
    account: Identifier
    currency: CurrencyCode

    @property
    def first_hash(self) -> str:
        """What the first entry has in place of the hash of an entry before it."""
        text = f"{self.provider}/{self.account}/{self.currency}"
        return hashlib.sha256(text.encode()).hexdigest()

    def __str__(self) -> str:
        return f"{self.provider}/{self.account}"


def chain(
    sequence: int, previous_hash: str, drafts: tuple[EntryDraft, ...], at: datetime
) -> tuple[LedgerEntry, ...]:
    """Drafts as entries from ``sequence + 1`` on, each with the hash of the one before."""
    entries: list[LedgerEntry] = []
    for draft in drafts:
        sequence += 1
        unsealed = LedgerEntry(
            **draft.model_dump(),
            sequence=sequence,
            recorded_at=at,
            previous_hash=previous_hash,
            hash="",
        )
        entry = unsealed.model_copy(update={"hash": unsealed.computed_hash()})
        entries.append(entry)
        previous_hash = entry.hash
    return tuple(entries)
