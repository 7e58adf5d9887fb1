"""Money, quantities and days as people write them; every document and mail uses these.

They are written in the language that is being written, see :mod:`msp_billing.adapters.language`.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from copy import copy
from datetime import date, datetime
from decimal import Decimal
from functools import lru_cache
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

from babel import Locale
from babel.dates import format_date as babel_format_date
from babel.numbers import NumberPattern, format_decimal, get_currency_symbol

from msp_billing.adapters.language import _, current_locale
from msp_billing.domain.money import Money, minor_unit_digits

if TYPE_CHECKING:
    from msp_billing.domain.periods import Period, ServicePeriod

_DAYS = {"en": "d MMMM y"}
"""Where a day is not written as CLDR's long form has it."""


def format_money(amount: Decimal | str, currency: str) -> str:
    """An amount with its symbol: ``$1,234.50``, ``-$3.00``, ``CHF 10.00``, ``1.234,50 €``.

    Decimals are those that the domain bills in, never fewer than the amount has: a unit price of
    0.125 stays 0.125, because a document must not round what was billed.
    """
    value = Decimal(amount)
    locale = current_locale()
    text = str(
        _money_pattern(locale, minor_unit_digits(currency)).apply(
            value if value else abs(value),  # no "-$0.00"
            locale,
            currency=currency,
            currency_digits=False,
            decimal_quantization=False,
        )
    )
    symbol = currency_symbol(currency)
    before, found, behind = text.partition(symbol)
    if found and symbol[-1].isalpha() and behind[:1].isdigit():
        return f"{before}{symbol}\u00a0{behind}"
    return text


def format_moneys(amounts: Iterable[Money]) -> str:
    """Amounts of different currencies side by side: ``$12.50, ¥5``."""
    return ", ".join(format_money(entry.amount, entry.currency) for entry in amounts)


def amounts_in_words(text: str, currency: str) -> str:
    """A sentence of the domain, which knows no language, with its amounts as people write them.

    ``5,144.00 USD is overdue`` becomes ``$5,144.00 is overdue``; other currencies stay as they are.
    """
    amount = re.compile(rf"(?<![\w.,-])(-?\d[\d,]*(?:\.\d+)?) {re.escape(currency)}\b")
    return amount.sub(lambda found: format_money(found[1].replace(",", ""), currency), text)


def format_change(amount: Decimal, currency: str) -> str:
    """A difference with its sign: ``+$12.00``, ``-$3.00``, ``$0.00``."""
    return f"{'+' if amount > 0 else ''}{format_money(amount, currency)}"


def format_quantity(quantity: Decimal | int) -> str:
    """A count or a number of hours: ``1,250``, ``1.5``."""
    return format_decimal(quantity, locale=current_locale(), decimal_quantization=False)


def format_due_day(day: date | None) -> str:
    """A due date, or that nothing is due."""
    return _("nothing is due") if day is None else format_day(day)


def format_day(day: date) -> str:
    """A day, with its month as a word, the same for readers on both sides of the Atlantic.

    ``30 November 2026``, ``30 de noviembre de 2026``, ``1er décembre 2026``, ``30. November 2026``.
    """
    locale = current_locale()
    text = babel_format_date(day, _DAYS.get(locale.language, "long"), locale=locale)
    return f"1er{text[1:]}" if locale.language == "fr" and day.day == 1 else text


def format_month(period: Period) -> str:
    """A month: ``December 2026``, ``diciembre de 2026``."""
    locale = current_locale()
    skeleton = locale.datetime_skeletons["yMMMM"]
    return babel_format_date(period.first_day, skeleton.pattern, locale=locale)


def format_service_period(period: ServicePeriod) -> str:
    """The days that are covered: ``1 to 31 December 2026``."""
    starts_on, ends_on = period.starts_on, period.ends_on
    if starts_on == ends_on:
        return format_day(starts_on)
    if (starts_on.year, starts_on.month) == (ends_on.year, ends_on.month):
        # Translators: days of one month: "1 to 31 December 2026". The day has no month.
        first = "1er" if current_locale().language == "fr" and starts_on.day == 1 else starts_on.day
        return _("{day} to {last}").format(day=first, last=format_day(ends_on))
    return _("{first} to {last}").format(first=format_day(starts_on), last=format_day(ends_on))


def format_moment(at: datetime, zone: ZoneInfo) -> str:
    """An instant in the provider's zone: ``30 November 2026, 17:00 CST``."""
    local = at.astimezone(zone)
    return f"{format_day(local.date())}, {local:%H:%M} {local.tzname()}"


def currency_symbol(currency: str) -> str:
    """What stands beside an amount: ``$``, ``CA$``, ``€``."""
    return get_currency_symbol(currency, locale=current_locale())


@lru_cache(maxsize=32)
def _money_pattern(locale: Locale, digits: int) -> NumberPattern:
    """The locale's pattern for money with the domain's number of decimals.

    CLDR gives some currencies other decimals than the domain bills them in; the document follows
    the domain.
    """
    pattern: NumberPattern = copy(locale.currency_formats["standard"])
    pattern.frac_prec = (digits, digits)
    return pattern
