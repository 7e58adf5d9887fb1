"""How a service provider re-bills its own customers: in its own name, terms and prices."""

from __future__ import annotations

from decimal import ROUND_HALF_UP, Decimal
from typing import TYPE_CHECKING, Annotated, Literal

from pydantic import Field, StringConstraints, model_validator

from msp_billing.domain.base import Code, Frozen, Identifier, Text
from msp_billing.domain.money import ExactDecimal, Money, minor_unit_digits

if TYPE_CHECKING:
    from msp_billing.domain.invoices import InvoiceLine

ResaleColour = Annotated[str, StringConstraints(pattern=r"^#[0-9a-fA-F]{6}$")]


class Markup(Frozen):
    """A mark-up in place of the usual one: for a subscriber, a product, a category, or two."""

    percent: ExactDecimal = Field(ge=-100, le=1000)
    subscriber: Identifier | None = None
    product: Code | None = None
    category: Identifier | None = None

    @model_validator(mode="after")
    def _says_for_what(self) -> Markup:
        if self.product is not None and self.category is not None:
            raise ValueError("a mark-up is for a product or for a category, not for both")
        if self.subscriber is None and self.product is None and self.category is None:
            raise ValueError("say for which subscriber, product or category the mark-up is")
        return self

    def fits(self, line: InvoiceLine) -> bool:
        """Whether the mark-up is for this line."""
        return (
            self.subscriber in {None, line.subscriber}
            and self.product in {None, line.product}
            and self.category in {None, line.category}
        )

    @property
    def weight(self) -> int:
        """What is said more closely comes before what is said less closely."""
        named = (self.subscriber is not None, self.product is not None, self.category is not None)
        return sum(weight for weight, given in zip((4, 2, 1), named, strict=True) if given)


class ResalePrice(Frozen):
    """A price of the service provider's own, whatever the product costs it."""

    product: Code
    each: ExactDecimal = Field(ge=0, le=10_000_000)
    subscriber: Identifier | None = Field(default=None, description="For this one only.")


class Resale(Frozen):
    """What pre-invoices to the account's own customers look like (COL-27)."""

    name: Text
    address: tuple[Text, ...] = Field(min_length=1, max_length=8)
    contact: tuple[Text, ...] = Field(default=(), max_length=4, description="Phone, mail, web.")
    payment: tuple[Text, ...] = Field(min_length=1, max_length=8, description="How to pay.")
    note: Text | None = None
    primary: ResaleColour = "#1f3a5f"
    accent: ResaleColour = "#2f7f79"
    terms: Literal["net 10", "net 30"] = Field(
        description="Days from its invoice date until its customers have to pay."
    )
    invoice_day: int = Field(
        default=20,
        ge=1,
        le=28,
        description="Day of the month of our invoice on which it invoices its customers.",
    )
    markup_percent: ExactDecimal = Field(
        default=Decimal(0), ge=-100, le=1000, description="On everything without a closer one."
    )
    markups: tuple[Markup, ...] = ()
    prices: tuple[ResalePrice, ...] = ()
    round_to: ExactDecimal | None = Field(
        default=None,
        gt=0,
        le=100,
        description="Unit prices are rounded to multiples of this, half up; to the currency's "
        "smallest unit where nothing is said.",
    )

    @model_validator(mode="after")
    def _one_answer(self) -> Resale:
        scopes = [(entry.subscriber, entry.product, entry.category) for entry in self.markups]
        if len(set(scopes)) != len(scopes):
            raise ValueError("two mark-ups are for the same subscriber, product or category")
        priced = [(entry.subscriber, entry.product) for entry in self.prices]
        if len(set(priced)) != len(priced):
            raise ValueError("a product has two resale prices for the same subscriber")
        return self

    @property
    def terms_days(self) -> int:
        """10 or 30."""
        return int(self.terms.removeprefix("net "))

    def own_price(self, line: InvoiceLine) -> ResalePrice | None:
        """The service provider's own price for a line; the subscriber's own comes first."""
        fitting = [
            entry
            for entry in self.prices
            if entry.product == line.product and entry.subscriber in {None, line.subscriber}
        ]
        return max(fitting, key=lambda entry: entry.subscriber is not None, default=None)

    def markup(self, line: InvoiceLine) -> Decimal:
        """The mark-up of a line in percent: the closest one that fits, else the usual one."""
        fitting = [entry for entry in self.markups if entry.fits(line)]
        closest = max(fitting, key=lambda entry: entry.weight, default=None)
        return self.markup_percent if closest is None else closest.percent

    def rounded(self, amount: Decimal, currency: str) -> Money:
        """A unit price as the service provider rounds it."""
        step = self.round_to or Decimal(1).scaleb(-minor_unit_digits(currency))
        steps = (amount / step).quantize(Decimal(1), rounding=ROUND_HALF_UP)
        return Money(amount=steps * step, currency=currency)
