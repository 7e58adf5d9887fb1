"""Counting: which items of a snapshot a rule means, and what joined and left since."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from datetime import date, datetime, time
from decimal import ROUND_CEILING, Decimal
from functools import cached_property
from typing import Literal

from pydantic import Field, model_validator

from msp_billing.domain.base import Frozen, Identifier, Text
from msp_billing.domain.date_rules import DateRule
from msp_billing.domain.feeds.definitions import FeedRow
from msp_billing.domain.feeds.formats import SEVERAL_VALUES
from msp_billing.domain.money import ExactDecimal

MAX_RATIO = 100
"""A limit on everything: no policy counts a workstation as more users than that."""


class CountRule(Frozen):
    """How a quantity is counted: from which feed, at which moment, with which filter."""

    rule: Identifier
    title: Text = Field(description="What is counted, for people: 'Servers in the RMM'.")
    feed: Identifier
    moment: Identifier = Field(description="Name of a snapshot moment of the run.")
    where: dict[Identifier, tuple[Text, ...]] = Field(
        default={}, description="Attribute and the values of it that count; all must hold."
    )
    window: Literal["at_moment", "month"] = Field(
        default="at_moment",
        description="'at_moment' counts what is there at the moment, 'month' everything that was "
        "there at any time in the service month (COL-15).",
    )
    last_seen_within_days: int | None = Field(
        default=None,
        ge=0,
        le=366,
        description="An item counts so many days after it was last seen, the last one included "
        "(INT-07). One without a day on which it was last seen counts.",
    )
    offboarding_when_seen: bool = Field(
        default=False,
        description="An item whose offboarding was asked for counts until it was seen on that day "
        "or later; until then its offboarding is reported as pending (INT-08).",
    )
    cut_off: DateRule | None = Field(
        default=None,
        description="Changes that were received on a day which had begun by then reach the count, "
        "later ones the next month's (COL-04, COL-13).",
    )
    ratio: ExactDecimal = Field(
        default=Decimal(1),
        gt=0,
        le=MAX_RATIO,
        decimal_places=4,
        description="What the items are multiplied by; the product is rounded up (COL-14).",
    )
    quantity_from_rows: bool = Field(
        default=False,
        description="The count is the sum of the rows' quantity, as on a vendor's invoice "
        "(COL-17). Who is not on it is unknown, and not billed by zero.",
    )
    clause: Identifier = Field(description="The clause of the policy that says so.")

    @model_validator(mode="after")
    def _lets_something_count(self) -> CountRule:
        empty = [name for name, values in self.where.items() if not values]
        if empty:
            raise ValueError(
                f"the filter by {', '.join(empty)} lists no value, so that nothing would count"
            )
        asks_about_one_moment = self.last_seen_within_days is not None or self.offboarding_when_seen
        if self.window == "month" and asks_about_one_moment:
            raise ValueError(
                "the window 'month' counts what was there on any day: leave out "
                "'last_seen_within_days' and 'offboarding_when_seen', which ask about one moment"
            )
        return self

    @cached_property
    def _wanted(self) -> dict[str, frozenset[str]]:
        return {
            name: frozenset(value.strip().casefold() for value in values)
            for name, values in self.where.items()
        }

    def matches(self, row: FeedRow) -> bool:
        """Whether the rule's filter lets the row count. Case and outer space do not matter.

        An attribute can have several values, such as a user's licences: one of them is enough.
        """
        attributes = row.attributes
        for name, wanted in self._wanted.items():  # a plain loop: it runs for every row of a feed
            if not _is_among(attributes.get(name, ""), wanted):
                return False
        return True


def _is_among(value: str, wanted: frozenset[str]) -> bool:
    if SEVERAL_VALUES not in value:
        return value.strip().casefold() in wanted
    return any(part.strip().casefold() in wanted for part in value.split(SEVERAL_VALUES))


class CountedItem(Frozen):
    """One item that a count is made of."""

    item_id: str
    name: str
    subscriber: str | None = Field(
        default=None, description="Whose it is, in a count that spans the account's subscribers."
    )
    quantity: int = Field(default=1, ge=0, description="How many it stands for.")
    since_on: date | None = Field(default=None, description="Day it came online, when known.")
    until_on: date | None = Field(default=None, description="Day it left or leaves, when known.")

    @property
    def key(self) -> tuple[str, str]:
        """What tells it from the other items of a count: an id is one's own at a subscriber."""
        return self.subscriber or "", self.item_id


class QuantityChange(Frozen):
    """An item that was counted before too, but stood for another number."""

    item: CountedItem
    before: int = Field(ge=0)


class LateChange(Frozen):
    """A change that came after the cut-off, so that it waits for the next month's count."""

    item: CountedItem
    received_on: date
    what: Literal["added", "removed"]


