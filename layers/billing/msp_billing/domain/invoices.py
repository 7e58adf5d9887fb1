"""Invoices: lines that explain themselves and sum to the total."""

from __future__ import annotations

from datetime import date, datetime
from decimal import Decimal
from enum import StrEnum
from functools import cached_property
from itertools import takewhile

from pydantic import Field, model_validator

from msp_billing.domain.base import (
    ComposedText,
    CountryCode,
    EmailAddress,
    Frozen,
    Identifier,
    LocaleTag,
    Text,
)
from msp_billing.domain.charging.vat import VatPart
from msp_billing.domain.contracts.change_windows import ContractedCount
from msp_billing.domain.counting.counts import Count
from msp_billing.domain.feeds.definitions import FeedSeal
from msp_billing.domain.hardware import Hardware
from msp_billing.domain.money import CurrencyCode, ExactDecimal, Money, total
from msp_billing.domain.parties import Buyer, Paper
from msp_billing.domain.periods import Period, ServicePeriod
from msp_billing.domain.work.work_done import WorkDone


class LineKind(StrEnum):
    """What sort of line it is; documents and totals group by it."""

    RECURRING = "recurring"
    ONE_TIME = "one_time"
    TIME = "time"
    DISCOUNT = "discount"
    SHORTFALL = "shortfall"
    ADJUSTMENT = "adjustment"
    TAX = "tax"
    RECONCILIATION = "reconciliation"
    PAY_OUT = "pay_out"


class PriceBasis(StrEnum):
    """How the amount came from the price."""

    EACH = "each"
    FLAT = "flat"
    TIER = "tier"
    GRADUATED = "graduated"
    INCLUDED = "included"
    OVERAGE = "overage"
    MINIMUM = "minimum"
    AMOUNT = "amount"
    PERCENT = "percent"


class LineReason(Frozen):
    """Why a line is what it is: its rule, its count, its price, in words a person can check."""

    clause: Identifier = Field(description="The clause of the policy, by name.")
    agreement: Identifier
    agreement_line: Identifier | None = Field(description="None for a discount on many lines.")
    quantity_from: ComposedText = Field(
        description="'counted: servers in the RMM', 'fixed in the ...'."
    )
    count: str | None = Field(default=None, description="Key into the invoice's counts.")
    contracted: ContractedCount | None = Field(
        default=None,
        description="Counted, contracted and billed, where a decrease waits for a change window.",
    )
    price_basis: PriceBasis
    price_from: ComposedText = Field(
        description="'price book 2026-11, from 2026-01-01', 'agreement ...'."
    )
    arithmetic: ComposedText = Field(description="'11 x 6.75 = 74.25'.")


class InvoiceLine(Frozen):
    """One line. ``amount`` is rounded to the currency; the total sums these."""

    line: int = Field(ge=1, description="Position on the invoice, from 1.")
    kind: LineKind
    subscriber: Identifier | None = Field(description="The section; None for the account itself.")
    product: str = Field(description="Product code; for a discount the discount's own code.")
    description: ComposedText
    category: Identifier
    quantity: ExactDecimal
    unit: Text
    unit_price: Money
    amount: Money
    service_period: ServicePeriod
    ownership: Hardware | None = Field(
        default=None,
        description="For hardware: rented, which stays the provider's property, or owned (COL-28).",
    )
    work: WorkDone | None = Field(
        default=None, description="For work by the hour: the engineer's time detail (KR-05)."
    )
    charge: str | None = Field(
        default=None,
        description="The one-time charge that it bills, by its id; no other cycle bills it again.",
    )
    vat: tuple[VatPart, ...] = Field(
        default=(),
        description="Under which rates its amount is, where the provider charges VAT; e-invoices "
        "have to say so.",
    )
    reason: LineReason


class CountEvidence(Frozen):
    """A count as it stood at the snapshot, frozen into the invoice with its source."""

    key: str
    rule: Identifier
    title: Text
    clause: Identifier
    subscriber: Identifier | None
    moment_at: datetime
    source: FeedSeal
    compared_with: Period | None = Field(description="The month of the last count, if any.")
    count: Count


class InvoiceSection(Frozen):
    """A part of the invoice: the account's own lines, or those of one subscriber or site."""

    subscriber: Identifier | None
    title: Text
    internal: bool = False


class InvoiceId(Frozen):
    """What an invoice is, before and after it has a number."""

    provider: Identifier
    run: Identifier
    period: Period
    account: Identifier
    part: Identifier = Field(description="'all', or the agreement when each has its own invoice.")
    revision: int = Field(
        default=1, ge=1, le=999, description="Counts up when a voided invoice is issued anew."
    )

    @property
    def mail_part(self) -> str:
        """The part that its mails have: each revision has mails of its own."""
        return self.part if self.revision == 1 else f"{self.part}-r{self.revision}"

    def __str__(self) -> str:
        return f"{self.provider}/{self.run}/{self.period}/{self.account}/{self.mail_part}"


