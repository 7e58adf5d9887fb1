"""Reading one export to its end: its rows, and what proves afterwards which file it was."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime

from msp_billing.adapters.feeds.csv_feed import RowProblem, read_feed
from msp_billing.adapters.feeds.feed_files import age_hours
from msp_billing.adapters.feeds.feed_text import ByteSource, MeasuredSource
from msp_billing.domain.feeds import FeedDefinition, FeedExport, FeedRow, FeedSeal
from msp_billing.domain.problems import Problem


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
        for entry in read_feed(
            self._definition, self._source, self._file, checksum_announced=announced is not None
        ):
            self.row_count += isinstance(entry, FeedRow)
            yield entry
        self._source.read_to_end()
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
