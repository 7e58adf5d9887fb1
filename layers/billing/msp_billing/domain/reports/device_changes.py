"""The device report: what was added and removed lately, and the quantities that will bill."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, datetime, timedelta
from typing import TYPE_CHECKING

from pydantic import Field

from msp_billing.domain.base import Frozen, Identifier
from msp_billing.domain.periods import Period
from msp_billing.domain.reports.report_counts import (
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
    from msp_billing.domain.counting.counts import CountRule
    from msp_billing.domain.feeds.definitions import FeedRow
    from msp_billing.domain.reports.report_policy import ReportPolicy


class DeviceChange(Frozen):
    """One device that was added or removed."""

    item_id: str
    name: str
    place: str = Field(description="Subscriber or site.")
    counted_as: str
    changed_on: date | None = Field(
        description="None for a device that is in the export no more: gone since the last count."
    )


class DeviceReport(Frozen):
    """An account's devices before they are billed (COL-03)."""

    account: Identifier
    account_name: str
    period: Period
    counted_at: datetime = Field(description="The snapshot moment, UTC.")
    from_on: date
    to_on: date
    added: tuple[DeviceChange, ...]
    removed: tuple[DeviceChange, ...]
    counts: tuple[ReportedCount, ...]

    @property
    def devices(self) -> int:
        """How many devices will bill, each counted once however many products bill it."""
        return len({key for count in self.counts for key in count.item_keys()})


def device_report(build: AccountBuild, report: ReportPolicy) -> DeviceReport | None:
    """What changed in the last days and what will bill; None when there is nothing to tell.

    A change of ``report.days`` days before the day of the count is still told, one a day older is
    not: with 30 days, two reports a month apart leave no day out, in months of 31 days either.

    Raises:
        UnknownCountError: when the devices are not known.
    """
    billed = billed_sections(build, report.count_rules)
    known = [build.context.policy.count_rule(name) for name in report.count_rules]
    feeds = {rule.feed for rule in known if rule.rule in billed}
    # A device of a kind that the account is not billed for is told too: it is on its network.
    rules = [rule for rule in known if rule.feed in feeds]
    counts = reported_counts(build, report.count_rules)
    moments = [
        reading.moment_at
        for rule in rules
        if (reading := build.snapshot.reading(rule.feed, rule.moment)) is not None
    ]
    if not moments:
        return None
    counted_at = max(moments)
    to_on = counted_at.astimezone(build.context.policy.zone).date()
    from_on = to_on - timedelta(days=report.days)
    changes = _Changes(build, rules, from_on, to_on)
    added, removed = changes.added(), changes.removed()
    if not (counts or added or removed):
        return None
    return DeviceReport(
        account=build.account.account,
        account_name=build.account.name,
        period=build.context.period,
        counted_at=counted_at,
        from_on=from_on,
        to_on=to_on,
        added=added,
        removed=removed,
        counts=counts,
    )


class _Changes:
    """Finds the devices of an account that came or went between two days, both included."""

    def __init__(
        self, build: AccountBuild, rules: list[CountRule], from_on: date, to_on: date
    ) -> None:
        self._build = build
        self._rules = rules
        self._from_on = from_on
        self._to_on = to_on

    def added(self) -> tuple[DeviceChange, ...]:
        """By the day on which the export says that they came online."""
        return self._in_order(
            self._change(row, rule, row.online_on)
            for rule, row in self._rows()
            if self._lately(row.online_on)
        )

    def removed(self) -> tuple[DeviceChange, ...]:
        """By the day on which they were offboarded; also those that the export has no more."""
        dated = [
            self._change(row, rule, row.offboarded_on)
            for rule, row in self._rows()
            if self._lately(row.offboarded_on)
        ]
        return self._in_order((*dated, *self._vanished()))

    def _vanished(self) -> Iterator[DeviceChange]:
        """Devices of the last count of which the export says nothing any more."""
        for rule in self._rules:
            reading = self._build.snapshot.reading(rule.feed, rule.moment)
            if reading is None or self._build.previous.period is None:
                continue
            there = {item_key(self._build, row.subscriber, row.item_id) for row in reading.rows}
            for _, place, item in counted_before(self._build, (rule.rule,)):
                if item_key(self._build, place, item.item_id) not in there:
                    yield DeviceChange(
                        item_id=item.item_id,
                        name=item.name,
                        place=subscriber_name(self._build, place),
                        counted_as=rule.title,
                        changed_on=None,
                    )

    def _rows(self) -> Iterator[tuple[CountRule, FeedRow]]:
        for rule in self._rules:
            reading = self._build.snapshot.reading(rule.feed, rule.moment)
            if reading is None:
                continue
            if reading.problems:
                raise UnknownCountError(reading.problems)
            yield from ((rule, row) for row in reading.rows if rule.matches(row))

    def _lately(self, day: date | None) -> bool:
        return day is not None and self._from_on <= day <= self._to_on

    def _change(self, row: FeedRow, rule: CountRule, changed_on: date | None) -> DeviceChange:
        return DeviceChange(
            item_id=row.item_id,
            name=row.name,
            place=place_name(self._build, row.subscriber),
            counted_as=rule.title,
            changed_on=changed_on,
        )

    @staticmethod
    def _in_order(
        changes: Iterator[DeviceChange] | tuple[DeviceChange, ...],
    ) -> tuple[DeviceChange, ...]:
        """Newest first; what has no day comes last. A device counted twice is told once."""
        found = {(change.place, change.item_id, change.changed_on): change for change in changes}
        return tuple(
            sorted(
                found.values(),
                key=lambda change: (
                    -(change.changed_on or date.min).toordinal(),
                    change.place.casefold(),
                    change.name.casefold(),
                ),
            )
        )
