"""Reading an export as a snapshot does, with as little to write as a provider has."""

from __future__ import annotations

import io
import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from msp_billing.adapters.feeds.csv_feed import RowProblem
from msp_billing.adapters.feeds.export_reader import ExportReader
from msp_billing.domain.feeds.definitions import FeedDefinition, FeedExport, FeedRow

SAMPLES = Path(__file__).parent / "samples"
DATE_FORMAT = "M/d/yyyy h:mm:ss tt"
NAMES = {
    "graph-users": "graph-users.jsonl",
    "ninjaone-devices": "ninjaone-devices.jsonl",
    "ncentral-devices": "ncentral-devices.json",
    "connectwise-contacts": "connectwise-contacts.json",
    "duo-users": "duo-users.jsonl",
    "ad-users": "ad-users.csv",
    "vendor-invoice": "vendor-invoice.csv",
}
# What a provider writes besides the format, for these samples.
CHOICES: dict[str, dict[str, Any]] = {
    "graph-users": {"scope": "account"},
    "ninjaone-devices": {"scope": "provider", "page_size": 2},
    "ncentral-devices": {"scope": "provider"},
    "connectwise-contacts": {"scope": "provider", "page_size": 1000},
    "duo-users": {"scope": "account"},
    "ad-users": {"scope": "account"},
    "vendor-invoice": {
        "scope": "provider",
        "columns": {
            "item_id": "Product",
            "account": "Customer",
            "quantity": "Seats",
            "attributes": {"archived": "Archived seats"},
        },
    },
}
JSON_FORMATS = [name for name, file in NAMES.items() if "json" in file]


def sample(name: str) -> bytes:
    """A tool's sample, as it would lie among the exports."""
    return (SAMPLES / NAMES[name]).read_bytes()


def definition(name: str, **more: Any) -> FeedDefinition:
    """The definition of a feed of a format, as provider.yaml would say it."""
    said = {"feed": "feed", "title": "Feed", "format": name, **CHOICES.get(name, {}), **more}
    return FeedDefinition.model_validate(said)


def read(name: str, data: bytes | str | list[Any] | dict[str, Any], **more: Any) -> list[Any]:
    """Every row and problem of an export; data that is no text is written as JSON."""
    if isinstance(data, list | dict):
        data = json.dumps(data)
    content = data.encode() if isinstance(data, str) else data
    export = FeedExport(
        feed="feed",
        key="feed/2026-09-01.json",
        as_of_at=datetime(2026, 9, 1, 5, tzinfo=UTC),
        time_zone=more.pop("time_zone", "America/Chicago"),
    )
    return list(ExportReader(definition(name, **more), export, io.BytesIO(content), "feeds/x"))


def rows(name: str, data: Any, **more: Any) -> list[FeedRow]:
    """The rows of an export that has no problem."""
    entries = read(name, data, **more)
    assert not [entry for entry in entries if isinstance(entry, RowProblem)], entries
    return entries


def problems(name: str, data: Any, **more: Any) -> list[RowProblem]:
    return [entry for entry in read(name, data, **more) if isinstance(entry, RowProblem)]


def only_problem(name: str, data: Any, **more: Any) -> RowProblem:
    (found,) = problems(name, data, **more)
    return found
