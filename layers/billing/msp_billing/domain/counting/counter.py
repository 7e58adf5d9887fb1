"""Counting the rows of one account by rule and section, each count once."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from typing import TYPE_CHECKING

from msp_billing.domain.counting.count_findings import CountFindings
from msp_billing.domain.counting.count_problems import (
    listed_twice,
    newer_than_cycle,
    not_on_invoice,
    not_read,
    of_unknown_subscribers,
)
from msp_billing.domain.counting.counts import (
    Count,
    CountedItem,
    CountRule,
    LateChange,
    count_items,
    counted_item,
    present_at,
)
from msp_billing.domain.counting.sections import RowSections
from msp_billing.domain.counting.selection import (
    COUNTING,
    CountingTime,
    LastCount,
    Selection,
    left_on,
    select_rows,
    standing_in_time,
)
from msp_billing.domain.invoices import CountEvidence

if TYPE_CHECKING:
    from msp_billing.domain.calendars import BusinessCalendar
    from msp_billing.domain.contracts.agreements import Agreement, AgreementLine
    from msp_billing.domain.counting.previous_counts import PreviousCounts
    from msp_billing.domain.feeds.definitions import FeedRow
    from msp_billing.domain.findings import Finding
    from msp_billing.domain.periods import Period
    from msp_billing.domain.policy import ProviderPolicy
    from msp_billing.domain.problems import Problem
    from msp_billing.domain.run_policy import MustBePriced
    from msp_billing.domain.snapshots import AccountSnapshot, FeedReading


class Counter:
    """Counts the rows of one account by rule and section, each count once.

    It collects what makes a count impossible in ``problems``; a caller that finds any there must
    not bill the account. What a person should look at is in ``findings``.
    """

    def __init__(
        self,
        policy: ProviderPolicy,
        snapshot: AccountSnapshot,
        previous: PreviousCounts,
        period: Period,
        calendar: BusinessCalendar,
    ) -> None:
        self._policy = policy
        self._snapshot = snapshot
        self._account = snapshot.account
        self._previous = previous
        self._period = period
        self._calendar = calendar
        self._sections: dict[tuple[str, str], RowSections] = {}
        self._searched: set[str] = set()
        self._considered: dict[str, set[tuple[str, str]]] = {}
        self._found = CountFindings(snapshot.account)
        self.evidence: dict[str, CountEvidence] = {}
        self.problems: dict[str, Problem] = {}

    @property
    def findings(self) -> tuple[Finding, ...]:
        """Pending offboardings and late changes of everything that was counted."""
        return self._found.findings

    def count(self, rule: CountRule, subscriber: str | None) -> tuple[str, Count] | None:
        """The count of a rule in a section; None (and a problem) when it is unknown."""
        key = count_key(rule, subscriber)
        if key not in self.evidence:
            reading = self._usable_reading(rule)
            if reading is None or self._lists_items_twice(reading, subscriber):
                return None
            selection = self.select(rule, reading, subscriber)
            if subscriber is not None and rule.rule not in self._searched:
                self._searched.add(rule.rule)
                self._note_homeless(reading, rule)
            sections = self._sections_of(reading)
            self._considered.setdefault(rule.rule, set()).update(
                sections.key(row) for row in selection.considered
            )
            if rule.quantity_from_rows and not selection.rows:
                self._keep(not_on_invoice(self._account, reading, rule, subscriber))
                return None
            self._found.add(rule, subscriber, selection)
            self.evidence[key] = self._evidence(key, rule, subscriber, reading, selection)
        return key, self.evidence[key].count

    def select(self, rule: CountRule, reading: FeedReading, subscriber: str | None) -> Selection:
        """The rows of a section that a rule lets count; nothing is noted down."""
        return select_rows(
            rule,
            self._sections_of(reading).rows(subscriber),
            self._time_of(reading),
            self._last_count(rule, reading, subscriber),
        )

    def select_homeless(self, rule: CountRule, reading: FeedReading) -> Selection:
        """The same for rows of a subscriber that the account does not have."""
        rows = self._sections_of(reading).homeless
        return select_rows(rule, rows, self._time_of(reading), lambda row: LastCount.UNKNOWN)

    def items_left_over(self, demand: MustBePriced) -> list[FeedRow]:
        """Rows that were there at the moment and that no count has considered (INT-02).

        A row that every rule of the feed leaves out because of its days, such as a device that
        was switched off long ago (INT-07), is not there any more.
        """
        reading = self._snapshot.reading(demand.feed, demand.moment)
        if reading is None or reading.problems:
            return []
        rules = [
            rule
            for rule in self._policy.count_rules
            if (rule.feed, rule.moment) == (demand.feed, demand.moment)
            and (not demand.priced_by or rule.rule in demand.priced_by)
        ]
        considered = {key for rule in rules for key in self._considered.get(rule.rule, ())}
        sections, time = self._sections_of(reading), self._time_of(reading)
        return [
            row
            for row in reading.rows
            if sections.key(row) not in considered
            and present_at(row, time.moment)
            and (not rules or any(standing_in_time(rule, row, time) in COUNTING for rule in rules))
        ]

    def _evidence(
        self,
        key: str,
        rule: CountRule,
        subscriber: str | None,
        reading: FeedReading,
        selection: Selection,
    ) -> CountEvidence:
        assert reading.seal is not None, "a usable reading has its seal"

        sections = self._sections_of(reading)
        previous = self._previous.of(key)

        def item(row: FeedRow) -> CountedItem:
            place = None if subscriber else sections.place(row)
            quantity = row.quantity if rule.quantity_from_rows else 1
            return counted_item(row, quantity=quantity, subscriber=place)

        dropped = {
            ("" if subscriber else sections.place(row) or "", row.item_id): (row, standing)
            for row, standing in (selection.dropped if previous else ())
        }

        def day_it_left(item: CountedItem) -> date | None:
            known = left_on(*dropped[item.key]) if item.key in dropped else None
            return known or item.until_on

        return CountEvidence(
            key=key,
            rule=rule.rule,
            title=rule.title,
            clause=rule.clause,
            subscriber=subscriber,
            moment_at=reading.moment_at,
            source=reading.seal,
            compared_with=self._previous.period,
            count=count_items(
                [item(row) for row in selection.rows],
                previous,
                ratio=rule.ratio,
                late=[
                    LateChange(item=item(entry.row), received_on=entry.received_on, what=entry.what)
                    for entry in selection.late
                ],
                left_on=day_it_left,
            ),
        )

    def _last_count(
        self, rule: CountRule, reading: FeedReading, subscriber: str | None
    ) -> Callable[[FeedRow], LastCount]:
        """What the last count had to do with a row."""
        key = count_key(rule, subscriber)
        previous = self._previous.of(key)
        own = {item.key for item in previous or ()}
        others = {
            item.key
            for other in self._policy.count_rules
            if other.feed == rule.feed and other.rule != rule.rule
            for item in self._previous.of(count_key(other, subscriber)) or ()
        }
        counted_something = key in self._previous.items
        sections = self._sections_of(reading)

        def last_count(row: FeedRow) -> LastCount:
            if previous is None:
                return LastCount.UNKNOWN
            item = ("" if subscriber else sections.place(row) or "", row.item_id)
            if item in own:
                return LastCount.COUNTED
            if item in others:
                return LastCount.COUNTED_AS_OTHER
            return LastCount.NOT_COUNTED if counted_something else LastCount.UNKNOWN

        return last_count

    def _usable_reading(self, rule: CountRule) -> FeedReading | None:
        reading = self._snapshot.reading(rule.feed, rule.moment)
        if reading is None:
            self._keep(not_read(self._account, rule))
            return None
        for problem in reading.problems:
            self._keep(problem)
        return None if reading.problems else reading

    def _sections_of(self, reading: FeedReading) -> RowSections:
        place = (reading.feed, reading.moment)
        if place not in self._sections:
            self._sections[place] = RowSections(self._account, reading.rows)
        return self._sections[place]

    def _time_of(self, reading: FeedReading) -> CountingTime:
        local = reading.moment_at.astimezone(self._policy.zone).replace(tzinfo=None)
        return CountingTime(local, self._period, self._calendar)

    def _lists_items_twice(self, reading: FeedReading, subscriber: str | None) -> bool:
        doubles = self._sections_of(reading).doubles(subscriber)
        for row, first in doubles:
            self._keep(listed_twice(self._account, reading, row, first))
        return bool(doubles)

    def _note_homeless(self, reading: FeedReading, rule: CountRule) -> None:
        for problem in of_unknown_subscribers(
            self._account, reading, self.select_homeless(rule, reading).rows
        ):
            self._keep(problem)

    def note_unknown_product(self, agreement: Agreement, line: AgreementLine, book: str) -> None:
        """A line whose product is newer than the price book that the cycle pinned."""
        said = f"for '{line.product}', which the price book {book} lacks"
        self._keep(newer_than_cycle("unknown-product", self._account, agreement, line, said))

    def note_unknown_rule(self, agreement: Agreement, line: AgreementLine, rule: str) -> None:
        """A line whose count rule is newer than the policy that the cycle pinned."""
        said = f"counted by '{rule}', which the policy {self._policy.version} lacks"
        self._keep(newer_than_cycle("unknown-count-rule", self._account, agreement, line, said))

    def _keep(self, problem: Problem) -> None:
        self.problems[str(problem)] = problem


def count_key(rule: CountRule, subscriber: str | None) -> str:
    """What a count is called in the invoice's evidence."""
    return f"{rule.rule}:{subscriber or '-'}"
