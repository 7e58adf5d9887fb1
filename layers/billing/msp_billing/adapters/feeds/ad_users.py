"""Users of Active Directory, as PowerShell writes them down.

What ``Get-ADUser -Filter * -Properties ... | Export-Csv`` writes: Windows PowerShell puts a line
``#TYPE Microsoft.ActiveDirectory.Management.ADUser`` before the header (newer versions do not),
``-Encoding Unicode`` is UTF-16 with its mark, ``-UseCulture`` may separate by semicolons. Values
are written as the machine's language shows them: ``Enabled`` is True or False everywhere, dates
are what ``date_format`` says, in the machine's local time. A property with several values becomes
the name of its type instead of its values. What Get-ADComputer writes is of the same kind.

Public documentation: "Get-ADUser" (https://learn.microsoft.com/en-us/powershell/module/
activedirectory/get-aduser), "Export-Csv" (https://learn.microsoft.com/en-us/powershell/module/
microsoft.powershell.utility/export-csv), and RFC 4514 for distinguished names.
"""

from __future__ import annotations

import codecs
from collections.abc import Iterator, Mapping
from datetime import date
from typing import TYPE_CHECKING

from msp_billing.adapters.feeds.ad_names import organizational_units
from msp_billing.adapters.feeds.csv_feed import RowProblem, read_feed
from msp_billing.adapters.feeds.json_values import FIRST_YEAR, LAST_YEAR
from msp_billing.domain.feeds.date_formats import DateFormat
from msp_billing.domain.feeds.definitions import FeedColumns, FeedDefinition, FeedRow
from msp_billing.domain.feeds.formats import SEVERAL_VALUES
from msp_billing.domain.problems import Problem

if TYPE_CHECKING:
    from msp_billing.adapters.feeds.feed_text import ByteSource

_DAYS = (
    "online_on",
    "offboarded_on",
    "last_seen_on",
    "offboard_requested_on",
    "change_received_on",
)
_NAME = "DistinguishedName"
_WORKED_OUT = frozenset({"ou", "within-ou", "ou-path"})
_SWITCHES = frozenset({"Enabled", "LockedOut", "PasswordNeverExpires", "PasswordExpired"})
_TYPE_NAME = "Microsoft.ActiveDirectory.Management."


def read_ad_users(
    definition: FeedDefinition,
    stream: ByteSource,
    file: str,
    *,
    checksum_announced: bool = False,
) -> Iterator[FeedRow | RowProblem]:
    """Read an export of Get-ADUser: as any table, then what is its own.

    Args and what comes out are those of :func:`read_feed`.
    """
    cells = _Cells(definition, file)
    source = WithoutTypeLine(stream)
    for entry in read_feed(cells.table, source, file, checksum_announced=checksum_announced):
        if isinstance(entry, FeedRow):
            yield from cells.read(entry)
        else:
            yield entry


class WithoutTypeLine:
    """Passes bytes through, without the words of a ``#TYPE`` line at the beginning.

    Its line end stays, so that lines keep their numbers.
    """

    def __init__(self, source: ByteSource) -> None:
        self._source = source
        self._head: bytes | None = None

    def read(self, size: int, /) -> bytes:
        """Up to so many bytes; none at the end."""
        if self._head is None:
            self._head = self._begin(max(size, 4_096))
        if not self._head:
            return self._source.read(size)
        data, self._head = self._head[:size], self._head[size:]
        return data

    def _begin(self, size: int) -> bytes:
        head = b""
        while len(head) < size and (more := self._source.read(size - len(head))):
            head += more
        for mark, encoding in (
            (codecs.BOM_UTF16_LE, "utf-16-le"),
            (codecs.BOM_UTF16_BE, "utf-16-be"),
            (codecs.BOM_UTF8, "utf-8"),
            (b"", "utf-8"),
        ):
            if head.startswith(mark + "#TYPE".encode(encoding)):
                end = "\n".encode(encoding)
                line_end = head.find(end)
                while line_end % len(end) and line_end >= 0:
                    line_end = head.find(end, line_end + 1)
                return mark if line_end < 0 else mark + head[line_end:]
        return head


