"""Schedules in EventBridge Scheduler: those of one kind are all in one group."""

from __future__ import annotations

from typing import Any

from botocore.exceptions import ClientError

from msp_billing.usecases.ports import FoundSchedule
from msp_billing.usecases.sync_schedules import fingerprint_of

_RETRY_SECONDS = 24 * 3600
_RETRIES = 10


class EventBridgeSchedules:
    """Schedules that call one function."""

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
        return {name: found.fingerprint for name, found in self.look(provider).items()}

    def look(self, provider: str) -> dict[str, FoundSchedule]:
        """Every schedule of the provider, as it is now and not as its description says."""
        found = ((name, self._get(name)) for name in self._names(f"{provider}_"))
        return {name: self._found(made) for name, made in found if made is not None}

    def providers(self) -> set[str]:
        """Every provider that has a schedule here; names begin with theirs (``schedule_name``)."""
        return {name.partition("_")[0] for name in self._names()}

    def _names(self, prefix: str | None = None) -> list[str]:
        asked = {"GroupName": self._group} | ({"NamePrefix": prefix} if prefix else {})
        pages = self._client.get_paginator("list_schedules").paginate(**asked)
        return [entry["Name"] for page in pages for entry in page["Schedules"]]

    def _get(self, name: str) -> dict[str, Any] | None:
        """The schedule, or None when it was removed since it was listed."""
        try:
            made: dict[str, Any] = self._client.get_schedule(Name=name, GroupName=self._group)
        except ClientError as error:
            if error.response["Error"]["Code"] != "ResourceNotFoundException":
                raise
            return None
        return made

    def _found(self, made: dict[str, Any]) -> FoundSchedule:
        """A schedule that calls another function than a new one would is one to be made anew."""
        told = made.get("Description", "")
        content = fingerprint_of(
            made["ScheduleExpression"],
            made.get("ScheduleExpressionTimezone", "UTC"),
            made["Target"].get("Input", ""),
        )
        wanted = self._definition("", "", "", made["Target"].get("Input", ""), told)
        whole = all(made.get(name) == wanted[name] for name in ("State", "FlexibleTimeWindow"))
        retried = made["Target"].get("RetryPolicy") == wanted["Target"]["RetryPolicy"]
        calls = all(
            made["Target"].get(name) == wanted["Target"][name]
            for name in ("Arn", "RoleArn", "DeadLetterConfig")
        )
        as_left = content == told and whole and retried
        return FoundSchedule(
            fingerprint=content if whole and retried and calls else f"other {content}",
            changed_by_hand=not as_left,
        )

    def put(self, name: str, *, cron: str, zone: str, payload: str, fingerprint: str) -> None:
        """Create or replace a schedule. Missed starts are retried for a day, then dead-lettered."""
        definition = self._definition(name, cron, zone, payload, fingerprint)
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

    def _definition(
        self, name: str, cron: str, zone: str, payload: str, fingerprint: str
    ) -> dict[str, Any]:
        return {
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
