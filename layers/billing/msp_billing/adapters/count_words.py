"""Items and changes of a count in words, for documents and for the answer to "why?"."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

from msp_billing.adapters.formatting import format_day, format_quantity
from msp_billing.adapters.language import _

if TYPE_CHECKING:
    from msp_billing.domain.counting.counts import Count, CountedItem, LateChange, QuantityChange


def named_items(items: Iterable[CountedItem]) -> list[str]:
    """Their names; where any of them stands for more or less than one, with its quantity."""
    known = list(items)
    if all(item.quantity == 1 for item in known):
        return [item.name for item in known]
    return [f"{item.name}: {format_quantity(item.quantity)}" for item in known]


def named_left(item: CountedItem) -> str:
    """An item that left, with the day where it is known."""
    if item.until_on is None:
        return item.name
    return _("{name}, left {day}").format(name=item.name, day=format_day(item.until_on))


def named_change(change: QuantityChange) -> str:
    """An item that stands for another number now."""
    before, now = format_quantity(change.before), format_quantity(change.item.quantity)
    return _("{name}: {now}, before {before}").format(name=change.item.name, now=now, before=before)


def named_late(change: LateChange) -> str:
    """A change that waits for the next count."""
    received = format_day(change.received_on)
    text = (
        _("{name} (added, received {day})")
        if change.what == "added"
        else _("{name} (removed, received {day})")
    )
    return text.format(name=change.item.name, day=received)


def split_changes(count: Count) -> tuple[list[str], list[str]]:
    """Quantities that rose, and those that fell."""
    risen = [entry for entry in count.changed if entry.item.quantity > entry.before]
    fallen = [entry for entry in count.changed if entry.item.quantity < entry.before]
    return [named_change(entry) for entry in risen], [named_change(entry) for entry in fallen]
