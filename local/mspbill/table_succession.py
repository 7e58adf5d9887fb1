"""What a table must be told of the one in use before a stack goes on with it.

``mspbill restore`` tells it once. The stack goes on billing with its own table after that, for an
hour or for days, so ``mspbill use-table`` tells it again before the change, and once more after it.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import boto3

from msp_billing.adapters.dynamodb.restored_charges import keep_charges
from msp_billing.adapters.dynamodb.restored_cycles import hold_cycles, keep_out
from msp_billing.adapters.dynamodb.restored_mails import keep_mails
from msp_billing.adapters.dynamodb.restored_numbers import pass_over_all
from msp_billing.adapters.dynamodb.table import Table
from msp_billing.adapters.mails.mail_text import counted
from msp_billing.usecases.restoring.holding import hold_by_seals

if TYPE_CHECKING:
    from msp_billing.usecases.ports.stored import Item
    from mspbill.stored_table import StoredTable


@dataclass(frozen=True)
class CaughtUp:
    """What a table was told; each is done already when it is asked for again."""

    numbers: tuple[str, ...] = ()
    cycles: tuple[str, ...] = ()
    charges: tuple[str, ...] = ()
    mails: int = 0

    def __add__(self, later: CaughtUp) -> CaughtUp:
        return CaughtUp(
            self.numbers + later.numbers,
            self.cycles + later.cycles,
            self.charges + later.charges,
            self.mails + later.mails,
        )

    def as_data(self) -> dict[str, Any]:
        """For a program."""
        return {
            "numbers_passed_over": list(self.numbers),
            "cycles_held": list(self.cycles),
            "charges_kept": list(self.charges),
            "mails_kept": self.mails,
        }

    def sentences(self) -> Iterator[str]:
        """For a person."""
        for row in self.numbers:
            yield f"{row}: given out since, and passed over."
        for cycle in self.cycles:
            yield f"{cycle}: held as failed, so that nothing bills it again by itself."
        if self.charges:
            charges = counted(len(self.charges), "one-time charge")
            yield f"Billed since, and kept as billed: {charges} (--json lists them)."
        if self.mails:
            yield f"Sent or settled since, and not sent again: {counted(self.mails, 'mail')}."


def catch_up(in_use: StoredTable, following: StoredTable, why: str) -> CaughtUp:
    """Tell the following table what it does not know; nothing where it is the one in use.

    Numbers that were given out are passed over, cycles that went on are held, one-time charges that
    were billed stay billed, and mails that went out are not sent again.

    Args:
        why: how it comes to be the next one, as a sentence begins.
    """
    if in_use.name == following.name:
        return CaughtUp()
    client = boto3.client("dynamodb")
    table, ports = Table(client, following.name), following.ports
    policies = (in_use.ports.policies, ports.policies)
    now = in_use.ports.clock.now()
    lost = pass_over_all(table, in_use.items, policies, ports.records, now, why)
    numbers = [f"{row.provider} {row.series} {row.first} to {row.last}" for row in lost]
    damaged: list[Item] = []
    held = list(hold_cycles(in_use.items, following.items, table, why, damaged.append))
    for provider in list(ports.policies.providers()):
        held += [
            f"{provider}/{cycle.run}/{cycle.period} (no table says how it stands)"
            for cycle in hold_by_seals(ports, provider, why)
        ]
    held += keep_out(table, damaged)
    charges: list[str] = []
    for provider in sorted({name for store in policies for name in store.providers()}):
        kept = keep_charges(Table(client, in_use.name), table, provider, why)
        charges += [f"{provider}: {charge.replace('#', ' ', 1)}" for charge in kept]
    mails = sum(1 for _ in keep_mails(in_use.items, following.items, table))
    return CaughtUp(tuple(numbers), tuple(held), tuple(charges), mails)
