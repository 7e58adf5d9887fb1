"""When the lines of an account in a provider directory end, by its notices and its terms."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from typing import TYPE_CHECKING

from msp_billing.adapters.holiday_calendar import UnknownHolidaysError, business_calendar
from msp_billing.domain.calendars import BusinessCalendar
from msp_billing.domain.contracts.agreements import Agreement, AgreementLine
from msp_billing.domain.contracts.lifetimes import Lifetime, lifetime

if TYPE_CHECKING:
    from msp_billing.domain.accounts import Account
    from msp_billing.domain.policy import ProviderPolicy
    from msp_billing.domain.price_book import PriceBook

LineEnd = Callable[[Agreement, AgreementLine], date | None]
"""The last day of a line, or None while it runs on."""


def by_own_dates(agreement: Agreement, line: AgreementLine) -> date | None:
    """The last day that is written down, where policy and price book cannot be read."""
    days = [day for day in (agreement.ends_on, line.ends_on) if day is not None]
    return min(days, default=None)


def by_lifetime(account: Account, policy: ProviderPolicy | None, book: PriceBook | None) -> LineEnd:
    """How to ask for the last day of each line of an account."""
    if policy is None or book is None:
        return by_own_dates
    calendar = _calendar(account, policy)
    lives: dict[str, Lifetime] = {
        entry.agreement: lifetime(entry, policy, book, calendar) for entry in account.agreements
    }
    return lambda agreement, line: lives[agreement.agreement].line_end(line).last_on


def _calendar(account: Account, policy: ProviderPolicy) -> BusinessCalendar:
    """The business days of the years in which notices run; unknown holidays are told elsewhere."""
    notices = [entry.ending.notice_on for entry in account.agreements if entry.ending] + [
        line.cancelled.notice_on
        for entry in account.agreements
        for line in entry.lines
        if line.cancelled
    ]
    years = {year for day in notices for year in (day.year, day.year + 1)}
    try:
        return business_calendar(policy.holidays, years) if years else BusinessCalendar()
    except UnknownHolidaysError:
        return BusinessCalendar()
