"""What a table must be told of the one in use before a stack goes on with it.

``mspbill restore`` tells it once. The stack goes on billing with its own table after that, for an
hour or for days, so ``mspbill use-table`` tells it again at the last moment.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

import boto3

from msp_billing.adapters.dynamodb.restored_charges import keep_charges
from msp_billing.adapters.dynamodb.restored_cycles import hold_cycles
from msp_billing.adapters.dynamodb.restored_mails import keep_mails
from msp_billing.adapters.dynamodb.restored_numbers import pass_over_all
from msp_billing.adapters.dynamodb.table import Table
from msp_billing.usecases.restoring.holding import hold_by_seals

if TYPE_CHECKING:
    from msp_billing.adapters.dynamodb.restored_numbers import LostNumbers
    from mspbill.stored_table import StoredTable


def pass_over_numbers(
    in_use: StoredTable, following: StoredTable, why: str
) -> Iterator[LostNumbers]:
    """Raise the following table's counters over every number that was given out, and name these."""
    yield from pass_over_all(
        Table(boto3.client("dynamodb"), following.name),
        in_use.items,
        (in_use.ports.policies, following.ports.policies),
        following.ports.records,
        in_use.ports.clock.now(),
        why,
    )


def hold_cycles_of(in_use: StoredTable, following: StoredTable, why: str) -> Iterator[str]:
    """Hold the cycles that the following table does not know as they are, and name them."""
    table = Table(boto3.client("dynamodb"), following.name)
    yield from hold_cycles(in_use.items, following.items, table, why)
    ports = following.ports
    for provider in ports.policies.providers():
        for cycle in hold_by_seals(ports, provider, why):
            yield f"{provider}/{cycle.run}/{cycle.period} (no table knows it)"


def keep_charges_of(in_use: StoredTable, following: StoredTable, why: str) -> Iterator[str]:
    """Keep the one-time charges as billed that were billed since, and name them by provider."""
    client = boto3.client("dynamodb")
    live, table = Table(client, in_use.name), Table(client, following.name)
    for provider in following.ports.policies.providers():
        for charge in keep_charges(live, table, provider, why):
            yield f"{provider}: {charge.replace('#', ' ', 1)}"


def keep_mails_of(in_use: StoredTable, following: StoredTable) -> Iterator[str]:
    """Keep what became of mails since, so that none is sent again by itself, and name them."""
    table = Table(boto3.client("dynamodb"), following.name)
    yield from keep_mails(in_use.items, following.items, table)
