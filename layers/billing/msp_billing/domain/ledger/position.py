"""Where an account stands: what the entries of its ledger come to, and nothing else."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date
from decimal import Decimal
from functools import cached_property

from pydantic import Field

from msp_billing.domain.base import Frozen, Text
from msp_billing.domain.ledger.entries import EntryKind, LedgerAccount, LedgerEntry, LedgerId
from msp_billing.domain.money import ExactDecimal, Money


class OwedItem(Frozen):
    """A document that is owed: an invoice, a late fee, or a refund of money that was taken back."""

    document: Text
    kind: EntryKind
    title: Text
    on: date
    due_on: date
    amount: ExactDecimal = Field(description="What it was at first.")
    open: ExactDecimal = Field(description="What is left to pay of it.")
    written_off: ExactDecimal = Field(
        default=Decimal(0), description="What was given up of it, and not credited since."
    )
    cycle: Text | None = None
    followed_from: date | None = Field(
        default=None, description="Of what was taken over from another system, see below."
    )

    @property
    def clock_on(self) -> date:
        """The day that dunning takes for its due date.

        What was overdue in the system before is not followed as if all its time had passed here:
        nobody here has written a letter about it yet.
        """
        return max(self.due_on, self.followed_from or self.due_on)


class HeldCredit(Frozen):
    """Money held for the account, by where it came from."""

    source: Text = Field(description="The payment's name, or the number of a credit note.")
    kind: EntryKind
    on: date
    open: ExactDecimal


class TakenPayment(Frozen):
    """A payment, and what it was used for."""

    payment: Text
    on: date
    settles_on: date
    amount: ExactDecimal
    sequence: int = Field(description="Of its entry.")
    used_for: dict[str, ExactDecimal] = Field(default={}, description="By document.")
    refunded: ExactDecimal = Decimal(0)
    returned: ExactDecimal = Field(
        default=Decimal(0), description="What the bank took back, in one part or in several."
    )
    returned_on: date | None = Field(default=None, description="When the last part went back.")
    returned_sequence: int | None = None
    owed_again: dict[str, ExactDecimal] = Field(
        default={}, description="What was used or refunded of it and went back, by document."
    )

    @property
    def kept(self) -> Decimal:
        """What the bank did not take back."""
        return self.amount - self.returned

    @property
    def still_used(self) -> dict[str, Decimal]:
        """What it is used for, less what is owed again because a part of it went back."""
        left = {
            document: used - self.owed_again.get(document, Decimal(0))
            for document, used in self.used_for.items()
        }
        return {document: used for document, used in left.items() if used}

    @property
    def still_refunded(self) -> Decimal:
        """What was paid out of it as a refund, and is not owed again."""
        again = (
            amount for document, amount in self.owed_again.items() if document not in self.used_for
        )
        return self.refunded - sum(again, Decimal(0))


class LedgerPosition(Frozen):
    """Everything that follows from the entries so far.

    ``version`` is the number of entries: whoever decides something by a position makes the
    decision conditional on it, so that a payment that comes in between always wins.
    """

    ledger: LedgerId
    version: int = 0
    last_hash: str
    items: tuple[OwedItem, ...] = ()
    credits: tuple[HeldCredit, ...] = ()
    payments: tuple[TakenPayment, ...] = ()

    @classmethod
    def empty(cls, ledger: LedgerId) -> LedgerPosition:
        """Of a ledger without entries."""
        return cls(ledger=ledger, last_hash=ledger.first_hash)

    def money(self, amount: Decimal) -> Money:
        """An amount in the account's currency."""
        return Money(amount=amount, currency=self.ledger.currency).rounded()

    @property
    def open_items(self) -> tuple[OwedItem, ...]:
        """What is still owed, oldest due date first."""
        return tuple(
            sorted(
                (item for item in self.items if item.open > 0),
                key=lambda item: (item.due_on, item.on, item.document),
            )
        )

    @property
    def owed(self) -> Decimal:
        """The sum of what is open."""
        return sum((item.open for item in self.items), Decimal(0))

    @property
    def held(self) -> Decimal:
        """The sum of the credit."""
        return sum((credit.open for credit in self.credits), Decimal(0))

    @property
    def balance(self) -> Decimal:
        """What the account owes; negative when it has credit."""
        return self.owed - self.held

    def overdue_items(self, today: date) -> tuple[OwedItem, ...]:
        """What was due before today and is not paid: an invoice has its due date to its end."""
        return tuple(item for item in self.open_items if item.due_on < today)

    def unsettled_on(self, today: date) -> tuple[TakenPayment, ...]:
        """Payments that the bank may still take back, or what is left of them."""
        return tuple(
            entry for entry in self.payments if entry.kept > 0 and entry.settles_on > today
        )

    @cached_property
    def items_by_document(self) -> dict[str, OwedItem]:
        """What is or was owed, by document."""
        return {item.document: item for item in self.items}

    def find_payment(self, payment: str) -> TakenPayment | None:
        """A payment by its name, or None."""
        return next((entry for entry in self.payments if entry.payment == payment), None)


