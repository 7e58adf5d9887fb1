"""JSON bodies are read without losing anything: no silent doubles, no numbers for money."""

from __future__ import annotations

import json
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import TypeAdapter, ValidationError

from msp_billing.adapters.http.strict_json import MAX_DEPTH, AmountText, parse_strict_json

AMOUNT: TypeAdapter[Decimal] = TypeAdapter(AmountText)
VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=10,
)


@given(VALUES)
def test_what_is_json_is_read_as_it_is(value: Any) -> None:
    assert parse_strict_json(json.dumps(value)) == value


@pytest.mark.parametrize(
    "text",
    [
        "",
        "{",
        "NaN",
        '{"a": Infinity}',
        '{"amount": "1.00", "amount": "100.00"}',
        '{"deep": {"a": 1, "b": 2, "a": 3}}',
        "[" * (MAX_DEPTH + 1) + "]" * (MAX_DEPTH + 1),
        "[" * 100_000 + "]" * 100_000,
    ],
    ids=lambda text: text[:12],
)
def test_what_python_would_let_pass_is_refused(text: str) -> None:
    with pytest.raises(json.JSONDecodeError):
        parse_strict_json(text)


def test_nesting_up_to_the_limit_is_read() -> None:
    text = "[" * MAX_DEPTH + "]" * MAX_DEPTH
    assert parse_strict_json(text) == json.loads(text)


@pytest.mark.parametrize(("text", "amount"), [("125.00", "125.00"), ("-3", "-3"), ("0.10", "0.10")])
def test_an_amount_is_text(text: str, amount: str) -> None:
    assert AMOUNT.validate_json(json.dumps(text)) == Decimal(amount)
    assert AMOUNT.dump_json(Decimal(amount)) == json.dumps(amount).encode()


@pytest.mark.parametrize("value", [125.0, 125, True, None, "1,250.00", "1e3", "", " 1", "٣"])
def test_an_amount_that_could_be_another_one_is_refused(value: Any) -> None:
    with pytest.raises(ValidationError):
        AMOUNT.validate_python(value)
