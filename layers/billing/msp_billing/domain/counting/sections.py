"""Sections: the rows of a reading by the account's subscribers."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

from msp_billing.domain.accounts import Account, feed_key

if TYPE_CHECKING:
    from msp_billing.domain.feeds.definitions import FeedRow


class RowSections:
    """Knows of every row whose it is. An item's id is its own at a subscriber, not in a feed."""

    def __init__(self, account: Account, rows: Iterable[FeedRow]) -> None:
        self._account = account
        self._known: dict[str | None, tuple[str | None, str]] = {}
        self._sections: dict[str | None, list[FeedRow]] = {None: list(rows)}
        self._doubles: list[tuple[FeedRow, FeedRow]] = []
        self.homeless: list[FeedRow] = []
        first: dict[tuple[str, str], FeedRow] = {}
        for row in self._sections[None]:
            known = first.setdefault(self.key(row), row)
            if known is not row:
                self._doubles.append((row, known))
            subscriber = self._subscriber(row)
            if subscriber is None:
                self.homeless.append(row)
            else:
                self._sections.setdefault(subscriber, []).append(row)

    def rows(self, subscriber: str | None) -> list[FeedRow]:
        """The rows of a subscriber; under None all rows of the account."""
        return self._sections.get(subscriber, [])

    def doubles(self, subscriber: str | None) -> list[tuple[FeedRow, FeedRow]]:
        """Rows of one item that stand under two names of a subscriber, each with the first one."""
        return [
            (row, first)
            for row, first in self._doubles
            if subscriber is None or self._subscriber(row) == subscriber
        ]

    def place(self, row: FeedRow) -> str | None:
        """Whose it is: the subscriber's id, or the name in the feed where that is nobody's."""
        return self._subscriber(row) or row.subscriber

    def key(self, row: FeedRow) -> tuple[str, str]:
        """What tells an item from the account's others."""
        return self._place_of(row.subscriber)[1], row.item_id

    def _subscriber(self, row: FeedRow) -> str | None:
        return self._place_of(row.subscriber)[0]

    def _place_of(self, name: str | None) -> tuple[str | None, str]:
        """The subscriber that a feed means by a name, and what it is compared by."""
        found = self._known.get(name)
        if found is None:
            subscriber = self._account.find_subscriber(name or "")
            found = self._known[name] = (subscriber, subscriber or feed_key(name or ""))
        return found
