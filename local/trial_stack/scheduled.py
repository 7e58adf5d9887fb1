"""The monthly schedules of a trial: looked at, and taken away before one of them fires."""

from __future__ import annotations

import json
from typing import Any


def take_away_schedules(client: Any, group: str) -> dict[str, dict[str, Any]]:
    """Name, expression, zone and payload of each schedule in a group, which is empty afterwards.

    The clock of a trial stands still and jumps; a schedule goes by the world's.
    """
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
