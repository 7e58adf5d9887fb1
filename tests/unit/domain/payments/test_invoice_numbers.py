"""Numbers of invoices in the texts of banks: found however they are written, and never made up."""

from __future__ import annotations

import pytest

from msp_billing.domain.payments.invoice_numbers import canonical_number, numbers_in

PREFIXES = ("KRG-", "PW-")


def certain(*texts: str) -> list[str]:
    return [entry.number for entry in numbers_in(texts, PREFIXES) if entry.certain]


def uncertain(*texts: str) -> list[str]:
    return [entry.number for entry in numbers_in(texts, PREFIXES) if not entry.certain]


@pytest.mark.parametrize(
    "text",
    [
        "KRG-000123",
        "krg 000123",
        "KRG000123",
        "Inv KRG000123",
        "InvKRG-000123",
        "KRG-123",
        "Krg - 000123",
        "KRG_000123",
        "KRG\u2013000123",  # an en dash, as word processors make of a hyphen
        "\uff2b\uff32\uff27-\uff10\uff10\uff10\uff11\uff12\uff13",  # letters of full width
        "KRG no. 000123",
        "invoice KRG 123",
        "Invoice no. KRG 123",
        "/RFB/KRG-000123/ROC/PAYMENT",
        "PAYMENT FOR INV#KRG-000123, THANK YOU",
        "RMR*IV*KRG-000123**1500.00",
        "our ref 4711 / your KRG-000123.",
    ],
)
def test_a_number_is_found_however_it_is_written(text: str) -> None:
    assert certain(text) == ["KRG-000123"]
    assert uncertain(text) == []


@pytest.mark.parametrize(
    "text",
    [
        "KRG-0000123",  # seven digits that begin with zeros were never issued
        "MARKRG-000123",
        "KRG-000123X",
        "KRG-000000",
        "KRG",
        "KRG-",
        "KRG A-000123",
        "1234 000123",
        "",
    ],
)
def test_what_only_looks_like_a_number_is_none(text: str) -> None:
    assert numbers_in([text], PREFIXES) == ()


def test_a_number_is_not_found_inside_a_longer_one() -> None:
    assert certain("KRG-000012 is not in KRG-0000123") == ["KRG-000012"]
    assert certain("KRG-1000123") == ["KRG-1000123"]
    assert certain("KRG-12") == ["KRG-000012"]


@pytest.mark.parametrize(
    ("text", "number"),
    [
        ("KRG 123", "KRG-000123"),  # as well a person's initials and a house number
        ("KRG123", "KRG-000123"),
        ("KRG-12.50", "KRG-000012"),  # an amount
        ("KRG-2026-11", "KRG-002026"),  # a month
        ("KRG-0001", "KRG-000001"),  # cut off: four of six digits
        ("Invoice 123", "KRG-000123"),
        ("INV# 000123", "KRG-000123"),
        ("invoice no 123", "KRG-000123"),
    ],
)
def test_what_may_be_something_else_is_told_as_uncertain(text: str, number: str) -> None:
    assert uncertain(text) == [number]
    assert certain(text) == []


def test_several_numbers_are_found_in_their_order_each_once() -> None:
    assert certain("KRG-000124 and krg000123", "KRG-000124") == ["KRG-000124", "KRG-000123"]
    assert certain("KRG-000001 PW-000007") == ["KRG-000001", "PW-000007"]


def test_numbers_go_on_without_the_prefix() -> None:
    assert certain("KRG-000123/000124, 000125 & 000126 and 000127") == [
        f"KRG-00012{last}" for last in "34567"
    ]


def test_an_amount_or_a_date_behind_a_number_is_no_further_number() -> None:
    assert certain("KRG-000123, 150000.00") == ["KRG-000123"]
    assert uncertain("KRG-000123, 150000.00") == []
    assert certain("KRG-000123/112026") == ["KRG-000123"]
    assert uncertain("KRG-000123/112026") == ["KRG-112026"]


def test_a_number_that_is_cut_at_the_end_of_a_line_is_put_together_but_not_certain() -> None:
    assert uncertain("PAYMENT OF INVOICE KRG-00", "0123 OF NOVEMBER") == [
        "KRG-000123",
    ]
    assert certain("PAYMENT OF INVOICE KRG-00", "0123 OF NOVEMBER") == []


def test_the_first_half_of_a_cut_number_is_not_taken_for_a_whole_one() -> None:
    """'KRG-1' with '23' on the next line may be invoice 1, or invoice 123."""
    assert certain("PAYMENT OF INVOICE KRG-1", "23") == []
    assert certain("PAYMENT OF INVOICE KRG-1", "Thank you") == ["KRG-000001"]


def test_a_field_for_a_number_may_have_it_in_any_way() -> None:
    assert canonical_number("krg 123", PREFIXES) == "KRG-000123"
    assert canonical_number("123", PREFIXES) == "123"
    assert canonical_number("KRG-1, KRG-2", PREFIXES) == "KRG-1, KRG-2"


def test_digits_and_points_in_a_prefix_mean_themselves() -> None:
    assert [entry.number for entry in numbers_in(["a2b-7 AXB-7"], ["A2B-"])] == ["A2B-000007"]
