"""Cycles that a restored table does not know as they are: held for a person, and not run again.

The daily sweep starts every cycle that should have opened and has no lock, and a lock that is open
invites somebody to go on. Both would bill a month again whose invoices customers may have. So each
such cycle gets the lock that the other table has, marked as failed: that is left to a person.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from msp_billing.adapters.dynamodb.cycles import lock_item
from msp_billing.domain.cycles import Cycle, CycleState

if TYPE_CHECKING:
    from msp_billing.adapters.dynamodb.table import Table
    from msp_billing.usecases.ports.stored import Item, StoredItems

HELD = "RestoredToEarlierTime"
"""The name of the error that such a cycle has failed with."""

_AT_ONCE = 100


def hold_cycles(
    live: StoredItems, restored: StoredItems, table: Table, restored_to: str
) -> Iterator[str]:
    """Mark the cycles that are not as the live table has them, or are open; name each.

    Going on with one takes what was sealed for it: its accounts and counts are as they were.
    """
    for page in live.pages():
        locks = [item for item in page.items if item["sk"] == "LOCK"]
        for start in range(0, len(locks), _AT_ONCE):
            some = locks[start : start + _AT_ONCE]
            known = restored.get_many((item["pk"], item["sk"]) for item in some)
            for item in some:
                before = known.get((item["pk"], item["sk"]))
                if _is_the_same(item, before) or _is_held(restored, before):
                    continue
                yield _hold(live, table, item, before, restored_to)


def _is_the_same(item: Item, before: Item | None) -> bool:
    """Whether both tables have a cycle that is over, in the same way."""
    if before is None or before["cycle_state"] == CycleState.OPEN.value:
        return False
    return bool(before["cycle_state"] == item["cycle_state"])


def _is_held(restored: StoredItems, before: Item | None) -> bool:
    if before is None:
        return False
    return Cycle.model_validate_json(restored.document(before) or "").error == HELD


def _hold(
    live: StoredItems, table: Table, item: Item, before: Item | None, restored_to: str
) -> str:
    cycle = Cycle.model_validate_json(live.document(item) or "")
    was = "not open" if before is None else before["cycle_state"]
    held = cycle.model_copy(
        update={
            "state": CycleState.FAILED,
            "error": HELD,
            "failure": f"The table was restored to {restored_to}, when this cycle was {was}; it "
            f"was {cycle.state.value} when it was restored. What it sent since is not in the "
            "table. See docs/recovery.md before it is started again.",
            "closed_at": None,
            "summary": {},
        }
    )
    if before is None:
        table.put(lock_item(held), "attribute_not_exists(pk)")
    else:
        table.put(lock_item(held), "cycle_state = :was", was=before["cycle_state"])
    return f"{cycle.id.provider}/{cycle.id.run}/{cycle.id.period}"
