"""Money is exact, never mixed, and rounded half-up once."""

from __future__ import annotations

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from msp_billing.domain.money import (
    CurrencyMismatchError,
    Money,
    minor_unit_digits,
    parse_exact_decimal,
    share_out,
    total,
    totals_by_currency,
    zero,
)
from tests.unit.domain.builders import PROPERTY, usd

EXACT_TEXTS = st.decimals(
    min_value=-999_999_999, max_value=999_999_999, places=10, allow_nan=False
).map(lambda value: format(value, "f"))


@pytest.mark.parametrize(
    ("exact", "currency", "rounded"),
    [
        ("0.005", "USD", "0.01"),
        ("0.0049999999", "USD", "0.00"),
        ("2.675", "USD", "2.68"),  # 2.67 with floats
        ("1.005", "USD", "1.01"),  # 1.00 with floats
        ("0.125", "USD", "0.13"),  # 0.12 half to even
        ("-0.005", "USD", "-0.01"),  # half-up is away from zero on both sides
        ("-2.675", "USD", "-2.68"),
        ("-2.6749", "USD", "-2.67"),
        ("7", "USD", "7.00"),
        ("0.5", "JPY", "1"),
        ("1234.49", "JPY", "1234"),
        ("-1234.5", "JPY", "-1235"),
        ("99.4", "XOF", "99"),
        ("1.23445", "CLF", "1.2345"),
        ("0.0005", "KWD", "0.001"),
        ("1.2344", "KWD", "1.234"),
        ("-1.2345", "KWD", "-1.235"),
        ("9.995", "EUR", "10.00"),
    ],
)
def test_amounts_round_half_up_to_the_currency(exact: str, currency: str, rounded: str) -> None:
    result = Money(amount=Decimal(exact), currency=currency).rounded()
    assert str(result.amount) == rounded


def test_currencies_have_the_decimals_that_their_bills_have() -> None:
    assert [minor_unit_digits(code) for code in ("USD", "EUR", "JPY", "KWD")] == [2, 2, 0, 3]


@pytest.mark.parametrize("value", ["1234.50", "0", "-7", "0.1234567890", "999999999999999"])
def test_plain_numbers_are_read_exactly(value: str) -> None:
    assert str(parse_exact_decimal(value)) == value


def test_whole_numbers_are_read_as_they_are() -> None:
    assert parse_exact_decimal(7) == Decimal(7)
    assert parse_exact_decimal(Decimal("7.10")) == Decimal("7.10")


@pytest.mark.parametrize(
    "value", ["1,234", "1.234,50", "1,234.50", "1 234", "1'234", "1.2.3", "12,5"]
)
def test_numerals_with_two_meanings_are_refused_with_what_to_write(value: str) -> None:
    with pytest.raises(ValueError, match="more than one way") as refused:
        parse_exact_decimal(value)
    assert "1234.50" in str(refused.value)


@pytest.mark.parametrize("value", [12.5, 0.1, True, False, float("nan")])
def test_floats_and_booleans_are_no_money(value: float) -> None:
    with pytest.raises(ValueError, match="not exact"):
        parse_exact_decimal(value)


@pytest.mark.parametrize(
    "value", ["", "ten", "$5", "1e5", "--1", "NaN", "Infinity", None, [], Decimal("Infinity")]
)
def test_what_is_no_number_is_refused(value: object) -> None:
    with pytest.raises(ValueError, match="not an amount"):
        parse_exact_decimal(value)


def test_a_float_never_becomes_money() -> None:
    with pytest.raises(ValidationError, match="not exact"):
        Money.model_validate({"amount": 12.5, "currency": "USD"})
    with pytest.raises(ValidationError, match="not exact"):
        Money.model_validate_json('{"amount": 12.5, "currency": "USD"}')


@pytest.mark.parametrize("currency", ["usd", "US", "USDX", "", "U5D"])
def test_a_currency_is_a_code_of_three_capitals(currency: str) -> None:
    with pytest.raises(ValidationError):
        Money(amount=Decimal(1), currency=currency)


def test_amounts_of_two_currencies_never_meet() -> None:
    euros = Money(amount=Decimal(1), currency="EUR")
    for operation in (lambda: usd("1") + euros, lambda: usd("1") - euros):
        with pytest.raises(CurrencyMismatchError, match="USD and EUR"):
            operation()
    with pytest.raises(CurrencyMismatchError):
        total([usd("1"), euros], "USD")
    with pytest.raises(CurrencyMismatchError):
        total([euros], "USD")


def test_arithmetic_is_exact() -> None:
    assert usd("0.10") + usd("0.20") == usd("0.30")
    assert usd("0.30") - usd("0.10") == usd("0.20")
    assert -usd("5.25") == usd("-5.25")
    assert usd("6.75").times(11) == usd("74.25")
    # Not rounded before it is asked for: 3 x 0.125 = 0.375, not 3 x 0.13.
    assert usd("0.125").times(3) == usd("0.375")


