"""Minimums that an agreement promises: volume prices assume volume (MSA-04)."""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING

from pydantic import Field, model_validator

from msp_billing.domain.base import Code, Frozen, Identifier
from msp_billing.domain.money import ExactDecimal

if TYPE_CHECKING:
    from msp_billing.domain.periods import Period


class AgreementMinimum(Frozen):
    """A least monthly amount, or a least quantity of one product over the whole agreement.

    What is missing is a line of its own with its reason, so that scaling down is no free exit.
    """

    minimum: Identifier = Field(description="Its name within the agreement.")
    amount: ExactDecimal | None = Field(
        default=None, gt=0, description="Least amount per month, in the account's currency."
    )
    categories: tuple[Identifier, ...] = Field(
        default=(),
        description="For 'amount': the categories whose monthly charges count towards it, all of "
        "them billed by the same run.",
    )
    quantity: int | None = Field(
        default=None, ge=1, le=1_000_000, description="Least quantity per month."
    )
    product: Code | None = Field(
        default=None,
        description="For 'quantity': the product, counted over all of the agreement's lines.",
    )
    starts_on: date | None = Field(default=None, description="First day that it applies.")
    ends_on: date | None = Field(default=None, description="Last day that it applies.")
    clause: Identifier | None = Field(
        default=None, description="The clause that says so; the run's own where nothing is said."
    )

    @model_validator(mode="after")
    def _one_meaning(self) -> AgreementMinimum:
        if (self.amount is None) == (self.quantity is None):
            raise ValueError("a minimum is either an 'amount' or a 'quantity': give one of them")
        if self.amount is not None and (self.product is not None or not self.categories):
            raise ValueError(
                "a minimum amount counts categories: list its 'categories', and no 'product'"
            )
        if self.quantity is not None and (self.product is None or self.categories):
            raise ValueError(
                "a minimum quantity counts one product: name its 'product', and no 'categories'"
            )
        if self.starts_on and self.ends_on and self.ends_on < self.starts_on:
            raise ValueError("the minimum ends before it starts")
        return self

    def applies_in(self, period: Period) -> bool:
        """Whether any day of the month lies in it; the whole month counts then."""
        begun = self.starts_on is None or self.starts_on <= period.last_day
        return begun and (self.ends_on is None or self.ends_on >= period.first_day)
