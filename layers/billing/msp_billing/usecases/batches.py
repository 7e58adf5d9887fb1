"""Batches of accounts: the unit in which the parts and batches of a snapshot are written."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from itertools import islice
from typing import TypeVar

T = TypeVar("T")

ACCOUNTS_PER_BATCH = 50
"""Accounts per child execution: enough to make a child worth its price, few enough to build and
store well within a Lambda's time (docs/adr/0003)."""


def in_groups(items: Iterable[T], size: int) -> Iterator[list[T]]:
    """Consecutive groups of at most so many items, each taken when it is its turn."""
    rest = iter(items)
    while group := list(islice(rest, size)):
        yield group
