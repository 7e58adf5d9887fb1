"""From the cells of a row to an item of a feed."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date

from msp_billing.domain.feeds.definitions import FeedColumns, FeedRow

_DAY = re.compile(
    r"^(\d{4})-(\d{2})-(\d{2})(?:[T ]\d{2}:\d{2}(?::\d{2}(?:\.\d{1,9})?)?)?(Z|[+-]\d{2}:?\d{2})?$"
)
_QUANTITY = re.compile(r"^(\d{1,7})(?:\.0{1,4})?$", re.ASCII)
_FIRST_YEAR, _LAST_YEAR = 1980, 2199


@dataclass(frozen=True, slots=True)
class RowFault:
    """What is wrong with a row, and whose it is; None when that is unknown too."""

    code: str
    what: str
    fix: str
    account: str | None


class RowReader:
    """Knows in which cell of a row everything is."""

    def __init__(self, columns: FeedColumns, header: list[str]) -> None:
        place = {name: index for index, name in enumerate(header)}

        def at(name: str | None) -> int | None:
            return None if name is None else place[name]

        self._columns = columns
        self._item_id = place[columns.item_id]
        self._name = at(columns.name)
        self._account = at(columns.account)
        self._subscriber = at(columns.subscriber)
        self._online_on = at(columns.online_on)
        self._offboarded_on = at(columns.offboarded_on)
        self._last_seen_on = at(columns.last_seen_on)
        self._offboard_requested_on = at(columns.offboard_requested_on)
        self._change_received_on = at(columns.change_received_on)
        self._quantity = at(columns.quantity)
        self._attributes = {name: place[column] for name, column in columns.attributes.items()}

    def read(self, cells: list[str], line: int) -> FeedRow | tuple[RowFault, ...]:
        """The item in these cells, or everything that is wrong with them.

        A row without an account belongs to somebody, but nobody knows to whom: such a fault is
        one of the whole file.
        """
        account = self._cell(cells, self._account)
        faults = list(self._missing(cells, account))
        owner = account or None
        online_on = read_day(cells, self._online_on, owner, faults)
        offboarded_on = read_day(cells, self._offboarded_on, owner, faults)
        last_seen_on = read_day(cells, self._last_seen_on, owner, faults)
        offboard_requested_on = read_day(cells, self._offboard_requested_on, owner, faults)
        change_received_on = read_day(cells, self._change_received_on, owner, faults)
        quantity = read_quantity(cells, self._quantity, owner, faults)
        if online_on is not None and offboarded_on is not None and offboarded_on < online_on:
            faults.append(
                RowFault(
                    "feed-dates-order",
                    f"Offboarded on {offboarded_on}, before it came online on {online_on}.",
                    "Correct the two dates at the source and export again.",
                    owner,
                )
            )
        if faults:
            return tuple(faults)
        item_id = cells[self._item_id].strip()
        return FeedRow(
            item_id=item_id,
            name=self._cell(cells, self._name) or item_id,
            account=account,
            subscriber=self._cell(cells, self._subscriber) or None,
            online_on=online_on,
            offboarded_on=offboarded_on,
            last_seen_on=last_seen_on,
            offboard_requested_on=offboard_requested_on,
            change_received_on=change_received_on,
            quantity=quantity,
            attributes={name: cells[index].strip() for name, index in self._attributes.items()},
            row=line,
        )

    def _missing(self, cells: list[str], account: str | None) -> Iterator[RowFault]:
        if account == "":
            yield RowFault(
                "feed-account-empty",
                f"The column '{self._columns.account}' is empty: it is unknown whose row this is.",
                "Give the item its account at the source and export again.",
                None,
            )
        if not cells[self._item_id].strip():
            yield RowFault(
                "feed-item-empty",
                f"The column '{self._columns.item_id}' is empty: the item has no id.",
                "Give the item an id at the source and export again.",
                account or None,
            )

    @staticmethod
    def _cell(cells: list[str], index: int | None) -> str | None:
        """The cell's text on one line; None when the feed has no such column."""
        return None if index is None else " ".join(cells[index].split())


def read_day(
    cells: list[str], index: int | None, account: str | None, faults: list[RowFault]
) -> date | None:
    """The day in a cell; None when there is none, or when it went to the faults.

    Only YYYY-MM-DD is read, because 03/04/2026 is in March or in April. A time of day after it is
    cut; one with a zone is refused, because the local day may be another one. So is a year that
    stands for "never" in many programs (0001, 1970): read as a date it would bill, or not bill,
    for ever.
    """
    text = "" if index is None else cells[index].strip()
    if not text:
        return None
    match = _DAY.match(text)
    if match is None:
        what = f"'{text}' can be read in more than one way, or is no date."
        fix = "Export dates as YYYY-MM-DD, such as 2026-11-30."
    elif match[4] is not None:
        what = f"'{text}' has a time zone, so that the local day may be another one."
        fix = "Export dates as YYYY-MM-DD in the provider's local time."
    else:
        try:
            day = date(int(match[1]), int(match[2]), int(match[3]))
        except ValueError:
            what = f"The date {text} does not exist."
            fix = "Correct it at the source and export again."
        else:
            if _FIRST_YEAR <= day.year <= _LAST_YEAR:
                return day
            what = f"The date {text} stands for something else, most often 'never'."
            fix = "Export an empty cell where there is no date."
    faults.append(RowFault("feed-date", what, fix, account))
    return None


def read_quantity(
    cells: list[str], index: int | None, account: str | None, faults: list[RowFault]
) -> int:
    """The whole number in a cell; 1 when the feed has no such column.

    An empty cell is a fault: a vendor's invoice that does not say how many is unknown, not zero
    and not one (COL-17). ``26.0`` is read, because spreadsheets write whole numbers so; a
    thousands separator is not, because 1,250 is another number in other countries.
    """
    if index is None:
        return 1
    text = cells[index].strip()
    match = _QUANTITY.match(text)
    if match is not None:
        return int(match[1])
    what = f"'{text}' is no quantity." if text else "The quantity is empty."
    fix = "Write a whole number of at most seven digits, such as 26, and export again."
    faults.append(RowFault("feed-quantity", what, fix, account))
    return 1
