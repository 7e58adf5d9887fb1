"""Items that stand in two rows of one account (fault 26)."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from itertools import islice
from typing import TYPE_CHECKING

from msp_billing.domain.accounts import feed_key
from msp_billing.domain.problems import Problem

if TYPE_CHECKING:
    from msp_billing.domain.feeds.definitions import FeedRow

MAX_NAMED = 20
"""After so many nothing more is said: the account cannot be counted anyway."""


def item_key(row: FeedRow) -> tuple[str, str]:
    """What an item is known by within its account: its subscriber and its id.

    Two subscribers of one account may well have a user of the same name.
    """
    return feed_key(row.subscriber or ""), row.item_id


def listed_twice(row: FeedRow, first: int, file: str) -> Problem:
    """What is said of an item that stood on the line ``first`` already."""
    whose = f" of '{row.account}'" if row.account is not None else ""
    return Problem(
        code="feed-item-twice",
        what=f"The item '{row.item_id}'{whose} is listed twice, here and on line {first}.",
        fix="Remove one of the two at the source, or choose a column that tells them apart as "
        "'item_id'.",
        file=file,
        line=row.row,
        where=row.account,
    )


def find_listed_twice(rows: Iterable[FeedRow], file: str) -> list[Problem]:
    """What there is to say of one account's rows; the first few of it."""
    return list(islice(_find(rows, file), MAX_NAMED))


def _find(rows: Iterable[FeedRow], file: str) -> Iterator[Problem]:
    seen: dict[tuple[str, str], int] = {}
    for row in rows:
        first = seen.setdefault(item_key(row), row.row)
        if first != row.row:
            yield listed_twice(row, first, file)
