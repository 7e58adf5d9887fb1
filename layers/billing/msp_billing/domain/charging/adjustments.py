"""Manual credits and charges: what a person enters, with its reason, and who answers for it."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

from pydantic import Field, model_validator

from msp_billing.domain.base import Code, Frozen, Identifier, Text
from msp_billing.domain.money import CurrencyCode, ExactDecimal, Money


class Adjustment(Frozen):
    """A credit or a charge that no rule makes, billed once.

    It is either an amount, or a quantity of a product: a negative one is a credit.
    """

    adjustment: Identifier = Field(description="Unique in the account, for ever: billed once.")
    dated_on: date = Field(
        description="The day that it is of; the first cycle that this day is in time for takes it."
    )
    amount: ExactDecimal | None = Field(
        default=None, description="In the account's currency; negative for a credit."
    )
    category: Identifier | None = Field(
        default=None, description="For an amount: the category that it is listed under."
    )
    product: Code | None = Field(default=None, description="In place of an amount.")
    quantity: int | None = Field(
        default=None, ge=-1_000_000, le=1_000_000, description="Of the product; negative: credit."
    )
    each: ExactDecimal | None = Field(
        default=None,
        ge=0,
        description="Price per unit of the product; its own where nothing is said.",
    )
    description: Text = Field(description="What the customer reads.")
    reason: Text = Field(description="Why, for whoever checks the books.")
    entered_by: Text = Field(description="Who entered it.")
    approved_by: Text | None = Field(
        default=None, description="Who else agreed; needed above the policy's limit."
    )
    subscriber: Identifier | None = Field(default=None, description="The section it belongs to.")
    agreement: Identifier | None = Field(
        default=None, description="Whose invoice it goes on; the first active one if left out."
    )
    tax_class: Identifier | None = Field(
        default=None, description="In place of the product's or the category's."
    )

    @model_validator(mode="after")
    def _consistent(self) -> Adjustment:
        if (self.amount is None) == (self.product is None):
            raise ValueError("an adjustment is either an 'amount' or a 'product': give one of them")
        if self.amount is not None and (
            self.category is None or self.quantity is not None or self.each is not None
        ):
            raise ValueError(
                "an adjustment by amount is of a category: give its 'category', and neither "
                "'quantity' nor 'each'"
            )
        if self.product is not None and (self.quantity is None or self.category is not None):
            raise ValueError(
                "an adjustment of a product has a quantity: give its 'quantity', and no 'category'"
            )
        if not self.amount and not self.quantity:
            raise ValueError("an adjustment of nothing is a slip: give it an amount or a quantity")
        if self.approved_by is not None and self.approved_by.casefold() == (
            self.entered_by.casefold()
        ):
            raise ValueError("an adjustment is approved by another person than who entered it")
        return self

    @property
    def charge(self) -> str:
        """Its id among the one-time charges that are each billed once."""
        return f"adjustment:{self.adjustment}"


class AdjustmentPolicy(Frozen):
    """Up to which amount one person alone may enter a credit or a charge."""

    clause: Identifier
    approval_above: dict[CurrencyCode, ExactDecimal] = Field(
        description="By currency: amounts above it, either way, need 'approved_by'. In a currency "
        "that is not listed every adjustment needs it."
    )

    def needs_approval(self, amount: Money) -> bool:
        """Whether an amount, credit or charge, is above the limit of its currency."""
        limit = self.approval_above.get(amount.currency)
        return limit is None or abs(amount.amount) > limit


def adjusted_amount(quantity: int, each: Decimal, currency: str) -> tuple[Money, str]:
    """What a quantity of a product comes to, rounded half-up (away from zero), and how."""
    amount = Money(amount=each, currency=currency).times(quantity).rounded()
    return amount, f"{quantity} x {each} = {amount.amount}"
