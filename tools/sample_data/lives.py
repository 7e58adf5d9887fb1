"""What a device or a user goes through, from which every export is made."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from random import Random

KEPT_DAYS = 31
"""So long tools go on listing what was removed."""


@dataclass(frozen=True)
class Life:
    """One item of a feed over time: a device, or a user."""

    item_id: str
    name: str
    site: str
    kind: str
    since_on: date
    until_on: date | None = None
    last_seen_on: date | None = None
    offboard_asked_on: date | None = None
    change_received_on: date | None = None
    kind_later: tuple[date, str] | None = None
    extra: str = ""

    def listed_on(self, day: date) -> bool:
        """Whether an export of that day has the item."""
        gone_for_long = self.until_on is not None and day - self.until_on > timedelta(KEPT_DAYS)
        return self.since_on <= day and not gone_for_long

    def asked_as_known_on(self, day: date) -> date | None:
        """The day on which its offboarding was asked for, if that day has come."""
        asked_on = self.offboard_asked_on
        return asked_on if asked_on is not None and asked_on <= day else None

    def change_as_known_on(self, day: date) -> date | None:
        """The day on which its change was received, if that day has come."""
        received_on = self.change_received_on
        return received_on if received_on is not None and received_on <= day else None

    def kind_on(self, day: date) -> str:
        """The kind that an export of that day gives."""
        if self.kind_later is not None and self.kind_later[0] <= day:
            return self.kind_later[1]
        return self.kind

    def until_as_known_on(self, day: date) -> date | None:
        """The day of its removal, if that day has come."""
        return self.until_on if self.until_on is not None and self.until_on <= day else None


def long_ago(chance: Random) -> date:
    """A day between summer 2023 and spring 2026."""
    return date(2023, 6, 1) + timedelta(days=chance.randrange(1000))


def check_names(changes: Mapping[str, object] | None, lives: Iterable[Life]) -> None:
    """Refuse a change for an item that does not exist: its story would silently not happen.

    Raises:
        ValueError: naming the items that do not exist.
    """
    unknown = sorted(set(changes or {}) - {life.name for life in lives})
    if unknown:
        raise ValueError(f"there is no {', '.join(unknown)} to change")
