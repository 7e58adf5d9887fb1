"""What counting finds that a person should look at, though the counts stand."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date
from typing import TYPE_CHECKING, NamedTuple

from msp_billing.domain.findings import Finding, FindingItem

if TYPE_CHECKING:
    from msp_billing.domain.accounts import Account
    from msp_billing.domain.counting.counts import CountRule
    from msp_billing.domain.counting.selection import Selection
    from msp_billing.domain.feeds.definitions import FeedRow

PENDING_CODE = "offboarding-pending"
LATE_CODE = "late-change"

_SENTENCES = {
    "pending": "asked to be offboarded and not seen since: still counted, until seen or not seen "
    "for too long.",
    "added": "added after the cut-off: not counted yet, but next month.",
    "removed": "removed after the cut-off: still counted, but not next month.",
}


class _Place(NamedTuple):
    """One finding is made for each."""

    kind: str
    feed: str
    clause: str
    subscriber: str | None


class CountFindings:
    """Collects them, each item once: the same device may be counted by several rules."""

    def __init__(self, account: Account) -> None:
        self._names = {entry.subscriber: entry.name for entry in account.subscribers}
        self._found: dict[_Place, dict[tuple[str, str], tuple[FeedRow, date | None]]] = {}

    def add(self, rule: CountRule, subscriber: str | None, selection: Selection) -> None:
        """Note what is out of the ordinary in a count."""
        for row in selection.pending:
            self._add("pending", rule, subscriber, row, row.offboard_requested_on)
        for entry in selection.late:
            self._add(entry.what, rule, subscriber, entry.row, entry.received_on)

    def _add(
        self, kind: str, rule: CountRule, subscriber: str | None, row: FeedRow, on: date | None
    ) -> None:
        place = _Place(kind, rule.feed, rule.clause, subscriber)
        self._found.setdefault(place, {})[row.subscriber or "", row.item_id] = (row, on)

    @property
    def findings(self) -> tuple[Finding, ...]:
        """What was found so far; items by name, with the day of the request or of the change."""
        return tuple(
            self._finding(place, list(entries.values())) for place, entries in self._found.items()
        )

    def _finding(self, place: _Place, entries: list[tuple[FeedRow, date | None]]) -> Finding:
        pending = place.kind == "pending"
        many = f"{len(entries)} item{'s' if len(entries) > 1 else ''}"
        return Finding(
            code=PENDING_CODE if pending else LATE_CODE,
            clause=place.clause,
            title="Offboarding pending" if pending else "Changes after the cut-off",
            subscriber=place.subscriber,
            what=f"{many} {_SENTENCES[place.kind]}",
            items=finding_items(entries, self._names.get(place.subscriber or "")),
        )


def finding_items(
    entries: Iterable[tuple[FeedRow, date | None]], where: str | None = None
) -> tuple[FindingItem, ...]:
    """Rows as items of a finding, by name.

    Args:
        entries: rows, each with the day since when it is so.
        where: where all of them are; what the feed says of each where it is None.
    """
    items = (
        FindingItem(
            item_id=row.item_id, name=row.name, where=where or row.subscriber, since_on=since_on
        )
        for row, since_on in entries
    )
    return tuple(sorted(items, key=lambda item: (item.name.casefold(), item.item_id)))
