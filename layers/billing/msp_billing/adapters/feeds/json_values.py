"""From the values of a JSON item to texts, days and numbers: what they are, never a guess."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from datetime import UTC, date, datetime, timedelta, timezone
from decimal import Decimal
from zoneinfo import ZoneInfo

from msp_billing.adapters.feeds.json_text import Json
from msp_billing.domain.feeds.formats import SEVERAL_VALUES

FIRST_YEAR, LAST_YEAR = 1980, 2199
"""Years outside of these stand for "never" in many programs: 1601, 1970, 0001, 9999."""

_TIME = re.compile(
    r"^(\d{4})-(\d{2})-(\d{2})"
    r"(?:[Tt ](\d{2}):(\d{2})(?::(\d{2})(?:\.\d{1,9})?)?)?"
    r"(?:([Zz])|([+-])(\d{2}):?(\d{2}))?$",
    re.ASCII,
)
_HALF = re.compile("[\ud800-\udfff]")
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MAX_SECONDS = 100_000_000_000  # the year 5138; milliseconds since 1970 are more
_NEVER = "stands for something else, most often 'never'."


class ValueFaultError(Exception):
    """A value is not what its field should hold."""

    def __init__(self, code: str, what: str, fix: str) -> None:
        super().__init__(f"{what} {fix}")
        self.code = code
        self.what = what
        self.fix = fix


Path = Callable[[Mapping[str, Json]], Json]
ABSENT = "\0absent"
"""What a path gives where the item has no such field; no text of an export can be it."""


def field_path(name: str) -> Path:
    """How to get at a field: ``company.name`` leads into an object, or into each of a list.

    A field whose own name has a point in it, such as ``@odata.type``, is found as well.
    """
    steps = name.split(".")
    if len(steps) == 1:
        return lambda item: item.get(name, ABSENT)
    return lambda item: item[name] if name in item else _descend(dict(item), steps)


def _descend(value: Json, steps: list[str]) -> Json:
    for index, step in enumerate(steps):
        if isinstance(value, list):
            inner = [_descend(entry, steps[index:]) for entry in value]
            return [entry for entry in inner if entry not in (ABSENT, None)]
        if not isinstance(value, dict):
            return None if value is None else ABSENT
        value = value.get(step, ABSENT)
    return value


def as_identity(value: Json, field: str) -> str:
    """A number or text that identifies something; empty where there is none.

    Raises:
        ValueFaultError: when it is anything else.
    """
    match value:
        case None:
            return ""
        case str():
            return "" if value == ABSENT else _one_line(value, field)
        case bool() | Decimal() | dict() | list():
            raise _wrong_type(field, value, "a text or a whole number")
    return str(value)


def as_attribute(value: Json, field: str) -> str:
    """A value that count rules compare with texts: ``true``, ``12``, ``SERVER``; several by line.

    Raises:
        ValueFaultError: when it is an object, which has no one value.
    """
    match value:
        case None:
            return ""
        case bool():
            return "true" if value else "false"
        case dict():
            raise _wrong_type(field, value, "one value", f" Name a field in it: {field}.name.")
        case list():
            return SEVERAL_VALUES.join(as_attribute(entry, field) for entry in value)
        case str():
            return "" if value == ABSENT else _one_line(value, field)
    return str(value)


def _one_line(text: str, field: str) -> str:
    if (text.isascii() or not _HALF.search(text)) and "\0" not in text:
        return " ".join(text.split())
    what = f"The text in the field '{field}' holds NUL or half of a character."
    raise ValueFaultError("feed-field-type", what, "Correct it at the source and export again.")


def as_quantity(value: Json, field: str) -> int:
    """A whole number of things.

    Raises:
        ValueFaultError: when there is none, or it is negative or no whole number.
    """
    if not isinstance(value, bool) and isinstance(value, int) and 0 <= value < 10_000_000:
        return value
    shown = "nothing" if value in (None, ABSENT) else _shown(value)
    what = f"The field '{field}' should hold a whole number of at most seven digits, not {shown}."
    raise ValueFaultError("feed-quantity", what, "Correct it at the source and export again.")


def as_day(value: Json, field: str, zone: ZoneInfo) -> date | None:
    """The local day of a date, of a time with its zone, or of seconds since 1970; None if none.

    A time without a zone is taken as local, as in any other export.

    Raises:
        ValueFaultError: when it is none of these, or stands for "never".
    """
    match value:
        case None:
            return None
        case str():
            return None if value.strip() in ("", ABSENT) else _day_of_text(value.strip(), zone)
        case bool() | dict() | list():
            raise _wrong_type(field, value, "a date or a number of seconds")
    if not -_MAX_SECONDS < value < _MAX_SECONDS:
        raise ValueFaultError(
            "feed-date",
            f"{_shown(value)} in the field '{field}' is no number of seconds since 1970.",
            "Write down what the tool sends, and do not convert its times.",
        )
    return _plausible((_EPOCH + timedelta(seconds=int(value))).astimezone(zone).date(), str(value))


def _day_of_text(text: str, zone: ZoneInfo) -> date:
    match = _TIME.match(text)
    if match is None:
        raise ValueFaultError(
            "feed-date",
            f"'{text[:60]}' can be read in more than one way, or is no date.",
            "Export times as the tool sends them, such as 2026-11-30T18:00:00Z.",
        )
    year, month, day, hour, minute, second = (int(part or 0) for part in match.groups()[:6])
    offset = timedelta(hours=int(match[9] or 0), minutes=int(match[10] or 0))
    has_zone = match[7] is not None or match[8] is not None
    try:
        moment = datetime(
            year,
            month,
            day,
            hour,
            minute,
            min(second, 59),  # a leap second is on the same day
            tzinfo=timezone(-offset if match[8] == "-" else offset),
        )
        if has_zone and FIRST_YEAR <= moment.year <= LAST_YEAR:
            moment = moment.astimezone(zone)
    except ValueError:
        raise ValueFaultError(
            "feed-date",
            f"The date {text} does not exist.",
            "Correct it at the source and export again.",
        ) from None
    return _plausible(moment.date(), text)


def _plausible(day: date, text: str) -> date:
    if FIRST_YEAR <= day.year <= LAST_YEAR:
        return day
    raise ValueFaultError(
        "feed-date",
        f"The date {text} {_NEVER}",
        "Correct it at the source, or do not read this field: set its column to null in "
        "provider.yaml.",
    )


def _wrong_type(field: str, value: Json, wanted: str, hint: str = "") -> ValueFaultError:
    what = f"The field '{field}' should hold {wanted}, not {_shown(value)}."
    fix = hint.strip() or "Check that the export is of the format that the feed says."
    return ValueFaultError("feed-field-type", what, fix)


def _shown(value: Json) -> str:
    match value:
        case dict():
            return "an object"
        case list():
            return "a list"
        case bool():
            return "true" if value else "false"
        case str():
            return f"'{value[:60]}'"
    return f"{value!s:.60}"
