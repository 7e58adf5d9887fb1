"""Which fields of a request or a result may be logged: ids, numbers and states; never words.

Names of people and customers, addresses and texts of documents come in fields of other names, or
as text; a field that is not named here is left out, so that a new one tells nothing by accident.
"""

from __future__ import annotations

from collections.abc import Collection
from datetime import date
from decimal import Decimal
from enum import Enum
from itertools import islice
from typing import Any

from pydantic import BaseModel

_IDS = ("provider", "run", "period", "batch", "account", "case", "release", "report", "moment")
_IDS_FURTHER = ("kind", "consumer", "invoice_number", "key")
_TEXTS = frozenset(
    {
        "after",
        "case",
        "cycle",
        "invoice_number",
        "issue_at",
        "key",
        "kind",
        "manifest_key",
        "misfits",
        "moment",
        "number",
        "numbers",
        "outcome",
        "report",
        "until",
        "why_left",
        "workbook_key",
    }
)
_MOST_LISTED = 20
_LONGEST = 300


def keys_of(request: BaseModel) -> dict[str, Any]:
    """The ids of what a request is about, by the names under which every log line has them.

    ``cycle`` is provider, run and period in one; ``execution`` is the state machine's execution
    that asks, by which the lines of all its steps are found.
    """
    fields = type(request).model_fields
    keys = {
        name: _plain(getattr(request, name))
        for name in (*_IDS, *_IDS_FURTHER)
        if name in fields and getattr(request, name) is not None
    }
    if "case" in keys and "run" in keys:  # an execution's ordinal, not a run of the policy
        keys["attempt"] = keys.pop("run")
    if "owner" in fields:
        keys["execution"] = getattr(request, "owner")  # noqa: B009 - only some requests have it
    if {"provider", "run", "period"} <= keys.keys():
        keys["cycle"] = f"{keys['provider']}_{keys['run']}_{keys['period']}"
    return keys


def told_of(result: BaseModel) -> dict[str, Any]:
    """What a result may tell: numbers, states and named ids; of another list, how long it is."""
    told = {name: _told(name, getattr(result, name)) for name in type(result).model_fields}
    return {name: value for name, value in told.items() if value is not None}


def _told(name: str, value: Any) -> Any:
    if isinstance(value, bool | int | Decimal | date | Enum):
        return _plain(value)
    if isinstance(value, BaseModel):
        return told_of(value)
    if isinstance(value, dict):
        return {key: entry for key, entry in value.items() if isinstance(entry, bool | int)}
    if isinstance(value, str):
        return value[:_LONGEST] if name in _TEXTS else None
    return _listed(name, value) if isinstance(value, list | tuple | set | frozenset) else None


def _listed(name: str, values: Collection[Any]) -> int | list[str]:
    """How many; of ids, which; of problems their codes: their sentences may quote somebody."""
    first = list(islice(values, _MOST_LISTED))
    if name in _TEXTS:
        return [str(entry)[:_LONGEST] for entry in first]
    if first and type(first[0]).__name__ == "Problem":  # not imported for this alone
        return [f"{entry.code}:{entry.line or ''}" for entry in first]
    return len(values)


def _plain(value: Any) -> Any:
    if isinstance(value, Enum):
        return value.value
    return value if isinstance(value, bool | int) else str(value)
