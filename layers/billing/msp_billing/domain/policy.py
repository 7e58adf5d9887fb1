"""A provider's billing policy: everything that differs between providers, as data."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, TypeVar
from zoneinfo import ZoneInfo, available_timezones

from pydantic import (
    AfterValidator,
    Field,
    StringConstraints,
    model_validator,
)

from msp_billing.domain.accounting_policy import AccountingPolicy
from msp_billing.domain.base import (
    CountryCode,
    EmailAddress,
    Frozen,
    Identifier,
    LocaleTag,
    Text,
)
from msp_billing.domain.charging.adjustments import AdjustmentPolicy
from msp_billing.domain.charging.tax_policy import TaxPolicy
from msp_billing.domain.clauses import Clause
from msp_billing.domain.contracts.order_policy import (
    OrderRule,
    RequiredProduct,
    SetupFee,
    ShippingSpeed,
)
from msp_billing.domain.contracts.terms import ContractTerms
from msp_billing.domain.counting.counts import CountRule
from msp_billing.domain.counting.cross_check_policy import CrossCheck
from msp_billing.domain.digest_policy import DigestPolicy
from msp_billing.domain.dunning.dunning_policy import DunningPolicy
from msp_billing.domain.feeds.definitions import FeedDefinition
from msp_billing.domain.money import CurrencyCode, ExactDecimal
from msp_billing.domain.parties import Logo, PayTo, Seller
from msp_billing.domain.payments.payment_policy import PaymentPolicy
from msp_billing.domain.policy_checks import policy_inconsistencies
from msp_billing.domain.run_policy import NumberPrefix, RunPolicy
from msp_billing.domain.work.rate_cards import RateCard
from msp_billing.domain.work.work_rules import WorkRules


def _known_zone(name: str) -> str:
    if name not in available_timezones():
        raise ValueError(f"'{name}' is no time zone: use a name such as America/Chicago")
    return name


Entry = TypeVar("Entry")

TimeZoneName = Annotated[str, AfterValidator(_known_zone)]
Colour = Annotated[str, StringConstraints(pattern=r"^#[0-9a-fA-F]{6}$")]


class HolidayCalendar(Frozen):
    """Which holidays the provider keeps, by the names of the ``holidays`` package."""

    country: Annotated[str, StringConstraints(pattern=r"^[A-Z]{2}$")]
    subdivision: Annotated[str, StringConstraints(pattern=r"^[A-Z0-9]{1,3}$")] | None = None
    also_closed: tuple[Text, ...] = Field(
        default=(), description="Further days, MM-DD, such as 12-24."
    )


class TermDiscount(Frozen):
    """A discount for a committed term, on some categories only (KR-09)."""

    years: int = Field(ge=1, le=10, description="Least number of committed years.")
    percent: ExactDecimal = Field(gt=0, lt=100)
    categories: tuple[Identifier, ...] = Field(min_length=1)
    clause: Identifier


class Brand(Frozen):
    """How the provider's documents and mails look."""

    primary: Colour = "#1f3a5f"
    accent: Colour = "#2f7f79"
    logo: Logo | None = Field(
        default=None, description="In the file: the name of an SVG, PNG or JPEG beside it."
    )


