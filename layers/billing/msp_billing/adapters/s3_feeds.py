"""Feeds in S3: the same layout as a provider directory, below the provider's name."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from datetime import datetime
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

from msp_billing.adapters.feeds.export_reader import ExportReader
from msp_billing.adapters.feeds.feed_files import (
    CHECKSUM_SUFFIX,
    ChecksumError,
    ExportKeyError,
    choose_export,
    parse_checksum,
    parse_export_key,
)

if TYPE_CHECKING:
    from msp_billing.domain.feeds.definitions import FeedDefinition, FeedExport

_LOGGER = logging.getLogger(__name__)
_UNREADABLE = "unreadable"


class S3Feeds:
    """The feeds bucket."""

    def __init__(self, client: Any, bucket: str) -> None:
        self._client = client
        self._bucket = bucket

    def exports(self, provider: str, definition: FeedDefinition, zone: str) -> list[FeedExport]:
        """Every export of a feed, oldest first, with its announced checksum where there is one.

        A file whose name does not say which moment it describes is no export: it is logged, and
        accounts that would have needed it are parked for want of a fresh one.
        """
        keys = self._keys(f"{provider}/{definition.feed}/")
        checksums = {key for key in keys if key.endswith(CHECKSUM_SUFFIX)}
        result: list[FeedExport] = []
        for key in keys:
            if key in checksums:
                continue
            beside = f"{key}{CHECKSUM_SUFFIX}"
            announced = self._announced(beside) if beside in checksums else None
            relative = key.removeprefix(f"{provider}/")
            try:
                result.append(parse_export_key(relative, definition, ZoneInfo(zone), announced))
            except ExportKeyError as error:
                _LOGGER.warning("%s is left aside: %s", key, error)
        return sorted(result, key=lambda export: (export.as_of_at, export.key))

    def read(self, provider: str, definition: FeedDefinition, export: FeedExport) -> ExportReader:
        """Begin to read an export, streaming."""
        found = self._client.get_object(Bucket=self._bucket, Key=f"{provider}/{export.key}")
        return ExportReader(definition, export, found["Body"], f"feeds/{export.key}")

    def choose(
        self,
        exports: Sequence[FeedExport],
        moment_at: datetime,
        definition: FeedDefinition,
        account: str | None = None,
    ) -> FeedExport | None:
        """The export that describes a moment, or None when none is fresh enough."""
        return choose_export(exports, moment_at, definition, account)

    def _keys(self, prefix: str) -> list[str]:
        pages = self._client.get_paginator("list_objects_v2").paginate(
            Bucket=self._bucket, Prefix=prefix
        )
        return [entry["Key"] for page in pages for entry in page.get("Contents", [])]

    def _announced(self, key: str) -> str:
        """The announced checksum; one that cannot be read matches no file."""
        content = self._client.get_object(Bucket=self._bucket, Key=key)["Body"].read()
        try:
            return parse_checksum(content.decode("utf-8", "replace"))
        except ChecksumError:
            return _UNREADABLE
