"""Reading JSON pages as a stream: one item after the other, whatever the size of the file.

A tool's programming interface hands out its items in pages, and whoever exports them writes the
pages down as they came. Three ways to do so are read: a page alone, the pages one after the other
(JSON lines, or simply concatenated), and an array of the pages.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from msp_billing.adapters.feeds.json_text import EXPORT_AGAIN, Json, JsonFeedError, JsonText

_AS_SENT = "Write down the pages as the tool sends them, one after the other, and nothing else."
_MESSAGES = ("message", "errorMessage", "error_description", "detail", "code")


@dataclass(frozen=True, slots=True)
class JsonItem:
    """One item: the page it is on, its number there, and its number in the file, all from 1."""

    page: int
    number: int
    position: int
    value: Json


@dataclass(frozen=True, slots=True)
class PageEnd:
    """A page was read to its end: how many items it has, and what stands beside them."""

    page: int
    items: int
    envelope: dict[str, Json]


def read_pages(pieces: Iterable[str], list_field: str | None) -> Iterator[JsonItem | PageEnd]:
    """Read the items of every page, each page followed by its end.

    Args:
        pieces: the file's text in pieces of any size.
        list_field: the field of a page that holds its items, such as ``value``; None where a page
            is the bare list of its items.

    Raises:
        JsonFeedError: when the text is not JSON, ends early, or has another shape. Items before
            it have been given out.
    """
    return _Pages(JsonText(pieces), list_field).read()


class _Pages:
    def __init__(self, text: JsonText, list_field: str | None) -> None:
        self._text = text
        self._list_field = list_field
        self._page = 0
        self._position = 0

    def read(self) -> Iterator[JsonItem | PageEnd]:
        if not self._text.peek():
            raise JsonFeedError("feed-empty", "The file is empty.", EXPORT_AGAIN, 1)
        while sign := self._text.peek():
            if sign != "[":
                yield from self._one_page()
                continue
            self._text.take("[")
            if self._list_field is None and self._text.peek() != "[":
                yield from self._items({})
                continue
            for _ in self._text.entries("]"):
                yield from self._one_page()

    def _one_page(self) -> Iterator[JsonItem | PageEnd]:
        wanted = "[" if self._list_field is None else "{"
        if self._text.peek() != wanted:
            raise self._no_page(self._text.value(), wanted)
        self._text.take(wanted)
        if self._list_field is None:
            yield from self._items({})
        else:
            yield from self._enveloped(self._list_field)

    def _enveloped(self, list_field: str) -> Iterator[JsonItem | PageEnd]:
        envelope: dict[str, Json] = {}
        end: PageEnd | None = None
        for _ in self._text.entries("}"):
            key = self._text.value()
            self._text.take(":")
            if not isinstance(key, str) or key in envelope or (key == list_field and end):
                raise self._error(f"A field of page {self._page + 1} is there twice.")
            if key != list_field or self._text.peek() != "[":
                envelope[key] = self._text.value()
                continue
            self._text.take("[")
            for entry in self._items(envelope):
                if isinstance(entry, PageEnd):
                    end = entry
                else:
                    yield entry
        if end is None:
            raise self._without_items(envelope, f"field '{list_field}' with a list of items")
        yield end

    def _items(self, envelope: dict[str, Json]) -> Iterator[JsonItem | PageEnd]:
        """The items of a list whose opening sign was read, then the end of the page."""
        self._page += 1
        number = 0
        for _ in self._text.entries("]"):
            value = self._text.value()
            number += 1
            self._position += 1
            yield JsonItem(self._page, number, self._position, value)
        yield PageEnd(self._page, number, envelope)

    def _no_page(self, found: Json, wanted: str) -> JsonFeedError:
        if isinstance(found, dict):
            return self._without_items(found, "list of items")
        shape = "a list of items" if wanted == "[" else f"an object with '{self._list_field}'"
        return self._error(f"Page {self._page + 1} is not {shape}.")

    def _without_items(self, envelope: dict[str, Json], wanted: str) -> JsonFeedError:
        said = _message(envelope)
        answer = f"; it says: {said}" if said else ""
        what = f"Page {self._page + 1} has no {wanted}{answer}."
        fix = "It is most likely an error that the tool answered: fetch all pages again."
        return JsonFeedError("feed-page", what, fix, self._text.line)

    def _error(self, what: str) -> JsonFeedError:
        return JsonFeedError("feed-page", what, _AS_SENT, self._text.line)


def _message(envelope: dict[str, Json]) -> str:
    """What an answer that is an error says, in the places where tools say it."""
    inner = envelope.get("error")
    for place in (inner if isinstance(inner, dict) else {}, envelope):
        for name in _MESSAGES:
            said = place.get(name)
            if isinstance(said, str) and said.strip():
                return f"'{' '.join(said.split())[:200].rstrip('.')}'"
    return f"'{inner[:200]}'" if isinstance(inner, str) and inner else ""
