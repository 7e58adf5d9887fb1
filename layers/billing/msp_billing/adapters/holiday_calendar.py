"""The provider's holidays, worked out by the ``holidays`` package."""

from __future__ import annotations

import re
from collections.abc import Iterable
from datetime import date
from difflib import get_close_matches
from functools import lru_cache
from typing import TYPE_CHECKING, Literal

import holidays

from msp_billing.domain.calendars import BusinessCalendar

if TYPE_CHECKING:
    from msp_billing.domain.policy import HolidayCalendar

_MONTH_AND_DAY = re.compile(r"^(\d{2})-(\d{2})$")
_LEAP_YEAR = 2024


class UnknownHolidaysError(ValueError):
    """The policy names a holiday calendar, or a day of its own, that does not exist.

    ``key`` is the key under ``holidays`` that is wrong, ``fix`` what to write in its place.
    """

    def __init__(
        self, key: Literal["country", "subdivision", "also_closed"], what: str, fix: str
    ) -> None:
        super().__init__(f"{what} {fix}")
        self.key = key
        self.what = what
        self.fix = fix


def business_calendar(reference: HolidayCalendar, years: Iterable[int]) -> BusinessCalendar:
    """The provider's business days of these years.

    Holidays are taken as observed: 4 July 2026 is a Saturday, so Friday the 3rd is closed. A
    holiday that is observed in another year (1 January 2028 on 31 December 2027) counts in the
    year in which the office is closed.

    Args:
        reference: country, subdivision and further days of the policy.
        years: every year that a date may fall into; a cycle needs its own and both neighbours.

    Raises:
        UnknownHolidaysError: when the policy names what does not exist.
    """
    return _calendar(reference, tuple(sorted(set(years))))


@lru_cache(maxsize=64)
def _calendar(reference: HolidayCalendar, wanted: tuple[int, ...]) -> BusinessCalendar:
    """Worked out once per process: a sweep asks for the same one for every account."""
    _check_place(reference)
    public = holidays.country_holidays(
        reference.country, subdiv=reference.subdivision, years=wanted, observed=True
    )
    own = {day for text in reference.also_closed for day in _days_of(text, wanted)}
    return BusinessCalendar(holidays=frozenset({*public.keys(), *own}))


def _check_place(reference: HolidayCalendar) -> None:
    countries = holidays.list_supported_countries(include_aliases=False)
    if reference.country not in countries:
        raise UnknownHolidaysError(
            "country",
            f"No holidays are known for the country '{reference.country}'.",
            "Write its two-letter code, such as US or CA.",
        )
    known = countries[reference.country]
    if reference.subdivision is None or reference.subdivision in known:
        return
    near = get_close_matches(reference.subdivision, known, n=1)
    hint = f"Did you mean '{near[0]}'? " if near else ""
    listed = f"They are {', '.join(known)}." if known else "The country has none: remove the key."
    raise UnknownHolidaysError(
        "subdivision",
        f"{reference.country} has no subdivision '{reference.subdivision}'.",
        f"{hint}{listed}",
    )


def _days_of(text: str, years: tuple[int, ...]) -> Iterable[date]:
    match = _MONTH_AND_DAY.match(text)
    if match is None:
        raise UnknownHolidaysError(
            "also_closed", f"'{text}' is no day of the year.", "Write it as MM-DD, such as 12-24."
        )
    month, day = int(match[1]), int(match[2])
    if not _exists(_LEAP_YEAR, month, day):
        raise UnknownHolidaysError(
            "also_closed",
            f"'{text}' does not exist in any year.",
            "Write a day that exists, as MM-DD, such as 12-24.",
        )
    return [date(year, month, day) for year in years if _exists(year, month, day)]


def _exists(year: int, month: int, day: int) -> bool:
    try:
        date(year, month, day)
    except ValueError:
        return False
    return True
