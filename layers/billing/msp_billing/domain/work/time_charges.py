"""Time charges: which time entries cost something, how much, and which have to wait."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from itertools import takewhile
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

from msp_billing.domain.accounts import feed_key
from msp_billing.domain.money import Money
from msp_billing.domain.problems import Problem, name_some
from msp_billing.domain.work.approvals import AskedFor, Decision, decide
from msp_billing.domain.work.business_hours import WorkPart, split_at_business_hours
from msp_billing.domain.work.rate_cards import BilledTime, Rate, RateCard, exact_hours
from msp_billing.domain.work.time_entries import (
    BILLING,
    Billing,
    TimeEntry,
    begins_after,
    charge_id,
    read_time_entry,
)

if TYPE_CHECKING:
    from msp_billing.domain.calendars import BusinessCalendar
    from msp_billing.domain.feeds.definitions import FeedRow
    from msp_billing.domain.work.approval_terms import AccountWork
    from msp_billing.domain.work.work_rules import WorkRules


@dataclass(frozen=True)
class ChargedHours:
    """The hours of one entry at one rate."""

    after_hours: bool
    parts: tuple[WorkPart, ...]
    rate: Rate
    hours: Decimal
    per_hour: Money
    amount: Money

    @property
    def product(self) -> str:
        """Product code that they are billed as."""
        return self.rate.billed_as(after_hours=self.after_hours)


@dataclass(frozen=True)
class TimeCharge:
    """An entry that costs something: its hours in and after business hours, each at its rate."""

    entry: TimeEntry
    hours: tuple[ChargedHours, ...]

    @property
    def total_hours(self) -> Decimal:
        """Billed hours."""
        return sum((each.hours for each in self.hours), Decimal(0))

    @property
    def amount(self) -> Decimal:
        """What it comes to."""
        return sum((each.amount.amount for each in self.hours), Decimal(0))


@dataclass(frozen=True)
class AssessedWork:
    """What became of an account's time entries in one cycle.

    ``charges`` are approved and may be billed; ``held`` wait for an approval. With ``problems``
    the account cannot be billed: the other two are then what is known so far.
    """

    charges: tuple[tuple[TimeCharge, Decision], ...]
    held: tuple[tuple[TimeCharge, Decision], ...]
    problems: tuple[Problem, ...]


@dataclass(frozen=True)
class WorkTerms:
    """All that decides what an account's work costs, beside the entries themselves."""

    rules: WorkRules
    card: RateCard
    account: str
    account_terms: AccountWork
    currency: str
    calendar: BusinessCalendar
    zone: ZoneInfo
    until_on: date
    has_cover: Callable[[date], bool]
    """Whether a contract includes support after hours on a local day."""
    may_bill: Callable[[str], bool]
    """Whether a charge, by its id, is not billed yet."""
    from_on: date = date.min
    """Work that was ready before was billed before this system."""

    def is_open(self, entry: TimeEntry) -> bool:
        """Whether the entry is still to be billed."""
        return entry.ready_on(self.zone) >= self.from_on and self.may_bill(entry.charge)


def assess_work(rows: Sequence[FeedRow], terms: WorkTerms) -> AssessedWork:
    """Work out what an account's time entries cost, each once.

    An entry counts when its work, its entering and its approval lie on or before ``until_on``.
    What is billed already is read all the same: it has used up the limits of its ticket.
    """
    entries, problems = _read(rows, terms)
    known = [entry for entry in entries if entry.ready_on(terms.zone) <= terms.until_on]
    charges: list[TimeCharge] = []
    for entry in known:
        charge = charge_of(entry, terms)
        if isinstance(charge, Problem):
            if terms.is_open(entry):
                problems.append(charge)
        elif charge is not None:
            charges.append(charge)
    charges.sort(key=lambda charge: (charge.entry.starts_at, charge.entry.entry))
    problems += _overlaps(charges, known, terms)
    asked = [AskedFor(one.entry, one.total_hours, one.amount) for one in charges]
    decisions = decide(asked, terms.rules.approval, terms.account_terms, terms.until_on)
    open_ones = [
        (charge, decisions[charge.entry.entry]) for charge in charges if terms.is_open(charge.entry)
    ]
    return AssessedWork(
        charges=tuple(each for each in open_ones if each[1].approved),
        held=tuple(each for each in open_ones if not each[1].approved),
        problems=tuple(problems),
    )


