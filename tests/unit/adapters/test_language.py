"""The language that is being written: formats by hand from how each language writes them."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

import pytest

from msp_billing.adapters.formatting import (
    format_day,
    format_money,
    format_month,
    format_quantity,
    format_service_period,
)
from msp_billing.adapters.language import LANGUAGES, gettext, in_language, language_tag, ngettext
from msp_billing.adapters.language.languages import CATALOGUES
from msp_billing.domain.periods import Period, ServicePeriod

DECEMBER = Period.model_validate("2026-12")


@pytest.mark.parametrize(
    ("tag", "money", "negative", "day", "month", "quantity"),
    [
        ("en-US", "$1,234.50", "-€3.00", "30 November 2026", "December 2026", "1,250.5"),
        ("en-GB", "US$1,234.50", "-€3.00", "30 November 2026", "December 2026", "1,250.5"),
        ("es", "1.234,50\u00a0US$", "-3,00\u00a0€", "30 de noviembre de 2026", "diciembre de 2026",
         "1.250,5"),
        ("es-MX", "USD\u00a01,234.50", "-EUR\u00a03.00", "30 de noviembre de 2026",
         "diciembre de 2026", "1,250.5"),
        ("fr", "1\u202f234,50\u00a0$US", "-3,00\u00a0€", "30 novembre 2026", "décembre 2026",
         "1\u202f250,5"),
        ("de", "1.234,50\u00a0$", "-3,00\u00a0€", "30. November 2026", "Dezember 2026", "1.250,5"),
    ],
)  # fmt: skip
def test_amounts_and_days_are_written_as_the_language_writes_them(
    tag, money, negative, day, month, quantity
):
    with in_language(tag):
        assert format_money(Decimal("1234.5"), "USD") == money
        assert format_money(Decimal(-3), "EUR") == negative
        assert format_day(date(2026, 11, 30)) == day
        assert format_month(DECEMBER) == month
        assert format_quantity(Decimal("1250.5")) == quantity


def test_the_first_of_a_month_is_an_ordinal_in_french_only():
    first = date(2026, 12, 1)
    with in_language("fr"):
        assert format_day(first) == "1er décembre 2026"
    with in_language("de"):
        assert format_day(first) == "1. Dezember 2026"


def test_the_language_ends_with_what_it_was_set_for_even_after_a_failure():
    def fail() -> None:
        with in_language("fr-CA"):
            assert language_tag() == "fr-CA"
            raise ValueError("halfway")

    with pytest.raises(ValueError, match="halfway"):
        fail()
    assert language_tag() == "en-US"
    with in_language("de"), in_language("es"):
        assert language_tag() == "es"


def test_a_country_without_formats_of_the_language_leaves_the_language_its_own():
    with in_language("de-US"):
        assert language_tag() == "de"


@pytest.mark.parametrize("language", LANGUAGES)
def test_what_nobody_translated_is_said_in_english(language):
    with in_language(language):
        assert gettext("a text that no document has") == "a text that no document has"
        assert ngettext("{n} xyz", "{n} xyzs", 2) == "{n} xyzs"


def test_every_language_but_english_has_a_catalogue():
    found = {path.stem for path in CATALOGUES.glob("*.po")}
    assert found == set(LANGUAGES) - {"en"}


def test_the_days_of_a_month_are_one_phrase():
    period = ServicePeriod.of_month(DECEMBER)
    assert format_service_period(period) == "1 to 31 December 2026"
