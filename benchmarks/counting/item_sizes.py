"""How large DynamoDB says an item is, and how many request units that comes to.

By the rules of the DynamoDB Developer Guide: a name and a text count their bytes in UTF-8, a
number about half a byte a digit, a set, list or map three bytes and one for each element.
Attributes are as the API writes them: ``{"S": "text"}``, binary ones as bytes or in base64.
"""

from __future__ import annotations

from base64 import b64decode
from collections.abc import Callable, Mapping
from math import ceil
from typing import Any

READ_BYTES = 4096
WRITE_BYTES = 1024

Attributes = Mapping[str, Mapping[str, Any]]


def item_bytes(item: Attributes) -> int:
    """The size that the units of an item are worked out from."""
    return sum(len(name.encode()) + _value_bytes(value) for name, value in item.items())


def read_units(size: int, *, consistent: bool = True) -> float:
    """Units for reading one item, or what one page of a query went through."""
    units = max(1, ceil(size / READ_BYTES))
    return units if consistent else units / 2


def write_units(size: int) -> int:
    """Units for writing an item once, outside of a transaction."""
    return max(1, ceil(size / WRITE_BYTES))


def _value_bytes(value: Mapping[str, Any]) -> int:
    ((kind, content),) = value.items()
    sizes: dict[str, Callable[[], int]] = {
        "S": lambda: len(content.encode()),
        "N": lambda: _number_bytes(content),
        "B": lambda: len(content if isinstance(content, bytes) else b64decode(content)),
        "BOOL": lambda: 1,
        "NULL": lambda: 1,
        "L": lambda: 3 + sum(1 + _value_bytes(entry) for entry in content),
        "M": lambda: 3 + len(content) + item_bytes(content),
        "SS": lambda: 3 + sum(1 + len(entry.encode()) for entry in content),
        "NS": lambda: 3 + sum(1 + _number_bytes(entry) for entry in content),
    }
    return sizes[kind]()


def _number_bytes(digits: str) -> int:
    return ceil(len(digits.lstrip("-0").replace(".", "")) / 2) + 1
