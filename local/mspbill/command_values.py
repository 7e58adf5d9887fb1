"""What is written on the command line: where to read, days, amounts, names of payments."""

from __future__ import annotations

import getpass
import re
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from pathlib import Path

import typer
from pydantic import ValidationError

from msp_billing.domain.money import Money, minor_unit_digits
from msp_billing.domain.payments.incoming import PaymentKey, RemittancePart
from msp_billing.domain.periods import Period
from msp_billing.domain.problems import Problem, ProblemsError

_GROUPED = 3
"""Digits between two marks of thousands."""
_AMOUNT = re.compile(r"[-+]?\$?(?:\d+|\d{1,3}(?:,\d{3})+)(?:\.\d+)?", re.ASCII)


@dataclass(frozen=True)
class Source:
    """Where to read: a deployed stack, or what a demo left; and whose accounts."""

    stack: str | None = None
    state: Path | None = None
    provider: str | None = None


def user_name() -> str:
    """Who is logged in here; in a container that may be nobody with a name."""
    try:
        return getpass.getuser()
    except (KeyError, OSError):
        return "somebody without a name"


def day(text: str) -> date:
    """A day, as 2026-12-31."""
    try:
        return date.fromisoformat(text)
    except ValueError as error:
        raise typer.BadParameter(f"'{text}' is no day: write it as 2026-12-31.") from error


def month(text: str) -> Period:
    """A service month, as 2026-12."""
    try:
        return Period.parse(text)
    except ValidationError as error:
        raise typer.BadParameter(f"'{text}' is no month: write it as 2026-12.") from error


def amount(text: str) -> Decimal:
    """An amount, as 1250.00; a dollar sign and commas between thousands are left out.

    Commas group three by three or not at all: ``1,50`` is one and a half to whoever writes it so,
    and must not be booked as 150.
    """
    bare = text.strip()
    if not _AMOUNT.fullmatch(bare):
        raise typer.BadParameter(f"'{text}' is no amount: write it as 1250.00.")
    return Decimal(bare.replace(",", "").replace("$", ""))


def paid_in(currency: str, value: Decimal) -> Money:
    """What somebody paid, refused where ``1.500`` may mean 1500: to who groups so it does."""
    digits = minor_unit_digits(currency)
    may_group = 1 <= value < 1000 and value.as_tuple().exponent == -_GROUPED
    if may_group and digits < _GROUPED:
        whole = str(value).replace(".", "")
        raise typer.BadParameter(
            f"'{value}' may be {whole} {currency}: write it with {digits or 'no'} decimals."
        )
    return Money(amount=value, currency=currency)


def payment_key(provider: str, name: str) -> PaymentKey:
    """A payment by its name as it is shown: ``bank:W-88121``.

    Raises:
        ProblemsError: when it has no source.
    """
    source, separator, external_id = name.partition(":")
    if not separator:
        raise ProblemsError(
            [
                Problem(
                    code="payment-name",
                    what=f"'{name}' does not say who reported the payment.",
                    fix="Write it as it is shown, such as clerk:W-88121.",
                )
            ]
        )
    return PaymentKey(provider=provider, source=source, external_id=external_id)


def remittance(parts: list[str] | None) -> tuple[RemittancePart, ...]:
    """What a payment is for: ``KRG-000012``, or ``KRG-000012=150.00`` for a part of it."""
    found = []
    for part in parts or ():
        invoice, separator, sum_of_it = part.partition("=")
        of_it = amount(sum_of_it) if separator else None
        found.append(RemittancePart(invoice=invoice, amount=of_it))
    return tuple(found)
