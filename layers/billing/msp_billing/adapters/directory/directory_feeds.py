"""The feeds of a provider directory, read where they lie."""

from __future__ import annotations

import io
from collections.abc import Sequence
from datetime import datetime
from typing import TYPE_CHECKING

from msp_billing.adapters.feeds.export_reader import ExportReader
from msp_billing.adapters.feeds.feed_files import choose_export

if TYPE_CHECKING:
    from msp_billing.adapters.directory.provider_directory import ProviderDirectory
    from msp_billing.domain.feeds.definitions import FeedDefinition, FeedExport


class DirectoryFeeds:
    """The port ``Feeds`` over the folder ``feeds/`` of one provider."""

    def __init__(self, directory: ProviderDirectory) -> None:
        self._directory = directory

    def exports(self, provider: str, definition: FeedDefinition, zone: str) -> list[FeedExport]:
        """Every export of a feed, oldest first."""
        del provider, zone  # the directory is one provider's, and its exports have their times
        found = (entry for entry in self._directory.exports if entry.feed == definition.feed)
        return sorted(found, key=lambda export: (export.as_of_at, export.key))

    def read(self, provider: str, definition: FeedDefinition, export: FeedExport) -> ExportReader:
        """Begin to read an export."""
        del provider
        content = (self._directory.feeds_root / export.key).read_bytes()
        return ExportReader(definition, export, io.BytesIO(content), f"feeds/{export.key}")

    def choose(
        self,
        exports: Sequence[FeedExport],
        moment_at: datetime,
        definition: FeedDefinition,
        account: str | None = None,
    ) -> FeedExport | None:
        """The export that describes a moment, or None when none is fresh enough."""
        return choose_export(exports, moment_at, definition, account)
