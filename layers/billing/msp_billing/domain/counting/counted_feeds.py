"""Which feeds are read at a moment: of the counts, of their checks, and of work by the hour."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from msp_billing.domain.feeds.definitions import FeedDefinition
    from msp_billing.domain.policy import ProviderPolicy
    from msp_billing.domain.run_policy import RunPolicy


def feeds_counted_at(
    policy: ProviderPolicy, run: RunPolicy, moment: str
) -> tuple[FeedDefinition, ...]:
    """The feeds that are counted at a moment of a run, in the policy's order.

    A source that only checks another is read by its count rule too, and so at the rule's moment.
    """
    needed = {rule.feed for rule in policy.count_rules if rule.moment == moment}
    needed |= {entry.feed for entry in run.must_be_priced if entry.moment == moment}
    if run.work is not None and run.work.moment == moment:
        needed.add(policy.work_rule(run.work.rules).feed)
    return tuple(feed for feed in policy.feeds if feed.feed in needed)
