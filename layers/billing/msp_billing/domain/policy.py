"""A provider's billing policy: everything that differs between providers, as data."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Annotated, Literal
from zoneinfo import ZoneInfo, available_timezones

from pydantic import (
    AfterValidator,
    Field,
    StringConstraints,
    field_serializer,
    model_validator,
)

from msp_billing.domain.base import EmailAddress, Frozen, Identifier, Text
from msp_billing.domain.counting import CountRule
from msp_billing.domain.date_rules import DateRule, DaysAfterIssue
from msp_billing.domain.feeds import FeedDefinition
from msp_billing.domain.money import CurrencyCode, ExactDecimal

_LAST_SCHEDULE_DAY = 28
_FIRST_SCHEDULE_HOUR = 3


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


class SnapshotMoment(Frozen):
    """One moment at which counts are taken, and how long the exports may take to arrive."""

    moment: Identifier
    at: DateRule
    wait_hours: int = Field(
        default=6, ge=0, le=72, description="Hours to wait for the exports before counting."
    )


class ApprovalPolicy(Frozen):
    """Whether a person looks at the run before its invoices are numbered."""

    by: Literal["automatic", "person"]
    approvers: tuple[EmailAddress, ...] = Field(default=(), description="Who is asked.")
    wait_days: int = Field(default=5, ge=1, le=30, description="Days until the run is stopped.")

    @model_validator(mode="after")
    def _somebody_is_asked(self) -> ApprovalPolicy:
        if self.by == "person" and not self.approvers:
            raise ValueError("approval by a person needs at least one address in 'approvers'")
        return self


class TermDiscount(Frozen):
    """A discount for a committed term, on some categories only (KR-09)."""

    years: int = Field(ge=1, le=10, description="Least number of committed years.")
    percent: ExactDecimal = Field(gt=0, lt=100)
    categories: tuple[Identifier, ...] = Field(min_length=1)
    clause: Identifier


class MustBePriced(Frozen):
    """Items of a feed that may not be left over: each must be counted by some line (INT-02)."""

    feed: Identifier
    moment: Identifier
    attribute: Identifier = Field(description="The attribute that says what kind of item it is.")
    clause: Identifier


class RunPolicy(Frozen):
    """One kind of invoice with its own calendar."""

    run: Identifier
    title: Text = Field(description="For people: 'Agreement invoice'.")
    label: Text = Field(description="The invoice's heading, unless the coverage has its own.")
    labels_by_coverage: dict[Identifier, Text] = Field(
        default={}, description="Heading by the agreement's coverage (KR-03)."
    )
    categories: tuple[Identifier, ...] = Field(
        min_length=1, description="The product categories that this run bills."
    )
    invoice_per: Literal["account", "agreement"] = "account"
    opens: DateRule = Field(description="When the cycle starts; the schedule is made from this.")
    moments: tuple[SnapshotMoment, ...] = ()
    compare: DateRule = Field(description="When the comparison is made and sent.")
    comparison_to_accounts: bool = Field(
        default=False, description="Whether accounts get their own comparison sheet (COL-05)."
    )
    approval: ApprovalPolicy
    issue: DateRule = Field(description="The invoice date, when it is numbered and sent.")
    due: DateRule | DaysAfterIssue
    must_be_priced: tuple[MustBePriced, ...] = ()
    show: frozenset[Literal["items", "summary_by_product", "summary_by_category"]] = Field(
        default=frozenset({"items"}), description="Parts of the document beside the sections."
    )
    clause: Identifier = Field(description="The clause that this run's calendar follows.")

    @field_serializer("show", when_used="json")
    def _show_in_order(self, show: frozenset[str]) -> list[str]:
        """The order of a set differs by process, and versions are compared by their bytes."""
        return sorted(show)

    @model_validator(mode="after")
    def _consistent(self) -> RunPolicy:
        names = [entry.moment for entry in self.moments]
        if len(set(names)) != len(names):
            raise ValueError("two snapshot moments have the same name")
        opens = self.opens
        moved = opens.when_closed != "keep" or opens.no_later_than_day is not None
        if opens.day is None or opens.day > _LAST_SCHEDULE_DAY or moved:
            raise ValueError(
                "'opens' needs a plain 'day' from 1 to 28: the monthly schedule is made from it"
            )
        if opens.at.hour < _FIRST_SCHEDULE_HOUR:
            raise ValueError(
                "'opens' must be at 03:00 or later: daylight saving skips or repeats earlier times"
            )
        if self.labels_by_coverage and self.invoice_per != "agreement":
            raise ValueError("labels_by_coverage needs 'invoice_per: agreement'")
        return self


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


def _clause_references(policy: ProviderPolicy) -> Iterator[str]:
    for run in policy.runs:
        yield run.clause
        yield from (entry.clause for entry in run.must_be_priced)
    yield from (entry.clause for entry in policy.count_rules)
    yield from (entry.clause for entry in policy.term_discounts)


def _doubles(what: str, names: list[str]) -> Iterator[str]:
    for name in sorted({name for name in names if names.count(name) > 1}):
        yield f"the {what} '{name}' is listed twice: keep one"
