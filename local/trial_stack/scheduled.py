"""The schedules of a trial: looked at, and taken away before one of them fires."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

GROUPS = ("BillingScheduleGroup", "DigestScheduleGroup", "SweepScheduleGroup")
"""The template's groups: runs, digests, and the sweeps that the template itself schedules."""


def take_away_schedules(client: Any, groups: Mapping[str, str]) -> dict[str, dict[str, Any]]:
    """Expression, zone and payload of each schedule, by group and name; none is left afterwards.

    The clock of a trial stands still and jumps; a schedule goes by the world's.

    Args:
        groups: by logical id, what each of `GROUPS` is called.
    """
    return {
        f"{logical_id}/{name}": told
        for logical_id, group in groups.items()
        for name, told in _taken_from(client, group).items()
    }


def _taken_from(client: Any, group: str) -> dict[str, dict[str, Any]]:
    found: dict[str, dict[str, Any]] = {}
    for page in client.get_paginator("list_schedules").paginate(GroupName=group):
        for entry in page["Schedules"]:
            told = client.get_schedule(Name=entry["Name"], GroupName=group)
            found[entry["Name"]] = {
                "expression": told["ScheduleExpression"],
                "zone": told.get("ScheduleExpressionTimezone", "UTC"),
                "input": _read(told["Target"].get("Input", "")),
            }
            client.delete_schedule(Name=entry["Name"], GroupName=group)
    return found


def _read(text: str) -> Any:
    try:
        return json.loads(text)
    except ValueError:
        return text
