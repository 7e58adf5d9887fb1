"""Snapshots: the counts of one moment, sealed, so that a month can be replayed."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any

from pydantic import Field, PlainSerializer, PlainValidator

from msp_billing.domain.accounts import Account
from msp_billing.domain.base import Frozen, Identifier
from msp_billing.domain.feeds.definitions import FeedRow, FeedSeal
from msp_billing.domain.feeds.tables import FeedTable
from msp_billing.domain.periods import Period
from msp_billing.domain.problems import Problem


def _rows_of(value: Any) -> tuple[FeedRow, ...]:
    """Rows as they are given in code, or as stored: a list of tables."""
    rows: list[FeedRow] = []
    for entry in value:
        if isinstance(entry, FeedRow):
            rows.append(entry)
        else:
            rows.extend(FeedTable.unpacked(entry).rows())
    return tuple(rows)


def _tables_of(rows: tuple[FeedRow, ...]) -> list[dict[str, Any]]:
    return [FeedTable.of_rows(rows).packed()] if rows else []


FeedRows = Annotated[
    tuple[FeedRow, ...], PlainValidator(_rows_of), PlainSerializer(_tables_of, list[dict[str, Any]])
]
"""Rows that are stored as tables: see :mod:`msp_billing.domain.feeds.tables`."""


class FeedReading(Frozen):
    """What one feed said about one account at one moment.

    ``problems`` not empty means: unknown. The rows that could be read are then no count at all,
    which is why an account with a problem is parked and never billed on the rest.
    """

    feed: Identifier
    moment: Identifier
    moment_at: datetime = Field(description="The snapshot moment, UTC.")
    seal: FeedSeal | None = Field(description="The file; none when there was no usable one.")
    rows: FeedRows = ()
    problems: tuple[Problem, ...] = ()


class AccountSnapshot(Frozen):
    """Everything that one account's invoice of one period is made from.

    The account itself is part of it: an agreement that is edited later does not rewrite the past.
    """

    account: Account
    readings: tuple[FeedReading, ...]
    claims: dict[str, str] = Field(
        default_factory=dict,
        description="One-time charges that a cycle bills already: the charge's id, and run/period.",
    )

    def reading(self, feed: str, moment: str) -> FeedReading | None:
        """The reading of a feed at a moment, or None when it was not taken."""
        for entry in self.readings:
            if (entry.feed, entry.moment) == (feed, moment):
                return entry
        return None


class SnapshotPart(Frozen):
    """Where readings of a moment are stored, sealed by their hash."""

    moment: Identifier
    key: str
    sha256: str


class SnapshotBatch(Frozen):
    """The sealed snapshot of one batch of accounts.

    As it is stored, the readings of its accounts are in the parts that it names by their hash:
    what seals the batch seals them too. ``usecases.manifest.load_batch`` puts both together.
    """

    schema_version: int = 2
    provider: Identifier
    run: Identifier
    period: Period
    batch: int = Field(ge=0)
    accounts: tuple[AccountSnapshot, ...]
    parts: tuple[SnapshotPart, ...] = Field(
        default=(), description="The readings of these accounts, moment by moment."
    )
