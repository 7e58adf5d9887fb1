"""Money that was reported to have come in, or gone back: before anybody knows whose it is.

Every reader (bank files, webhooks, the HTTP API, the command line) makes these two, so that one use
case takes them all.
"""

from __future__ import annotations

import hashlib
from datetime import date
from enum import StrEnum
from typing import Annotated

from pydantic import Field, StringConstraints

from msp_billing.domain.base import Frozen, Identifier, Text
from msp_billing.domain.money import ExactDecimal, Money

ExternalId = Annotated[
    str, StringConstraints(pattern=r"^[A-Za-z0-9][A-Za-z0-9._:/+-]{0,119}$", max_length=120)
]
"""What the source calls a payment; together with the source it names the payment for ever."""


class PaymentMethod(StrEnum):
    """How the money came (KR-13)."""

    ACH = "ach"
    WIRE = "wire"
    CHECK = "check"
    CARD = "card"
    CASH = "cash"
    OTHER = "other"


class PaymentKey(Frozen):
    """What a payment is: it counts once, for ever (docs/faults.md, 32 to 35)."""

    provider: Identifier
    source: Identifier = Field(description="Who reports it: 'api', 'clerk', or a file's name.")
    external_id: ExternalId

    @property
    def document(self) -> str:
        """Its name in the ledger."""
        return f"{self.source}:{self.external_id}"

    def __str__(self) -> str:
        return f"{self.provider}/{self.document}"


def source_of(document: str) -> str:
    """Who reported a payment, by its name in the ledger."""
    return document.partition(":")[0]


class RemittancePart(Frozen):
    """What the payer says that a part of the money is for."""

    invoice: Text = Field(description="Number of the invoice.")
    amount: ExactDecimal | None = Field(
        default=None, gt=0, description="How much of it; what is open of the invoice, if left out."
    )


class IncomingPayment(Frozen):
    """Money that came in, as its source tells it.

    ``account`` and ``remittance`` are what the source knows for certain; ``texts`` is what it has
    beside that (reference, memo, name of the payer), in which the matching looks for numbers.
    """

    key: PaymentKey
    amount: Money = Field(description="Positive; what came, before any fee of the bank.")
    method: PaymentMethod
    received_on: date = Field(description="The day on which the bank booked it.")
    account: Identifier | None = None
    remittance: tuple[RemittancePart, ...] = Field(default=(), max_length=200)
    payer: Text | None = Field(default=None, description="Who paid, as the bank names them.")
    texts: tuple[Text, ...] = Field(default=(), max_length=40)
    trace: Text | None = Field(
        default=None, description="The bank's own number of it, by which a return names it."
    )

    @property
    def parameters_sha256(self) -> str:
        """Hash of what must be the same when the payment is reported again."""
        told = f"{self.amount.amount.normalize():f} {self.amount.currency} {self.account or ''}"
        return hashlib.sha256(told.encode()).hexdigest()


class IncomingReturn(Frozen):
    """A payment that the bank took back: an ACH return, a bounced check, a chargeback."""

    key: PaymentKey = Field(description="Of the return itself.")
    amount: Money = Field(description="Positive: how much went back.")
    returned_on: date
    code: Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9_-]{1,40}$")] = Field(
        description="Why, as the source codes it: 'R01' for insufficient funds."
    )
    reason: Text
    payment: PaymentKey | None = Field(default=None, description="The payment, where it is known.")
    trace: Text | None = Field(default=None, description="The bank's number of the payment.")
    account: Identifier | None = None
    texts: tuple[Text, ...] = Field(default=(), max_length=40)
