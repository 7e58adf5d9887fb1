"""Sealing the snapshot: accounts and readings in batches, with hashes, listed in a manifest."""

from __future__ import annotations

import gzip
from typing import TYPE_CHECKING

from msp_billing.domain.base import Frozen
from msp_billing.domain.seals import seal
from msp_billing.domain.snapshots import AccountSnapshot, SnapshotBatch, SnapshotPart
from msp_billing.usecases.batches import ACCOUNTS_PER_BATCH, in_groups
from msp_billing.usecases.context import CycleRequest, count_prefix, load_context
from msp_billing.usecases.manifest import ManifestLine
from msp_billing.usecases.moments import MomentPart, MomentRecord, load_moment, moment_key

if TYPE_CHECKING:
    from msp_billing.domain.cycles import Cycle
    from msp_billing.usecases.ports import Ports

MAX_UNKNOWN_CUSTOMERS = 100
"""How many names the cycle keeps; a person who sees so many looks into the export anyway."""


class SealResult(Frozen):
    """Where the manifest is, which the state machine maps over."""

    manifest_key: str
    batches: int
    accounts: int
    unknown_customers: int


def seal_snapshot(ports: Ports, request: CycleRequest) -> SealResult:
    """Freeze the book and the readings of all moments into sealed batches.

    Idempotent: a cycle that has its manifest keeps it, because the book may have changed since.
    The time of sealing is kept before the book is read: reconciling looks closer at every account
    that was applied since, and an account must not slip in between.
    """
    context = load_context(ports, request)
    cycle = context.cycle
    if cycle.sealed_at is None:
        cycle = cycle.model_copy(update={"sealed_at": ports.clock.now()})
        ports.cycles.update(cycle)
    manifest_key = f"{count_prefix(cycle)}/manifest.jsonl"
    stored = ports.records.find(manifest_key)
    if stored is None or cycle.manifest_key is None:
        moments = [
            load_moment(ports.records.get(moment_key(cycle, planned.moment)))
            for planned in cycle.plan.moments
        ]
        if stored is None:
            folder = f"{count_prefix(cycle)}/snapshot"
            stored = write_batches(ports, cycle, moments, folder)
            ports.records.put_once(manifest_key, stored, "application/x-ndjson")
        unknown = tuple(sorted({name for moment in moments for name in moment.unmatched}))
        cycle = cycle.model_copy(
            update={
                "manifest_key": manifest_key,
                "unknown_customers": unknown[:MAX_UNKNOWN_CUSTOMERS],
            }
        )
        ports.cycles.update(cycle)
    lines = [ManifestLine.model_validate_json(line) for line in stored.splitlines()]
    return SealResult(
        manifest_key=manifest_key,
        batches=len(lines),
        accounts=sum(len(line.accounts) for line in lines),
        unknown_customers=len(cycle.unknown_customers),
    )


def write_batches(ports: Ports, cycle: Cycle, moments: list[MomentRecord], folder: str) -> bytes:
    """Store every batch and return the manifest: one JSON line per batch.

    A batch holds its accounts, and names the parts of each moment that hold their readings. The
    manifest alone says which batches there are. Their keys hold part of their hash, so that an
    attempt that stopped halfway leaves nothing in the way of one that finds another book.
    """
    parts_of: dict[str, list[MomentPart]] = {}
    for moment in moments:
        for part in moment.parts:
            for account in part.accounts:
                parts_of.setdefault(account, []).append(part)
    lines: list[str] = []
    book = (entry.account for entry in ports.book.entries(cycle.id.provider))
    for number, group in enumerate(in_groups(book, ACCOUNTS_PER_BATCH)):
        names = [account.account for account in group]
        claims = ports.invoices.claims(cycle.id.provider, names)
        # Made of models that were checked when they were read: a large book is not checked twice.
        batch = SnapshotBatch.model_construct(
            provider=cycle.id.provider,
            run=cycle.id.run,
            period=cycle.id.period,
            batch=number,
            accounts=tuple(
                AccountSnapshot.model_construct(
                    account=account, readings=(), claims=claims[account.account]
                )
                for account in group
            ),
            parts=_parts_in_order(moments, [parts_of.get(name, []) for name in names]),
        )
        content = gzip.compress(batch.model_dump_json().encode(), mtime=0)
        name = f"batch-{number:05d}-{seal(content)[:16]}.json.gz"
        sealed = ports.records.put_once(f"{folder}/{name}", content, "application/gzip")
        line = ManifestLine(
            batch=number, key=sealed.key, sha256=sealed.sha256, accounts=tuple(names)
        )
        lines.append(line.model_dump_json())
    return ("\n".join(lines) + "\n").encode() if lines else b""


def _parts_in_order(
    moments: list[MomentRecord], of_accounts: list[list[MomentPart]]
) -> tuple[SnapshotPart, ...]:
    """The parts that hold these accounts, by moment; nearly always one of each."""
    order = {moment.moment: number for number, moment in enumerate(moments)}
    parts = {part.key: part for parts in of_accounts for part in parts}
    return tuple(
        SnapshotPart(moment=part.moment, key=part.key, sha256=part.sha256)
        for part in sorted(parts.values(), key=lambda part: (order[part.moment], part.key))
    )
