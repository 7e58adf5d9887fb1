"""Counting the rows of one account by rule and section, each count once."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from functools import cached_property

from msp_billing.domain.accounts import Account
from msp_billing.domain.contracts.agreements import Agreement, AgreementLine
from msp_billing.domain.counting import Count, CountedItem, CountRule, count_items, present_at
from msp_billing.domain.feeds import FeedRow
from msp_billing.domain.invoices import CountEvidence
from msp_billing.domain.periods import Period
from msp_billing.domain.policy import ProviderPolicy
from msp_billing.domain.problems import Problem, name_some
from msp_billing.domain.run_policy import MustBePriced
from msp_billing.domain.snapshots import AccountSnapshot, FeedReading


@dataclass(frozen=True)
class PreviousCounts:
    """What the last cycle counted, to say what joined and left.

    ``period`` is None when there is nothing to compare with: a first cycle, or a month in which
    the account was parked and its count is therefore unknown.
    """

    period: Period | None
    items: dict[str, tuple[CountedItem, ...]]

    def of(self, key: str) -> tuple[CountedItem, ...] | None:
        """The items of a count; empty when it counted nothing, None when it is unknown."""
        return None if self.period is None else self.items.get(key, ())


NO_PREVIOUS_COUNTS = PreviousCounts(period=None, items={})


class Counter:
    """Counts the rows of one account by rule and section, each count once.

    It collects what makes a count impossible in ``problems``; a caller that finds any there must
    not bill the account.
    """

    def __init__(
        self, policy: ProviderPolicy, snapshot: AccountSnapshot, previous: PreviousCounts
    ) -> None:
        self._policy = policy
        self._snapshot = snapshot
        self._previous = previous
        self._sections: dict[tuple[str, str], dict[str | None, list[FeedRow]]] = {}
        self._searched: set[str] = set()
        self._homeless: dict[tuple[str, str], list[FeedRow]] = {}
        self._used: dict[str, set[str]] = {}
        self.evidence: dict[str, CountEvidence] = {}
        self.problems: dict[str, Problem] = {}

    @cached_property
    def _account(self) -> Account:
        return self._snapshot.account

    def count(self, rule: CountRule, subscriber: str | None) -> tuple[str, Count] | None:
        """The count of a rule in a section; None (and a problem) when it is unknown."""
        key = f"{rule.rule}:{subscriber or '-'}"
        if key not in self.evidence:
            reading = self._usable_reading(rule)
            if reading is None:
                return None
            rows = [row for row in self._rows(reading, subscriber) if rule.matches(row)]
            if subscriber is not None and rule.rule not in self._searched:
                self._searched.add(rule.rule)
                self._note_homeless(reading, rule)
            self._used.setdefault(rule.rule, set()).update(row.item_id for row in rows)
            assert reading.seal is not None, "a usable reading has its seal"
            self.evidence[key] = CountEvidence(
                key=key,
                rule=rule.rule,
                title=rule.title,
                clause=rule.clause,
                subscriber=subscriber,
                moment_at=reading.moment_at,
                source=reading.seal,
                compared_with=self._previous.period,
                count=count_items(rows, self._previous.of(key)),
            )
        return key, self.evidence[key].count

    def items_left_over(self, demand: MustBePriced) -> list[FeedRow]:
        """Rows that were there at the moment and that no count has used (INT-02)."""
        reading = self._snapshot.reading(demand.feed, demand.moment)
        if reading is None or reading.problems:
            return []
        rules = demand.priced_by or tuple(
            rule.rule
            for rule in self._policy.count_rules
            if (rule.feed, rule.moment) == (demand.feed, demand.moment)
        )
        used = {item for rule in rules for item in self._used.get(rule, ())}
        local = self._local_moment(reading)
        return [row for row in reading.rows if row.item_id not in used and present_at(row, local)]

    def _usable_reading(self, rule: CountRule) -> FeedReading | None:
        reading = self._snapshot.reading(rule.feed, rule.moment)
        if reading is None:
            self._note(
                "reading-missing",
                f"The feed '{rule.feed}' was not read at the moment '{rule.moment}'.",
                "Put the export where the feed's exports belong, then run the account again.",
            )
            return None
        for problem in reading.problems:
            self.problems[str(problem)] = problem
        return None if reading.problems else reading

    def _rows(self, reading: FeedReading, subscriber: str | None) -> list[FeedRow]:
        place = (reading.feed, reading.moment)
        if place not in self._sections:
            self._sections[place] = self._split(reading)
        return self._sections[place].get(subscriber, [])

    def _split(self, reading: FeedReading) -> dict[str | None, list[FeedRow]]:
        """Rows by subscriber; under None all rows of the account."""
        local = self._local_moment(reading)
        present = [row for row in reading.rows if present_at(row, local)]
        sections: dict[str | None, list[FeedRow]] = {None: present}
        homeless: list[FeedRow] = []
        for row in present:
            subscriber = self._account.find_subscriber(row.subscriber or "")
            if subscriber is None:
                homeless.append(row)
            else:
                sections.setdefault(subscriber, []).append(row)
        self._homeless[reading.feed, reading.moment] = homeless
        return sections

    def _note_homeless(self, reading: FeedReading, rule: CountRule) -> None:
        """Items that count, but at no subscriber that we know: unknown never bills as zero."""
        places: dict[str | None, list[FeedRow]] = {}
        for row in self._homeless[reading.feed, reading.moment]:
            if rule.matches(row):
                places.setdefault(row.subscriber, []).append(row)
        for place, rows in sorted(places.items(), key=lambda entry: entry[0] or ""):
            named = f"'{place}'" if place else "no site or subscriber"
            items = name_some(
                [f"{row.name} (line {row.row})" for row in sorted(rows, key=lambda row: row.row)]
            )
            self._note(
                "unknown-subscriber",
                f"The feed '{reading.feed}' names {named} for {items}, and "
                f"{self._account.account} is billed by subscriber.",
                "Add the name to the account's subscribers, or to the 'known_as' of the right "
                "one, or correct the feed.",
            )

    def _local_moment(self, reading: FeedReading) -> datetime:
        return reading.moment_at.astimezone(self._policy.zone).replace(tzinfo=None)

    def note_unknown_product(self, agreement: Agreement, line: AgreementLine, book: str) -> None:
        """A line whose product is newer than the price book that the cycle pinned."""
        said = f"for '{line.product}', which the price book {book} lacks"
        self._note_newer("unknown-product", agreement, line, said)

    def note_unknown_rule(self, agreement: Agreement, line: AgreementLine, rule: str) -> None:
        """A line whose count rule is newer than the policy that the cycle pinned."""
        said = f"counted by '{rule}', which the policy {self._policy.version} lacks"
        self._note_newer("unknown-count-rule", agreement, line, said)

    def _note_newer(self, code: str, agreement: Agreement, line: AgreementLine, said: str) -> None:
        self._note(
            code,
            f"Line {line.line} of agreement {agreement.agreement} is {said}.",
            "The cycle keeps the versions that it opened with: let the line start with the next "
            "period, or correct its name.",
        )

    def _note(self, code: str, what: str, fix: str) -> None:
        problem = Problem(code=code, what=what, fix=fix, where=self._account.account)
        self.problems[str(problem)] = problem
