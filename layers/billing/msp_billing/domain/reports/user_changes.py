"""The user-change report: which users came, went or changed in a month, by subscriber."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import date
from typing import TYPE_CHECKING, Literal

from pydantic import Field

from msp_billing.domain.base import Frozen, Identifier
from msp_billing.domain.periods import Period
from msp_billing.domain.reports.report_counts import (
    ItemKey,
    ReportedCount,
    UnknownCountError,
    billed_sections,
    counted_before,
    item_key,
    place_name,
    reported_counts,
    subscriber_name,
)

if TYPE_CHECKING:
    from msp_billing.domain.building.account_build import AccountBuild
    from msp_billing.domain.counting.counts import CountedItem, CountRule
    from msp_billing.domain.feeds.definitions import FeedRow
    from msp_billing.domain.reports.report_policy import ReportPolicy

UserChangeKind = Literal["added", "removed", "changed"]


class UserChange(Frozen):
    """What became of one user."""

    item_id: str
    name: str
    place: str = Field(description="Subscriber or site.")
    change: UserChangeKind
    counted_as: str = Field(description="As what it is counted, or was.")
    was: str | None = Field(default=None, description="As what it was counted, if it changed.")
    changed_on: date | None = Field(description="None where the export does not say when.")
    received_on: date | None = Field(default=None, description="When the request came in.")


class UserChanges(Frozen):
    """An account's completed user changes of a month (COL-19)."""

    account: Identifier
    account_name: str
    period: Period
    changes: tuple[UserChange, ...] = Field(description="By subscriber, oldest first.")
    users: int = Field(ge=0, description="How many are counted now.")

    def by_place(self) -> dict[str, tuple[UserChange, ...]]:
        """The changes of each subscriber."""
        places: dict[str, list[UserChange]] = {}
        for change in self.changes:
            places.setdefault(change.place, []).append(change)
        return {place: tuple(changes) for place, changes in places.items()}


def user_changes(build: AccountBuild, report: ReportPolicy) -> UserChanges | None:
    """The changes between the last count and this one; None for an account without users.

    An export dates what it dates. What it does not say is seen by comparing with the users that
    the last invoice was made of: one that the export has no more was removed, one that is counted
    as something else now was changed.

    Raises:
        UnknownCountError: when the users are not known.
    """
    billed = billed_sections(build, report.count_rules)
    if not billed:
        return None
    counts = reported_counts(build, report.count_rules)
    changes = _Changes(build, billed, counts).found()
    if not (counts or changes):
        return None
    return UserChanges(
        account=build.account.account,
        account_name=build.account.name,
        period=build.context.period,
        changes=tuple(
            sorted(
                changes,
                key=lambda entry: (
                    entry.place.casefold(),
                    entry.changed_on or date.max,
                    entry.name.casefold(),
                ),
            )
        ),
        users=len({key for count in counts for key in count.item_keys()}),
    )


class _Changes:
    """Finds what became of each user: a login is one person's at a subscriber, not everywhere."""

    def __init__(
        self,
        build: AccountBuild,
        billed: dict[str, frozenset[str | None]],
        counts: Iterable[ReportedCount],
    ) -> None:
        self._build = build
        self._billed = billed
        self._rules = [build.context.policy.count_rule(name) for name in billed]
        self._counted_now = {
            self._key(count.subscriber or item.subscriber, item.item_id): count.counted_as
            for count in counts
            for item in count.items
        }
        self._rows = dict(self._read())
        self._before = dict(self._counted_before())
        self._known_before = build.previous.period is not None

    def found(self) -> list[UserChange]:
        """Each user at most once for each kind of change."""
        return [
            *(self._change(row, "added", rule, row.online_on) for rule, row in self._added()),
            *self._changed(),
            *(self._change(row, "removed", rule, row.offboarded_on) for rule, row in self._left()),
            *self._vanished(),
        ]

    def _added(self) -> Iterator[tuple[CountRule, FeedRow]]:
        for key, (rule, row) in self._rows.items():
            new_here = self._known_before and key not in self._before
            if self._in_month(row.online_on) or (new_here and key in self._counted_now):
                yield rule, row

    def _left(self) -> Iterator[tuple[CountRule, FeedRow]]:
        for rule, row in self._rows.values():
            if self._in_month(row.offboarded_on):
                yield rule, row

    def _changed(self) -> Iterator[UserChange]:
        """Users who are counted as something else than last time."""
        for key, title in self._counted_now.items():
            was = self._before.get(key)
            found = self._rows.get(key)
            if was is None or found is None or was[0].title == title:
                continue
            rule, row = found
            change = self._change(row, "changed", rule, row.change_received_on)
            yield change.model_copy(update={"counted_as": title, "was": was[0].title})

    def _vanished(self) -> Iterator[UserChange]:
        """Users of the last count of whom the export says nothing any more."""
        for key, (rule, subscriber, item) in self._before.items():
            if key not in self._everybody:
                yield UserChange(
                    item_id=item.item_id,
                    name=item.name,
                    place=subscriber_name(self._build, subscriber),
                    change="removed",
                    counted_as=rule.title,
                    changed_on=None,
                )

    def _change(
        self, row: FeedRow, change: UserChangeKind, rule: CountRule, changed_on: date | None
    ) -> UserChange:
        return UserChange(
            item_id=row.item_id,
            name=row.name,
            place=place_name(self._build, row.subscriber),
            change=change,
            counted_as=rule.title,
            changed_on=changed_on,
            received_on=row.change_received_on,
        )

    def _read(self) -> Iterator[tuple[ItemKey, tuple[CountRule, FeedRow]]]:
        self._everybody: set[ItemKey] = set()
        for rule in self._rules:
            reading = self._build.snapshot.reading(rule.feed, rule.moment)
            if reading is None:
                continue
            if reading.problems:
                raise UnknownCountError(reading.problems)
            self._everybody.update(self._key(row.subscriber, row.item_id) for row in reading.rows)
            yield from (
                (self._key(row.subscriber, row.item_id), (rule, row))
                for row in reading.rows
                if rule.matches(row) and self._counts_here(rule, row)
            )

    def _counts_here(self, rule: CountRule, row: FeedRow) -> bool:
        """Whether the rule counts users where this one is: sites may be counted differently."""
        sections = self._billed[rule.rule]
        return None in sections or self._build.account.find_subscriber(row.subscriber or "") in (
            sections
        )

    def _counted_before(self) -> Iterator[tuple[ItemKey, tuple[CountRule, str, CountedItem]]]:
        by_name = {rule.rule: rule for rule in self._rules}
        for name, place, item in counted_before(self._build, by_name):
            yield self._key(place, item.item_id), (by_name[name], place, item)

    def _key(self, place: str | None, item_id: str) -> ItemKey:
        return item_key(self._build, place, item_id)

    def _in_month(self, day: date | None) -> bool:
        month = self._build.context.period
        return day is not None and month.first_day <= day <= month.last_day
