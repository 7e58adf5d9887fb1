"""From an item of a JSON export to an item of a feed."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import date
from typing import TYPE_CHECKING, TypeVar
from zoneinfo import ZoneInfo

from msp_billing.adapters.feeds.csv_rows import RowFault
from msp_billing.adapters.feeds.json_values import (
    ABSENT,
    ValueFaultError,
    as_attribute,
    as_day,
    as_identity,
    as_quantity,
    field_path,
)
from msp_billing.domain.feeds.definitions import FeedColumns, FeedRow

if TYPE_CHECKING:
    from msp_billing.adapters.feeds.json_text import Json

_AT_SOURCE = "Give it one at the source and export again."
_DAYS = (
    "online_on",
    "offboarded_on",
    "last_seen_on",
    "offboard_requested_on",
    "change_received_on",
)
_Read = TypeVar("_Read")


class ItemReader:
    """Knows in which field of an item everything is."""

    def __init__(self, columns: FeedColumns, required: Mapping[str, str], zone: ZoneInfo) -> None:
        """Take what the definition says.

        Args:
            columns: the names of the fields.
            required: fields that every item of this tool has, and what to fetch to have them.
            zone: the provider's time zone, to which days are local.
        """
        self._columns = columns
        self._required = required
        self._zone = zone
        self._paths = {name: field_path(name) for name in columns.headers()}
        self._days = [(name, getattr(columns, name)) for name in _DAYS]
        # The fields that no item had yet: at the end they are misspelt, or were not exported.
        self.never_seen = dict.fromkeys(columns.headers())

    def read(self, item: Mapping[str, Json], position: int) -> FeedRow | tuple[RowFault, ...]:
        """The item of the feed, or everything that is wrong with it.

        An item without an account belongs to somebody, but nobody knows to whom: such a fault is
        one of the whole file.
        """
        columns = self._columns
        found = {name: path(item) for name, path in self._paths.items()}
        if self.never_seen:
            for name in [name for name in self.never_seen if found[name] != ABSENT]:
                del self.never_seen[name]
        account, faults = self._account(found)
        if faults:
            return tuple(faults)
        owner = account or None

        def read(name: str | None, read_as: Callable[[Json, str], _Read], empty: _Read) -> _Read:
            if name is None:
                return empty
            try:
                return read_as(found[name], name)
            except ValueFaultError as error:
                faults.append(RowFault(error.code, error.what, error.fix, owner))
                return empty

        item_id = read(columns.item_id, as_identity, "")
        if not item_id and not faults:
            what = f"The field '{columns.item_id}' is empty: the item has no id."
            faults.append(RowFault("feed-item-empty", what, _AT_SOURCE, owner))
        for name, source in self._required.items():
            if found[name] == ABSENT:
                faults.append(_lacks(source, owner))
        days = {day: read(name, self._day, None) for day, name in self._days}
        _check_order(days, owner, faults)
        row_name = read(columns.name, as_attribute, "")
        subscriber = read(columns.subscriber, as_identity, "")
        quantity = read(columns.quantity, as_quantity, 1)
        attributes = {
            attribute: read(name, as_attribute, "")
            for attribute, name in columns.attributes.items()
        }
        if faults:
            return tuple(faults)
        return FeedRow(
            item_id=item_id,
            name=row_name or item_id,
            account=account,
            subscriber=subscriber or None,
            quantity=quantity,
            attributes=attributes,
            row=position,
            **days,
        )

    def _day(self, value: Json, name: str) -> date | None:
        return as_day(value, name, self._zone)

    def _account(self, found: Mapping[str, Json]) -> tuple[str | None, list[RowFault]]:
        name = self._columns.account
        if name is None:
            return None, []
        try:
            account = as_identity(found[name], name)
        except ValueFaultError as error:
            return None, [RowFault(error.code, error.what, error.fix, None)]
        if account:
            return account, []
        what = f"The field '{name}' is empty: it is unknown whose item this is."
        return None, [RowFault("feed-account-empty", what, _AT_SOURCE, None)]


def _lacks(name: str, owner: str | None) -> RowFault:
    return RowFault(
        "feed-field-missing",
        f"The item has no '{name}'.",
        f"Fetch the items with '{name}', and export them again.",
        owner,
    )


def _check_order(
    days: Mapping[str, date | None], owner: str | None, faults: list[RowFault]
) -> None:
    online_on, offboarded_on = days["online_on"], days["offboarded_on"]
    if online_on is not None and offboarded_on is not None and offboarded_on < online_on:
        what = f"Offboarded on {offboarded_on}, before it came online on {online_on}."
        fix = "Correct the two dates at the source and export again."
        faults.append(RowFault("feed-dates-order", what, fix, owner))