class Count(Frozen):
    """A number that names what it is made of (a count equals the items it names)."""

    items: tuple[CountedItem, ...]
    joined: tuple[CountedItem, ...] = Field(description="Counted now, not in the last count.")
    left: tuple[CountedItem, ...] = Field(description="In the last count, not counted now.")
    changed: tuple[QuantityChange, ...] = Field(
        default=(), description="In both counts with another quantity."
    )
    late: tuple[LateChange, ...] = Field(
        default=(),
        description="What came after the cut-off: added ones are not in the items, "
        "removed ones still are.",
    )
    ratio: ExactDecimal = Field(default=Decimal(1), description="Items times this, rounded up.")

    @property
    def units(self) -> int:
        """What the items come to before the ratio."""
        return sum(item.quantity for item in self.items)

    @property
    def quantity(self) -> int:
        """How many."""
        return _times(self.units, self.ratio)

    @property
    def arithmetic(self) -> str | None:
        """How the quantity comes from the items, unless it is their number."""
        if self.ratio == 1:
            rows = f"{len(self.items)} row{'s' if len(self.items) != 1 else ''}"
            return None if self.units == len(self.items) else f"sum of {rows}"
        exact = self.units * self.ratio
        rounded = "" if exact == self.quantity else f", rounded up to {self.quantity}"
        return f"{self.units} x {self.ratio.normalize():f} = {exact.normalize():f}{rounded}"

    @property
    def quantity_before(self) -> int:
        """How many the last count came to by this rule; without one, the same as now."""
        joined = sum(item.quantity for item in self.joined)
        left = sum(item.quantity for item in self.left)
        grown = sum(change.item.quantity - change.before for change in self.changed)
        return _times(self.units - joined + left - grown, self.ratio)


def _times(units: int, ratio: Decimal) -> int:
    return int((units * ratio).to_integral_value(ROUND_CEILING))


def present_at(row: FeedRow, moment: datetime) -> bool:
    """Whether the item was there at a local moment (INT-01, INT-04, INT-05, COL-02).

    Exports know days, moments have a time: an item counts from the beginning of its first day, so
    at 00:00 on the 1st what comes online on the 1st is not there yet, while at 18:00 on the 23rd
    what came online on the 23rd is. An item is gone from the beginning of its last day in the
    same way.

    Args:
        moment: local wall-clock time of the snapshot, without a zone.
    """
    online = row.online_on is None or begun(row.online_on, moment)
    offboarded = row.offboarded_on is not None and begun(row.offboarded_on, moment)
    return online and not offboarded


def begun(day: date, moment: datetime) -> bool:
    """Whether a day had begun before a local moment; at its own 00:00 it had not."""
    return datetime.combine(day, time()) < moment


def counted_item(row: FeedRow, *, quantity: int = 1, subscriber: str | None = None) -> CountedItem:
    """A row as an item of a count."""
    return CountedItem(
        item_id=row.item_id,
        name=row.name,
        subscriber=subscriber,
        quantity=quantity,
        since_on=row.online_on,
        until_on=row.offboarded_on,
    )


def count_items(
    counted: Iterable[FeedRow | CountedItem],
    previous: Sequence[CountedItem] | None,
    *,
    ratio: Decimal = Decimal(1),
    late: Iterable[LateChange] = (),
    left_on: Callable[[CountedItem], date | None] = lambda item: item.until_on,
) -> Count:
    """Count what a rule has let through, and compare it with the last count.

    Args:
        counted: the rows, or the items made of them, of one account and subscriber.
        previous: the items of the last count; None when there was none to compare with, in which
            case nothing is reported as joined or left.
        ratio: see :class:`CountRule`.
        late: what came after the cut-off.
        left_on: the day on which an item of the last count left, when it is known.
    """
    entries = (counted_item(it) if isinstance(it, FeedRow) else it for it in counted)
    items = tuple(sorted(entries, key=_by_name))
    waiting = tuple(sorted(late, key=lambda change: _by_name(change.item)))
    if previous is None:
        return Count(items=items, joined=(), left=(), late=waiting, ratio=ratio)
    before = {item.key: item for item in previous}
    now = {item.key for item in items}
    return Count(
        items=items,
        joined=tuple(item for item in items if item.key not in before),
        left=tuple(
            item.model_copy(update={"until_on": left_on(item)})
            for item in previous
            if item.key not in now
        ),
        changed=tuple(
            QuantityChange(item=item, before=was.quantity)
            for item in items
            if (was := before.get(item.key)) is not None and was.quantity != item.quantity
        ),
        late=waiting,
        ratio=ratio,
    )


def _by_name(item: CountedItem) -> tuple[str, str, str]:
    return item.name.casefold(), *item.key
