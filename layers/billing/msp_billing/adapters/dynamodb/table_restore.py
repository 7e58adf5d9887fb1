"""Restoring a table to an earlier time, into a new table that is kept as well as the old one."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from botocore.exceptions import ClientError

_POLL_SECONDS = 15
_OF_AWS = "aws:"


class RestoreRefusedError(ValueError):
    """The table cannot be restored so; the message says why."""


@dataclass(frozen=True)
class Restorable:
    """From when to when a table can be restored."""

    earliest: datetime
    latest: datetime


class TableRestore:
    """One restore, from a source to a target."""

    def __init__(self, client: Any, source: str, target: str) -> None:
        self._client = client
        self._source = source
        self._target = target

    def restorable(self) -> Restorable:
        """The times that the source can be restored to.

        Raises:
            RestoreRefusedError: when nothing is kept to restore it from.
        """
        described = self._client.describe_continuous_backups(TableName=self._source)
        recovery = described["ContinuousBackupsDescription"].get(
            "PointInTimeRecoveryDescription", {}
        )
        if recovery.get("PointInTimeRecoveryStatus") != "ENABLED":
            raise RestoreRefusedError(
                f"{self._source} has no point-in-time recovery: there is nothing to restore from."
            )
        return Restorable(
            recovery["EarliestRestorableDateTime"], recovery["LatestRestorableDateTime"]
        )

    def begun(self) -> bool:
        """Whether the target is there already, as a restore of this source.

        Raises:
            RestoreRefusedError: when a table of this name is something else.
        """
        standing = self._describe(self._target)
        if standing is None:
            return False
        came_from = str(standing.get("RestoreSummary", {}).get("SourceTableArn", ""))
        if came_from and came_from.rpartition("/")[2] != self._source:
            raise RestoreRefusedError(f"{self._target} was restored from {came_from}.")
        if not came_from and not self._tagged():
            raise RestoreRefusedError(
                f"There is a table {self._target} already, which is no restore of {self._source}."
            )
        return True

    def start(self, at: datetime) -> None:
        """Ask for the restore. Raises RestoreRefusedError for a time that is not kept."""
        kept = self.restorable()
        if not kept.earliest <= at <= kept.latest:
            raise RestoreRefusedError(
                f"{self._source} can be restored to a time from {kept.earliest.isoformat()} to "
                f"{kept.latest.isoformat()}, not to {at.isoformat()}."
            )
        self._client.restore_table_to_point_in_time(
            SourceTableName=self._source, TargetTableName=self._target, RestoreDateTime=at
        )

    def wait(self, waited: Callable[[float], None] = lambda _seconds: None) -> None:
        """Wait until the target can be read. It takes minutes, or hours for a large table."""
        began = time.monotonic()
        while (standing := self._describe(self._target)) is None or not _active(standing):
            waited(time.monotonic() - began)
            time.sleep(_POLL_SECONDS)

    def restored_to(self, asked: datetime) -> datetime:
        """The time that the target is of, which is another one when it was there already.

        Args:
            asked: what it is of where AWS says nothing any more.
        """
        summary = (self._describe(self._target) or {}).get("RestoreSummary", {})
        found: datetime = summary.get("RestoreDateTime", asked)
        return found.astimezone(UTC)

    def keep(self) -> None:
        """Switch on what a restore leaves off: recovery, protection from deletion, and tags."""
        self._client.update_continuous_backups(
            TableName=self._target,
            PointInTimeRecoverySpecification={"PointInTimeRecoveryEnabled": True},
        )
        standing = self._describe(self._target) or {}
        if not standing.get("DeletionProtectionEnabled"):
            self._client.update_table(TableName=self._target, DeletionProtectionEnabled=True)
        source = self._describe(self._source)
        tags = [] if source is None else self._tags(source["TableArn"])
        own = [tag for tag in tags if not tag["Key"].startswith(_OF_AWS)]
        own.append({"Key": "msp-billing:restored-from", "Value": self._source})
        self._client.tag_resource(ResourceArn=standing["TableArn"], Tags=own)

    def _tagged(self) -> bool:
        standing = self._describe(self._target) or {}
        tags = self._tags(standing["TableArn"])
        return {"Key": "msp-billing:restored-from", "Value": self._source} in tags

    def _tags(self, arn: str) -> list[dict[str, str]]:
        found: list[dict[str, str]] = self._client.list_tags_of_resource(ResourceArn=arn)["Tags"]
        return found

    def _describe(self, table: str) -> dict[str, Any] | None:
        try:
            found: dict[str, Any] = self._client.describe_table(TableName=table)["Table"]
        except ClientError as error:
            if error.response["Error"]["Code"] != "ResourceNotFoundException":
                raise
            return None
        return found


def _active(described: dict[str, Any]) -> bool:
    indexes = described.get("GlobalSecondaryIndexes", ())
    states = [described["TableStatus"], *(index.get("IndexStatus", "ACTIVE") for index in indexes)]
    return all(state == "ACTIVE" for state in states)
