"""How two versions of a document differ, in words that are in the file."""

from __future__ import annotations

from typing import Any

import pytest

from msp_billing.usecases.applying.changes import FieldChange
from msp_billing.usecases.applying.differences import differences, said


def changed(was: dict[str, Any], becomes: dict[str, Any]) -> list[tuple[str, Any, Any]]:
    found = list(differences(was, becomes))
    assert all(isinstance(entry, FieldChange) for entry in found)
    return [(entry.field, entry.was, entry.becomes) for entry in found]


def test_what_is_the_same_is_no_difference() -> None:
    document = {"name": "Birch", "lines": [{"line": "a", "quantity": 3}], "note": None}
    assert changed(document, dict(document)) == []


def test_fields_are_named_by_their_path() -> None:
    was = {"approval": {"by": "person", "wait_days": 5}}
    becomes = {"approval": {"by": "person", "wait_days": 3}}
    assert changed(was, becomes) == [("approval / wait_days", "5", "3")]


def test_a_field_that_comes_or_goes_has_one_side() -> None:
    assert changed({}, {"phone": "555"}) == [("phone", None, "555")]
    assert changed({"phone": "555"}, {}) == [("phone", "555", None)]


def test_entries_of_a_list_are_told_apart_by_their_names() -> None:
    was = {"lines": [{"line": "a", "quantity": 1}, {"line": "b", "quantity": 2}]}
    becomes = {"lines": [{"line": "b", "quantity": 2}, {"line": "c", "quantity": 9}]}
    assert changed(was, becomes) == [
        ("lines / a", "quantity 1", None),
        ("lines / c", None, "quantity 9"),
    ]


def test_entries_in_another_order_are_said_to_be_so() -> None:
    was = {"lines": [{"line": "a"}, {"line": "b"}]}
    becomes = {"lines": [{"line": "b"}, {"line": "a"}]}
    assert changed(was, becomes) == [("lines / order", "a, b", "b, a")]


def test_a_price_from_another_day_is_another_price() -> None:
    was = {"prices": [{"from_on": "2026-01-01", "price": {"each": "85.10"}}]}
    becomes = {
        "prices": [
            {"from_on": "2026-01-01", "price": {"each": "85.10"}},
            {"from_on": "2027-01-01", "price": {"each": "88.00"}},
        ]
    }
    assert changed(was, becomes) == [("prices / 2027-01-01", None, "price (each 88.00)")]


def test_entries_without_names_are_told_apart_by_their_place() -> None:
    was = {"tiers": [{"up_to": 10, "each": "9"}, {"up_to": None, "each": "8"}]}
    becomes = {"tiers": [{"up_to": 20, "each": "9"}, {"up_to": None, "each": "9"}]}
    assert changed(was, becomes) == [
        ("tiers / 1 / up_to", "10", "20"),
        ("tiers / 2 / each", "8", "9"),
    ]


def test_texts_that_differ_behind_what_is_shown_do_not_look_the_same() -> None:
    long = "word " * 40
    ((field, was, becomes),) = changed({"text": long}, {"text": f"{long}end"})
    assert field == "text"
    assert was != becomes


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (True, "yes"),
        (False, "no"),
        ([], "none"),
        (["a", "b"], "a, b"),
        ({"day": 1, "at": "06:00"}, "day 1, at 06:00"),
        ("two\nlines", "two lines"),
        ("x" * 100, f"{'x' * 48}... (100 characters)"),
    ],
)
def test_values_are_said_in_a_line(value: Any, text: str) -> None:
    assert said(value) == text


def tiers(*each: str) -> dict[str, Any]:
    limits: list[int | None] = [*range(10, 10 * len(each), 10), None]
    return {"tiers": [{"up_to": to, "each": price} for to, price in zip(limits, each, strict=True)]}


def test_entries_are_not_told_apart_by_what_they_cost() -> None:
    was, becomes = tiers("100.00", "95.00", "90.00"), tiers("100.00", "96.00", "91.00")
    assert changed(was, becomes) == [
        ("tiers / 2 / each", "95.00", "96.00"),
        ("tiers / 3 / each", "90.00", "91.00"),
    ]


def test_a_list_without_names_that_grew_is_told_whole() -> None:
    ((field, _, becomes),) = changed(tiers("9"), tiers("9", "8"))
    assert (field, becomes) == ("tiers", "(up_to 10, each 9), (up_to none, each 8)")
