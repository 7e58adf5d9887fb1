"""Reading an export of JSON pages: rows in the one shape that counting knows, or what is wrong.

It finds the same faults as the reader of CSV, so that a format is no way around any of them, and
one more: pages that are missing.
"""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

from msp_billing.adapters.feeds.csv_feed import MAX_PROBLEMS_PER_ACCOUNT, RowProblem
from msp_billing.adapters.feeds.csv_rows import RowFault
from msp_billing.adapters.feeds.feed_text import ByteSource, FeedTextError, text_pieces
from msp_billing.adapters.feeds.json_pages import JsonItem, PageEnd, read_pages
from msp_billing.adapters.feeds.json_rows import ItemReader
from msp_billing.adapters.feeds.json_text import EXPORT_AGAIN, Json, JsonFeedError
from msp_billing.domain.accounts import feed_key
from msp_billing.domain.feeds.definitions import FeedDefinition, FeedRow
from msp_billing.domain.problems import Problem

if TYPE_CHECKING:
    from msp_billing.adapters.feeds.page_checks import PageCheck

Item = Mapping[str, Json]


@dataclass(frozen=True, slots=True)
class JsonTool:
    """What one tool's pages look like."""

    list_field: str | None
    """The field of a page that holds its items; None where a page is the bare list of them."""

    page_check: Callable[[int | None], PageCheck]
    """Finds missing pages, given the page size that the definition states."""

    required: Mapping[str, str]
    """Fields that every item has, and what to fetch so that it has. Without one of them an item
    would silently not be counted."""

    worked_out: Callable[[Item], Item] | None = None
    """Fields that are not in the item as such, such as a full name."""


def read_json_feed(
    definition: FeedDefinition, tool: JsonTool, stream: ByteSource, file: str, zone: ZoneInfo
) -> Iterator[FeedRow | RowProblem]:
    """Read an export of JSON pages item by item. Unknown never bills as zero.

    The file is read as a stream; what grows with it is a fingerprint per item, to find items that
    are listed twice (fault 26). Wherever it was cut (fault 24), either the JSON does not end or
    the last page says that another one follows.

    Args:
        definition: encoding, fields and page size.
        tool: what its pages look like.
        stream: the bytes.
        file: the file's name, for problems.
        zone: the provider's time zone, to which days are local.

    Yields:
        Rows and problems in the order of the file; ``row`` is the item's number in it. A problem
        may come after rows that it concerns: use rows only after the last one was read.
    """
    yield from _Reader(definition, tool, file, zone).read(stream)


class _Reader:
    def __init__(
        self, definition: FeedDefinition, tool: JsonTool, file: str, zone: ZoneInfo
    ) -> None:
        self._definition = definition
        self._tool = tool
        self._file = file
        headers = definition.columns.headers()
        used = {name: source for name, source in tool.required.items() if name in headers}
        self._items = ItemReader(definition.columns, used, zone)
        self._pages = tool.page_check(definition.page_size)
        self._seen: dict[bytes, int] = {}
        self._problems: Counter[str | None] = Counter()

    def read(self, stream: ByteSource) -> Iterator[FeedRow | RowProblem]:
        """Rows and problems, in the order of the file."""
        pieces = text_pieces(stream, self._definition.encoding, self._file)
        last: JsonItem | None = None
        pages = 0
        try:
            for entry in read_pages(pieces, self._tool.list_field):
                if isinstance(entry, PageEnd):
                    pages = entry.page
                    self._pages.take(entry)
                    continue
                last = entry
                yield from self._row(entry)
        except FeedTextError as error:
            yield RowProblem(error.problem, None)
            return
        except JsonFeedError as error:
            where = f"after {_place(last)}" if last else None
            yield self._whole(error.code, error.what, error.fix, where, error.line)
            return
        yield from self._ending(pages, last.position if last else 0)

    def _row(self, item: JsonItem) -> Iterator[FeedRow | RowProblem]:
        if not isinstance(item.value, dict):
            what = "This is no item: it is no object."
            fix = "Write down the pages as the tool sends them, and nothing else."
            yield self._whole("feed-item-type", what, fix, _place(item))
            return
        fields: Item = item.value
        if self._tool.worked_out is not None:
            fields = {**fields, **self._tool.worked_out(fields)}
        row = self._items.read(fields, item.position)
        if not isinstance(row, FeedRow):
            for fault in row:
                yield from self._problem_of(fault, item)
            return
        first = self._seen.setdefault(_fingerprint(row), item.position)
        if first != item.position:
            whose = f" of '{row.account}'" if row.account is not None else ""
            what = (
                f"The item '{row.item_id}'{whose} is listed twice, here and as item {first} of "
                "the file."
            )
            fix = "Write down each page once, or choose a field that tells the two apart."
            fault = RowFault("feed-item-twice", what, fix, row.account)
            yield from self._problem_of(fault, item)
            return
        yield row

    def _problem_of(self, fault: RowFault, item: JsonItem) -> Iterator[RowProblem]:
        self._problems[fault.account] += 1
        if self._problems[fault.account] > MAX_PROBLEMS_PER_ACCOUNT:
            return
        where = _place(item) if fault.account is None else f"{fault.account}, {_place(item)}"
        problem = self._problem(fault.code, fault.what, fault.fix, where, None)
        yield RowProblem(problem, fault.account)

    def _ending(self, pages: int, items: int) -> Iterator[RowProblem]:
        if not pages:
            yield self._whole("feed-empty", "There is no page in the file.", EXPORT_AGAIN)
            return
        for what, fix in self._pages.complaints():
            yield self._whole("feed-page-missing", what, fix)
        if not items:
            if self._definition.scope == "provider":
                what = "The pages hold no items, for any account."
                fix = "Check the export's filter and rights at the source, then export it again."
                yield self._whole("feed-without-rows", what, fix)
            return
        for name in self._items.never_seen:
            yield self._whole(
                "feed-field-missing",
                f"No item has the field '{name}'.",
                f"Fetch the items with '{self._tool.required.get(name, name)}', or name the right "
                "field under the feed's 'columns' in provider.yaml.",
            )

    def _whole(
        self, code: str, what: str, fix: str, where: str | None = None, line: int | None = None
    ) -> RowProblem:
        return RowProblem(self._problem(code, what, fix, where, line), None)

    def _problem(
        self, code: str, what: str, fix: str, where: str | None, line: int | None
    ) -> Problem:
        # Half of a character, which JSON can escape, is in no text that can be stored or shown.
        what, fix = (text.encode(errors="replace").decode() for text in (what, fix))
        return Problem(code=code, what=what, fix=fix, file=self._file, line=line, where=where)


def _place(item: JsonItem) -> str:
    return f"page {item.page}, item {item.number}"


def _fingerprint(row: FeedRow) -> bytes:
    """The item's natural key: its id within its account and subscriber."""
    key = "\0".join((feed_key(row.account or ""), feed_key(row.subscriber or ""), row.item_id))
    return hashlib.blake2b(key.encode(), digest_size=16).digest()