def test_nothing_is_zero_in_the_form_of_the_currency() -> None:
    assert [str(zero(code).amount) for code in ("USD", "JPY", "KWD")] == ["0.00", "0", "0.000"]
    assert str(total([], "USD")) == "0.00 USD"


def test_a_total_is_the_sum_of_rounded_amounts() -> None:
    # 3 x 0.335 is 1.005, which would be 1.01; the rounded lines sum to 3 x 0.34 = 1.02.
    lines = [usd("0.335").rounded() for _ in range(3)]
    assert total(lines, "USD") == usd("1.02")


def test_money_cannot_be_changed() -> None:
    with pytest.raises(ValidationError, match="frozen"):
        usd("1").amount = Decimal(2)  # type: ignore[misc]


@PROPERTY
@given(text=EXACT_TEXTS, currency=st.sampled_from(["USD", "JPY", "KWD"]))
def test_rounding_moves_an_amount_by_half_a_minor_unit_at_most(text: str, currency: str) -> None:
    exact = Money(amount=Decimal(text), currency=currency)
    rounded = exact.rounded()
    half = Decimal(5).scaleb(-minor_unit_digits(currency) - 1)
    assert abs(rounded.amount - exact.amount) <= half
    assert rounded.rounded() == rounded
    assert (-exact).rounded() == -rounded


@PROPERTY
@given(amounts=st.lists(EXACT_TEXTS.map(lambda text: usd(text).rounded()), max_size=20))
def test_a_total_does_not_depend_on_the_order(amounts: list[Money]) -> None:
    assert total(amounts, "USD") == total(reversed(amounts), "USD")


@pytest.mark.parametrize("value", ["1.50\n", "١٢", "１２", "1.5٠"])
def test_digits_of_other_scripts_and_hidden_line_ends_are_refused(value: str) -> None:
    with pytest.raises(ValueError, match="not an amount"):
        parse_exact_decimal(value)


@pytest.mark.parametrize("text", ["0.0000005", "0.0000000", "0.0000000001", "-0.0000001"])
def test_tiny_prices_come_back_from_json(text: str) -> None:
    """Decimal writes these as 5E-7, which no reader of amounts takes: a batch would be lost."""
    exact = usd(text)
    assert Money.model_validate_json(exact.model_dump_json()) == exact
    assert f'"{text}"' in exact.model_dump_json()


@PROPERTY
@given(text=EXACT_TEXTS, currency=st.sampled_from(["USD", "JPY", "KWD"]))
def test_every_amount_comes_back_from_json(text: str, currency: str) -> None:
    exact = Money(amount=Decimal(text), currency=currency)
    assert Money.model_validate_json(exact.model_dump_json()) == exact


# --- Currencies and shares ------------------------------------------------------------------------


def test_sums_of_different_currencies_stand_side_by_side() -> None:
    amounts = [
        Money(amount=Decimal(amount), currency=currency)
        for amount, currency in (("10.00", "USD"), ("5", "JPY"), ("2.50", "USD"), ("1.00", "CAD"))
    ]
    assert [str(entry) for entry in totals_by_currency(amounts, "USD")] == [
        "12.50 USD",
        "1.00 CAD",
        "5 JPY",
    ]
    assert [str(entry) for entry in totals_by_currency([], "KWD")] == ["0.000 KWD"]


@pytest.mark.parametrize(
    ("amount", "weights", "shares"),
    [
        ("-10.00", [60, 40], ["-6.00", "-4.00"]),
        ("0.10", [1, 1, 1], ["0.04", "0.03", "0.03"]),  # the cent that is left goes to the first
        ("-0.05", [1, 2], ["-0.02", "-0.03"]),  # -0.0166 and -0.0333: the first lost more
        ("7.77", [0, 0], ["7.77", "0.00"]),
        ("0.00", [3, 4], ["0.00", "0.00"]),
    ],
)
def test_an_amount_is_shared_out_without_losing_a_cent(
    amount: str, weights: list[int], shares: list[str]
) -> None:
    found = share_out(
        Money(amount=Decimal(amount), currency="USD"), [Decimal(weight) for weight in weights]
    )
    assert [str(entry.amount) for entry in found] == shares


@given(
    amount=st.decimals(-5000, 5000, places=2),
    weights=st.lists(st.decimals(0, 9000, places=2), min_size=1, max_size=8),
)
def test_shares_sum_to_what_was_shared_and_none_changes_sides(
    amount: Decimal, weights: list[Decimal]
) -> None:
    whole = Money(amount=amount, currency="USD")
    shares = share_out(whole, weights)
    assert sum(entry.amount for entry in shares) == amount
    assert all(entry.amount * amount >= 0 for entry in shares)
    assert all(entry == entry.rounded() for entry in shares)
