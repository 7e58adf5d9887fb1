"""Calendar months as billing periods, and the days inside them."""

from __future__ import annotations

import calendar
import re
from datetime import date
from functools import total_ordering
from typing import Any

from pydantic import Field, GetJsonSchemaHandler, model_serializer, model_validator

from msp_billing.domain.base import Frozen

_PERIOD = re.compile(r"([0-9]{4})-([0-9]{2})")


@total_ordering
class Period(Frozen):
    """One calendar month, the month whose services are billed. Written ``2026-12``."""

    year: int = Field(ge=1970, le=9998)
    month: int = Field(ge=1, le=12)

    @model_validator(mode="before")
    @classmethod
    def _from_text(cls, value: Any) -> Any:
        if isinstance(value, str):
            match = _PERIOD.fullmatch(value)
            if match is None or not 1 <= int(match[2]) <= 12:
                raise ValueError(f"'{value}' is not a month: write it as YYYY-MM, such as 2026-12")
            return {"year": int(match[1]), "month": int(match[2])}
        return value

    @model_serializer
    def _to_text(self) -> str:
        return str(self)

    @classmethod
    def __get_pydantic_json_schema__(cls, _schema: Any, _handler: GetJsonSchemaHandler) -> Any:
        return {"type": "string", "pattern": r"^\d{4}-(0[1-9]|1[0-2])$"}

    @classmethod
    def parse(cls, text: str) -> Period:
        """Read ``YYYY-MM``. Raises pydantic's ValidationError for anything else."""
        return cls.model_validate(text)

    @classmethod
    def of(cls, day: date) -> Period:
        """The month that this day is in."""
        return cls(year=day.year, month=day.month)

    def shifted(self, months: int) -> Period:
        """This period moved by whole months, back when negative."""
        index = self.year * 12 + self.month - 1 + months
        return Period(year=index // 12, month=index % 12 + 1)

    @property
    def first_day(self) -> date:
        """The 1st."""
        return date(self.year, self.month, 1)

    @property
    def last_day(self) -> date:
        """The 28th to the 31st."""
        return date(self.year, self.month, calendar.monthrange(self.year, self.month)[1])

    def day(self, anchor: int) -> date:
        """The anchor day of this month, clamped to its last day.

        The anchor itself is kept by the caller: the 31st is 28 February and again 31 March.
        """
        return date(self.year, self.month, min(anchor, self.last_day.day))

    def __lt__(self, other: object) -> bool:
        if not isinstance(other, Period):
            return NotImplemented
        return (self.year, self.month) < (other.year, other.month)

    def __str__(self) -> str:
        return f"{self.year:04d}-{self.month:02d}"


class ServicePeriod(Frozen):
    """The days that a line or an invoice covers, both ends included."""

    starts_on: date
    ends_on: date

    @classmethod
    def of_month(cls, period: Period) -> ServicePeriod:
        """The whole month."""
        return cls(starts_on=period.first_day, ends_on=period.last_day)
