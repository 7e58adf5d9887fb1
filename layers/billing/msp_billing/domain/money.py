"""Exact money: decimal amounts with a currency, rounded half-up once per line."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from decimal import ROUND_DOWN, ROUND_HALF_UP, Decimal
from typing import Annotated, Any

from pydantic import BeforeValidator, Field, PlainSerializer, StringConstraints, WithJsonSchema

from msp_billing.domain.base import Frozen

_PLAIN_DECIMAL = re.compile(r"-?[0-9]{1,15}(\.[0-9]{1,10})?")
_WITH_SEPARATORS = re.compile(r"-?[0-9.,' ]+")

# ISO 4217 minor units; every other currency that is accepted has two decimals.
_WITHOUT_DECIMALS = (
    "BIF CLP DJF GNF ISK JPY KMF KRW PYG RWF UGX UYI VND VUV XAF XOF XPF"  # no smaller unit
)
_WITH_THREE_DECIMALS = "BHD IQD JOD KWD LYD OMR TND"
_WITH_FOUR_DECIMALS = "CLF UYW"
_MINOR_UNITS = {
    code: digits
    for digits, codes in (
        (0, _WITHOUT_DECIMALS),
        (3, _WITH_THREE_DECIMALS),
        (4, _WITH_FOUR_DECIMALS),
    )
    for code in codes.split()
}


def parse_exact_decimal(value: Any) -> Decimal:
    """Read an exact decimal from text, an int or a Decimal.

    A float is refused because it has already lost cents; text with separators is refused because
    ``1,234`` is a thousand in one country and about one in another.

    Raises:
        ValueError: when the value could be read in more than one way, or is not a number.
    """
    if isinstance(value, Decimal):
        if not value.is_finite():
            raise ValueError(f"{value} is not an amount: write a plain number such as 1234.50")
        return value
    if isinstance(value, bool | float):
        raise ValueError(f"{value!r} is not exact: write it as text such as '1234.50'")
    if isinstance(value, int):
        return Decimal(value)
    if isinstance(value, str) and _PLAIN_DECIMAL.fullmatch(value):
        return Decimal(value)
    if isinstance(value, str) and _WITH_SEPARATORS.fullmatch(value):
        raise ValueError(
            f"'{value}' can be read in more than one way: write it with a point for the decimals "
            "and no separator for the thousands, such as 1234.50"
        )
    raise ValueError(f"{value!r} is not an amount: write a plain number such as 1234.50")


def _plain(value: Decimal) -> str:
    """Digits and a point: Decimal's own text of a tiny amount is 5E-7, which is not read back."""
    return format(value, "f")


ExactDecimal = Annotated[
    Decimal,
    BeforeValidator(parse_exact_decimal),
    PlainSerializer(_plain, return_type=str, when_used="json"),
    WithJsonSchema(
        {"anyOf": [{"type": "number"}, {"type": "string", "pattern": r"^-?\d+(\.\d+)?$"}]},
        mode="validation",
    ),
    WithJsonSchema({"type": "string", "pattern": r"^-?\d+(\.\d+)?$"}, mode="serialization"),
]
"""A decimal that was never a float."""

CurrencyCode = Annotated[str, StringConstraints(pattern=r"^[A-Z]{3}$")]
"""An ISO 4217 code, for example ``USD``."""


class Money(Frozen):
    """An exact amount in one currency. Amounts of different currencies never mix.

    ``amount`` may carry more decimals than the currency (a unit price of 0.125); amounts that are
    billed are rounded by :meth:`rounded`.
    """

    amount: ExactDecimal = Field(description="The exact amount, in units of the currency.")
    currency: CurrencyCode = Field(description="ISO 4217 code.")

    def __add__(self, other: Money) -> Money:
        self._check_same_currency(other)
        return Money(amount=self.amount + other.amount, currency=self.currency)

    def __sub__(self, other: Money) -> Money:
        self._check_same_currency(other)
        return Money(amount=self.amount - other.amount, currency=self.currency)

    def __neg__(self) -> Money:
        return Money(amount=-self.amount, currency=self.currency)

    def times(self, factor: Decimal | int) -> Money:
        """The amount times an exact factor, not rounded."""
        return Money(amount=self.amount * factor, currency=self.currency)

    def rounded(self) -> Money:
        """Rounded half-up to the currency's minor unit."""
        quantum = Decimal(1).scaleb(-minor_unit_digits(self.currency))
        return Money(
            amount=self.amount.quantize(quantum, rounding=ROUND_HALF_UP), currency=self.currency
        )

    def _check_same_currency(self, other: Money) -> None:
        if self.currency != other.currency:
            raise CurrencyMismatchError(self.currency, other.currency)

    def __str__(self) -> str:
        return f"{self.amount} {self.currency}"


class CurrencyMismatchError(ValueError):
    """Amounts of two currencies met in one sum."""

    def __init__(self, first: str, second: str) -> None:
        super().__init__(f"cannot put {first} and {second} into one sum")


def minor_unit_digits(currency: str) -> int:
    """How many decimals a billed amount in this currency has."""
    return _MINOR_UNITS.get(currency, 2)


def zero(currency: str) -> Money:
    """Nothing, in this currency."""
    return Money(amount=Decimal(0), currency=currency).rounded()


def total(amounts: Iterable[Money], currency: str) -> Money:
    """The sum of amounts that are already rounded; zero for none."""
    summed = zero(currency).amount
    for entry in amounts:
        if entry.currency != currency:
            raise CurrencyMismatchError(currency, entry.currency)
        summed += entry.amount
    return Money(amount=summed, currency=currency)


def totals_by_currency(amounts: Iterable[Money], first: str) -> tuple[Money, ...]:
    """A sum for each currency: amounts of different currencies are never added up.

    Args:
        first: the currency that comes first, and that there is a sum of in any case.
    """
    groups: dict[str, list[Money]] = {first: []}
    for entry in amounts:
        groups.setdefault(entry.currency, []).append(entry)
    others = sorted(groups.keys() - {first})
    return tuple(total(groups[currency], currency) for currency in (first, *others))


def in_words(amounts: Iterable[Money]) -> str:
    """Amounts of different currencies side by side: ``12.50 USD, 5 JPY``."""
    return ", ".join(str(entry) for entry in amounts)


def share_out(amount: Money, weights: Sequence[Decimal]) -> tuple[Money, ...]:
    """A rounded amount divided by weights, without losing or making a cent.

    Every share is rounded towards zero, and what is left goes in single smallest units to the
    shares that lost most, the first of equals first.

    Args:
        weights: not negative; at least one. When all are zero, the first takes everything.
    """
    whole = sum(weights, Decimal(0))
    if not whole:
        return (amount, *(zero(amount.currency) for _ in weights[1:]))
    unit = Decimal(1).scaleb(-minor_unit_digits(amount.currency))
    exact = [amount.amount * weight / whole for weight in weights]
    shares = [entry.quantize(unit, rounding=ROUND_DOWN) for entry in exact]
    left = amount.amount - sum(shares, Decimal(0))
    by_loss = sorted(range(len(weights)), key=lambda n: (-abs(exact[n] - shares[n]), n))
    for index in by_loss[: int(abs(left) / unit)]:
        shares[index] += unit.copy_sign(left)
    return tuple(Money(amount=share + 0, currency=amount.currency) for share in shares)
