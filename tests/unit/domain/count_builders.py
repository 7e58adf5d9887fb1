"""Rows and counts for tests of count rules, all in the service month of the builders' provider."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date
from typing import Any

from msp_billing.domain.calendars import BusinessCalendar
from msp_billing.domain.counting.counter import Counter
from msp_billing.domain.counting.counts import Count, CountedItem
from msp_billing.domain.counting.previous_counts import NO_PREVIOUS_COUNTS, PreviousCounts
from msp_billing.domain.feeds.definitions import FeedRow
from msp_billing.domain.periods import Period
from msp_billing.domain.policy import ProviderPolicy
from tests.unit.domain.builders import (
    MARCH,
    NO_HOLIDAYS,
    account,
    agreement_data,
    context,
    count_rule_data,
    feed_data,
    line_data,
    policy,
    run_data,
    snapshot,
)

EVERY_COLUMN = feed_data()["columns"] | {
    "last_seen_on": "Last Seen",
    "offboard_requested_on": "Offboard",
    "change_received_on": "Changed",
    "quantity": "Quantity",
}


def day(text: str | None) -> date | None:
    return None if text is None else date.fromisoformat(text)


def row(
    name: str,
    kind: str = "PC",
    *,
    site: str | None = None,
    online: str | None = None,
    offboarded: str | None = None,
    seen: str | None = None,
    offboard_asked: str | None = None,
    changed: str | None = None,
    quantity: int = 1,
    backup: str = "no",
    item_id: str | None = None,
    line: int = 2,
) -> FeedRow:
    return FeedRow(
        item_id=item_id or f"id-{name}",
        name=name,
        account="Tern Harbor",
        subscriber=site,
        online_on=day(online),
        offboarded_on=day(offboarded),
        last_seen_on=day(seen),
        offboard_requested_on=day(offboard_asked),
        change_received_on=day(changed),
        quantity=quantity,
        attributes={"kind": kind, "backup": backup},
        row=line,
    )


MONTH_END = {"moment": "month-end", "at": {"month": 1, "day": 1, "at": "00:00"}}
IN_ARREARS = run_data(
    moments=[*run_data()["moments"], MONTH_END],
    compare={"month": 1, "day": 1, "at": "12:00"},
    issue={"month": 1, "day": 2, "at": "12:30"},
    due={"month": 1, "day": 15},
)


def rule_policy(*rules: dict[str, Any], **changes: Any) -> ProviderPolicy:
    """A policy whose feed has every column, with these count rules."""
    columns = feed_data(columns=EVERY_COLUMN)
    return policy(
        **{"feeds": [columns], "count_rules": list(rules), "runs": [IN_ARREARS], **changes}
    )


def pcs_rule(**changes: Any) -> dict[str, Any]:
    return count_rule_data("pcs", "PCs", {"kind": ["PC"]}) | changes


def counter(
    rows: Iterable[FeedRow],
    *rules: dict[str, Any],
    period: Period = MARCH,
    previous: PreviousCounts = NO_PREVIOUS_COUNTS,
    sites: Iterable[str] = (),
    calendar: BusinessCalendar = NO_HOLIDAYS,
) -> Counter:
    """A counter over rows that were read at 00:00 on the 1st of the period and of the next."""
    known = rule_policy(*(rules or (pcs_rule(),)))
    line = line_data("PC", subscriber="each") if sites else line_data("PC")
    of = account(agreement_data(line), sites=sites)
    taken = snapshot(of, context(period, known), rows)
    return Counter(known, taken, previous, period, calendar)


def count(
    rows: Iterable[FeedRow],
    rule: dict[str, Any] | None = None,
    *,
    subscriber: str | None = None,
    **how: Any,
) -> Count:
    """The count of one rule; it has to be known."""
    counting = counter(rows, rule or pcs_rule(), **how)
    found = counting.count(counting._policy.count_rules[0], subscriber)
    assert found is not None, counting.problems
    return found[1]


def items(*names: str) -> tuple[CountedItem, ...]:
    return tuple(CountedItem(item_id=f"id-{name}", name=name) for name in names)


def names(of: Iterable[CountedItem]) -> list[str]:
    return [item.name for item in of]
