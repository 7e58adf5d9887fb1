"""What a local cloud held at its end, in a folder, and opened again to be looked at.

    save_state(billing, "kr-group", Path("demo-output/providers/kr-group/state"))
    with open_state(Path("demo-output/providers/kr-group/state")) as saved:
        saved.ports.standings.find(saved.provider, "huron-title")

The folder holds the table's items and the documents as compressed JSON lines, sorted, so that the
same state is the same bytes; and ``state.json`` with the instant and the hashes. What is opened is
a copy in memory: nothing that happens to it comes back into the folder.
"""

from __future__ import annotations

import base64
import gzip
import hashlib
import json
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

import boto3
from pydantic import Field, ValidationError

from msp_billing import wiring
from msp_billing.adapters.clock import SystemClock
from msp_billing.domain.base import Frozen, Identifier
from msp_billing.usecases.ports import Ports
from mspbill import environment
from mspbill.repository import repository_root

if TYPE_CHECKING:  # the local cloud takes seconds to load, and opening needs none of it
    from mspbill.billing_run import LocalBilling

_DESCRIPTION = "state.json"
_ITEMS = "items.jsonl.gz"
_DOCUMENTS = "documents.jsonl.gz"
_TABLE = "saved-state"
_BUCKET = "saved-state"
_ITEMS_PER_REQUEST = 25


class SavedStateError(LookupError):
    """The folder holds no state, or not the whole of it."""


class StateDescription(Frozen):
    """What ``state.json`` says."""

    schema_version: int = 1
    provider: Identifier
    saved_at: datetime
    table: dict[str, Any] = Field(description="Keys and indexes, as DynamoDB describes them.")
    sha256: dict[str, str] = Field(description="Of the other files, uncompressed.")


@dataclass(frozen=True)
class SavedState:
    """A state that is open."""

    provider: str
    saved_at: datetime
    ports: Ports


@dataclass(frozen=True)
class _StoppedClock:
    """The clock of a state: it stands where it was saved."""

    at: datetime

    def now(self) -> datetime:
        return self.at


# --- Saving --------------------------------------------------------------------------------------


def save_state(billing: LocalBilling, provider: str, folder: Path) -> None:
    """Write what the cloud holds now; the folder is made, and files of an earlier state replaced.

    Args:
        provider: whose state it is: commands that open it need not be told.
    """
    folder.mkdir(parents=True, exist_ok=True)
    dynamodb, s3 = billing.cloud.client("dynamodb"), billing.cloud.client("s3")
    table = billing.cloud.resource_id("BillingTable")
    bucket = billing.cloud.resource_id("RecordsBucket")
    lines = {
        _ITEMS: sorted(_line(item) for item in _items(dynamodb, table)),
        _DOCUMENTS: [
            _line({"key": key, "content": {"B": content}}) for key, content in _objects(s3, bucket)
        ],
    }
    description = StateDescription(
        provider=provider,
        saved_at=billing.cloud.clock.now(),
        table=_shape(dynamodb.describe_table(TableName=table)["Table"]),
        sha256={name: _write_lines(folder / name, content) for name, content in lines.items()},
    )
    text = json.dumps(description.model_dump(mode="json"), indent=2, sort_keys=True)
    (folder / _DESCRIPTION).write_text(f"{text}\n", "utf-8")


def _items(dynamodb: Any, table: str) -> Iterator[dict[str, Any]]:
    for page in dynamodb.get_paginator("scan").paginate(TableName=table, ConsistentRead=True):
        yield from page["Items"]


def _objects(s3: Any, bucket: str) -> Iterator[tuple[str, bytes]]:
    """Keys in their order, and what is under each now."""
    for page in s3.get_paginator("list_objects_v2").paginate(Bucket=bucket):
        for entry in page.get("Contents", ()):
            yield entry["Key"], s3.get_object(Bucket=bucket, Key=entry["Key"])["Body"].read()


def _shape(described: Mapping[str, Any]) -> dict[str, Any]:
    """What it takes to make the table again."""
    indexes = [
        {name: index[name] for name in ("IndexName", "KeySchema", "Projection")}
        for index in described.get("GlobalSecondaryIndexes", ())
    ]
    shape = {name: described[name] for name in ("AttributeDefinitions", "KeySchema")}
    return {**shape, **({"GlobalSecondaryIndexes": indexes} if indexes else {})}


