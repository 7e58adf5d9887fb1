"""Which agreements of an account stand in a month."""

from __future__ import annotations

from typing import TYPE_CHECKING

from msp_billing.domain.contracts.lifetimes import lifetime

if TYPE_CHECKING:
    from msp_billing.domain.accounts import Account
    from msp_billing.domain.calendars import BusinessCalendar
    from msp_billing.domain.contracts.agreements import Agreement
    from msp_billing.domain.periods import Period
    from msp_billing.domain.policy import ProviderPolicy
    from msp_billing.domain.price_book import PriceBook


def active_agreements(
    account: Account,
    policy: ProviderPolicy,
    book: PriceBook,
    calendar: BusinessCalendar,
    period: Period,
) -> tuple[Agreement, ...]:
    """The agreements that are in force on some day of the month, in the account's order.

    Building and the completeness check both ask here, so that they never expect different things.
    """
    return tuple(
        entry
        for entry in account.agreements
        if lifetime(entry, policy, book, calendar).active_in(period)
    )
