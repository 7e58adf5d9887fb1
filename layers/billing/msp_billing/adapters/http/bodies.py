"""What callers of the payments API send. Who sends it is never in here: IAM says it.

``by`` is the person on whose behalf a program asks; it is kept beside the program's principal.
"""

from __future__ import annotations

from datetime import date
from typing import Annotated

from pydantic import Field, model_validator

from msp_billing.adapters.http.strict_json import AmountText
from msp_billing.domain.base import Frozen, Identifier, Text
from msp_billing.domain.money import CurrencyCode, Money
from msp_billing.domain.payments.incoming import (
    ExternalId,
    IncomingPayment,
    IncomingReturn,
    PaymentKey,
    PaymentMethod,
    RemittancePart,
)
from msp_billing.usecases.dunning.pause_checks import Ending, PauseRequest

Source = Annotated[
    Identifier,
    Field(description="Who reports it. Together with the external id it names it for ever."),
]
By = Annotated[
    str | None,
    Field(min_length=1, max_length=200, description="The person on whose behalf the program asks."),
]
Why = Annotated[Text, Field(description="The reason; it is kept.")]


class Amount(Frozen):
    """Money as text with its currency."""

    amount: AmountText
    currency: CurrencyCode = Field(description="ISO 4217 code.", examples=["USD"])

    def money(self) -> Money:
        """The same as the domain has it."""
        return Money(amount=self.amount, currency=self.currency)


class Key(Frozen):
    """What names a payment or a return for ever, together with the provider."""

    source: Source = "api"
    external_id: ExternalId = Field(description="What the source calls it.")

    def of(self, provider: str) -> PaymentKey:
        """The same as the domain has it."""
        return PaymentKey(provider=provider, source=self.source, external_id=self.external_id)


class Part(Frozen):
    """What a part of the money is for."""

    invoice: Text = Field(description="Number of the invoice.")
    amount: AmountText | None = Field(
        default=None, description="How much of it; what is open of the invoice, if left out."
    )

    def part(self) -> RemittancePart:
        """The same as the domain has it."""
        return RemittancePart.model_construct(invoice=self.invoice, amount=self.amount)


Remittance = Annotated[
    tuple[Part, ...],
    Field(max_length=200, description="What it is for; the oldest first, if left out."),
]


class PaymentBody(Key, Amount):
    """A payment that came in."""

    method: PaymentMethod = PaymentMethod.OTHER
    received_on: date = Field(description="The day on which the bank booked it.")
    account: Identifier | None = Field(
        default=None, description="Whose it is; matched by the invoices and texts, if left out."
    )
    remittance: Remittance = ()
    payer: Text | None = Field(default=None, description="Who paid, as the bank names them.")
    texts: tuple[Text, ...] = Field(default=(), max_length=40, description="References and memos.")
    trace: Text | None = Field(
        default=None, description="The bank's own number of it, by which a return names it."
    )
    by: By = None

    def payment(self, provider: str) -> IncomingPayment:
        """The same as the domain has it."""
        return IncomingPayment(
            key=self.of(provider),
            amount=self.money(),
            method=self.method,
            received_on=self.received_on,
            account=self.account,
            remittance=tuple(entry.part() for entry in self.remittance),
            payer=self.payer,
            texts=self.texts,
            trace=self.trace,
        )


class ReturnBody(Key, Amount):
    """A payment that the bank took back."""

    returned_on: date
    code: Annotated[str, Field(pattern=r"^[A-Za-z0-9_-]{1,40}$")] = Field(
        description="Why, as the source codes it.", examples=["R01"]
    )
    reason: Text
    payment: Key | None = Field(default=None, description="The payment, where it is known.")
    trace: Text | None = Field(default=None, description="The bank's number of the payment.")
    account: Identifier | None = None
    texts: tuple[Text, ...] = Field(default=(), max_length=40)
    by: By = None

    def returned(self, provider: str) -> IncomingReturn:
        """The same as the domain has it."""
        return IncomingReturn(
            key=self.of(provider),
            amount=self.money(),
            returned_on=self.returned_on,
            code=self.code,
            reason=self.reason,
            payment=self.payment.of(provider) if self.payment else None,
            trace=self.trace,
            account=self.account,
            texts=self.texts,
        )


class AssignmentBody(Key):
    """Whose payment it is that waits in the queue, or which payment went back."""

    account: Identifier | None = Field(default=None, description="Whose payment it is.")
    payment: Key | None = Field(default=None, description="For a return: of which payment.")
    remittance: Remittance = ()
    why: Why
    by: By = None

    @model_validator(mode="after")
    def _one_answer(self) -> AssignmentBody:
        if (self.account is None) == (self.payment is None):
            raise ValueError("give either the 'account' of a payment or the 'payment' of a return")
        return self


class DismissalBody(Key):
    """That what waits in the queue is no payment of an account."""

    why: Why
    by: By = None


class RefundBody(Frozen):
    """Credit that is paid back to the account."""

    refund: Identifier = Field(description="A name for it: under one name it is paid back once.")
    amount: AmountText | None = Field(
        default=None, description="In the account's currency; all that is held, if left out."
    )
    method: PaymentMethod
    why: Why
    by: By = None


class PauseBody(Frozen):
    """A promise to pay, or a dispute: it pauses what it covers, until a day (DUN-08)."""

    name: Identifier | None = Field(
        default=None, description="Under one name it is kept once; counted, if left out."
    )
    amount: AmountText | None = Field(
        default=None, description="How much it covers; all that is open, if left out."
    )
    until: date = Field(description="The last day on which it covers that.")
    invoice: Text | None = Field(default=None, description="Its number; the oldest, if left out.")
    why: Why
    by: By = None

    def request(self, provider: str, account: str, by: str) -> PauseRequest:
        """The same as the use case has it."""
        return PauseRequest(
            provider=provider,
            account=account,
            document=self.invoice,
            amount=self.amount,
            until=self.until,
            reason=self.why,
            by=by,
            name=self.name,
        )


class PauseEndBody(Frozen):
    """That a promise or dispute is over before its last day."""

    how: Ending
    why: Why
    by: By = None


class AcknowledgementBody(Frozen):
    """That a consumer has done what an entitlement version says (DUN-07)."""

    consumer: Identifier
    entitlement_version: int = Field(ge=0)
