"""Prices have one meaning, and a day from which they apply."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest
from pydantic import ValidationError

from msp_billing.domain.price_book import Price, PriceBook, Product
from tests.unit.domain.builders import price_book, price_book_data, product_data


@pytest.mark.parametrize("price", [{"each": "10000000.01"}, {"flat": "1E8"}])
def test_a_price_that_can_only_be_a_slip_is_refused(price: dict[str, Any]) -> None:
    with pytest.raises(ValidationError):
        Price.model_validate(price)


def product(**changes: Any) -> Product:
    return Product.model_validate(product_data("PC", "support", {"each": "45"}, **changes))


def price_from(day: str, each: str) -> dict[str, Any]:
    return {"from_on": day, "price": {"each": each}}


@pytest.mark.parametrize(
    ("price", "message"),
    [
        ({}, "none of each, flat, tiers and graduated"),
        ({"each": "1", "flat": "2"}, "this one has each and flat"),
        (
            {"each": "1", "flat": "2", "tiers": [{"up_to": None, "each": "3"}]},
            "this one has each and flat and tiers",
        ),
        ({"each": "-1"}, "a price is not negative"),
        ({"flat": "-0.01"}, "a price is not negative"),
        ({"tiers": [{"up_to": 5, "each": "-1"}, {"up_to": None, "each": "1"}]}, "not negative"),
        ({"tiers": []}, "the last tier must be open"),
        ({"tiers": [{"up_to": 10, "each": "1"}]}, "the last tier must be open"),
        (
            {"tiers": [{"up_to": None, "each": "2"}, {"up_to": None, "each": "1"}]},
            "only the last tier may be open",
        ),
        (
            {"tiers": [{"up_to": n, "each": "1"} for n in (10, 5, None)]},
            "tiers must rise",
        ),
        ({"tiers": [{"up_to": n, "each": "1"} for n in (5, 5, None)]}, "tiers must rise"),
        ({"tiers": [{"up_to": n, "each": "1"} for n in (0, None)]}, "tiers must rise"),
        ({"included": 20}, "needs the price of the units beyond them"),
        ({"included": 20, "flat": "5"}, "needs the price of the units beyond them"),
        (
            {"included": 20, "each": "5", "graduated": [{"up_to": None, "each": "3"}]},
            "needs the price of the units beyond them",
        ),
        ({"included": 0, "each": "5"}, "greater than or equal to 1"),
        ({"graduated": [{"up_to": 10, "each": "1"}]}, "the last tier must be open"),
        ({"graduated": [{"up_to": None, "each": "-1"}]}, "a price is not negative"),
        (
            {"graduated": [{"up_to": None, "each": "1"}], "each": "1"},
            "this one has each and graduated",
        ),
        ({"each": "1,234"}, "can be read in more than one way"),
        ({"each": 12.5}, "not exact"),
        ({"monthly": "1"}, "Extra inputs"),
    ],
)
def test_a_price_without_exactly_one_meaning_is_refused(
    price: dict[str, Any], message: str
) -> None:
    with pytest.raises(ValidationError, match=message):
        Price.model_validate(price)


@pytest.mark.parametrize("price", [{"each": "0"}, {"flat": "0"}, {"each": 7}])
def test_nothing_and_whole_numbers_are_prices(price: dict[str, Any]) -> None:
    known = Price.model_validate(price)
    amounts = {name: str(value) for name, value in price.items()}
    assert known.model_dump(mode="json", exclude_none=True) == amounts


@pytest.mark.parametrize(
    ("day", "each"),
    [
        (date(2025, 12, 31), None),
        (date(2026, 1, 1), "40"),
        (date(2026, 6, 30), "40"),
        (date(2026, 7, 1), "45"),
        (date(2030, 1, 1), "45"),
    ],
)
def test_the_list_price_is_the_last_one_that_began(day: date, each: str | None) -> None:
    # Given out of order on purpose: the days decide, not the places.
    known = product(prices=[price_from("2026-07-01", "45"), price_from("2026-01-01", "40")])
    book = price_book(products=[known.model_dump()])
    found = book.list_prices(known, day, "USD")
    assert [str(entry.price.each) for entry in found] == ([] if each is None else [each])


def test_two_prices_from_one_day_are_refused() -> None:
    with pytest.raises(ValidationError, match="PC has two prices from the same day"):
        product(prices=[price_from("2026-01-01", "1"), price_from("2026-01-01", "1")])


def test_a_day_that_does_not_exist_is_refused() -> None:
    with pytest.raises(ValidationError):
        product(prices=[price_from("2026-02-30", "1")])


def test_each_inconsistency_of_a_price_book_is_named_all_at_once() -> None:
    data = price_book_data()
    data["categories"].append({"category": "support", "title": "Again"})
    data["products"] += [
        product_data("PC", "support", {"each": "1"}),
        product_data("NEW", "sundries", {"each": "1"}),
    ]
    with pytest.raises(ValidationError) as refused:
        PriceBook.model_validate(data)
    for message in (
        "a category is listed twice",
        "product PC is listed twice",
        "product NEW is in the unknown category 'sundries'",
    ):
        assert message in str(refused.value)


def test_products_are_found_by_their_code() -> None:
    book = price_book()
    found = book.find("PC")
    assert found is not None
    assert found.name == "Pc"
    assert book.find("pc") is None
    assert book.find("TOASTER") is None
    assert book.category_title("support") == "Support"


def test_products_stand_in_the_order_of_their_categories() -> None:
    book = price_book(
        categories=[{"category": "b", "title": "B"}, {"category": "a", "title": "A"}],
        products=[
            product_data("A1", "a", {"each": "1"}),
            product_data("B1", "b", {"each": "1"}),
            product_data("A2", "a", {"each": "1"}),
            product_data("B2", "b", {"each": "1"}),
        ],
    )
    assert sorted(["A2", "B2", "A1", "B1"], key=book.position) == ["B1", "B2", "A1", "A2"]


def test_a_price_book_comes_back_from_json() -> None:
    tiers = {"tiers": [{"up_to": 10, "each": "100"}, {"up_to": None, "each": "85.5000001"}]}
    book = price_book(
        categories=[{"category": "support", "title": "Support"}],
        products=[product_data("USER", "support", tiers)],
    )
    assert PriceBook.model_validate_json(book.model_dump_json()) == book
