"""Monthly schedules in EventBridge Scheduler, all in one group."""

from __future__ import annotations

from typing import Any

from botocore.exceptions import ClientError

_RETRY_SECONDS = 24 * 3600
_RETRIES = 10


class EventBridgeSchedules:
    """Schedules that call the starting function."""

    def __init__(
        self, client: Any, group: str, target_arn: str, role_arn: str, dead_letter_arn: str
    ) -> None:
        self._client = client
        self._group = group
        self._target_arn = target_arn
        self._role_arn = role_arn
        self._dead_letter_arn = dead_letter_arn

    def of_provider(self, provider: str) -> dict[str, str]:
        """Name and fingerprint of every schedule of the provider."""
        pages = self._client.get_paginator("list_schedules").paginate(
            GroupName=self._group, NamePrefix=f"{provider}_"
        )
        names = [entry["Name"] for page in pages for entry in page["Schedules"]]
        return {name: self._fingerprint(name) for name in names}

    def put(self, name: str, *, cron: str, zone: str, payload: str, fingerprint: str) -> None:
        """Create or replace a schedule. Missed starts are retried for a day, then dead-lettered."""
        definition: dict[str, Any] = {
            "Name": name,
            "GroupName": self._group,
            "Description": fingerprint,
            "ScheduleExpression": cron,
            "ScheduleExpressionTimezone": zone,
            "FlexibleTimeWindow": {"Mode": "OFF"},
            "State": "ENABLED",
            "Target": {
                "Arn": self._target_arn,
                "RoleArn": self._role_arn,
                "Input": payload,
                "DeadLetterConfig": {"Arn": self._dead_letter_arn},
                "RetryPolicy": {
                    "MaximumEventAgeInSeconds": _RETRY_SECONDS,
                    "MaximumRetryAttempts": _RETRIES,
                },
            },
        }
        try:
            self._client.create_schedule(**definition)
        except ClientError as error:
            if error.response["Error"]["Code"] != "ConflictException":
                raise
            self._client.update_schedule(**definition)

    def delete(self, name: str) -> None:
        """Remove a schedule; nothing happens when it is gone already."""
        try:
            self._client.delete_schedule(Name=name, GroupName=self._group)
        except ClientError as error:
            if error.response["Error"]["Code"] != "ResourceNotFoundException":
                raise

    def _fingerprint(self, name: str) -> str:
        schedule = self._client.get_schedule(Name=name, GroupName=self._group)
        return str(schedule.get("Description", ""))
