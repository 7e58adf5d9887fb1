"""What is known of a payment: as it was told, whose it is, and what a person decided about it."""

from __future__ import annotations

from datetime import datetime
from typing import Literal

from pydantic import Field, model_validator

from msp_billing.domain.base import Frozen, Identifier, Text
from msp_billing.domain.payments.incoming import IncomingPayment, IncomingReturn, PaymentKey
from msp_billing.domain.problems import Problem

PaymentState = Literal["booked", "queued", "dismissed"]
"""Booked in a ledger; waiting for a person; or found by a person to be no payment of ours."""


class PaymentRecord(Frozen):
    """One payment or return for ever, under its key."""

    schema_version: int = 1
    version: int = Field(ge=1, description="Counts every change of the record.")
    payment: IncomingPayment | None = None
    returned: IncomingReturn | None = None
    state: PaymentState
    account: Identifier | None = Field(default=None, description="In whose ledger it is booked.")
    matched_by: Text | None = Field(
        default=None, description="'invoice number KRG-000012', or the person who said it."
    )
    problems: tuple[Problem, ...] = Field(default=(), description="Why it waits for a person.")
    suggestions: tuple[Identifier, ...] = Field(default=(), description="Whose it might be.")
    reported_at: datetime
    reported_by: Text = Field(description="A person, or the file with its hash.")
    decided_at: datetime | None = None
    decided_by: Text | None = Field(default=None, description="Who assigned or dismissed it.")
    why: Text | None = Field(default=None, description="What the person said who decided.")

    @model_validator(mode="after")
    def _one_thing(self) -> PaymentRecord:
        if (self.payment is None) == (self.returned is None):
            raise ValueError("a record is of a payment or of a return")
        return self

    @property
    def key(self) -> PaymentKey:
        """Under which it is kept."""
        told = self.payment or self.returned
        assert told is not None, "the model admits no record of nothing"
        return told.key
