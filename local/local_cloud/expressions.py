"""JSONata for the interpreter, through the jsonata-python library.

moto writes every variable into the text of each expression and parses the whole anew. Here an
expression is parsed once and its variables are bound as values: it is fast, it does not matter how
much data the variables hold, and strings with quotes in them stay strings.
"""

from __future__ import annotations

import hashlib
import json
import random
import uuid
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from functools import lru_cache
from typing import Any

from jsonata import Jsonata
from jsonata.utils import Utils

from local_cloud.clock import Clock

_HASH_NAMES = {
    "MD5": "md5",
    "SHA-1": "sha1",
    "SHA-256": "sha256",
    "SHA-384": "sha384",
    "SHA-512": "sha512",
}


class UndefinedResultError(ValueError):
    """The expression returned nothing, which Step Functions reports as an error."""


class ExpressionEngine:
    """Evaluates JSONata with Step Functions' own functions and the test clock."""

    def __init__(self, clock: Clock, seed: int) -> None:
        self._clock = clock
        self._random = random.Random(seed)
        self._functions = {
            name: Jsonata.JLambda(function) for name, function in self._own_functions().items()
        }

    def evaluate(self, expression: str, variables: Mapping[str, Any]) -> Any:
        """The value of `expression`, as plain JSON types.

        `variables` are named without the dollar sign. Raises UndefinedResultError, or whatever
        JSONata raises for a wrong expression.
        """
        bindings = dict(self._functions)
        for name, value in variables.items():
            # A variable that holds null is not an unknown variable.
            bindings[name] = Utils.NULL_VALUE if value is None else value
        result = parse(expression).evaluate(None, bindings)
        if result is None:
            raise UndefinedResultError(
                f"The JSONata expression '{expression}' returned nothing (undefined)."
            )
        return _plain(result)

    def _own_functions(self) -> dict[str, Callable[..., Any]]:
        """The functions Step Functions adds to JSONata, and those that read the clock.

        https://docs.aws.amazon.com/step-functions/latest/dg/transforming-data.html
        """
        return {
            "partition": lambda items, size: [
                items[start : start + int(size)] for start in range(0, len(items), int(size))
            ],
            "range": _inclusive_range,
            "hash": lambda value, algorithm: hashlib.new(
                _HASH_NAMES[algorithm], str(value).encode()
            ).hexdigest(),
            "random": lambda seed=None: (
                self._random.random() if seed is None else random.Random(seed).random()
            ),
            "uuid": lambda: str(uuid.UUID(int=self._random.getrandbits(128), version=4)),
            "parse": json.loads,
            "millis": lambda: int(self._clock.now().timestamp() * 1000),
            "now": lambda: aws_timestamp(self._clock.now()),
        }


def aws_timestamp(instant: datetime) -> str:
    """An instant as Step Functions and JSONata's $now() write it: `2026-01-31T09:00:00.000Z`."""
    return instant.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


@lru_cache(maxsize=4096)
def parse(expression: str) -> Jsonata:
    """A parsed expression. Without the library's own null conversion, null differs from nothing."""
    parsed = Jsonata(expression)
    parsed.set_output_convert_nulls(False)
    return parsed


def _plain(value: Any) -> Any:
    """Copy a result into plain lists, dicts and None: it may share data with the variables."""
    if value is Utils.NULL_VALUE:
        return None
    if isinstance(value, dict):
        return {key: _plain(item) for key, item in value.items()}
    if isinstance(value, list | tuple | range) or Utils.is_sequence(value):
        return [_plain(item) for item in value]
    if isinstance(value, float) and value.is_integer():
        return int(value)
    if isinstance(value, str | int | float):
        return value
    raise TypeError(f"a {type(value).__name__} is not a JSON value")


def _inclusive_range(first: int, last: int, step: int) -> list[int]:
    return list(range(int(first), int(last) + (1 if step > 0 else -1), int(step)))
