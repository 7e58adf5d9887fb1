"""Who is billed: accounts, their subscribers or sites, and their agreements."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from datetime import date
from functools import cached_property
from typing import Literal

from pydantic import Field, model_validator

from msp_billing.domain.base import Code, EmailAddress, Frozen, Identifier, Text
from msp_billing.domain.money import CurrencyCode
from msp_billing.domain.periods import Period
from msp_billing.domain.price_book import Price

EACH_SUBSCRIBER = "each"
"""As a line's ``subscriber``: one invoice line for every subscriber of the account."""

AccountMailKind = Literal["invoice", "comparison"]
"""The kinds of mail that an account may send to different people."""


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


class Account(Frozen):
    """Who is billed."""

    account: Identifier
    name: Text
    address: tuple[Text, ...] = Field(min_length=1, max_length=8)
    currency: CurrencyCode
    billing_contacts: tuple[EmailAddress, ...] = Field(
        min_length=1, max_length=45, description="The billing distribution (COL-07)."
    )
    contacts_by_kind: dict[AccountMailKind, tuple[EmailAddress, ...]] = Field(
        default={}, description="Other recipients for one kind of mail."
    )
    purchase_order: Text | None = Field(default=None, description="Shown on every invoice.")
    known_as: tuple[Text, ...] = Field(default=(), description="Names in the feeds.")
    subscribers: tuple[Subscriber, ...] = ()
    agreements: tuple[Agreement, ...] = Field(
        min_length=1,
        max_length=40,
        description="At most 40: their invoices are stored together in one transaction.",
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


def _overlaps(starts_on: date | None, ends_on: date | None, period: Period) -> bool:
    after_start = starts_on is None or starts_on <= period.last_day
    before_end = ends_on is None or ends_on >= period.first_day
    return after_start and before_end


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
