"""Change windows: a counted quantity may grow at any time, and shrink twice a year (KR-06)."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from typing import TYPE_CHECKING

from pydantic import Field

from msp_billing.domain.base import Frozen
from msp_billing.domain.contracts.terms import first_month_from, months_after

if TYPE_CHECKING:
    from msp_billing.domain.contracts.agreements import ContractedQuantity
    from msp_billing.domain.periods import Period


class ContractedCount(Frozen):
    """What was counted, what the contract stood at, and what is billed for it.

    ``billed`` is the contracted count of the months to come.
    """

    counted: int = Field(ge=0)
    contracted: int = Field(ge=0, description="The count that the contract stood at before.")
    billed: int = Field(ge=0)
    next_window_on: date = Field(description="From when a lower count is billed again.")

    def in_words(self) -> str:
        """The three numbers, and why they differ where they do."""
        numbers = f"counted {self.counted}, contracted {self.contracted}, billed {self.billed}"
        if self.billed > self.counted:
            return f"{numbers}: a lower count is billed from {self.next_window_on}"
        if self.billed < self.contracted:
            return f"{numbers}: the change window has come"
        return numbers


def next_window(starts_on: date, every_months: int, period: Period) -> date:
    """The first change window whose service month comes after this one.

    Windows open every so many months after the agreement's first day; the first service month
    that begins on that day or later is the one that may be lower.
    """
    number = max(1, _months_between(starts_on, period) // every_months)
    while first_month_from(months_after(starts_on, number * every_months)) <= period:
        number += 1
    return months_after(starts_on, number * every_months)


def is_window(starts_on: date, every_months: int, after: Period, period: Period) -> bool:
    """Whether a change window has come in the service months after one, up to another.

    More than one month lies between them when an account was parked: a window that falls into
    the gap is not lost.
    """
    return first_month_from(next_window(starts_on, every_months, after)) <= period


def contracted_count(
    counted: int,
    before: tuple[Period, int] | None,
    agreed: Sequence[ContractedQuantity],
    starts_on: date,
    every_months: int,
    period: Period,
) -> ContractedCount:
    """The count that is billed in a month.

    More than the contracted count is billed at once and becomes the contracted count. Less is
    billed from the next change window on, when what is counted becomes the contracted count. A
    count that was agreed applies from its first service month, against which a window that came
    earlier does not count.

    Args:
        before: the month of the last invoice and the count billed on it; None for a first invoice.
        agreed: changes of the contract, in any order.
        starts_on: the agreement's first day, from which windows are counted.
        period: the service month.
    """
    following = next_window(starts_on, every_months, period)
    change = _agreed_since(agreed, None if before is None else before[0], period)
    if change is not None:
        since = first_month_from(change.from_on)
        if before is None:  # what became of earlier windows is not known
            since = max(since, period.shifted(-1))
        lower = is_window(starts_on, every_months, since, period)
        contracted = change.quantity
    elif before is None:
        return ContractedCount(
            counted=counted, contracted=counted, billed=counted, next_window_on=following
        )
    else:
        lower = is_window(starts_on, every_months, before[0], period)
        contracted = before[1]
    return ContractedCount(
        counted=counted,
        contracted=contracted,
        billed=counted if lower else max(counted, contracted),
        next_window_on=following,
    )


def _agreed_since(
    agreed: Sequence[ContractedQuantity], after: Period | None, period: Period
) -> ContractedQuantity | None:
    """The change of the contract in force, when it came after the last invoice."""
    in_force = [entry for entry in agreed if first_month_from(entry.from_on) <= period]
    latest = max(in_force, key=lambda entry: entry.from_on, default=None)
    if latest is None or (after is not None and first_month_from(latest.from_on) <= after):
        return None
    return latest


def _months_between(starts_on: date, period: Period) -> int:
    return (period.year - starts_on.year) * 12 + period.month - starts_on.month
