"""How far every ledger had come on a day, kept in the records bucket where nobody can change it."""

from __future__ import annotations

import gzip
from datetime import date, timedelta
from typing import TYPE_CHECKING

from msp_billing.domain.ledger.verifying import Anchor

if TYPE_CHECKING:
    from msp_billing.domain.ledger.position import LedgerPosition
    from msp_billing.usecases.ports import Ports

DAYS_LOOKED_BACK = 92
"""Anchors are looked for by their days. A sweep that failed for longer is an alarm of its own."""

Anchors = dict[str, Anchor]
"""By account."""


def newest_anchors(ports: Ports, provider: str, until: date) -> tuple[date | None, Anchors]:
    """The anchors of the newest day that has any, up to a day; by account.

    That is the day itself or the one before, unless a sweep failed or the provider is new: the
    bucket is asked for a list only then.
    """
    for on in (until, until - timedelta(days=1)):
        content = _of_day(ports, provider, on)
        if content is not None:
            return on, {entry.account: entry for entry in read_anchors(content)}
    first = anchor_key(provider, until - timedelta(days=DAYS_LOOKED_BACK))
    written = set(ports.records.keys(f"{provider}/ledger/anchors/", after=first))
    for days in range(2, DAYS_LOOKED_BACK):
        on = until - timedelta(days=days)
        if written & {anchor_key(provider, on), restored_anchor_key(provider, on, 1)}:
            found = _of_day(ports, provider, on)
            assert found is not None, "it is in the list"
            return on, {entry.account: entry for entry in read_anchors(found)}
    return None, {}


def anchored_since(ports: Ports, provider: str, on: date) -> bool:
    """Whether there are anchors of a day or a later one. They may be large: they are not read."""
    before = anchor_key(provider, on - timedelta(days=1))
    return any(ports.records.keys(f"{provider}/ledger/anchors/", after=before))


def _of_day(ports: Ports, provider: str, on: date) -> bytes | None:
    """The anchors of a day; where the table was restored on it, those of the restored ledgers."""
    return _of_restores(ports, provider, on)[1] or ports.records.find(anchor_key(provider, on))


def _of_restores(ports: Ports, provider: str, on: date) -> tuple[int, bytes | None]:
    """How many restores took over on a day, and the anchors of the last one."""
    last, found = 0, None
    while (content := ports.records.find(restored_anchor_key(provider, on, last + 1))) is not None:
        last, found = last + 1, content
    return last, found


def next_restored_key(ports: Ports, provider: str, on: date) -> str:
    """Where the anchors of one more restore of a day go; those before are never changed."""
    return restored_anchor_key(provider, on, _of_restores(ports, provider, on)[0] + 1)


def restored_anchor_key(provider: str, on: date, number: int) -> str:
    """Where the anchors are that count from a restore on, in place of all before.

    Args:
        number: of the restore among those that took over on the day, from 1.
    """
    again = "" if number == 1 else f"-{number}"
    return f"{provider}/ledger/anchors/{on}-restored{again}.jsonl.gz"


def anchor_key(provider: str, on: date) -> str:
    """Where the anchors of a day are."""
    return f"{provider}/ledger/anchors/{on}.jsonl.gz"


def anchor_of(position: LedgerPosition) -> Anchor:
    """How far a ledger has come."""
    return Anchor(
        account=position.ledger.account,
        currency=position.ledger.currency,
        sequence=position.version,
        hash=position.last_hash,
    )


def packed(anchors: Anchors) -> bytes:
    """Anchors as they are stored."""
    lines = "".join(f"{anchors[name].model_dump_json()}\n" for name in sorted(anchors))
    return gzip.compress(lines.encode(), mtime=0)


def read_anchors(content: bytes) -> list[Anchor]:
    """Anchors that were stored."""
    lines = gzip.decompress(content).splitlines()
    return [Anchor.model_validate_json(line) for line in lines]