class Invoice(Frozen):
    """An invoice, or a draft of one: the same thing but for its number.

    Immutable once numbered; corrections are credit notes.
    """

    schema_version: int = 1
    id: InvoiceId
    number: str | None = Field(default=None, description="None for a draft; drafts use none up.")
    label: Text
    account_name: Text
    bill_to: tuple[Text, ...]
    purchase_order: Text | None = None
    country: CountryCode | None = Field(default=None, description="Of whom is billed.")
    buyer: Buyer = Field(default_factory=Buyer)
    locale: LocaleTag = Field(default="en-US", description="Language and formats of its document.")
    paper: Paper | None = Field(default=None, description="By the currency, where it is not said.")
    recipients: tuple[EmailAddress, ...] = Field(
        default=(), description="The billing distribution when it was built (COL-07)."
    )
    invoice_on: date
    due_on: date | None = Field(description="None where nothing is due.")
    informational: bool = Field(
        default=False,
        description="Shows what a regular invoice will bill, and is never paid itself (COL-24).",
    )
    service_period: ServicePeriod
    currency: CurrencyCode
    sections: tuple[InvoiceSection, ...] = Field(min_length=1)
    lines: tuple[InvoiceLine, ...] = Field(min_length=1)
    counts: tuple[CountEvidence, ...]
    total: Money
    policy_version: Text
    price_book_version: Text
    snapshot_sha256: str = Field(description="Seal of the snapshot that it was built from.")

    @model_validator(mode="after")
    def _adds_up(self) -> Invoice:
        summed = total((line.amount for line in self.lines), self.currency)
        if self.informational is not (self.due_on is None):
            raise ValueError("what is for information has no due date, anything else has one")
        if summed != self.total:
            raise ValueError(f"the lines sum to {summed}, the total says {self.total}")
        if [line.line for line in self.lines] != list(range(1, len(self.lines) + 1)):
            raise ValueError("lines are not numbered 1, 2, 3, ...")
        if any(line.amount != line.amount.rounded() for line in self.lines):
            raise ValueError("an amount is not rounded to the currency's smallest unit")
        sections = {section.subscriber for section in self.sections}
        if any(line.subscriber not in sections for line in self.lines):
            raise ValueError("a line lies in a section that the invoice does not have")
        keys = {None, *(evidence.key for evidence in self.counts)}
        if any(line.reason.count not in keys for line in self.lines):
            raise ValueError("a line names a count that the invoice does not carry")
        return self

    def evidence(self, line: InvoiceLine) -> CountEvidence | None:
        """The count behind a line, or None when its quantity was not counted."""
        return self._counts_by_key.get(line.reason.count or "")

    @cached_property
    def _counts_by_key(self) -> dict[str, CountEvidence]:
        return {entry.key: entry for entry in self.counts}

    @property
    def time_details(self) -> tuple[tuple[InvoiceLine, WorkDone], ...]:
        """Every line that bills work, with the engineer's time behind it (KR-05)."""
        return tuple((line, line.work) for line in self.lines if line.work is not None)

    def section_total(self, subscriber: str | None) -> Money:
        """The sum of one section's lines."""
        amounts = (line.amount for line in self.lines if line.subscriber == subscriber)
        return total(amounts, self.currency)

    def numbered(self, number: str) -> Invoice:
        """The same invoice with its number.

        Raises:
            AlreadyNumberedError: when it has one; a number is given once.
        """
        if self.number is not None:
            raise AlreadyNumberedError(self.number)
        return self.model_copy(update={"number": number})


class AlreadyNumberedError(ValueError):
    """An invoice that has a number was to get another one."""

    def __init__(self, number: str) -> None:
        super().__init__(f"invoice {number} has its number already")


class ProductTotal(Frozen):
    """Quantity and amount of one product over the sections of an invoice (COL-06)."""

    product: str
    description: str
    category: Identifier
    quantity: ExactDecimal
    amount: Money


def summarise_by_product(lines: tuple[InvoiceLine, ...], currency: str) -> tuple[ProductTotal, ...]:
    """Lines added up by product and category, in order of first appearance (COL-06)."""
    order: dict[tuple[str, str], list[InvoiceLine]] = {}
    for line in lines:
        order.setdefault((line.product, line.category), []).append(line)
    return tuple(
        ProductTotal(
            product=product,
            description=common_name([line.description for line in group]),
            category=category,
            quantity=sum((line.quantity for line in group), Decimal(0)),
            amount=total((line.amount for line in group), currency),
        )
        for (product, category), group in order.items()
    )


def common_name(descriptions: list[str]) -> str:
    """What descriptions begin with alike: notes of single lines follow the product's name.

    The shortest one where they have nothing in common.
    """
    texts = [text.split(", ") for text in descriptions]
    alike = takewhile(lambda parts: len(set(parts)) == 1, zip(*texts, strict=False))
    shortest = min(descriptions, key=lambda text: (len(text), text))
    return ", ".join(parts[0] for parts in alike) or shortest


def summarise_by_category(
    lines: tuple[InvoiceLine, ...], currency: str
) -> tuple[tuple[str, Money], ...]:
    """Category and amount, in order of first appearance (COL-06)."""
    order: dict[str, list[Money]] = {}
    for line in lines:
        order.setdefault(line.category, []).append(line.amount)
    return tuple((category, total(amounts, currency)) for category, amounts in order.items())
