"""Agreements: the contract with an account, and the lines it provides."""

from __future__ import annotations

from datetime import date

from pydantic import Field, model_validator

from msp_billing.domain.base import Code, Frozen, Identifier, Text
from msp_billing.domain.hardware import Hardware
from msp_billing.domain.periods import Period
from msp_billing.domain.price_book import Price

EACH_SUBSCRIBER = "each"
"""As a line's ``subscriber``: one invoice line for every subscriber of the account."""


class AgreementLine(Frozen):
    """One thing that an agreement provides, how many of it, and at what price."""

    line: Identifier
    product: Code
    subscriber: Identifier | None = Field(
        default=None,
        description="Whose it is: a subscriber, 'each' for all of them, or nothing for the "
        "account as a whole.",
    )
    quantity: int | None = Field(default=None, ge=0, le=1_000_000, description="A fixed quantity.")
    count_rule: Identifier | None = Field(
        default=None, description="Counted by this rule, in place of the product's own."
    )
    price: Price | None = Field(default=None, description="In place of the list price.")
    note: Text | None = Field(default=None, description="Shown after the product's name.")
    hardware: Hardware | None = Field(
        default=None, description="rented or owned, in place of what the product says (COL-28)."
    )
    starts_on: date | None = Field(default=None, description="First day it is provided.")
    ends_on: date | None = Field(default=None, description="Last day it is provided.")
    bill_once_in: Period | None = Field(
        default=None, description="A one-time charge, billed in this service month (MSA-01)."
    )

    @model_validator(mode="after")
    def _consistent(self) -> AgreementLine:
        if self.quantity is not None and self.count_rule is not None:
            raise ValueError("give either a fixed 'quantity' or a 'count_rule', not both")
        if self.starts_on and self.ends_on and self.ends_on < self.starts_on:
            raise ValueError("the line ends before it starts")
        return self

    def provided_in(self, period: Period) -> bool:
        """Whether any day of the month is provided; the whole month bills then."""
        if self.bill_once_in is not None:
            return self.bill_once_in == period
        return _overlaps(self.starts_on, self.ends_on, period)


class Agreement(Frozen):
    """A contract with its term and its lines."""

    agreement: Identifier
    title: Text
    starts_on: date
    ends_on: date | None = Field(default=None, description="Last day; none while it runs on.")
    term_years: int = Field(
        default=0, ge=0, le=10, description="Committed years; decides the term discount (KR-09)."
    )
    coverage: Identifier | None = Field(
        default=None, description="Level of coverage, decides the invoice's label (KR-03)."
    )
    lines: tuple[AgreementLine, ...] = Field(min_length=1)

    @model_validator(mode="after")
    def _consistent(self) -> Agreement:
        if self.ends_on is not None and self.ends_on < self.starts_on:
            raise ValueError("the agreement ends before it starts")
        names = [entry.line for entry in self.lines]
        doubles = sorted({name for name in names if names.count(name) > 1})
        if doubles:
            raise ValueError(f"agreement lines are listed twice: {', '.join(doubles)}")
        lost = [
            f"line {entry.line} is billed once in {entry.bill_once_in}, when the agreement is not "
            "in force: it would never be billed"
            for entry in self.lines
            if entry.bill_once_in is not None and not self.active_in(entry.bill_once_in)
        ]
        if lost:
            raise ValueError("; ".join(lost))
        return self

    def active_in(self, period: Period) -> bool:
        """Whether any day of the month lies in the agreement."""
        return _overlaps(self.starts_on, self.ends_on, period)


def _overlaps(starts_on: date | None, ends_on: date | None, period: Period) -> bool:
    after_start = starts_on is None or starts_on <= period.last_day
    before_end = ends_on is None or ends_on >= period.first_day
    return after_start and before_end
