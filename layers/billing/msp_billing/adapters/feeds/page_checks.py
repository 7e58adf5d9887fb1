"""Whether the pages of an export are all there, told from what the pages say themselves."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Protocol

from msp_billing.adapters.feeds.json_pages import PageEnd
from msp_billing.adapters.feeds.json_text import Json

Envelope = Mapping[str, Json]
Complaint = tuple[str, str]

_FETCH_ALL = "Fetch all pages again and write each of them down, in their order."


class PageCheck(Protocol):
    """Looks at each page's end, then says what is missing."""

    def take(self, end: PageEnd) -> None:
        """Look at the end of the next page."""

    def complaints(self) -> Iterator[Complaint]:
        """What is wrong with the pages as a whole, and what to do; after the last one."""


class LinkedPages:
    """Pages that say whether another one follows, and perhaps how many items there are in all."""

    def __init__(
        self,
        following: Callable[[Envelope], Json],
        total: Callable[[Envelope], Json],
    ) -> None:
        """Take where the pages say it.

        Args:
            following: a page's pointer to the next one, empty on the last page.
            total: the number of items in all, None where a page does not say.
        """
        self._following = following
        self._total = total
        self._items = 0
        self._pages = 0
        self._stated: int | None = None
        self._last_points_on = False
        self._ended_at: int | None = None

    def take(self, end: PageEnd) -> None:
        """Look at the end of the next page."""
        if self._pages and not self._last_points_on and self._ended_at is None:
            self._ended_at = self._pages
        self._pages = end.page
        self._items += end.items
        self._last_points_on = self._following(end.envelope) not in (None, "", False)
        stated = self._total(end.envelope)
        if isinstance(stated, int) and not isinstance(stated, bool):
            self._stated = stated

    def complaints(self) -> Iterator[Complaint]:
        """What is wrong with the pages as a whole, and what to do."""
        if self._last_points_on:
            yield (
                f"Page {self._pages} says that another one follows, and there is none.",
                _FETCH_ALL,
            )
        if self._ended_at is not None:
            yield (
                f"Page {self._ended_at} says that it is the last one, and another follows: pages "
                "of two exports are in one file, or not in their order.",
                _FETCH_ALL,
            )
        if self._stated is not None and self._stated != self._items:
            yield (
                f"The pages say that there are {self._stated} items in all, and hold "
                f"{self._items}.",
                _FETCH_ALL,
            )


class FullPages:
    """Pages of which only one that is not full tells that it is the last.

    So does a page that was put together from several: nothing follows it when its length is no
    multiple of the page size.
    """

    def __init__(self, page_size: int | None) -> None:
        if page_size is None:
            raise ValueError("pages that do not say whether another follows need a page size")
        self._page_size = page_size
        self._last = PageEnd(page=0, items=0, envelope={})
        self._short: int | None = None
        self._follows_short: int | None = None

    def take(self, end: PageEnd) -> None:
        """Look at the end of the next page."""
        if self._short is not None and end.items and self._follows_short is None:
            self._follows_short = self._short
        if end.items % self._page_size or not end.items:
            self._short = end.page if self._short is None else self._short
        self._last = end

    def complaints(self) -> Iterator[Complaint]:
        """What is wrong with the pages as a whole, and what to do."""
        if self._short is None:
            yield (
                f"Page {self._last.page} is full with {self._last.items} items, so that another "
                "one may follow.",
                f"Fetch pages of {self._page_size} until one is not full, and write that one down "
                "too, even if it is empty.",
            )
        if self._follows_short is not None:
            yield (
                f"Page {self._follows_short} is not full, so that it is the last one, and another "
                "follows: pages of two exports are in one file, or not in their order, or "
                f"'page_size' is not {self._page_size}.",
                _FETCH_ALL,
            )
