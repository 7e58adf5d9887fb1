"""Drafts in transactions: what puts them, what takes away those of an earlier attempt."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from msp_billing.adapters.dynamodb.cycles import cycle_pk
from msp_billing.adapters.dynamodb.numbering import DRAFT
from msp_billing.adapters.dynamodb.table import (
    MAX_TRANSACTION_ACTIONS,
    MAX_TRANSACTION_BYTES,
    Item,
    Key,
    encode,
    encode_key,
    encode_values,
)
from msp_billing.domain.cycles import CycleId
from msp_billing.domain.invoices import InvoiceId

if TYPE_CHECKING:
    from msp_billing.domain.outcomes import AccountOutcome
    from msp_billing.usecases.records import AccountRecord

Action = dict[str, Any]

_ITEM_OVERHEAD_BYTES = 1000  # keys, ids and addresses beside the body, generously


def fits(actions: int, size_bytes: int) -> bool:
    """Whether so many actions of so many bytes are no more than a transaction takes."""
    return actions <= MAX_TRANSACTION_ACTIONS and size_bytes <= MAX_TRANSACTION_BYTES


def size_of(action: Action) -> int:
    """About how many bytes an action adds to its transaction."""
    item = action.get("Put", {}).get("Item", {})
    return len(item.get("body", {}).get("B", b"")) + _ITEM_OVERHEAD_BYTES


def put_action(item: Item) -> Action:
    """What puts a record, or a draft where no numbered invoice stands."""
    action: dict[str, Any] = {"Item": encode(item)}
    if "invoice_state" in item:
        action["ConditionExpression"] = "attribute_not_exists(pk) OR invoice_state = :draft"
        action["ExpressionAttributeValues"] = encode_values({"draft": DRAFT})
    return {"Put": action}


def removals(cycle: CycleId, outcome: AccountOutcome, before: AccountRecord | None) -> list[Action]:
    """Drafts of an earlier attempt that the account has no more: they must not be numbered."""
    if before is None or before.revision != outcome.revision:
        return []  # what stands is issued, and voided by its credit notes
    kept = {invoice.id.part for invoice in outcome.invoices}
    return [
        {
            "Delete": {
                "Key": encode_key(_key(cycle, outcome.account, part, before.revision)),
                "ConditionExpression": "attribute_not_exists(pk) OR invoice_state = :draft",
                "ExpressionAttributeValues": encode_values({"draft": DRAFT}),
            }
        }
        for part in before.parts
        if part not in kept
    ]


def invoice_key(invoice: InvoiceId) -> Key:
    """Where an invoice is stored, numbered or not: in its cycle's partition."""
    cycle = CycleId(provider=invoice.provider, run=invoice.run, period=invoice.period)
    return _key(cycle, invoice.account, invoice.part, invoice.revision)


def _key(cycle: CycleId, account: str, part: str, revision: int) -> Key:
    again = "" if revision == 1 else f"#r{revision}"
    return (cycle_pk(cycle), f"INVOICE#{account}#{part}{again}")
