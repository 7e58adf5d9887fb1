"""What is true of an invoice on the day it is issued: the account's balance, and why it differs.

Both change later: payments come in, earlier invoices are credited. They are therefore frozen when
the invoice is entered in the ledger, so that it can be rendered again to the same bytes.
"""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from enum import StrEnum

from pydantic import Field, model_validator

from msp_billing.domain.base import ComposedText, Frozen, Text
from msp_billing.domain.invoices import InvoiceId
from msp_billing.domain.money import CurrencyCode, ExactDecimal, Money, total
from msp_billing.domain.periods import Period


class Cause(StrEnum):
    """Why an amount differs from the last invoice's."""

    COUNT = "count"
    """More or fewer of something, at the price of before."""
    PRICE = "price"
    """Another price for as many."""
    NEW = "new"
    """Something that was not on the last invoice."""
    ENDED = "ended"
    """Something that is not on this one."""
    ONE_TIME = "one_time"
    """Charges and work that are billed once, on this invoice or the last."""
    DISCOUNT = "discount"
    CREDIT = "credit"
    """Adjustments by a person."""
    MINIMUM = "minimum"
    TAX = "tax"


class Difference(Frozen):
    """One cause, and what it comes to; negative makes the invoice smaller."""

    cause: Cause
    title: ComposedText = Field(description="What it is about, as on the lines: a product, a tax.")
    product: str | None = None
    amount: Money
    quantity_before: ExactDecimal | None = None
    quantity_now: ExactDecimal | None = None
    price_before: Money | None = None
    price_now: Money | None = None
    joined: int = Field(default=0, ge=0, description="Items that were counted anew.")
    left: int = Field(default=0, ge=0, description="Items that are counted no more.")


class PreviousInvoice(Frozen):
    """The invoice of the same kind for the period before."""

    number: Text
    period: Period
    total: Money


class OpenItem(Frozen):
    """An earlier document that was open when the invoice was issued."""

    document: Text
    on: date
    due_on: date
    open: Money


class Balance(Frozen):
    """Where the account stood when the invoice was entered.

    ``brought_forward - credit_held + total`` is the balance after it; ``credit_used`` is the part
    of the credit that went to this invoice.
    """

    as_of: date = Field(description="The day on which it was entered, in the provider's zone.")
    brought_forward: Money = Field(description="Owed on earlier documents, before this invoice.")
    overdue: Money = Field(description="What of it was past its due date.")
    open_items: tuple[OpenItem, ...] = Field(default=(), description="The oldest of them.")
    open_count: int = Field(default=0, ge=0, description="How many there are in all.")
    credit_held: Money = Field(description="Money held for the account, before this invoice.")
    credit_used: Money = Field(description="What of it was used on this invoice.")
    to_pay: Money = Field(description="What is left to pay of this invoice; never below zero.")
    credit_left: Money = Field(description="Credit after it, its own included where it is one.")

    @property
    def is_plain(self) -> bool:
        """Whether the account owed nothing and held nothing, so that the total says it all."""
        return not (self.brought_forward.amount or self.credit_held.amount)

    def owed_after(self, invoice_total: Money) -> Money:
        """What is open on all documents once the invoice is entered.

        Credit may have paid earlier ones at the same time: that of an invoice below zero does.
        """
        return self.brought_forward - self.credit_held + invoice_total + self.credit_left

    def earlier_after(self, invoice_total: Money) -> Money:
        """What of that is open on earlier documents."""
        return self.owed_after(invoice_total) - self.to_pay

    def overdue_after(self, invoice_total: Money) -> Money:
        """What of it was past its due date: credit pays what is due longest first (KR-13)."""
        paid = self.brought_forward - self.earlier_after(invoice_total)
        left = self.overdue - paid
        return left if left.amount > 0 else left - left


class InvoiceAtIssue(Frozen):
    """All of it for one invoice."""

    schema_version: int = 1
    invoice: InvoiceId
    currency: CurrencyCode
    balance: Balance | None = Field(
        default=None, description="None for what is for information: the ledger has none of it."
    )
    previous: PreviousInvoice | None = Field(
        default=None, description="None for a first invoice, or after a change of the currency."
    )
    differences: tuple[Difference, ...] = Field(
        default=(), description="Largest first; they sum to the difference of the totals."
    )
    further: Money | None = Field(
        default=None, description="What causes beyond those listed come to, if there are any."
    )
    further_count: int = Field(default=0, ge=0)
    change: Money | None = Field(default=None, description="This total less the previous one.")

    @model_validator(mode="after")
    def _adds_up(self) -> InvoiceAtIssue:
        if (self.change is None) != (self.previous is None):
            raise ValueError("a change needs the previous invoice")
        if self.change is None:
            return self
        parts = [entry.amount for entry in self.differences]
        parts += [] if self.further is None else [self.further]
        if total(parts, self.currency) != self.change:
            raise ValueError(f"the causes sum to {total(parts, self.currency)}, not {self.change}")
        return self

    @property
    def to_pay(self) -> Decimal | None:
        """What is left to pay of the invoice after credit; None where the balance is not known."""
        return None if self.balance is None else self.balance.to_pay.amount
