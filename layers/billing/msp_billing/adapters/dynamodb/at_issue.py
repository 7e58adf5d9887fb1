"""What is frozen with issued invoices: an item beside each, in its cycle's partition."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from msp_billing.adapters.dynamodb.cycles import cycle_pk
from msp_billing.domain.at_issue import InvoiceAtIssue
from msp_billing.domain.cycles import CycleId

if TYPE_CHECKING:
    from msp_billing.adapters.dynamodb.bodies import Bodies
    from msp_billing.adapters.dynamodb.table import Item, Key, Table
    from msp_billing.domain.invoices import InvoiceId


class DynamoAtIssueStore:
    """Written 25 at a time without a condition: whoever works it out again gets the same."""

    def __init__(self, table: Table, bodies: Bodies) -> None:
        self._table = table
        self._bodies = bodies

    def put_many(self, entries: Sequence[InvoiceAtIssue]) -> None:
        """Store what is frozen with these invoices."""
        self._table.put_many([self._item(entry) for entry in entries])

    def find_many(self, ids: Sequence[InvoiceId]) -> dict[InvoiceId, InvoiceAtIssue]:
        """What is frozen with those of the invoices that have it, read consistently."""
        found = self._table.get_many(_key(entry) for entry in ids)
        return {
            entry: InvoiceAtIssue.model_validate_json(self._bodies.read(found[key]))
            for entry in ids
            if (key := _key(entry)) in found
        }

    def _item(self, entry: InvoiceAtIssue) -> Item:
        pk, sk = _key(entry.invoice)
        prefix = f"{entry.invoice.provider}/{entry.invoice.run}/{entry.invoice.period}/at-issue"
        return {"pk": pk, "sk": sk, **self._bodies.attributes(entry.model_dump_json(), prefix)}


def _key(invoice: InvoiceId) -> Key:
    cycle = CycleId(provider=invoice.provider, run=invoice.run, period=invoice.period)
    return (cycle_pk(cycle), f"AT_ISSUE#{invoice.account}#{invoice.mail_part}")
