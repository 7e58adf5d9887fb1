"""Who is billed: accounts, their subscribers or sites, and their agreements."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from functools import cached_property

from pydantic import Field, model_validator

from msp_billing.domain.base import (
    CountryCode,
    EmailAddress,
    Frozen,
    Identifier,
    LocaleTag,
    Text,
)
from msp_billing.domain.charging.adjustments import Adjustment
from msp_billing.domain.charging.tax_policy import TaxExemption
from msp_billing.domain.contracts.agreements import EACH_SUBSCRIBER, Agreement
from msp_billing.domain.contracts.orders import Order, order_inconsistencies
from msp_billing.domain.dunning.dunning_policy import AccountDunning
from msp_billing.domain.money import CurrencyCode
from msp_billing.domain.outbox import AccountMailKind
from msp_billing.domain.parties import Buyer, Paper
from msp_billing.domain.reports.resale import Resale
from msp_billing.domain.work.approval_terms import AccountWork


class Subscriber(Frozen):
    """An account's own end customer or site; sections of the invoice are made of these."""

    subscriber: Identifier
    name: Text
    internal: bool = Field(
        default=False, description="The account's own environment (COL-06), listed first."
    )
    known_as: tuple[Text, ...] = Field(
        default=(), description="Other names under which feeds know this subscriber."
    )
    tax_place: Identifier | None = Field(
        default=None, description="Where it is taxed; where the account is, if left out."
    )
    address: tuple[Text, ...] = Field(
        default=(), max_length=8, description="For pre-invoices in the account's name (COL-27)."
    )


class Account(Frozen):
    """Who is billed."""

    account: Identifier
    name: Text
    address: tuple[Text, ...] = Field(min_length=1, max_length=8)
    currency: CurrencyCode
    country: CountryCode | None = Field(
        default=None, description="Where it is; where the provider is, if left out."
    )
    locale: LocaleTag | None = Field(
        default=None,
        description="Language and formats of what it gets; the provider's, if left out.",
    )
    paper: Paper | None = Field(
        default=None, description="What it prints on; as its country does, if left out."
    )
    buyer: Buyer = Field(default_factory=Buyer)
    billing_contacts: tuple[EmailAddress, ...] = Field(
        min_length=1, max_length=45, description="The billing distribution (COL-07)."
    )
    contacts_by_kind: dict[AccountMailKind, tuple[EmailAddress, ...]] = Field(
        default={}, description="Other recipients for one kind of mail."
    )
    work: AccountWork = Field(
        default_factory=AccountWork, description="What was agreed on billable work (COL-25)."
    )
    dunning: AccountDunning = Field(
        default_factory=AccountDunning,
        description="What was agreed about unpaid invoices (DUN-10).",
    )
    purchase_order: Text | None = Field(default=None, description="Shown on every invoice.")
    known_as: tuple[Text, ...] = Field(default=(), description="Names in the feeds.")
    tax_place: Identifier | None = Field(
        default=None,
        description="One of the policy's tax places; needed where the provider charges sales tax.",
    )
    tax_exemptions: tuple[TaxExemption, ...] = Field(
        default=(), description="Certificates by which it is free of tax."
    )
    adjustments: tuple[Adjustment, ...] = Field(
        default=(), description="Credits and charges entered by a person, each billed once."
    )
    subscribers: tuple[Subscriber, ...] = ()
    resale: Resale | None = Field(
        default=None, description="How it re-bills its own customers (COL-27)."
    )
    agreements: tuple[Agreement, ...] = Field(
        min_length=1,
        max_length=40,
        description="At most 40: their invoices are stored together in one transaction.",
    )
    orders: tuple[Order, ...] = Field(
        default=(), max_length=1000, description="What was ordered, and when (COL-08 to COL-11)."
    )

    @model_validator(mode="after")
    def _consistent(self) -> Account:
        problems = list(_inconsistencies(self))
        if problems:
            raise ValueError("; ".join(problems))
        return self

    def recipients(self, kind: AccountMailKind) -> tuple[EmailAddress, ...]:
        """Who gets this kind of mail (COL-07)."""
        return self.contacts_by_kind.get(kind) or self.billing_contacts

    def find_subscriber(self, feed_name: str) -> str | None:
        """The subscriber that a feed means by this name; None when it is nobody's.

        Names are compared without regard to case and outer space, because tools differ in both.
        """
        return self._subscriber_names.get(feed_key(feed_name))

    @cached_property
    def _subscriber_names(self) -> dict[str, str]:
        return {
            feed_key(name): entry.subscriber
            for entry in self.subscribers
            for name in (entry.subscriber, entry.name, *entry.known_as)
        }


def feed_key(name: str) -> str:
    """A name as feeds are matched by: case and outer white space do not matter."""
    return " ".join(name.split()).casefold()


def _inconsistencies(account: Account) -> Iterator[str]:
    names: dict[str, str] = {}
    listed = Counter(entry.subscriber for entry in account.subscribers)
    for subscriber in sorted(name for name, times in listed.items() if times > 1):
        yield f"the subscriber '{subscriber}' is listed twice: keep one"
    for entry in account.subscribers:
        if entry.subscriber == EACH_SUBSCRIBER:
            yield f"a subscriber cannot be called '{EACH_SUBSCRIBER}'"
        for name in {feed_key(n) for n in (entry.subscriber, entry.name, *entry.known_as)}:
            if names.setdefault(name, entry.subscriber) != entry.subscriber:
                yield f"two subscribers are both known as '{name}'"
    known = {entry.subscriber for entry in account.subscribers}
    agreements = [entry.agreement for entry in account.agreements]
    if len(set(agreements)) != len(agreements):
        yield "two agreements have the same name"
    for agreement in account.agreements:
        for line in agreement.lines:
            if line.subscriber not in {None, EACH_SUBSCRIBER, *known}:
                yield (
                    f"line {line.line} of {agreement.agreement} is for the unknown subscriber "
                    f"'{line.subscriber}'"
                )
    yield from order_inconsistencies(account.orders, account.agreements, frozenset(known))
    yield from _wrong_adjustments(account, known, set(agreements))


def _wrong_adjustments(
    account: Account, subscribers: set[str], agreements: set[str]
) -> Iterator[str]:
    listed = Counter(entry.adjustment for entry in account.adjustments)
    for name in sorted(name for name, times in listed.items() if times > 1):
        yield f"the adjustment '{name}' is listed twice: keep one"
    for entry in account.adjustments:
        if entry.subscriber not in {None, *subscribers}:
            yield (
                f"adjustment {entry.adjustment} is for the unknown subscriber '{entry.subscriber}'"
            )
        if entry.agreement not in {None, *agreements}:
            yield f"adjustment {entry.adjustment} is of the unknown agreement '{entry.agreement}'"
