"""What is wrong with a table, one thing at a time."""

from __future__ import annotations

from enum import StrEnum

from msp_billing.domain.base import Frozen


class FindingKind(StrEnum):
    """In what way something is wrong; a name to look up in docs/recovery.md."""

    UNREADABLE = "unreadable"
    """An item's document cannot be read, or does not add up."""
    UNKNOWN_ITEM = "unknown-item"
    """An item of a kind that this version does not know."""
    ATTRIBUTE = "attribute"
    """An attribute beside a document says something else than the document."""
    CONTENT_HASH = "content-hash"
    """A version or an account has other content than its hash says."""
    MISSING_VERSION = "missing-version"
    """A policy or price book that is pinned is not there."""
    MISSING_OUTCOME = "missing-outcome"
    """An account of a cycle's manifest has no outcome."""
    MISSING_INVOICE = "missing-invoice"
    """An outcome, a mail or a credit note is of an invoice that is not there."""
    DRAFT_IN_CLOSED_CYCLE = "draft-in-closed-cycle"
    """A cycle is closed, and an invoice of it has no number."""
    NUMBER_TWICE = "number-twice"
    NUMBER_MISSING = "number-missing"
    """A number was given out, and no document has it."""
    NUMBER_BEYOND_COUNTER = "number-beyond-counter"
    """A document has a number that was not given out yet: it would be given out again."""
    COUNTER = "counter"
    """A counter does not come to what it counts."""
    MISSING_MAIL = "missing-mail"
    """A document or a letter has no mail in the outbox."""
    UNFINISHED_MAIL = "unfinished-mail"
    """A cycle is closed, and a mail of an invoice was never tried."""
    MISSING_OBJECT = "missing-object"
    """What is sealed in the records bucket is not there."""
    BROKEN_SEAL = "broken-seal"
    """What is in the records bucket is not what was sealed."""
    NOT_IN_LEDGER = "not-in-ledger"
    """An issued invoice, a credit note or a booked payment is in no ledger."""
    LEDGER_AMOUNT = "ledger-amount"
    """A ledger has another amount than the document."""
    NOT_ISSUED = "not-issued"
    """A ledger has an invoice that was not issued."""
    MISSING_PAYMENT = "missing-payment"
    """A ledger has a payment or return that was not reported."""
    QUEUE = "queue"
    """What waits for a person or to be mailed is not in its queue, or the queue has what is not."""
    CHARGE = "charge"
    """A one-time charge is billed without a claim, or claimed by a cycle that does not bill it."""
    STANDING = "standing"
    """How an account stands does not fit its ledger."""
    MISSING_ACCOUNT = "missing-account"
    """A ledger or a standing of an account that the book does not have."""
    LEDGER = "ledger"
    """The proof of a ledger fails: its chain, its head, or its anchor in the locked bucket."""


class Finding(Frozen):
    """One thing that is wrong."""

    kind: FindingKind
    where: str
    """The item's two keys, or the object's key, or the name of the ledger."""
    what: str

    def __str__(self) -> str:
        return f"{self.kind.value}: {self.where}: {self.what}"
