"""Amounts as Stripe writes them: whole numbers of the smallest unit, by Stripe's own table.

Stripe's table is not ISO 4217's: https://docs.stripe.com/currencies.
"""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from msp_billing.domain.money import Money
from msp_billing.usecases.receivables.payment_readings import UnreadableEventError

_WITHOUT_DECIMALS = frozenset(
    {"BIF", "CLP", "DJF", "GNF", "JPY", "KMF", "KRW", "MGA"}
    | {"PYG", "RWF", "VND", "VUV", "XAF", "XOF", "XPF"}
)
_WITH_THREE_DECIMALS = frozenset({"BHD", "JOD", "KWD", "OMR", "TND"})
# Has no smaller unit, and Stripe's page lists it among those without decimals and among those that
# are written with two all the same: a hundredfold error either way.
_UNCLEAR = frozenset({"UGX"})


def money_of(units: Any, currency: Any) -> Money:
    """The amount of so many smallest units.

    Raises:
        UnreadableEventError: no whole number, not positive or zero, no currency, or one whose unit
            Stripe does not say clearly.
    """
    if not isinstance(units, int) or isinstance(units, bool) or units < 0:
        raise UnreadableEventError(f"{units!r} is no amount in the smallest unit of a currency.")
    code = currency.upper() if isinstance(currency, str) else ""
    if len(code) != 3 or not code.isascii() or not code.isalpha():
        raise UnreadableEventError(f"{currency!r} is no currency.")
    if code in _UNCLEAR:
        raise UnreadableEventError(
            f"{units} {code}: it is not clear which unit Stripe counts {code} in. Enter it by hand."
        )
    digits = 0 if code in _WITHOUT_DECIMALS else 3 if code in _WITH_THREE_DECIMALS else 2
    return Money(amount=Decimal(units).scaleb(-digits), currency=code)