def position_of(ledger: LedgerId, entries: Iterable[LedgerEntry]) -> LedgerPosition:
    """The position that all entries of a ledger come to, in their order."""
    position = LedgerPosition.empty(ledger)
    for entry in entries:
        position = after(position, entry)
    return position


def after(position: LedgerPosition, entry: LedgerEntry) -> LedgerPosition:
    """The position after one more entry.

    Raises:
        LedgerOrderError: when the entry does not follow the position's last one.
    """
    if (entry.sequence, entry.previous_hash) != (position.version + 1, position.last_hash):
        raise LedgerOrderError(position, entry)
    items = {item.document: item for item in position.items}
    held = {credit.source: credit for credit in position.credits}
    payments = {payment.payment: payment for payment in position.payments}
    for posting in entry.postings:
        if posting.on is LedgerAccount.RECEIVABLE:
            _move_item(items, entry, posting.reference, posting.amount)
        elif posting.on is LedgerAccount.CREDIT:
            _move_credit(held, entry, posting.reference, -posting.amount)
        elif posting.on is LedgerAccount.WRITTEN_OFF:
            item = items[posting.reference]
            written_off = item.written_off + posting.amount
            items[item.document] = item.model_copy(update={"written_off": written_off})
    _note_payment(payments, entry)
    return position.model_copy(
        update={
            "version": entry.sequence,
            "last_hash": entry.hash,
            "items": tuple(items.values()),
            "credits": tuple(credit for credit in held.values() if credit.open),
            "payments": tuple(payments.values()),
        }
    )


def _move_item(
    items: dict[str, OwedItem], entry: LedgerEntry, document: str, amount: Decimal
) -> None:
    standing = items.get(document)
    if standing is not None:
        items[document] = standing.model_copy(update={"open": standing.open + amount})
        return
    items[document] = OwedItem(
        document=document,
        kind=entry.kind,
        title=entry.title,
        on=entry.on,
        due_on=entry.due_on or entry.on,
        amount=amount,
        open=amount,
        cycle=entry.cycle,
        followed_from=entry.followed_from,
    )


def _move_credit(
    held: dict[str, HeldCredit], entry: LedgerEntry, source: str, amount: Decimal
) -> None:
    standing = held.get(source)
    if standing is not None:
        held[source] = standing.model_copy(update={"open": standing.open + amount})
        return
    held[source] = HeldCredit(source=source, kind=entry.kind, on=entry.on, open=amount)


def _note_payment(payments: dict[str, TakenPayment], entry: LedgerEntry) -> None:
    """What became of payments. An allocation names the source of the credit as its document."""
    if entry.kind is EntryKind.PAYMENT:
        cash = sum((p.amount for p in entry.postings if p.on is LedgerAccount.CASH), Decimal(0))
        payments[entry.document] = TakenPayment(
            payment=entry.document,
            on=entry.on,
            settles_on=entry.settles_on or entry.on,
            amount=cash,
            sequence=entry.sequence,
        )
        return
    for posting in entry.postings:
        paid_back = posting.on is LedgerAccount.CREDIT and entry.kind is EntryKind.REFUND
        if paid_back and (source := payments.get(posting.reference)) is not None:
            refunded = source.refunded + posting.amount
            payments[source.payment] = source.model_copy(update={"refunded": refunded})
    payment = payments.get(entry.payment or entry.document)
    if payment is None:
        return
    if entry.kind is EntryKind.ALLOCATION:
        used = dict(payment.used_for)
        for posting in entry.postings:
            if posting.on is LedgerAccount.RECEIVABLE:
                before = used.get(posting.reference, Decimal(0))
                used[posting.reference] = before - posting.amount
        payments[payment.payment] = payment.model_copy(update={"used_for": used})
    elif entry.kind is EntryKind.PAYMENT_RETURNED:
        cash = sum((p.amount for p in entry.postings if p.on is LedgerAccount.CASH), Decimal(0))
        again = dict(payment.owed_again)
        for posting in entry.postings:
            if posting.on is LedgerAccount.RECEIVABLE:
                again[posting.reference] = again.get(posting.reference, Decimal(0)) + posting.amount
        changed = {
            "owed_again": again,
            "returned": payment.returned - cash,
            "returned_on": entry.on,
            "returned_sequence": entry.sequence,
        }
        payments[payment.payment] = payment.model_copy(update=changed)


class LedgerOrderError(ValueError):
    """An entry does not follow what is there: one is missing, was changed, or came twice."""

    def __init__(self, position: LedgerPosition, entry: LedgerEntry) -> None:
        super().__init__(
            f"entry {entry.sequence} of {position.ledger} does not follow entry {position.version}"
        )
        self.sequence = entry.sequence
