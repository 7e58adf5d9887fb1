"""Dates, amounts and addresses in cells: read without guessing, with the place of what is wrong."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal, InvalidOperation
from typing import TYPE_CHECKING, Literal

from pydantic import TypeAdapter, ValidationError

from msp_billing.adapters.payments.csv_amounts import AmountError, read_amount
from msp_billing.domain.base import EmailAddress
from msp_billing.domain.feeds.date_formats import DateFormat
from msp_billing.domain.problems import Problem

if TYPE_CHECKING:
    from msp_billing.adapters.importing.old_records import Place

DateOrder = Literal["mdy", "dmy", "ymd"]

_EMAIL = TypeAdapter(EmailAddress)
_PARTS = re.compile(r"(\d{1,2})([/.-])(\d{1,2})\2(\d{4})", re.ASCII)
_CURRENCY = re.compile(r"[A-Z]{3}")
_TIME = re.compile(r"[T ]\d{1,2}:\d{2}.*$")
_FORMATS: dict[str, tuple[DateFormat, ...]] = {
    "mdy": tuple(DateFormat(text) for text in ("M/d/yyyy", "M-d-yyyy", "M.d.yyyy")),
    "dmy": tuple(DateFormat(text) for text in ("d/M/yyyy", "d-M-yyyy", "d.M.yyyy")),
    "ymd": tuple(DateFormat(text) for text in ("yyyy/M/d", "yyyy.M.d")),
}
_ISO = DateFormat("yyyy-MM-dd")
_TRUE = frozenset({"yes", "y", "true", "1", "x", "active", "billable", "checked", "✓"})
_FALSE = frozenset({"no", "n", "false", "0", "inactive", "not-active", "not active", "unchecked"})
_NONE = frozenset({"", "-", "--", "n/a", "none", "null"})
MOST_MONTHS = 12


@dataclass(frozen=True)
class CellRules:
    """How cells are written, as the person who exported them says.

    Attributes:
        dates: in which order dates are written; without it only those that can be one day are read.
    """

    currency: str
    dates: DateOrder | None = None
    decimal_comma: bool = False


@dataclass
class CellReader:
    """Reads cells; what is wrong becomes a problem with its place, and reading goes on."""

    rules: CellRules
    problems: list[Problem] = field(default_factory=list)

    def day(self, text: str, place: Place) -> date | None:
        """A day; None for an empty cell, or one that is wrong."""
        if text.casefold() in _NONE:
            return None
        bare = _TIME.sub("", text)
        found = _ISO.read(bare)
        if found is not None:
            return found
        order = self.rules.dates
        if order is not None:
            for form in _FORMATS[order]:
                found = form.read(bare)
                if found is not None:
                    return found
            self._note(place, f"'{text}' is no date of the order {order}.", "Check the cell and "
                       "--dates.", "date-unreadable")  # fmt: skip
            return None
        return self._told_apart(bare, text, place)

    def _told_apart(self, bare: str, text: str, place: Place) -> date | None:
        """A date whose order nobody named: only where it can be one day."""
        match = _PARTS.fullmatch(bare)
        if match is None:
            fix = "Write dates as 2026-11-30, or say their order with --dates mdy, dmy or ymd."
            self._note(place, f"'{text}' is no date that can be read.", fix, "date-unreadable")
            return None
        first, second = int(match[1]), int(match[3])
        if first != second and first <= MOST_MONTHS and second <= MOST_MONTHS:
            self._note(
                place,
                f"'{text}' may be in month {first} or in month {second}.",
                "Say the order of all dates with --dates mdy (month first) or --dates dmy.",
                "date-ambiguous",
            )
            return None
        order = "mdy" if second > MOST_MONTHS or first == second else "dmy"
        for form in _FORMATS[order]:
            found = form.read(bare)
            if found is not None:
                return found
        self._note(place, f"'{text}' is no day of any month.", "Correct it.", "date-unreadable")
        return None

    def amount(self, text: str, place: Place, currency: str = "") -> Decimal | None:
        """An amount; None for an empty cell, or one that is wrong."""
        if text.casefold() in _NONE:
            return None
        code = currency or self.rules.currency
        if not _CURRENCY.fullmatch(code):
            fix = "Write it by its code, such as USD."
            self._note(place, f"'{code}' is no currency.", fix, "currency-unreadable")
            return None
        try:
            money = read_amount(text, code, self.rules.decimal_comma)
        except AmountError as error:
            fix = (
                "Correct the cell; say --decimal-comma where 1.234,50 is meant; an amount in "
                "another currency needs a column that says so."
            )
            self._note(place, str(error), fix, "amount-unreadable")
            return None
        return money.amount

    def price(self, text: str, place: Place) -> Decimal | None:
        """A price, which may have parts of a cent; None as above."""
        return self._number(text.lstrip("$€£").strip(), place)

    def quantity(self, text: str, place: Place) -> Decimal | None:
        """A quantity; None as above."""
        return self._number(text, place)

    def _number(self, text: str, place: Place) -> Decimal | None:
        if text.casefold() in _NONE:
            return None
        comma = self.rules.decimal_comma
        pattern = r"-?\d{1,3}(?:\.\d{3})*(?:,\d+)?" if comma else r"-?\d{1,3}(?:,\d{3})*(?:\.\d+)?"
        plain = r"-?\d+(?:,\d+)?" if comma else r"-?\d+(?:\.\d+)?"
        if not re.fullmatch(f"{pattern}|{plain}", text, re.ASCII):
            self._note(place, f"'{text}' is no number.", "Correct the cell.", "number-unreadable")
            return None
        bare = text.replace(".", "").replace(",", ".") if comma else text.replace(",", "")
        try:
            return Decimal(bare).normalize() + 0
        except InvalidOperation:
            return None

    def emails(self, text: str, place: Place) -> tuple[str, ...]:
        """The mail addresses in a cell, each once."""
        found: list[str] = []
        for part in re.split(r"[;,\s]+", text):
            if not part:
                continue
            try:
                found.append(_EMAIL.validate_python(part))
            except ValidationError:
                fix = "Correct it, or leave the cell empty."
                self._note(place, f"'{part}' is no mail address.", fix, "email-unreadable")
        return tuple(dict.fromkeys(found))

    def yes(self, text: str, place: Place, *, default: bool) -> bool:
        """Whether a cell says yes; the default for an empty one. Anything else is a problem."""
        if text.casefold() in _NONE:
            return default
        if text.casefold() not in _TRUE | _FALSE:
            what = f"'{text}' says neither yes nor no."
            self._note(place, what, "Write yes or no.", "yes-or-no-unreadable")
        return text.casefold() not in _FALSE

    def _note(self, place: Place, what: str, fix: str, code: str) -> None:
        self.problems.append(
            Problem(
                code=code,
                what=what,
                fix=fix,
                file=place.file,
                line=place.line,
                where=f"column {place.column}" if place.column else None,
            )
        )