class ProviderPolicy(Frozen):
    """The whole policy of one provider. Versioned; a cycle pins the version it opened with."""

    provider: Identifier
    version: Text = Field(description="Changes whenever the content does, for example 2026-11.")
    name: Text
    address: tuple[Text, ...] = Field(min_length=1, max_length=8)
    phone: Text | None = None
    website: Text | None = None
    mail_from: EmailAddress
    reply_to: EmailAddress
    remittance: tuple[Text, ...] = Field(
        min_length=1, max_length=10, description="How to pay, line by line."
    )
    pay_to: PayTo = Field(
        default_factory=PayTo, description="How to pay, in parts: link, bank account, cheques."
    )
    invoice_note: Text | None = Field(default=None, description="Printed under the total.")
    seller: Seller = Field(default_factory=Seller, description="The provider as a legal person.")
    country: CountryCode = Field(default="US", description="Where the provider is.")
    locale: LocaleTag = Field(
        default="en-US", description="Language and formats of accounts that name none of their own."
    )
    mail_templates: dict[str, str] = Field(
        default={},
        description="The provider's own templates of mails, by file name; in the directory they "
        "are files in mail-templates/.",
    )
    brand: Brand = Field(default_factory=Brand)
    e_invoices: bool = Field(
        default=True,
        description="Whether the PDFs of invoices and credit notes carry their data (Factur-X).",
    )
    time_zone: TimeZoneName
    holidays: HolidayCalendar
    currency: CurrencyCode
    invoice_number_prefix: NumberPrefix
    credit_note_number_prefix: NumberPrefix = "CN-"
    parked_share_limit: ExactDecimal = Field(
        description="Share of accounts, 0 to 1, that may be parked before a run is stopped."
    )
    clauses: tuple[Clause, ...] = Field(min_length=1)
    feeds: tuple[FeedDefinition, ...] = ()
    count_rules: tuple[CountRule, ...] = ()
    cross_checks: tuple[CrossCheck, ...] = Field(
        default=(), description="Sources that are compared; one of the two bills (INT-09)."
    )
    term_discounts: tuple[TermDiscount, ...] = ()
    adjustments: AdjustmentPolicy | None = Field(
        default=None, description="When manual credits and charges need a second person."
    )
    taxes: TaxPolicy | None = Field(
        default=None, description="Sales tax; a provider without this charges none."
    )
    contract_terms: tuple[ContractTerms, ...] = Field(
        default=(), description="Trial, notice, renewal and the like; agreements name theirs."
    )
    rate_cards: tuple[RateCard, ...] = Field(
        default=(), description="Fee schedules for work by the hour (MSA-02)."
    )
    work_rules: tuple[WorkRules, ...] = Field(
        default=(), description="What becomes of time entries; runs name theirs under 'work'."
    )
    order_rules: tuple[OrderRule, ...] = Field(
        default=(), description="When the lines that orders bring begin to bill (COL-08, COL-10)."
    )
    setup_fees: tuple[SetupFee, ...] = Field(
        default=(), description="One-time fees that orders cost (COL-11)."
    )
    shipping: tuple[ShippingSpeed, ...] = Field(
        default=(), description="Ways of sending hardware, each with its product (COL-23)."
    )
    required_products: tuple[RequiredProduct, ...] = Field(
        default=(), description="Products of which every account has at least so many (COL-22)."
    )
    payments: PaymentPolicy = Field(
        default_factory=PaymentPolicy, description="How payments come in (KR-13)."
    )
    dunning: DunningPolicy | None = Field(
        default=None, description="What follows from an unpaid invoice; nothing, if left out."
    )
    accounting: AccountingPolicy = Field(
        default_factory=AccountingPolicy,
        description="What the accounts of the provider's own books are called, for exports.",
    )
    digest: DigestPolicy = Field(
        default_factory=DigestPolicy, description="The daily mail with what needs a person."
    )
    runs: tuple[RunPolicy, ...] = Field(min_length=1)

    @model_validator(mode="after")
    def _consistent(self) -> ProviderPolicy:
        problems = list(policy_inconsistencies(self))
        if problems:
            raise ValueError("; ".join(problems))
        return self

    @property
    def zone(self) -> ZoneInfo:
        """The provider's time zone."""
        return ZoneInfo(self.time_zone)

    def run_policy(self, run: str) -> RunPolicy:
        """The run with this name.

        Raises:
            UnknownRunError: when the policy has none.
        """
        for entry in self.runs:
            if entry.run == run:
                return entry
        raise UnknownRunError(run, tuple(entry.run for entry in self.runs))

    def feed(self, feed: str) -> FeedDefinition:
        """The feed with this name, which validation guarantees for every rule's feed."""
        return named("feed", feed, {entry.feed: entry for entry in self.feeds})

    def count_rule(self, rule: str) -> CountRule:
        """The count rule with this name; KeyError when the policy has none."""
        for entry in self.count_rules:
            if entry.rule == rule:
                return entry
        raise KeyError(rule)

    def find_terms(self, terms: str | None) -> ContractTerms | None:
        """The contract terms with this name, or None."""
        return next((entry for entry in self.contract_terms if entry.terms == terms), None)

    def work_rule(self, rules: str) -> WorkRules:
        """The work rules with this name, which validation guarantees for every run's."""
        return named("work rules", rules, {entry.rules: entry for entry in self.work_rules})

    def rate_card(self, card: str) -> RateCard:
        """The rate card with this name, which validation guarantees for the work rules'."""
        return named("rate card", card, {entry.card: entry for entry in self.rate_cards})

    def clause(self, clause: str) -> Clause:
        """The clause with this name, which validation guarantees for every reference."""
        return named("clause", clause, {entry.clause: entry for entry in self.clauses})

    def term_discount(self, years: int, category: str) -> TermDiscount | None:
        """The best discount for a term of so many years on a category, or None (KR-09)."""
        fitting = [
            entry
            for entry in self.term_discounts
            if entry.years <= years and category in entry.categories
        ]
        return max(fitting, key=lambda entry: entry.percent, default=None)


class UnknownRunError(LookupError):
    """A run was asked for that the policy does not have."""

    def __init__(self, run: str, known: tuple[str, ...]) -> None:
        super().__init__(f"the policy has no run '{run}'; its runs are {', '.join(known)}")


def named(kind: str, name: str, entries: Mapping[str, Entry]) -> Entry:
    """The entry with this name.

    Raises:
        UnknownNameError: where the policy has none: it is another version than the one that the
            name was taken from.
    """
    if name not in entries:
        raise UnknownNameError(kind, name)
    return entries[name]


class UnknownNameError(LookupError):
    """A part of the policy was asked for that it does not have."""

    def __init__(self, kind: str, name: str) -> None:
        super().__init__(f"the policy has no {kind} '{name}'")
