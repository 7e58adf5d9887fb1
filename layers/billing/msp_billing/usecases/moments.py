"""What a moment's snapshot is stored as: parts of some accounts each, and one record of them.

A part is lines of JSON, one for each account, in the order of the part's accounts. Nothing that
reads or writes parts holds more than one of them.
"""

from __future__ import annotations

import gzip
from collections.abc import Iterable, Iterator, Sequence
from typing import TYPE_CHECKING

from pydantic import Field

from msp_billing.domain.base import Frozen, Identifier
from msp_billing.domain.feeds.definitions import FeedSeal
from msp_billing.domain.feeds.lost_rows import KnownRows
from msp_billing.domain.seals import seal
from msp_billing.domain.snapshots import FeedReading, SnapshotBatch, SnapshotPart
from msp_billing.usecases.context import count_prefix

if TYPE_CHECKING:
    from msp_billing.domain.cycles import Cycle
    from msp_billing.usecases.ports import Ports

_FAST = 1  # a third of the default's time, a fifth more bytes


class MomentPart(SnapshotPart):
    """One part, and whose readings it holds."""

    accounts: tuple[Identifier, ...]


class MomentRecord(Frozen):
    """What was taken at a moment. Written after the parts: who finds it, finds them."""

    schema_version: int = 2
    moment: Identifier
    parts: tuple[MomentPart, ...]
    rows: int = Field(ge=0, description="Rows of all accounts that can be counted.")
    unusable: int = Field(ge=0, description="Readings that cannot be counted, with their reasons.")
    files: int = Field(ge=0, description="Exports that were read.")
    seals: tuple[FeedSeal, ...] = Field(description="The first of these exports.")
    unmatched: tuple[str, ...] = Field(description="Accounts in feeds that the book lacks.")
    known_rows: dict[Identifier, KnownRows] = Field(
        description="By feed: what next month's rows are compared with."
    )


class StoredReadings(Frozen):
    """A line of a part."""

    account: Identifier
    readings: tuple[FeedReading, ...]


def moment_key(cycle: Cycle, moment: str) -> str:
    """Where a moment's record is stored."""
    return f"{count_prefix(cycle)}/snapshot/{moment}/moment.json.gz"


def find_moment(ports: Ports, cycle: Cycle, moment: str) -> MomentRecord | None:
    """What was taken at a moment, or None when it was not taken."""
    stored = ports.records.find(moment_key(cycle, moment))
    return None if stored is None else load_moment(stored)


def load_moment(content: bytes) -> MomentRecord:
    """Read a stored record."""
    return MomentRecord.model_validate_json(gzip.decompress(content))


def put_moment(ports: Ports, cycle: Cycle, record: MomentRecord) -> None:
    """Store what was taken, once."""
    content = gzip.compress(record.model_dump_json().encode(), mtime=0)
    ports.records.put_once(moment_key(cycle, record.moment), content, "application/gzip")


def put_part(
    ports: Ports, cycle: Cycle, moment: str, number: int, lines: Sequence[tuple[str, bytes]]
) -> MomentPart:
    """Store a part: accounts with their lines of JSON.

    Its key holds part of its hash, so that an attempt that stopped halfway leaves nothing in the
    way of one that reads another state of the feeds.
    """
    text = b"".join(line for _, line in lines)
    content = gzip.compress(text, compresslevel=_FAST, mtime=0)
    name = f"part-{number:05d}-{seal(content)[:16]}.jsonl.gz"
    key = f"{count_prefix(cycle)}/snapshot/{moment}/{name}"
    stored = ports.records.put_once(key, content, "application/gzip")
    return MomentPart(
        moment=moment,
        key=stored.key,
        sha256=stored.sha256,
        accounts=tuple(account for account, _ in lines),
    )


def load_sealed(ports: Ports, key: str, sha256: str) -> SnapshotBatch:
    """A sealed batch with its accounts' readings. Raises SealBrokenError."""
    batch = load_sealed_accounts(ports, key, sha256)
    if not batch.parts:
        return batch
    readings: dict[str, list[FeedReading]] = {
        entry.account.account: list(entry.readings) for entry in batch.accounts
    }
    for line in read_parts(ports, batch.parts, set(readings)):
        readings[line.account] += line.readings
    accounts = tuple(
        entry.model_copy(update={"readings": tuple(readings[entry.account.account])})
        for entry in batch.accounts
    )
    return batch.model_copy(update={"accounts": accounts, "parts": ()})


def load_sealed_accounts(ports: Ports, key: str, sha256: str) -> SnapshotBatch:
    """A sealed batch as it is stored, for those who need its accounts alone."""
    return SnapshotBatch.model_validate_json(gzip.decompress(ports.records.get(key, sha256)))


def read_parts(
    ports: Ports, parts: Iterable[SnapshotPart], accounts: set[str]
) -> Iterator[StoredReadings]:
    """The readings of these accounts, part by part. Raises SealBrokenError."""
    for part in parts:
        content = gzip.decompress(ports.records.get(part.key, part.sha256))
        for line in content.splitlines():
            if account_of(line) in accounts:
                yield StoredReadings.model_validate_json(line)


_BEFORE_ACCOUNT = b'{"account":"'


def line_of(account: str, readings: Iterable[bytes]) -> bytes:
    """The line of an account, of readings that are JSON already."""
    return b'%s%s","readings":[%s]}\n' % (_BEFORE_ACCOUNT, account.encode(), b",".join(readings))


def account_of(line: bytes) -> str:
    """Whose line it is, without reading it."""
    begin = len(_BEFORE_ACCOUNT)
    return line[begin : line.index(b'"', begin)].decode()
