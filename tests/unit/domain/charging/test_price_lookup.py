"""Which price is in force on a day, in a currency and at a place."""

from __future__ import annotations

from typing import Any

import pytest
from pydantic import ValidationError

from msp_billing.domain.charging.price_lookup import (
    NoPriceError,
    TwoPricesError,
    own_or_list_price,
)
from msp_billing.domain.contracts.agreements import AgreementLine
from msp_billing.domain.periods import Period
from msp_billing.domain.price_book import PriceBook, Product
from tests.unit.domain.builders import line_data, price_book, product_data


def row(day: str, each: str, **changes: Any) -> dict[str, Any]:
    return {"from_on": day, "price": {"each": each}, **changes}


def book_of(*rows: dict[str, Any]) -> PriceBook:
    return price_book(
        categories=[{"category": "support", "title": "Support"}],
        products=[
            product_data("PC", "support", None, prices=list(rows)),
            product_data("OWN", "support", None),
        ],
    )


BOOK = book_of(row("2026-01-01", "45"), row("2026-03-02", "50"))


def in_force(
    product: str,
    month: str,
    book: PriceBook = BOOK,
    *,
    currency: str = "USD",
    places: frozenset[str] = frozenset(),
    **line: Any,
) -> tuple[str, str]:
    known = book.find(product)
    assert known is not None
    found = own_or_list_price(
        AgreementLine.model_validate(line_data(product, **line)),
        known,
        book,
        Period.parse(month).first_day,
        currency,
        places,
    )
    return str(found.price.each), found.found_in


def test_a_new_price_applies_from_the_first_month_that_begins_with_it() -> None:
    # From 2 March: the month of March began at the old price and is never split.
    assert in_force("PC", "2026-03") == ("45", "price book 2026-01, from 2026-01-01")
    assert in_force("PC", "2026-04") == ("50", "price book 2026-01, from 2026-03-02")


@pytest.mark.rule("INT-02")
def test_the_accounts_own_price_goes_before_the_list_price() -> None:
    own: dict[str, Any] = {"price": {"each": "39"}}
    assert in_force("PC", "2026-03", **own) == ("39", "own price in agreement line pc")
    assert in_force("OWN", "2026-03", **own) == ("39", "own price in agreement line own")


@pytest.mark.rule("INT-02")
@pytest.mark.parametrize(("product", "month"), [("OWN", "2026-03"), ("PC", "2025-12")])
def test_without_any_price_there_is_none_rather_than_zero(product: str, month: str) -> None:
    with pytest.raises(NoPriceError, match=f"{product} has no price in USD on {month}-01"):
        in_force(product, month)


def test_a_price_of_another_currency_does_not_stand_in() -> None:
    book = book_of(row("2026-01-01", "45"), row("2026-02-01", "60", currency="CAD"))
    assert in_force("PC", "2026-03", book, currency="CAD")[0] == "60"
    assert in_force("PC", "2026-03", book)[0] == "45"
    for currency, month in (("CAD", "2026-01"), ("EUR", "2026-03")):
        with pytest.raises(NoPriceError, match=f"no price in {currency}"):
            in_force("PC", month, book, currency=currency)


def test_a_price_that_has_ended_does_not_go_on_and_no_older_one_comes_back() -> None:
    book = book_of(row("2026-01-01", "45"), row("2026-03-01", "40", until_on="2026-04-30"))
    assert in_force("PC", "2026-02", book)[0] == "45"
    assert in_force("PC", "2026-04", book)[0] == "40"
    with pytest.raises(NoPriceError):
        in_force("PC", "2026-05", book)


def test_a_price_of_the_place_goes_before_the_price_for_all() -> None:
    book = book_of(row("2026-06-01", "45"), row("2026-01-01", "52", places=["ak", "hi"]))
    at = frozenset({"anchorage", "ak"})
    assert in_force("PC", "2026-07", book, places=at) == (
        "52",
        "price book 2026-01, from 2026-01-01 in ak, hi",
    )
    assert in_force("PC", "2026-07", book, places=frozenset({"mi"}))[0] == "45"
    assert in_force("PC", "2026-07", book)[0] == "45"


def test_two_places_with_a_price_each_are_never_chosen_between() -> None:
    # Valid side by side in the price book; only an account in both shows that they collide.
    book = book_of(
        row("2026-01-01", "52", places=["mn"]), row("2026-02-01", "54", places=["hennepin"])
    )
    assert in_force("PC", "2026-01", book, places=frozenset({"mn", "hennepin"}))[0] == "52"
    assert in_force("PC", "2026-03", book, places=frozenset({"mn", "ramsey"}))[0] == "52"
    with pytest.raises(TwoPricesError) as refused:
        in_force("PC", "2026-03", book, places=frozenset({"mn", "hennepin"}))
    assert refused.value.what == (
        "PC has two prices that are valid on 2026-03-01 for this account: one in mn from "
        "2026-01-01 and one in hennepin from 2026-02-01."
    )


@pytest.mark.parametrize(
    ("rows", "message"),
    [
        ([row("2026-01-01", "1"), row("2026-01-01", "1")], "two prices from the same day"),
        (
            [row("2026-01-01", "1", currency="EUR"), row("2026-01-01", "2", currency="EUR")],
            "two prices from the same day",
        ),
        # The price book is in USD: to name it or not is the same.
        (
            [row("2026-01-01", "1"), row("2026-01-01", "2", currency="USD")],
            "two prices from the same day",
        ),
        (
            [row("2026-01-01", "1", until_on="2026-06-30"), row("2026-06-30", "2")],
            "PC has two prices on 2026-06-30: let the one from 2026-01-01 end before",
        ),
        (
            [row("2026-01-01", "1", places=["mn"]), row("2026-05-01", "2", places=["mn", "wi"])],
            "PC has two prices on 2026-05-01",
        ),
        ([row("2026-02-01", "1", until_on="2026-01-31")], "ends before it starts"),
    ],
)
def test_prices_that_are_valid_on_the_same_day_are_refused(
    rows: list[dict[str, Any]], message: str
) -> None:
    with pytest.raises(ValidationError, match=message):
        book_of(*rows)


@pytest.mark.parametrize(
    "rows",
    [
        [row("2026-01-01", "1", until_on="2026-06-29"), row("2026-06-30", "2")],
        [row("2026-01-01", "1"), row("2026-01-01", "2", currency="CAD")],
        [row("2026-01-01", "1"), row("2026-01-01", "2", places=["mn"])],
        [row("2026-01-01", "1", places=["wi"]), row("2026-01-01", "2", places=["mn"])],
        [
            row("2026-01-01", "1", places=["mn"], until_on="2026-04-30"),
            row("2026-05-01", "2", places=["mn", "wi"]),
        ],
    ],
)
def test_prices_that_never_meet_are_accepted(rows: list[dict[str, Any]]) -> None:
    assert isinstance(book_of(*rows).find("PC"), Product)
