"""What people write on the command line, read without guessing."""

from __future__ import annotations

from decimal import Decimal

import pytest
import typer

from mspbill.command_values import amount


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
    "text", ["1,50", "12,5", "1,2345", "1.250,00", "1e3", "NaN", "$$5", "", "ten", "1 250"]
)
def test_what_could_be_another_amount_is_refused(text: str) -> None:
    """A payment of 1,50 would be booked as 150."""
    with pytest.raises(typer.BadParameter, match=r"is no amount: write it as 1250\.00"):
        amount(text)
