"""What people write on the command line, read without guessing."""

from __future__ import annotations

from decimal import Decimal

import pytest
import typer

from msp_billing.domain.money import Money
from mspbill.command_values import amount, paid_in


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("1250.00", "1250.00"),
        (" 1250 ", "1250"),
        ("$1,250.50", "1250.50"),
        ("-$12.00", "-12.00"),
        ("-5", "-5"),
        ("+5.00", "5.00"),
        ("12,345,678.9", "12345678.9"),
    ],
)
def test_amounts_are_read_with_and_without_thousands(text: str, expected: str) -> None:
    assert amount(text) == Decimal(expected)


@pytest.mark.parametrize(
    ("value", "currency"),
    [("1.50", "USD"), ("0.500", "USD"), ("1500.000", "USD"), ("1.500", "KWD"), ("1.5000", "USD")],
)
def test_what_can_be_one_amount_only_is_taken(value: str, currency: str) -> None:
    assert paid_in(currency, Decimal(value)) == Money(amount=Decimal(value), currency=currency)


@pytest.mark.parametrize(
    ("value", "currency", "said"),
    [
        ("1.500", "USD", "1500 USD: write it with 2"),
        ("12.000", "JPY", "12000 JPY: write it with no"),
    ],
)
def test_what_may_be_a_thousand_times_as_much_is_refused(
    value: str, currency: str, said: str
) -> None:
    with pytest.raises(typer.BadParameter, match=said):
        paid_in(currency, Decimal(value))


@pytest.mark.parametrize(
    "text", ["1,50", "12,5", "1,2345", "1.250,00", "1e3", "NaN", "$$5", "", "ten", "1 250"]
)
def test_what_could_be_another_amount_is_refused(text: str) -> None:
    """A payment of 1,50 would be booked as 150."""
    with pytest.raises(typer.BadParameter, match=r"is no amount: write it as 1250\.00"):
        amount(text)
