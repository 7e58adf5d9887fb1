"""Counting: which items of a snapshot a rule means, and what joined and left since."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import date, datetime, time

from pydantic import Field, model_validator

from msp_billing.domain.base import Frozen, Identifier, Text
from msp_billing.domain.feeds import FeedRow


class CountRule(Frozen):
    """How a quantity is counted: from which feed, at which moment, with which filter."""

    rule: Identifier
    title: Text = Field(description="What is counted, for people: 'Servers in the RMM'.")
    feed: Identifier
    moment: Identifier = Field(description="Name of a snapshot moment of the run.")
    where: dict[Identifier, tuple[Text, ...]] = Field(
        default={}, description="Attribute and the values of it that count; all must hold."
    )
    clause: Identifier = Field(description="The clause of the policy that says so.")

    @model_validator(mode="after")
    def _lets_something_count(self) -> CountRule:
        empty = [name for name, values in self.where.items() if not values]
        if empty:
            raise ValueError(
                f"the filter by {', '.join(empty)} lists no value, so that nothing would count"
            )
        return self

    def matches(self, row: FeedRow) -> bool:
        """Whether the rule's filter lets the row count. Case and outer space do not matter."""
        return all(
            row.attributes.get(name, "").strip().casefold()
            in {value.strip().casefold() for value in values}
            for name, values in self.where.items()
        )


class CountedItem(Frozen):
    """One item that a count is made of."""

    item_id: str
    name: str
    since_on: date | None = Field(default=None, description="Day it came online, when known.")


class Count(Frozen):
    """A number that names what it is made of (a count equals the items it names)."""

    items: tuple[CountedItem, ...]
    joined: tuple[CountedItem, ...] = Field(description="Counted now, not in the last count.")
    left: tuple[CountedItem, ...] = Field(description="In the last count, not counted now.")

    @property
    def quantity(self) -> int:
        """How many."""
        return len(self.items)


def present_at(row: FeedRow, moment: datetime) -> bool:
    """Whether the item was there at a local moment (INT-01, INT-04, INT-05, COL-02).

    Exports know days, moments have a time: an item counts from the beginning of its first day, so
    at 00:00 on the 1st what comes online on the 1st is not there yet, while at 18:00 on the 23rd
    what came online on the 23rd is. An item is gone from the beginning of its last day in the
    same way.

    Args:
        moment: local wall-clock time of the snapshot, without a zone.
    """
    online = row.online_on is None or _begun(row.online_on, moment)
    offboarded = row.offboarded_on is not None and _begun(row.offboarded_on, moment)
    return online and not offboarded


def _begun(day: date, moment: datetime) -> bool:
    return datetime.combine(day, time()) < moment


def count_items(rows: Iterable[FeedRow], previous: Sequence[CountedItem] | None) -> Count:
    """Count rows that a rule has let through, and compare them with the last count.

    Args:
        rows: the rows that count, of one account and subscriber.
        previous: the items of the last count; None when there was none to compare with, in which
            case nothing is reported as joined or left.
    """
    items = tuple(
        sorted(
            (
                CountedItem(item_id=row.item_id, name=row.name, since_on=row.online_on)
                for row in rows
            ),
            key=lambda item: (item.name.casefold(), item.item_id),
        )
    )
    if previous is None:
        return Count(items=items, joined=(), left=())
    before = {item.item_id for item in previous}
    now = {item.item_id for item in items}
    return Count(
        items=items,
        joined=tuple(item for item in items if item.item_id not in before),
        left=tuple(item for item in previous if item.item_id not in now),
    )