def _line(value: Mapping[str, Any]) -> str:
    return json.dumps(
        value, default=_as_base64, sort_keys=True, separators=(",", ":"), ensure_ascii=False
    )


def _as_base64(value: object) -> str:
    if not isinstance(value, bytes):
        raise TypeError(f"a saved state holds no {type(value).__name__}")
    return base64.b64encode(value).decode("ascii")


def _write_lines(path: Path, lines: Sequence[str]) -> str:
    """Compress the lines, without the time and the name that gzip would add."""
    content = "".join(f"{line}\n" for line in lines).encode()
    path.write_bytes(gzip.compress(content, mtime=0))
    return hashlib.sha256(content).hexdigest()


# --- Opening -------------------------------------------------------------------------------------


@contextmanager
def open_state(folder: Path) -> Iterator[SavedState]:
    """The state in a folder, as ports that read it, with the clock where it stood.

    Raises:
        SavedStateError: when the folder holds none, or a file is not as it was written.
    """
    from moto import mock_aws

    described = read_description(folder)
    items = _read_lines(folder, _ITEMS, described)
    documents = _read_lines(folder, _DOCUMENTS, described)
    with ExitStack() as stack:
        stack.enter_context(environment.away_from_aws())
        stack.enter_context(mock_aws())
        _fill_table(described, items)
        _fill_bucket(documents)
        values = {
            "TABLE_NAME": _TABLE,
            "RECORDS_BUCKET": _BUCKET,
            "ASSETS_DIRECTORY": str(repository_root() / "layers" / "rendering"),
        }
        stack.enter_context(environment.variables(values))
        wiring.use_clock(_StoppedClock(described.saved_at))
        stack.callback(wiring.use_clock, SystemClock())
        yield SavedState(described.provider, described.saved_at, wiring.ports())


def read_description(folder: Path) -> StateDescription:
    """What the folder says it holds.

    Raises:
        SavedStateError: when there is nothing to read.
    """
    try:
        return StateDescription.model_validate_json((folder / _DESCRIPTION).read_bytes())
    except OSError as error:
        raise SavedStateError(
            f"{folder} holds no saved state. The demo leaves one for each provider: give "
            "--state demo-output/providers/PROVIDER."
        ) from error
    except ValidationError as error:
        raise SavedStateError(f"{folder / _DESCRIPTION} cannot be read: {error}") from error


def _read_lines(folder: Path, name: str, described: StateDescription) -> list[Any]:
    try:
        content = gzip.decompress((folder / name).read_bytes())
    except (OSError, EOFError) as error:
        raise SavedStateError(f"{folder / name} cannot be read: {error}") from error
    if hashlib.sha256(content).hexdigest() != described.sha256.get(name):
        raise SavedStateError(
            f"{folder / name} is not as it was written. Make the state again: mspbill demo."
        )
    return [json.loads(line) for line in content.decode().splitlines()]


def _fill_table(described: StateDescription, items: Sequence[dict[str, Any]]) -> None:
    dynamodb = boto3.client("dynamodb")
    dynamodb.create_table(TableName=_TABLE, BillingMode="PAY_PER_REQUEST", **described.table)
    for start in range(0, len(items), _ITEMS_PER_REQUEST):
        some = items[start : start + _ITEMS_PER_REQUEST]
        puts = [{"PutRequest": {"Item": _from_base64(item)}} for item in some]
        dynamodb.batch_write_item(RequestItems={_TABLE: puts})


def _from_base64(value: Any) -> Any:
    """The item with its bytes as bytes again, wherever they are in it."""
    if isinstance(value, list):
        return [_from_base64(entry) for entry in value]
    if not isinstance(value, dict):
        return value
    if value.keys() == {"B"} and isinstance(value["B"], str):
        return {"B": base64.b64decode(value["B"])}
    return {name: _from_base64(entry) for name, entry in value.items()}


def _fill_bucket(documents: Sequence[dict[str, Any]]) -> None:
    s3 = boto3.client("s3")
    s3.create_bucket(Bucket=_BUCKET)
    for entry in documents:
        content = base64.b64decode(entry["content"]["B"])
        s3.put_object(Bucket=_BUCKET, Key=entry["key"], Body=content)
