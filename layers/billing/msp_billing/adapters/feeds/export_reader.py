"""Reading one export to its end: its rows, and what proves afterwards which file it was."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import datetime
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

from msp_billing.adapters.feeds.ad_users import read_ad_users
from msp_billing.adapters.feeds.connectwise_contacts import CONNECTWISE_CONTACTS
from msp_billing.adapters.feeds.csv_feed import RowProblem, read_feed, read_tables
from msp_billing.adapters.feeds.duo_users import DUO_USERS
from msp_billing.adapters.feeds.feed_files import age_hours
from msp_billing.adapters.feeds.feed_text import ByteSource, MeasuredSource
from msp_billing.adapters.feeds.graph_users import GRAPH_USERS
from msp_billing.adapters.feeds.json_feed import JsonTool, read_json_feed
from msp_billing.adapters.feeds.ncentral_devices import NCENTRAL_DEVICES
from msp_billing.adapters.feeds.ninjaone_devices import NINJAONE_DEVICES
from msp_billing.adapters.feeds.vendor_invoice import read_vendor_invoice
from msp_billing.domain.feeds.definitions import FeedDefinition, FeedExport, FeedRow, FeedSeal
from msp_billing.domain.feeds.tables import PLAIN_COLUMNS, FeedTable
from msp_billing.domain.problems import Problem

if TYPE_CHECKING:
    from msp_billing.domain.feeds.formats import FeedFormat

_JSON_TOOLS: Mapping[FeedFormat, JsonTool] = {
    "graph-users": GRAPH_USERS,
    "ncentral-devices": NCENTRAL_DEVICES,
    "ninjaone-devices": NINJAONE_DEVICES,
    "connectwise-contacts": CONNECTWISE_CONTACTS,
    "duo-users": DUO_USERS,
}
_TABLES = {"csv": read_feed, "ad-users": read_ad_users, "vendor-invoice": read_vendor_invoice}

_ROWS_PER_TABLE = 1_000


class ExportReader:
    """Reads one export once. Iterate it to the end; then ask it for the seal.

    The announced checksum, if there is one, is compared at the end; a difference is a problem of
    the whole file (fault 24).
    """

    def __init__(
        self, definition: FeedDefinition, export: FeedExport, stream: ByteSource, file: str
    ) -> None:
        self._definition = definition
        self._export = export
        self._source = MeasuredSource(stream)
        self._file = file
        self.row_count = 0

    @property
    def sha256(self) -> str:
        """SHA-256 of the file's bytes, hexadecimal. Right once every row was read."""
        return self._source.sha256

    @property
    def byte_count(self) -> int:
        """Length of the file. Right once every row was read."""
        return self._source.byte_count

    def __iter__(self) -> Iterator[FeedRow | RowProblem]:
        announced = self._export.sha256
        for entry in self._entries(checksum_announced=announced is not None):
            self.row_count += isinstance(entry, FeedRow)
            yield entry
        yield from self._end()

    def tables(self) -> Iterator[FeedTable | RowProblem]:
        """The same, many rows at a time; in a table, items listed twice are for the caller to find.

        A format of a tool is read row by row all the same: only a plain table is worth reading by
        column.
        """
        if self._definition.format != "csv":
            yield from self._in_tables()
            return
        for entry in read_tables(
            self._definition,
            self._source,
            self._file,
            checksum_announced=self._export.sha256 is not None,
        ):
            self.row_count += len(entry) if isinstance(entry, FeedTable) else 0
            yield entry
        yield from self._end()

    def _in_tables(self) -> Iterator[FeedTable | RowProblem]:
        layout = (PLAIN_COLUMNS, tuple(self._definition.columns.attributes))
        rows: list[FeedRow] = []
        for entry in self:
            if isinstance(entry, FeedRow):
                rows.append(entry)
            if rows and (len(rows) >= _ROWS_PER_TABLE or not isinstance(entry, FeedRow)):
                yield FeedTable.of_rows(rows, layout)
                rows = []
            if not isinstance(entry, FeedRow):
                yield entry
        if rows:
            yield FeedTable.of_rows(rows, layout)

    def _end(self) -> Iterator[RowProblem]:
        """Measure what was left unread, and compare the whole with what was announced."""
        self._source.read_to_end()
        announced = self._export.sha256
        if announced is not None and announced.lower() != self.sha256:
            yield RowProblem(
                Problem(
                    code="feed-checksum",
                    what=f"The file's SHA-256 is {self.sha256}, announced was {announced}: it is "
                    "not the file that was written.",
                    fix="Export it again, and write its checksum file last.",
                    file=self._file,
                ),
                None,
            )

    def _entries(self, *, checksum_announced: bool) -> Iterator[FeedRow | RowProblem]:
        definition, source, file = self._definition, self._source, self._file
        tool = _JSON_TOOLS.get(definition.format)
        if tool is not None:
            zone = ZoneInfo(self._export.time_zone)
            return read_json_feed(definition, tool, source, file, zone)
        read = _TABLES[definition.format]
        return read(definition, source, file, checksum_announced=checksum_announced)

    def seal_at(self, moment_at: datetime) -> FeedSeal:
        """What makes a count from these rows provable, at a snapshot moment (INT-01)."""
        return FeedSeal(
            feed=self._export.feed,
            key=self._export.key,
            sha256=self.sha256,
            rows=self.row_count,
            as_of_at=self._export.as_of_at,
            age_hours=age_hours(self._export.as_of_at, moment_at),
        )