def charge_of(entry: TimeEntry, terms: WorkTerms) -> TimeCharge | Problem | None:
    """What one entry costs; None when nothing, a problem when its rate is not known.

    Billable work costs all of its hours. Covered work costs those after hours, on days on which
    no contract of the account includes them (KR-12). Where one does, billable work after hours
    costs what it costs in business hours.
    """
    parts = split_at_business_hours(
        entry.starts_at, entry.ends_at, terms.rules.business_hours, terms.calendar, terms.zone
    )
    late = tuple(part for part in parts if _is_extra(part, terms))
    usual = tuple(part for part in parts if part not in late)
    if entry.billing is not Billing.BILLABLE:
        usual = ()
    if entry.billing is Billing.FREE or not (usual or late):
        return None
    rate = terms.card.rate_on(entry.role, entry.work, entry.starts_at.astimezone(terms.zone).date())
    if rate is None or (late and rate.hourly(after_hours=True) is None):
        return _no_rate(entry, rate, terms)
    time = terms.card.billed_time(_seconds(usual), _seconds(late))
    return TimeCharge(entry=entry, hours=tuple(_hours(rate, time, usual, late, terms.currency)))


def _is_extra(part: WorkPart, terms: WorkTerms) -> bool:
    """Whether a part is after hours and no contract includes that."""
    return part.after_hours and not terms.has_cover(part.starts_at.astimezone(terms.zone).date())


def _hours(
    rate: Rate,
    time: BilledTime,
    usual: tuple[WorkPart, ...],
    late: tuple[WorkPart, ...],
    currency: str,
) -> Iterator[ChargedHours]:
    # Time that rounding leaves nothing of is shown with the rest: it is part of what was rounded.
    whole = tuple(sorted((*usual, *late), key=lambda part: part.starts_at))
    both = time.minutes and time.minutes_after_hours
    for after_hours, own, minutes in (
        (False, usual, time.minutes),
        (True, late, time.minutes_after_hours),
    ):
        if not minutes:
            continue
        hourly = rate.hourly(after_hours=after_hours)
        assert hourly is not None, "a missing rate was told before"
        hours, per_hour = exact_hours(minutes), Money(amount=hourly, currency=currency)
        yield ChargedHours(
            after_hours=after_hours,
            parts=own if both else whole,
            rate=rate,
            hours=hours,
            per_hour=per_hour,
            amount=per_hour.times(hours).rounded(),
        )


def _seconds(parts: tuple[WorkPart, ...]) -> int:
    return sum(part.seconds for part in parts)


def _read(rows: Sequence[FeedRow], terms: WorkTerms) -> tuple[list[TimeEntry], list[Problem]]:
    """The readable entries, and what is wrong with the others that are not billed yet."""
    entries: list[TimeEntry] = []
    problems: list[Problem] = []
    words = terms.rules.billing
    for row in rows:
        if words.meaning(row.attributes.get(BILLING, "")) is Billing.FREE:
            continue
        found = read_time_entry(row, words, terms.zone)
        if isinstance(found, TimeEntry):
            entries.append(found)
        elif terms.may_bill(charge_id(row.item_id)) and not begins_after(row, terms.until_on):
            problems += [fault.model_copy(update={"where": terms.account}) for fault in found]
    return entries, problems


def _no_rate(entry: TimeEntry, rate: Rate | None, terms: WorkTerms) -> Problem:
    after = "" if rate is None else " after hours"
    return Problem(
        code="no-rate",
        what=f"Time entry {entry.entry} is {entry.work} by {entry.role}{after}, for which the "
        f"rate card {terms.card.card} has no rate.",
        fix="Add the rate to the card, or correct role and kind of work in the PSA.",
        where=terms.account,
    )


def _starts_before(moment: datetime) -> Callable[[TimeEntry], bool]:
    return lambda entry: entry.starts_at < moment


def _overlaps(
    charges: Sequence[TimeCharge], entries: Sequence[TimeEntry], terms: WorkTerms
) -> Iterator[Problem]:
    """Hours of one engineer that stand in two entries, where one of the two would be billed now."""
    to_bill = {one.entry.entry for one in charges if terms.is_open(one.entry)}
    by_engineer: dict[str, list[TimeEntry]] = {}
    for entry in sorted(entries, key=lambda one: (one.starts_at, one.entry)):
        by_engineer.setdefault(feed_key(entry.engineer), []).append(entry)
    for own in by_engineer.values():
        pairs = [
            f"{first.entry} and {second.entry}"
            for index, first in enumerate(own)
            for second in takewhile(_starts_before(first.ends_at), own[index + 1 :])
            if {first.entry, second.entry} & to_bill
        ]
        if pairs:
            yield Problem(
                code="time-entries-overlap",
                what=f"Time entries of {own[0].engineer} overlap: {name_some(pairs)}.",
                fix="Correct their times in the PSA: an hour of an engineer is billed once.",
                where=terms.account,
            )
