"""Rate cards: what an hour costs, by role and kind of work, and how hours are rounded."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from pydantic import Field, model_validator

from msp_billing.domain.accounts import feed_key
from msp_billing.domain.base import Code, Frozen, Identifier, Text
from msp_billing.domain.money import ExactDecimal

MAX_RATE = 10_000
_MINUTES_PER_HOUR = 60
_EXACT_MINUTES = 3
_CENT = Decimal("0.01")


class Rate(Frozen):
    """What an hour of one role costs, for one kind of work or for any (MSA-02)."""

    role: Text
    work: Text | None = Field(default=None, description="Kind of work; any where nothing is said.")
    product: Code = Field(description="Product of the price book that the hours are billed as.")
    per_hour: ExactDecimal = Field(ge=0, le=MAX_RATE)
    after_hours_per_hour: ExactDecimal | None = Field(default=None, ge=0, le=MAX_RATE)
    after_hours_multiplier: ExactDecimal | None = Field(
        default=None, ge=1, le=10, description="In place of a rate of its own: 1.5 times."
    )
    after_hours_product: Code | None = Field(
        default=None, description="Product for after-hours work, where it is another one."
    )
    from_on: date | None = Field(
        default=None, description="First day of work for which it holds; none for always."
    )

    @model_validator(mode="after")
    def _one_after_hours_rate(self) -> Rate:
        if self.after_hours_per_hour is not None and self.after_hours_multiplier is not None:
            raise ValueError(
                f"the rate of {self.role} has an after-hours rate and a multiplier: keep one"
            )
        return self

    def hourly(self, *, after_hours: bool) -> Decimal | None:
        """The price of an hour; None when there is none for work after hours."""
        if not after_hours:
            return _in_cents(self.per_hour)
        if self.after_hours_multiplier is not None:
            return _in_cents(self.per_hour * self.after_hours_multiplier)
        return None if self.after_hours_per_hour is None else _in_cents(self.after_hours_per_hour)

    def billed_as(self, *, after_hours: bool) -> str:
        """The product code of the hours."""
        return (after_hours and self.after_hours_product) or self.product


class RateCard(Frozen):
    """The fee schedule for work outside the flat rate (MSA-02).

    Increments are multiples of three minutes, because only these are exact as decimal hours.
    """

    card: Identifier
    title: Text
    increment_minutes: int = Field(
        default=15, ge=3, le=60, description="Time is rounded up to a multiple of this, per entry."
    )
    minimum_minutes: int = Field(
        default=0, ge=0, le=480, description="Least time billed for an entry that is billed at all."
    )
    rates: tuple[Rate, ...] = Field(min_length=1)

    @model_validator(mode="after")
    def _consistent(self) -> RateCard:
        problems = list(_card_inconsistencies(self))
        if problems:
            raise ValueError("; ".join(problems))
        return self

    def rate_on(self, role: str, work: str, day: date) -> Rate | None:
        """The rate in force on the day of the work: one for the kind of work, else one for any.

        None when there is none; the caller parks the account then, because a missing rate must
        never bill as zero.
        """
        in_force = [
            rate
            for rate in self.rates
            if feed_key(rate.role) == feed_key(role)
            and (rate.work is None or feed_key(rate.work) == feed_key(work))
            and (rate.from_on is None or rate.from_on <= day)
        ]
        return max(
            in_force,
            key=lambda rate: (rate.work is not None, rate.from_on or date.min),
            default=None,
        )

    def billed_time(self, seconds: int, seconds_after_hours: int) -> BilledTime:
        """Round the chargeable time of one entry, once, and share it between the two rates.

        The whole is rounded up, never a part of it: an entry that crosses the end of business
        hours costs no more time than one that does not. Of the whole, the time after hours is
        rounded to the nearest increment, and the rest is at the lower rate.

        Args:
            seconds: in business hours.
            seconds_after_hours: outside them. One of the two is more than zero.
        """
        step = self.increment_minutes * _MINUTES_PER_HOUR
        whole = max(-(-(seconds + seconds_after_hours) // step), -(-self._minimum // step))
        if not seconds:
            after = whole
        elif not seconds_after_hours:
            after = 0
        else:
            after = min(whole, (2 * seconds_after_hours + step) // (2 * step))
        return BilledTime(
            minutes=(whole - after) * self.increment_minutes,
            minutes_after_hours=after * self.increment_minutes,
        )

    @property
    def _minimum(self) -> int:
        return self.minimum_minutes * _MINUTES_PER_HOUR


@dataclass(frozen=True)
class BilledTime:
    """Minutes that an entry is billed for, in and outside business hours."""

    minutes: int
    minutes_after_hours: int

    @property
    def hours(self) -> Decimal:
        """Both together, exact."""
        return exact_hours(self.minutes + self.minutes_after_hours)


def _in_cents(rate: Decimal) -> Decimal:
    """The same rate with two decimals, or more where it needs them: 210.000 reads 210.00."""
    cents = rate.quantize(_CENT)
    return cents if cents == rate else rate


def exact_hours(minutes: int) -> Decimal:
    """Minutes as decimal hours, with two decimals at most.

    Raises:
        ValueError: for minutes that are no exact decimal hours, such as 10.
    """
    if minutes % _EXACT_MINUTES:
        raise ValueError(f"{minutes} minutes are no exact decimal hours")
    return (Decimal(minutes) / _MINUTES_PER_HOUR).quantize(_CENT)


def _card_inconsistencies(card: RateCard) -> Iterator[str]:
    if card.increment_minutes % _EXACT_MINUTES:
        yield (
            f"the increment of {card.increment_minutes} minutes is no exact part of a decimal "
            "hour: use 3, 6, 15, 30 or another multiple of 3"
        )
    if card.minimum_minutes % card.increment_minutes:
        yield (
            f"the minimum of {card.minimum_minutes} minutes is no multiple of the increment of "
            f"{card.increment_minutes}"
        )
    keys = [(feed_key(rate.role), feed_key(rate.work or ""), rate.from_on) for rate in card.rates]
    for role, work, from_on in sorted({key for key in keys if keys.count(key) > 1}, key=str):
        kind = work or "any work"
        since = f" from {from_on}" if from_on else ""
        yield f"the rate of '{role}' for '{kind}'{since} is listed twice: keep one"
