"""The daily digest: whether, to whom and when the provider's people get it."""

from __future__ import annotations

from datetime import time
from typing import Literal

from pydantic import Field, field_validator

from msp_billing.domain.base import EmailAddress, Frozen

_FIRST_HOUR = 3

Weekday = Literal["monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday"]

WEEKDAYS: tuple[Weekday, ...] = (
    "monday",
    "tuesday",
    "wednesday",
    "thursday",
    "friday",
    "saturday",
    "sunday",
)


class DigestPolicy(Frozen):
    """A mail a day with what needs a person; none on days on which nothing does."""

    enabled: bool = Field(default=True, description="Whether there is a digest at all.")
    recipients: tuple[EmailAddress, ...] = Field(
        default=(),
        max_length=20,
        description="Who gets it; if left out, those who are told when a release is left to a "
        "person, or else the reply address.",
    )
    at: time = Field(default=time(7, 0), description="Local time of day, HH:MM, 03:00 or later.")
    all_clear_on: Weekday | None = Field(
        default=None,
        description="The day of the week on which a digest comes also when nothing needs a "
        "person, so that silence means something. Never, if left out.",
    )

    @field_validator("at")
    @classmethod
    def _is_a_local_time(cls, at: time) -> time:
        if at.tzinfo is not None:
            raise ValueError("'at' is local time: write it without a zone")
        if at.hour < _FIRST_HOUR:
            raise ValueError(
                "'at' must be at 03:00 or later: daylight saving skips or repeats earlier times"
            )
        return at
