"""Whether count rules fit the feeds and moments that they name."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from msp_billing.domain.counting.counts import CountRule
    from msp_billing.domain.policy import ProviderPolicy


def count_rule_inconsistencies(policy: ProviderPolicy) -> Iterator[str]:
    """What does not fit together, one sentence each; unknown names are said elsewhere."""
    feeds = {entry.feed: entry for entry in policy.feeds}
    for rule in policy.count_rules:
        if rule.feed in feeds:
            for need, column in _needs(rule):
                if getattr(feeds[rule.feed].columns, column) is None:
                    yield (
                        f"count rule {rule.rule} has '{need}', for which the feed '{rule.feed}' "
                        f"needs the column '{column}': name its header under 'columns'"
                    )
        if rule.window == "month":
            yield from _moments_too_early(policy, rule)


def _needs(rule: CountRule) -> Iterator[tuple[str, str]]:
    """A setting of the rule, and the feed column without which it is idle."""
    if rule.window == "month":
        yield "window: month", "online_on"
        yield "window: month", "offboarded_on"
    if rule.last_seen_within_days is not None:
        yield "last_seen_within_days", "last_seen_on"
    if rule.offboarding_when_seen:
        yield "offboarding_when_seen", "offboard_requested_on"
        yield "offboarding_when_seen", "last_seen_on"
    if rule.cut_off is not None:
        yield "cut_off", "change_received_on"
    if rule.quantity_from_rows:
        yield "quantity_from_rows", "quantity"


def _moments_too_early(policy: ProviderPolicy, rule: CountRule) -> Iterator[str]:
    """A moment inside the month cannot know what comes in the rest of it (COL-15)."""
    for run in policy.runs:
        for moment in run.moments:
            if moment.moment == rule.moment and moment.at.month < 1:
                yield (
                    f"count rule {rule.rule} counts the whole month, but the moment "
                    f"'{moment.moment}' of run {run.run} is in the month itself: give it "
                    "'month: 1'"
                )
