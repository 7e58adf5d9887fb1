"""Money, quantities and days as people write them."""

from __future__ import annotations

from datetime import UTC, date, datetime
from decimal import Decimal
from zoneinfo import ZoneInfo

import pytest

from msp_billing.adapters.colours import DARK, LIGHT, text_on
from msp_billing.adapters.formatting import (
    amounts_in_words,
    format_change,
    format_day,
    format_moment,
    format_money,
    format_month,
    format_quantity,
    format_service_period,
)
from msp_billing.adapters.mails.mail_text import counted, file_size
from msp_billing.domain.periods import Period, ServicePeriod


@pytest.mark.parametrize(
    ("amount", "currency", "written"),
    [
        ("1234.5", "USD", "$1,234.50"),
        ("-3", "USD", "-$3.00"),
        ("-0.00", "USD", "$0.00"),
        ("0.125", "USD", "$0.125"),
        ("1234", "JPY", "¥1,234"),
        ("1.5", "KWD", "KWD\u00a01.500"),
        ("-10", "CHF", "-CHF\u00a010.00"),
        ("10", "CAD", "CA$10.00"),
        ("123456789012345.67", "EUR", "€123,456,789,012,345.67"),
    ],
)
def test_money_has_its_symbol_and_the_decimals_it_is_billed_in(
    amount: str, currency: str, written: str
) -> None:
    assert format_money(amount, currency) == written


@pytest.mark.parametrize(
    ("amount", "written"), [("12", "+$12.00"), ("-3", "-$3.00"), ("0", "$0.00")]
)
def test_a_difference_has_its_sign(amount: str, written: str) -> None:
    assert format_change(Decimal(amount), "USD") == written


@pytest.mark.parametrize(
    ("quantity", "written"), [("1250", "1,250"), ("1.50", "1.5"), ("3", "3"), ("0.0001", "0.0001")]
)
def test_a_quantity_shows_no_more_decimals_than_it_has(quantity: str, written: str) -> None:
    assert format_quantity(Decimal(quantity)) == written


def test_days_and_months_are_written_out() -> None:
    assert format_day(date(2026, 11, 30)) == "30 November 2026"
    assert format_month(Period(year=2026, month=12)) == "December 2026"


@pytest.mark.parametrize(
    ("starts_on", "ends_on", "written"),
    [
        (date(2026, 12, 1), date(2026, 12, 31), "1 to 31 December 2026"),
        (date(2026, 12, 5), date(2026, 12, 5), "5 December 2026"),
        (date(2026, 11, 15), date(2026, 12, 14), "15 November 2026 to 14 December 2026"),
    ],
)
def test_a_service_period_names_both_of_its_ends(
    starts_on: date, ends_on: date, written: str
) -> None:
    assert format_service_period(ServicePeriod(starts_on=starts_on, ends_on=ends_on)) == written


@pytest.mark.parametrize(
    ("said", "written"),
    [
        ("Held: 5,144.00 USD overdue.", "Held: $5,144.00 overdue."),
        ("5144 USD and -0.5 USD", "$5,144.00 and -$0.50"),
        ("12.00 USD, 5 JPY", "$12.00, 5 JPY"),
        ("part A-12 USD, 3 USDC, x7 USD", "part A-12 USD, 3 USDC, x7 USD"),
    ],
)
def test_amounts_in_a_sentence_are_written_as_elsewhere(said: str, written: str) -> None:
    assert amounts_in_words(said, "USD") == written


def test_a_moment_is_told_in_the_provider_zone() -> None:
    at = datetime(2026, 12, 1, 5, 0, tzinfo=UTC)
    assert format_moment(at, ZoneInfo("America/Chicago")) == "30 November 2026, 23:00 CST"


@pytest.mark.parametrize(
    ("background", "text"),
    [("#1f3a5f", LIGHT), ("#000000", LIGHT), ("#ffffff", DARK), ("#ffd400", DARK)],
)
def test_text_is_readable_on_the_brand_colour(background: str, text: str) -> None:
    assert text_on(background) == text


def test_sizes_and_numbers_read_well() -> None:
    assert [file_size(size) for size in (0, 48_400, 1_300_000)] == ["1 KB", "48 KB", "1.3 MB"]
    assert [counted(number, "invoice") for number in (0, 1, 1200)] == [
        "0 invoices",
        "1 invoice",
        "1,200 invoices",
    ]
