"""Who bills and who is billed, beyond name and address: what documents and e-invoices need."""

from __future__ import annotations

from decimal import Decimal
from typing import Annotated, Literal
from urllib.parse import quote, urlsplit

from pydantic import AfterValidator, Field, StringConstraints, model_validator

from msp_billing.domain.base import Frozen, Text

PAYMENT_LINK_FIELDS = ("provider", "account", "number", "amount", "currency")
"""What may stand in braces in a payment link."""


def _payment_link(text: str) -> str:
    fields = dict.fromkeys(PAYMENT_LINK_FIELDS, "x")
    known = ", ".join("{" + name + "}" for name in PAYMENT_LINK_FIELDS)
    try:
        filled = text.format_map(fields)
    except (KeyError, IndexError, ValueError, AttributeError):
        raise ValueError(f"a payment link may hold {known} and no other braces") from None
    parts = urlsplit(filled)
    if parts.scheme != "https" or not parts.netloc:
        raise ValueError("a payment link begins with https:// and names a host")
    return text


PaymentLink = Annotated[
    str,
    StringConstraints(min_length=12, max_length=400, pattern=r"^[!-~]+$"),
    AfterValidator(_payment_link),
]

Paper = Literal["letter", "a4"]


class BankAccount(Frozen):
    """Where transfers go, in the parts that payment slips and e-invoices need."""

    holder: Text | None = Field(default=None, description="The provider's name, if left out.")
    bank: Text | None = None
    routing_number: Annotated[str, StringConstraints(pattern=r"^[0-9]{9}$")] | None = Field(
        default=None, description="Of a bank in the United States (ABA)."
    )
    account_number: Annotated[str, StringConstraints(pattern=r"^[0-9A-Z]{1,34}$")] | None = None
    iban: Annotated[str, StringConstraints(pattern=r"^[A-Z]{2}[0-9]{2}[A-Z0-9]{10,30}$")] | None = (
        Field(default=None, description="Without spaces.")
    )
    bic: (
        Annotated[str, StringConstraints(pattern=r"^[A-Z]{6}[A-Z0-9]{2}(?:[A-Z0-9]{3})?$")] | None
    ) = None

    @model_validator(mode="after")
    def _names_an_account(self) -> BankAccount:
        if self.iban is None and self.account_number is None:
            raise ValueError("give the account's 'iban' or its 'account_number'")
        return self


class PayTo(Frozen):
    """How an invoice is paid, beside the lines of ``remittance``; the payment slip shows it."""

    link: PaymentLink | None = Field(
        default=None,
        description="Page to pay on, with {number}, {account}, {amount}, {currency} or {provider} "
        "where they belong: printed as a QR code and put into the mail.",
    )
    bank: BankAccount | None = None
    cheques_to: tuple[Text, ...] = Field(
        default=(), max_length=6, description="Name and postal address for cheques."
    )
    slip: bool = Field(
        default=False, description="Whether the first page ends in a slip to send with a cheque."
    )

    def link_for(
        self, *, provider: str, account: str, number: str, amount: Decimal, currency: str
    ) -> str | None:
        """The page to pay one invoice on, its values escaped for a URL; None without a link."""
        if self.link is None:
            return None
        values = {
            "provider": provider,
            "account": account,
            "number": number,
            "amount": format(amount, "f"),
            "currency": currency,
        }
        return self.link.format_map({name: quote(text, safe="") for name, text in values.items()})


class Seller(Frozen):
    """The provider as a legal person; at least one of the numbers makes it known to tax offices."""

    legal_name: Text | None = Field(default=None, description="Where it differs from the name.")
    registration_id: Text | None = Field(default=None, description="In a register of companies.")
    vat_id: Annotated[str, StringConstraints(pattern=r"^[A-Z]{2}[A-Z0-9]{2,13}$")] | None = None
    tax_number: Text | None = Field(default=None, description="Of the local tax office (EIN).")


class Buyer(Frozen):
    """What an account wants to find on its invoices about itself."""

    registration_id: Text | None = None
    vat_id: Annotated[str, StringConstraints(pattern=r"^[A-Z]{2}[A-Z0-9]{2,13}$")] | None = None
    reference: Text | None = Field(
        default=None, description="By which its bookkeeping routes invoices (EN 16931, BT-10)."
    )


class Logo(Frozen):
    """A provider's logo, as it is printed and mailed; read from a file of its directory."""

    media_type: Literal["image/svg+xml", "image/png", "image/jpeg"]
    base64: Annotated[str, StringConstraints(min_length=8, max_length=80_000)]
    text: Text = Field(description="What it shows, for those who do not see it.")