class _Cells:
    """What the cells of such an export mean."""

    def __init__(self, definition: FeedDefinition, file: str) -> None:
        columns = definition.columns
        self._file = file
        self._format = DateFormat(definition.date_format) if definition.date_format else None
        self._attributes = columns.attributes
        self._days = {day: getattr(columns, day) for day in _DAYS if getattr(columns, day)}
        headers = {*columns.attributes.values()} - _WORKED_OUT | {*self._days.values(), _NAME}
        self._headers = {f"cell-{n}": header for n, header in enumerate(sorted(headers))}
        raw = FeedColumns(
            item_id=columns.item_id,
            name=columns.name,
            account=columns.account,
            subscriber=columns.subscriber,
            attributes=self._headers,
        )
        self.table = definition.model_copy(update={"columns": raw})

    def read(self, row: FeedRow) -> Iterator[FeedRow | RowProblem]:
        """The row as it is meant, or everything that is wrong with it."""
        cells = {header: row.attributes[key] for key, header in self._headers.items()}
        problems = [*self._odd_cells(row, cells)]
        units = organizational_units(cells[_NAME])
        if units is None:
            what = f"'{cells[_NAME][:80]}' in the column '{_NAME}' is no distinguished name."
            fix = f"Export the property {_NAME} as it is."
            problems.append(self._problem("feed-ou", what, fix, row))
            units = ()
        days: dict[str, date | None] = {}
        for day, header in self._days.items():
            days[day] = self._day(cells[header], header, row, problems)
        if problems:
            yield from problems
            return
        worked_out = {
            "ou": units[0] if units else "",
            "within-ou": SEVERAL_VALUES.join(units),
            "ou-path": "/".join(reversed(units)),
        }
        attributes = {
            name: worked_out[header] if header in _WORKED_OUT else cells[header]
            for name, header in self._attributes.items()
        }
        yield row._replace(
            attributes=attributes,
            online_on=days.get("online_on"),
            offboarded_on=days.get("offboarded_on"),
            last_seen_on=days.get("last_seen_on"),
            offboard_requested_on=days.get("offboard_requested_on"),
            change_received_on=days.get("change_received_on"),
        )

    def _odd_cells(self, row: FeedRow, cells: Mapping[str, str]) -> Iterator[RowProblem]:
        for header, cell in cells.items():
            if cell.startswith(_TYPE_NAME):
                yield self._problem(
                    "feed-value",
                    f"The column '{header}' holds the name of a type, '{cell[:80]}', instead of "
                    "values.",
                    f"Join the values when exporting: Select-Object ..., @{{n='{header}'; "
                    f"e={{$_.{header} -join ';'}}}}.",
                    row,
                )
            elif header in _SWITCHES and cell not in ("True", "False"):
                shown = f"'{cell[:80]}'" if cell else "empty"
                yield self._problem(
                    "feed-value",
                    f"The column '{header}' is {shown}, not True or False.",
                    "Export with an account that may read this property, and do not edit it.",
                    row,
                )

    def _day(self, cell: str, header: str, row: FeedRow, problems: list[RowProblem]) -> date | None:
        if not cell or self._format is None:
            return None
        day = self._format.read(cell)
        if day is None:
            what = f"'{cell[:60]}' in the column '{header}' is no date of {self._format.text}."
            fix = (
                "Name the format of the machine that exports under the feed's 'date_format': "
                "(Get-Culture).DateTimeFormat says ShortDatePattern and LongTimePattern."
            )
            problems.append(self._problem("feed-date", what, fix, row))
            return None
        if not FIRST_YEAR <= day.year <= LAST_YEAR:
            what = f"The date {cell[:60]} stands for something else, most often 'never'."
            fix = "Export an empty cell where there is no date."
            problems.append(self._problem("feed-date", what, fix, row))
        return day

    def _problem(self, code: str, what: str, fix: str, row: FeedRow) -> RowProblem:
        problem = Problem(
            code=code, what=what, fix=fix, file=self._file, line=row.row, where=row.account
        )
        return RowProblem(problem, row.account)
