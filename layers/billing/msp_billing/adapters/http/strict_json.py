"""Reading JSON bodies without losing anything on the way."""

from __future__ import annotations

import json
from collections.abc import Iterable
from decimal import Decimal
from itertools import chain
from typing import Annotated, Any

from pydantic import BeforeValidator, Field, PlainSerializer, WithJsonSchema

from msp_billing.domain.money import parse_exact_decimal

MAX_DEPTH = 20
_AMOUNT_PATTERN = r"^-?[0-9]{1,15}(\.[0-9]{1,10})?$"


def parse_strict_json(text: str) -> Any:
    """A JSON document, with what Python would let pass in silence refused.

    Raises:
        json.JSONDecodeError: also for a key that comes twice in an object, of which Python would
            keep the last; for NaN and infinities, which are no JSON; for text that is no Unicode;
            and for nesting beyond what any request needs.
    """

    def refuse_constant(name: str) -> Any:
        raise json.JSONDecodeError(f"{name} is not JSON", text, max(text.find(name), 0))

    def without_doubles(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
        found = dict(pairs)
        if len(found) < len(pairs):
            names = [name for name, _ in pairs]
            name = next(name for name in names if names.count(name) > 1)
            raise json.JSONDecodeError(f"'{name}' is there twice", text, 0)
        return found

    try:
        value = json.loads(text, parse_constant=refuse_constant, object_pairs_hook=without_doubles)
    except RecursionError:
        raise json.JSONDecodeError("nested too deeply", text, 0) from None
    if _depth(value) > MAX_DEPTH:
        raise json.JSONDecodeError("nested too deeply", text, 0)
    return value


def _depth(value: Any) -> int:
    """How deep lists and objects go; no recursion, because the text decides how deep."""
    level, depth = _containers([value]), 0
    while level:
        inside = [entry.values() if isinstance(entry, dict) else entry for entry in level]
        level, depth = _containers(chain.from_iterable(inside)), depth + 1
    return depth


def _containers(values: Iterable[Any]) -> list[Any]:
    return [value for value in values if isinstance(value, dict | list)]


def _amount_text(value: Any) -> Decimal:
    if not isinstance(value, str):
        raise ValueError(
            'an amount is text in quotes, such as "125.00": a JSON number may have lost cents'
        )
    return parse_exact_decimal(value)


AmountText = Annotated[
    Decimal,
    BeforeValidator(_amount_text),
    PlainSerializer(lambda amount: format(amount, "f"), return_type=str, when_used="json"),
    WithJsonSchema({"type": "string", "pattern": _AMOUNT_PATTERN, "examples": ["125.00"]}),
    Field(description="An exact amount as text."),
]
"""Money in JSON: text, never a number, because many programs read a number as a float."""
