"""Reading the exports of one account again, for all moments of a cycle that is over."""

from __future__ import annotations

from contextlib import closing

from msp_billing.domain.accounts import Account, feed_key
from msp_billing.domain.counted_feeds import feeds_counted_at
from msp_billing.domain.lost_rows import KnownRows
from msp_billing.domain.snapshots import FeedReading
from msp_billing.usecases.context import CycleContext
from msp_billing.usecases.ports import Ports
from msp_billing.usecases.take_feed import MomentContext, take_feed


def read_account(ports: Ports, context: CycleContext, account: Account) -> tuple[FeedReading, ...]:
    """What the exports say of one account by now, at every moment that the cycle had planned.

    Rows of other accounts are passed over. Nothing is compared with the month before: a person
    asks for this reading, knowing that the export has changed.
    """
    names = (account.account, account.name, *account.known_as)
    owners = {feed_key(name): account.account for name in names}
    readings: list[FeedReading] = []
    for planned in context.cycle.plan.moments:
        here = MomentContext(
            ports=ports,
            policy=context.policy,
            planned=planned,
            period=context.cycle.id.period,
            owners=owners,
        )
        for definition in feeds_counted_at(context.policy, context.run, planned.moment):
            with closing(take_feed(here, definition, KnownRows())) as feed:
                content = feed.of(account.account).content
            readings.append(FeedReading.model_validate_json(content))
    return tuple(readings)
