"""Which agreements owe an outcome, also where a defect keeps that from being known."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING

from msp_billing.domain.contracts.standing import active_agreements

if TYPE_CHECKING:
    from msp_billing.domain.accounts import Account
    from msp_billing.domain.calendars import BusinessCalendar
    from msp_billing.domain.contracts.agreements import Agreement
    from msp_billing.domain.periods import Period
    from msp_billing.domain.policy import ProviderPolicy
    from msp_billing.domain.price_book import PriceBook

_LOGGER = logging.getLogger(__name__)


def active_or_all(
    account: Account,
    policy: ProviderPolicy,
    book: PriceBook,
    calendar: BusinessCalendar,
    period: Period,
) -> tuple[Agreement, ...]:
    """The agreements that are in force; all of them when a defect keeps that from being told.

    Such an account cannot be built either and is parked. Parking and the completeness check both
    ask here: one poison account must stop neither.
    """
    try:
        return active_agreements(account, policy, book, calendar, period)
    except Exception:
        _LOGGER.exception("which agreements of %s are in force is not known", account.account)
        return account.agreements
