"""How old what an account owes is, on a day: current, 1-30, 31-60, 61-90, over 90 days."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date
from decimal import Decimal
from enum import StrEnum
from typing import TYPE_CHECKING

from pydantic import Field

from msp_billing.domain.base import Frozen, Identifier
from msp_billing.domain.money import CurrencyCode, ExactDecimal

if TYPE_CHECKING:
    from msp_billing.domain.ledger.position import LedgerPosition, OwedItem


class AgingBucket(StrEnum):
    """Days after the due date, which is current itself to its end (DUN-01)."""

    CURRENT = "current"
    DAYS_1_TO_30 = "1-30"
    DAYS_31_TO_60 = "31-60"
    DAYS_61_TO_90 = "61-90"
    OVER_90 = "over 90"


_LAST_DAYS = {
    AgingBucket.CURRENT: 0,
    AgingBucket.DAYS_1_TO_30: 30,
    AgingBucket.DAYS_31_TO_60: 60,
    AgingBucket.DAYS_61_TO_90: 90,
}


class Aging(Frozen):
    """What an account owes by age, and the credit that it has, which is taken off none of it."""

    account: Identifier
    currency: CurrencyCode
    on: date
    amounts: dict[AgingBucket, ExactDecimal] = Field(description="Every bucket, in their order.")
    credit: ExactDecimal = Field(description="Held for the account; zero or above.")
    oldest_due_on: date | None = Field(description="Of what is overdue; None where nothing is.")

    @property
    def owed(self) -> Decimal:
        """All buckets together."""
        return sum(self.amounts.values(), Decimal(0))

    @property
    def overdue(self) -> Decimal:
        """All buckets but the current one."""
        return self.owed - self.amounts[AgingBucket.CURRENT]

    @property
    def balance(self) -> Decimal:
        """What is owed less the credit."""
        return self.owed - self.credit


class AgingTotal(Frozen):
    """The accounts of one currency added up."""

    currency: CurrencyCode
    accounts: int
    amounts: dict[AgingBucket, ExactDecimal]
    credit: ExactDecimal

    @property
    def owed(self) -> Decimal:
        """All buckets together."""
        return sum(self.amounts.values(), Decimal(0))


def bucket_of(item: OwedItem, day: date) -> AgingBucket:
    """The bucket that an item lies in on a day."""
    days = (day - item.due_on).days
    fitting = (bucket for bucket, last in _LAST_DAYS.items() if days <= last)
    return next(fitting, AgingBucket.OVER_90)


def aging(position: LedgerPosition, day: date) -> Aging:
    """What is open at a position, by its age on a day.

    A day in the past ages what is open now; for what was open then, take the position that the
    entries up to then come to.
    """
    zero = position.money(Decimal(0)).amount
    amounts = dict.fromkeys(AgingBucket, zero)
    for item in position.open_items:
        amounts[bucket_of(item, day)] += item.open
    overdue = position.overdue_items(day)
    return Aging(
        account=position.ledger.account,
        currency=position.ledger.currency,
        on=day,
        amounts=amounts,
        credit=zero + position.held,
        oldest_due_on=overdue[0].due_on if overdue else None,
    )


def aging_totals(agings: Iterable[Aging]) -> tuple[AgingTotal, ...]:
    """Accounts added up, a total for each currency in order of its code."""
    by_currency: dict[str, list[Aging]] = {}
    for entry in agings:
        by_currency.setdefault(entry.currency, []).append(entry)
    return tuple(
        AgingTotal(
            currency=currency,
            accounts=len(found),
            amounts={
                bucket: sum((entry.amounts[bucket] for entry in found), Decimal(0))
                for bucket in AgingBucket
            },
            credit=sum((entry.credit for entry in found), Decimal(0)),
        )
        for currency, found in sorted(by_currency.items())
    )
