"""The final statement of an account that leaves: everything on it, down to zero (MSA-05).

It is worked out from documents alone, whoever keeps them: invoices, credit notes and payments. It
either reaches zero with nothing left to do, or it says in sentences what is missing.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from datetime import date
from decimal import Decimal
from enum import StrEnum
from typing import TYPE_CHECKING

from pydantic import Field

from msp_billing.domain.base import Frozen, Text
from msp_billing.domain.contracts.billed_before import MONTHLY_KINDS
from msp_billing.domain.invoices import Invoice, LineKind
from msp_billing.domain.money import CurrencyCode, Money

if TYPE_CHECKING:
    from msp_billing.domain.contracts.lifetimes import Lifetime
    from msp_billing.domain.corrections.credit_notes import CreditNote


class MovementKind(StrEnum):
    """What moves the balance beside invoices."""

    CREDIT_NOTE = "credit_note"
    PAYMENT = "payment"
    REFUND = "refund"
    PAYMENT_RETURNED = "payment_returned"  # the bank took it back
    LATE_FEE = "late_fee"
    WRITE_OFF = "write_off"
    OPENING_INVOICE = "opening_invoice"  # owed when the account was taken over
    OPENING_CREDIT = "opening_credit"  # held for it then


_SIGNS = {
    MovementKind.CREDIT_NOTE: -1,
    MovementKind.PAYMENT: -1,
    MovementKind.REFUND: 1,
    MovementKind.PAYMENT_RETURNED: 1,
    MovementKind.LATE_FEE: 1,
    MovementKind.WRITE_OFF: -1,
    MovementKind.OPENING_INVOICE: 1,
    MovementKind.OPENING_CREDIT: -1,
}
_TITLES = {
    MovementKind.CREDIT_NOTE: "Credit note",
    MovementKind.PAYMENT: "Payment",
    MovementKind.REFUND: "Refund",
    MovementKind.PAYMENT_RETURNED: "Returned payment",
    MovementKind.LATE_FEE: "Late fee",
    MovementKind.WRITE_OFF: "Write-off",
    MovementKind.OPENING_INVOICE: "Invoice taken over",
    MovementKind.OPENING_CREDIT: "Credit taken over",
}


class Movement(Frozen):
    """A credit note, a payment, money that was paid back, a fee, or a debt that was given up."""

    kind: MovementKind
    on: date
    reference: Text = Field(description="Number of the document, or of the payment.")
    amount: Money = Field(description="How much, always positive: the kind says which way.")
    invoice: Text | None = Field(default=None, description="The number of the invoice it is for.")


def movement_of(note: CreditNote) -> Movement:
    """A credit note as it moves the balance.

    Raises:
        StatementError: for one that has no number yet.
    """
    if note.number is None:
        raise StatementError(f"the credit note for {note.invoice_number} has no number yet")
    return Movement(
        kind=MovementKind.CREDIT_NOTE,
        on=note.issued_on,
        reference=note.number,
        amount=note.total,
        invoice=note.invoice_number,
    )


class UnbilledCharge(Frozen):
    """A one-time charge that no invoice has yet."""

    charge: Text = Field(description="Its id, as invoice lines carry it.")
    what: Text


class StatementEntry(Frozen):
    """One document, and what is owed after it."""

    on: date
    what: Text
    reference: Text
    amount: Money = Field(description="Positive when it is owed, negative when it settles.")
    balance: Money


class FinalStatement(Frozen):
    """All documents in order, and what keeps the account from being closed."""

    account: Text
    currency: CurrencyCode
    entries: tuple[StatementEntry, ...]
    balance: Money
    missing: tuple[str, ...] = Field(description="What is left to do, one sentence each.")

    @property
    def settled(self) -> bool:
        """Whether the account has reached zero and nothing is left to do."""
        return not self.missing


def final_statement(
    lifetimes: Sequence[Lifetime],
    account: str,
    currency: str,
    invoices: Iterable[Invoice],
    movements: Iterable[Movement],
    unbilled: Iterable[UnbilledCharge] = (),
) -> FinalStatement:
    """List every document of the account with its running balance, and what is missing to zero.

    Args:
        lifetimes: of all agreements of the account.
        account: its name, as the statement shows it.
        invoices: all that the account ever got. Drafts among them are named as missing; those
            for information are passed over, because nothing is owed by them (COL-24).
        movements: credit notes, payments and whatever else moved the balance; a ledger's are in
            :func:`msp_billing.domain.ledger.statements.movements`.
        unbilled: one-time charges that no invoice has.

    Raises:
        StatementError: for a document in another currency, of no amount, or listed twice.
    """
    payable = (entry for entry in invoices if not entry.informational)
    numbered = sorted(payable, key=lambda entry: (entry.invoice_on, entry.number or ""))
    issued = [entry for entry in numbered if entry.number is not None]
    known = sorted(movements, key=lambda entry: (entry.on, entry.kind, entry.reference))
    _check(currency, issued, known)
    entries = tuple(_entries(currency, issued, known))
    balance = entries[-1].balance if entries else Money(amount=Decimal(0), currency=currency)
    missing = [
        *_unbilled(lifetimes, numbered, unbilled),
        *_billed_after_the_end(lifetimes, issued, known),
        *_unsettled(balance),
    ]
    return FinalStatement(
        account=account,
        currency=currency,
        entries=entries,
        balance=balance,
        missing=tuple(missing),
    )


def _check(currency: str, invoices: Sequence[Invoice], movements: Sequence[Movement]) -> None:
    references = Counter(
        [
            *(("invoice", entry.number) for entry in invoices),
            *((str(entry.kind), entry.reference) for entry in movements),
        ]
    )
    for (kind, reference), times in sorted(references.items(), key=str):
        if times > 1:
            raise StatementError(f"{kind} {reference} is listed {times} times")
    amounts = [entry.total for entry in invoices] + [entry.amount for entry in movements]
    strange = sorted({entry.currency for entry in amounts} - {currency})
    if strange:
        raise StatementError(f"documents are in {', '.join(strange)}, the account in {currency}")
    for entry in movements:
        if entry.amount.amount <= 0:
            raise StatementError(f"{entry.kind} {entry.reference} is not of a positive amount")


def _entries(
    currency: str, invoices: Sequence[Invoice], movements: Sequence[Movement]
) -> Iterator[StatementEntry]:
    """Documents by day; on the same day invoices come before what settles them."""
    rows = [
        (entry.invoice_on, 0, f"Invoice, {entry.label}", entry.number or "", entry.total.amount)
        for entry in invoices
    ]
    rows += [
        (entry.on, 1, _title(entry), entry.reference, _SIGNS[entry.kind] * entry.amount.amount)
        for entry in movements
    ]
    balance = Decimal(0)
    for on, _, what, reference, amount in sorted(rows):
        balance += amount
        yield StatementEntry(
            on=on,
            what=what,
            reference=reference,
            amount=Money(amount=amount, currency=currency),
            balance=Money(amount=balance, currency=currency),
        )


def _title(entry: Movement) -> str:
    title = _TITLES[entry.kind]
    return f"{title} for {entry.invoice}" if entry.invoice else title


def _unbilled(
    lifetimes: Sequence[Lifetime], invoices: Sequence[Invoice], unbilled: Iterable[UnbilledCharge]
) -> Iterator[str]:
    """What is still to be invoiced: running agreements, drafts, charges, pay-outs."""
    for life in lifetimes:
        name = life.agreement.agreement
        if life.end.last_on is None:
            yield f"Agreement {name} has no end: {life.end.why}."
        months = life.pay_out_months()
        paid_out = [
            line
            for invoice in invoices
            for line in invoice.lines
            if line.kind is LineKind.PAY_OUT and line.reason.agreement == name
        ]
        if months and not paid_out:
            yield (
                f"The pay-out of agreement {name} for {months[0]} to {months[-1]} is on no invoice."
            )
    for invoice in invoices:
        if invoice.number is None:
            yield f"The draft {invoice.id} of {invoice.total} has no number yet."
    billed = {line.charge for invoice in invoices for line in invoice.lines}
    for charge in sorted(unbilled, key=lambda entry: entry.charge):
        if charge.charge not in billed:
            yield f"The charge {charge.charge} is on no invoice: {charge.what}."


def _billed_after_the_end(
    lifetimes: Sequence[Lifetime], invoices: Sequence[Invoice], movements: Sequence[Movement]
) -> Iterator[str]:
    """Months that were invoiced before the end was known, and not credited since (KR-10).

    An invoice in advance may be out when a customer leaves. What a pay-out covers is owed all the
    same, and no month of it is on two invoices.
    """
    ends = {life.agreement.agreement: life.end for life in lifetimes}
    credited: dict[str | None, Decimal] = {}
    for entry in movements:
        if entry.kind is MovementKind.CREDIT_NOTE:
            known = credited.get(entry.invoice, Decimal(0))
            credited[entry.invoice] = known + entry.amount.amount
    for invoice in invoices:
        late = sum(
            (
                line.amount.amount
                for line in invoice.lines
                if line.kind in MONTHLY_KINDS
                and (end := ends.get(line.reason.agreement)) is not None
                and (last_on := end.contract_until or end.last_on) is not None
                and line.service_period.starts_on > last_on
            ),
            Decimal(0),
        )
        left = late - credited.get(invoice.number, Decimal(0))
        if left > 0:
            yield (
                f"Invoice {invoice.number} bills {Money(amount=left, currency=invoice.currency)} "
                "for days after the end of the agreement: issue a credit note."
            )


def _unsettled(balance: Money) -> Iterator[str]:
    if balance.amount > 0:
        yield f"{balance} is still to be paid."
    elif balance.amount < 0:
        yield f"{-balance} is to be paid back."


class StatementError(ValueError):
    """The documents of an account cannot be added up."""
