"""What lies in the feeds bucket, with what the next cycles take of it."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta

from msp_billing.domain.base import Frozen
from msp_billing.domain.feeds.definitions import FeedDefinition, FeedExport
from msp_billing.usecases.taken_exports import (
    Taking,
    missing_exports,
    next_takings,
    taken_exports,
)
from mspbill.feed_shelf import FeedShelf, Shelved
from mspbill.opening import Opened, SourceError

_SOON = timedelta(days=3)


class ListedExport(Frozen):
    """An export in the bucket."""

    key: str
    as_of_at: datetime
    age_hours: int
    uploaded_at: datetime
    size_bytes: int
    announced: bool
    """Whether its checksum lies beside it."""
    taken_by: Taking | None = None
    next: Taking | None = None
    too_old: bool
    """For a moment that would be now."""


class ListedFeed(Frozen):
    """A feed of the policy with its exports, the newest first."""

    feed: str
    title: str
    max_age_hours: int
    exports: tuple[ListedExport, ...]
    missing: tuple[Taking, ...] = ()
    """Moments that have come and for which there is no export to take: it should be there."""
    expected: tuple[Taking, ...] = ()
    """Moments of the next days that have no export to take yet."""


def list_feeds(found: Opened, feeds: list[str] | None) -> tuple[ListedFeed, ...]:
    """The feeds with their exports.

    Raises:
        SourceError: when the policy has no such feed.
    """
    policy, ports = found.policy, found.ports
    known = [feed.feed for feed in policy.feeds]
    for name in feeds or ():
        if name not in known:
            raise SourceError(f"{found.provider} has no feed '{name}', but {', '.join(known)}.")
    by_feed = {
        feed.feed: ports.feeds.exports(found.provider, feed, policy.time_zone)
        for feed in policy.feeds
    }
    taken = taken_exports(ports, policy, by_feed)
    coming = next_takings(ports, policy, by_feed)
    missing = missing_exports(ports, policy, by_feed, within=_SOON)
    shelf, now = FeedShelf(found.provider), ports.clock.now()
    listed = []
    for feed in policy.feeds:
        if feeds and feed.feed not in feeds:
            continue
        there, without = shelf.files(feed.feed), missing.get(feed.feed, [])
        exports = tuple(
            _listed(export, there[export.key], now, feed, taken, coming)
            for export in reversed(by_feed[feed.feed])
            if export.key in there
        )
        listed.append(
            ListedFeed(
                feed=feed.feed,
                title=feed.title,
                max_age_hours=feed.max_age_hours,
                exports=exports,
                missing=tuple(entry for entry in without if entry.moment_at <= now),
                expected=tuple(entry for entry in without if entry.moment_at > now),
            )
        )
    return tuple(listed)


def _listed(
    export: FeedExport,
    file: Shelved,
    now: datetime,
    feed: FeedDefinition,
    taken: Mapping[str, Taking],
    coming: Mapping[str, Taking],
) -> ListedExport:
    age = (now - export.as_of_at) // timedelta(hours=1)
    return ListedExport(
        key=export.key,
        as_of_at=export.as_of_at,
        age_hours=age,
        uploaded_at=file.uploaded_at,
        size_bytes=file.size_bytes,
        announced=export.sha256 is not None,
        taken_by=taken.get(export.key),
        next=coming.get(export.key),
        too_old=age > feed.max_age_hours,
    )
