"""A provider's billing policy: everything that differs between providers, as data."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Annotated
from zoneinfo import ZoneInfo, available_timezones

from pydantic import (
    AfterValidator,
    Field,
    StringConstraints,
    model_validator,
)

from msp_billing.domain.base import EmailAddress, Frozen, Identifier, Text
from msp_billing.domain.counting import CountRule
from msp_billing.domain.feeds import FeedDefinition
from msp_billing.domain.money import CurrencyCode, ExactDecimal
from msp_billing.domain.run_policy import RunPolicy

_MAX_CYCLE_NAMES_LENGTH = 64  # of the 80 of an execution name; the rest is month and attempt


def _known_zone(name: str) -> str:
    if name not in available_timezones():
        raise ValueError(f"'{name}' is no time zone: use a name such as America/Chicago")
    return name


TimeZoneName = Annotated[str, AfterValidator(_known_zone)]
Colour = Annotated[str, StringConstraints(pattern=r"^#[0-9a-fA-F]{6}$")]


class Clause(Frozen):
    """One sentence of the provider's published policy that lines refer to."""

    clause: Identifier
    title: Text
    text: Text = Field(description="What it says, in the provider's words or a short summary.")


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
    invoice_note: Text | None = Field(default=None, description="Printed under the total.")
    brand: Brand = Brand()
    time_zone: TimeZoneName
    holidays: HolidayCalendar
    currency: CurrencyCode
    invoice_number_prefix: Annotated[str, StringConstraints(pattern=r"^[A-Z0-9]{1,8}-$")]
    parked_share_limit: ExactDecimal = Field(
        description="Share of accounts, 0 to 1, that may be parked before a run is stopped."
    )
    clauses: tuple[Clause, ...] = Field(min_length=1)
    feeds: tuple[FeedDefinition, ...] = ()
    count_rules: tuple[CountRule, ...] = ()
    term_discounts: tuple[TermDiscount, ...] = ()
    runs: tuple[RunPolicy, ...] = Field(min_length=1)

    @model_validator(mode="after")
    def _consistent(self) -> ProviderPolicy:
        problems = list(_inconsistencies(self))
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
        return next(entry for entry in self.feeds if entry.feed == feed)

    def count_rule(self, rule: str) -> CountRule:
        """The count rule with this name; KeyError when the policy has none."""
        for entry in self.count_rules:
            if entry.rule == rule:
                return entry
        raise KeyError(rule)

    def clause(self, clause: str) -> Clause:
        """The clause with this name, which validation guarantees for every reference."""
        return next(entry for entry in self.clauses if entry.clause == clause)

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


def _inconsistencies(policy: ProviderPolicy) -> Iterator[str]:
    if not 0 <= policy.parked_share_limit <= 1:
        yield "parked_share_limit is a share between 0 and 1"
    yield from _doubles("run", [entry.run for entry in policy.runs])
    yield from _doubles("feed", [entry.feed for entry in policy.feeds])
    yield from _doubles("count rule", [entry.rule for entry in policy.count_rules])
    yield from _doubles("clause", [entry.clause for entry in policy.clauses])
    billed = [category for entry in policy.runs for category in entry.categories]
    yield from _doubles("category billed by a run", billed)
    feeds = {entry.feed for entry in policy.feeds}
    moments = {moment.moment for entry in policy.runs for moment in entry.moments}
    for rule in policy.count_rules:
        if rule.feed not in feeds:
            yield f"count rule {rule.rule} uses the unknown feed '{rule.feed}'"
        elif unknown := sorted(set(rule.where) - set(policy.feed(rule.feed).columns.attributes)):
            yield f"count rule {rule.rule} filters by {', '.join(unknown)}, which the feed lacks"
        if rule.moment not in moments:
            yield f"count rule {rule.rule} uses the unknown moment '{rule.moment}'"
    yield from _unknown_must_be_priced(policy, feeds)
    for run in policy.runs:
        if len(policy.provider) + len(run.run) > _MAX_CYCLE_NAMES_LENGTH:
            yield (
                f"the names of the provider and of run {run.run} have more than "
                f"{_MAX_CYCLE_NAMES_LENGTH} characters together: execution names are made of them"
            )
    known = {entry.clause for entry in policy.clauses}
    for clause in sorted(set(_clause_references(policy)) - known):
        yield f"the clause '{clause}' is referred to but not listed under 'clauses'"


def _unknown_must_be_priced(policy: ProviderPolicy, feeds: set[str]) -> Iterator[str]:
    for run in policy.runs:
        moments = {entry.moment for entry in run.moments}
        for entry in run.must_be_priced:
            if entry.feed not in feeds:
                yield f"must_be_priced of run {run.run} uses the unknown feed '{entry.feed}'"
            elif entry.attribute not in policy.feed(entry.feed).columns.attributes:
                yield f"must_be_priced of run {run.run}: the feed has no '{entry.attribute}'"
            if entry.moment not in moments:
                yield f"must_be_priced of run {run.run} uses the unknown moment '{entry.moment}'"
            for rule in sorted(set(entry.priced_by) - {rule.rule for rule in policy.count_rules}):
                yield f"must_be_priced of run {run.run} names the unknown count rule '{rule}'"


def _clause_references(policy: ProviderPolicy) -> Iterator[str]:
    for run in policy.runs:
        yield run.clause
        yield from (entry.clause for entry in run.must_be_priced)
    yield from (entry.clause for entry in policy.count_rules)
    yield from (entry.clause for entry in policy.term_discounts)


def _doubles(what: str, names: list[str]) -> Iterator[str]:
    for name in sorted({name for name in names if names.count(name) > 1}):
        yield f"the {what} '{name}' is listed twice: keep one"
