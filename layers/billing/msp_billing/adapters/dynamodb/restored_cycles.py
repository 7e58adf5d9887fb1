"""Cycles that a restored table does not know as they are: held for a person, and not run again.

The daily sweep starts every cycle that should have opened and has no lock, and a lock that is open
invites somebody to go on. Both would bill a month again whose invoices customers may have. So each
such cycle gets the lock that the other table has, marked as failed: that is left to a person.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from pydantic import ValidationError

from msp_billing.adapters.dynamodb.cycles import lock_item
from msp_billing.adapters.dynamodb.table import unpack
from msp_billing.domain.cycles import Cycle, CycleState
from msp_billing.usecases.ports.stored import DamagedItemError
from msp_billing.usecases.restoring.holding import HELD

if TYPE_CHECKING:
    from msp_billing.adapters.dynamodb.table import Table
    from msp_billing.usecases.ports.stored import Item, StoredItems

_AT_ONCE = 100


def hold_cycles(live: StoredItems, restored: StoredItems, table: Table, why: str) -> Iterator[str]:
    """Mark the cycles that the live table has otherwise, or that are open; name each.

    Going on with one takes what was sealed for it: its accounts and counts are as they were. A
    cycle that is closed stays so, whatever the live table says: it was billed.

    Args:
        why: how the restored table came to take the place of the live one, as a sentence begins.
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
                yield _hold(live, table, item, before, why)


def _is_the_same(item: Item, before: Item | None) -> bool:
    """Whether a cycle is over in the restored table, and nothing of it came later.

    One that had failed may have been started again, have sent invoices, and have failed again.
    """
    if before is None or before["cycle_state"] == CycleState.OPEN.value:
        return False
    return before["cycle_state"] == CycleState.CLOSED.value or before == item


def _is_held(restored: StoredItems, before: Item | None) -> bool:
    if before is None:
        return False
    return Cycle.model_validate_json(restored.document(before) or "").error == HELD


def _hold(live: StoredItems, table: Table, item: Item, before: Item | None, why: str) -> str:
    was = "not open" if before is None else before["cycle_state"]
    try:
        cycle = Cycle.model_validate_json(live.document(item) or "")
    except (ValidationError, DamagedItemError):
        return _keep_out(table, item, before)
    _keep_versions(live, table, cycle)
    held = cycle.model_copy(
        update={
            "state": CycleState.FAILED,
            "error": HELD,
            "failure": f"{why}, when this cycle was {was}; it was {cycle.state.value} in the table "
            "in use. What it sent since is not in this one. See docs/recovery.md before it is "
            "started again.",
            "closed_at": None,
            "summary": {},
        }
    )
    _put(table, lock_item(held), before)
    return _name(item)


def _keep_out(table: Table, item: Item, before: Item | None) -> str:
    """Hold a cycle whose lock cannot be read in the live table, which may be why it is restored.

    One that the restored table has not opened gets the lock as it is: whoever comes to it fails
    aloud, and nothing is billed, until a person has put it right.
    """
    if before is None:
        _put(table, item, before)
    else:
        opened = Cycle.model_validate_json(unpack(before["body"]))
        failure = "The lock of this cycle cannot be read in the table that was restored from: what "
        failure += "it sent is not known. See docs/recovery.md before it is started again."
        update = {"state": CycleState.FAILED, "error": HELD, "failure": failure}
        _put(table, lock_item(opened.model_copy(update=update)), before)
    return f"{_name(item)} (its lock cannot be read)"


def _put(table: Table, lock: Item, before: Item | None) -> None:
    if before is None:
        table.put(lock, "attribute_not_exists(pk)")
    else:
        table.put(lock, "cycle_state = :was", was=before["cycle_state"])


def _name(item: Item) -> str:
    """The cycle of a lock: "provider/run/period"."""
    return str(item["pk"]).partition("#")[2].replace("#", "/")


def _keep_versions(live: StoredItems, table: Table, cycle: Cycle) -> None:
    """Bring what a cycle pinned, if it was applied since: without it nobody could look at it.

    A version never changes, and no cycle opens with one that is not current.
    """
    pk = f"PROVIDER#{cycle.id.provider}"
    pinned = f"POLICY#{cycle.policy_version}", f"PRICE_BOOK#{cycle.price_book_version}"
    for version in live.get_many((pk, sk) for sk in pinned).values():
        table.put(version, "attribute_not_exists(pk)")
