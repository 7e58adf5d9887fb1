"""Amounts as banks write them in CSV files, read without guessing."""

from __future__ import annotations

import re
from decimal import Decimal

from msp_billing.domain.money import Money, minor_unit_digits

_SYMBOLS = {
    "$": frozenset({"USD", "CAD", "AUD", "NZD"}),
    "€": frozenset({"EUR"}),
    "£": frozenset({"GBP"}),
    "¥": frozenset({"JPY"}),
}
_POINT = re.compile(r"(?:\d{1,12}|\d{1,3}(?:[,' ]\d{3}){1,3})(?:\.\d{1,4})?|\.\d{1,4}", re.ASCII)
_COMMA = re.compile(r"(?:\d{1,12}|\d{1,3}(?:[.' ]\d{3}){1,3})(?:,\d{1,4})?|,\d{1,4}", re.ASCII)
_MAY_GROUP = re.compile(r"[1-9]\d{0,2}[.,]\d{3}", re.ASCII)
"""One mark before three digits. Where the currency has fewer decimals, it may group thousands."""
_NOT_DIGITS = str.maketrans("", "", ".,' ")


class AmountError(ValueError):
    """The text is no amount, or could be two; says which way to write it."""


def read_amount(text: str, currency: str, decimal_comma: bool) -> Money:
    """The signed amount in a cell: ``-1,234.50``, ``(1,234.50)``, ``$12.00``, ``1.234,50 EUR``.

    Thousands are grouped by three or not at all, so that a decimal comma that nobody mapped
    (``12,50``) is found and not read as 1250; and ``1.500`` is not read as 1.50 in a file that
    means 1500 by it. Beside commas or points, apostrophes and spaces group them (``1'234.50``).

    Raises:
        AmountError: also for more decimals than the currency has.
    """
    bare, negative = _without_sign(_without_currency(text, currency))
    pattern, point = (_COMMA, ",") if decimal_comma else (_POINT, ".")
    if not pattern.fullmatch(bare):
        written = "1.234,50" if decimal_comma else "1,234.50"
        raise AmountError(f"'{text}' is no amount of the form {written}.")
    whole, _, decimals = bare.partition(point)
    digits = minor_unit_digits(currency)
    if _MAY_GROUP.fullmatch(bare) and digits < len(decimals):
        raise AmountError(
            f"'{text}' may be {whole}{decimals} or {whole}.{decimals}: write it with "
            f"{digits or 'no'} decimals, and without a mark between thousands."
        )
    if len(decimals.rstrip("0")) > digits:
        raise AmountError(f"'{text}' has more decimals than {currency} has ({digits}).")
    value = Decimal(f"{whole.translate(_NOT_DIGITS)}.{decimals or '0'}")
    return Money(amount=-value if negative else value, currency=currency).rounded()


def _without_currency(text: str, currency: str) -> str:
    bare = " ".join(text.split()).replace("\u2212", "-").replace("\u2019", "'")
    for mark in (currency, *(sign for sign, codes in _SYMBOLS.items() if currency in codes)):
        if bare.count(mark) == 1:
            before, _, after = bare.partition(mark)
            # "$12.00", "-$12.00", "($12.00)", "12.00 €": nothing but a sign stands beside it.
            if before.strip() in {"", "-", "+", "("}:
                return before.strip() + after.strip()
            if after.strip() in {"", "-", ")"}:
                return before.strip() + after.strip()
    return bare


def _without_sign(text: str) -> tuple[str, bool]:
    if text.startswith("(") and text.endswith(")"):
        return text[1:-1].strip(), True
    if text.endswith("-"):
        return text[:-1].strip(), True
    if text.startswith(("-", "+")):
        return text[1:].strip(), text.startswith("-")
    return text, False
