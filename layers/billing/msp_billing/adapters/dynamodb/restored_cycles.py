"""Cycles that a restored table does not know as they are: held for a person, and not run again.

The daily sweep starts every cycle that should have opened and has no lock, and a lock that is open
invites somebody to go on. Both would bill a month again whose invoices customers may have. So each
such cycle gets the lock that the other table has, marked as failed: that is left to a person.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from typing import TYPE_CHECKING

from pydantic import ValidationError

from msp_billing.adapters.dynamodb.cycles import lock_item
from msp_billing.domain.cycles import Cycle, CycleState
from msp_billing.usecases.ports.stored import DamagedItemError
from msp_billing.usecases.restoring.holding import HELD

if TYPE_CHECKING:
    from msp_billing.adapters.dynamodb.table import Table
    from msp_billing.usecases.ports.stored import Item, StoredItems

_AT_ONCE = 100


def hold_cycles(
    live: StoredItems,
    restored: StoredItems,
    table: Table,
    why: str,
    unreadable: Callable[[Item], None],
) -> Iterator[str]:
    """Mark the cycles that the live table has otherwise, or that are open; name each.

    Going on with one takes what was sealed for it: its accounts and counts are as they were. A
    cycle that is closed stays so, whatever the live table says: it was billed.

    Args:
        why: how the restored table came to take the place of the live one, as a sentence begins.
        unreadable: takes the locks that cannot be read in the live table, which may be why it is
            restored, and that the restored one does not have: for :func:`keep_out`.
    """
    for page in live.pages():
        locks = [item for item in page.items if item["sk"] == "LOCK"]
        for start in range(0, len(locks), _AT_ONCE):
            some = locks[start : start + _AT_ONCE]
            known = restored.get_many((item["pk"], item["sk"]) for item in some)
            for item in some:
                before = known.get((item["pk"], item["sk"]))
                if _is_the_same(item, before):
                    continue
                now, was = _read(live, item), _read(restored, before)
                if now is None:
                    if before is None:
                        unreadable(item)
                    elif was is not None and was.error != HELD:
                        yield _hold_as_it_was(table, item, before, was)
                    # Where neither can be read, the lock that is there keeps everybody out.
                elif not _is_left(was, now):
                    yield _hold_as_it_is(live, table, item, before, now, why)


def keep_out(table: Table, locks: Iterable[Item]) -> Iterator[str]:
    """Give the restored table locks that cannot be read, where it has none by now; name each.

    Whoever comes to such a cycle fails aloud, and nothing is billed, until a person has put it
    right.
    """
    for lock in locks:
        if table.put(lock, "attribute_not_exists(pk)") is None:
            yield _unreadable(lock)


def _is_the_same(item: Item, before: Item | None) -> bool:
    """Whether a cycle is over in the restored table, and nothing of it came later.

    One that had failed may have been started again, have sent invoices, and have failed again.
    """
    if before is None or before.get("cycle_state") == CycleState.OPEN.value:
        return False
    return before.get("cycle_state") == CycleState.CLOSED.value or before == item


def _is_left(was: Cycle | None, now: Cycle) -> bool:
    """Whether a cycle is held already, or was merely held by the other table since it had failed.

    On the way back to a table the reason that a cycle had failed for is worth more: it says whether
    going on with it counts anew.
    """
    if was is None or was.error == HELD:
        return was is not None
    return was.state is CycleState.FAILED and now.error == HELD and now.attempt <= was.attempt


def _read(items: StoredItems, lock: Item | None) -> Cycle | None:
    """The cycle of a lock; None where there is none that can be read."""
    if lock is None:
        return None
    try:
        return Cycle.model_validate_json(items.document(lock) or "")
    except (ValidationError, DamagedItemError):
        return None


def _hold_as_it_is(
    live: StoredItems, table: Table, item: Item, before: Item | None, now: Cycle, why: str
) -> str:
    was = "not open" if before is None else before.get("cycle_state", "damaged")
    _keep_versions(live, table, now)
    held = now.model_copy(
        update={
            "state": CycleState.FAILED,
            "error": HELD,
            "failure": f"{why}, when this cycle was {was}; it was {now.state.value} in the table "
            "in use. What it sent since is not in this one. See docs/recovery.md before it is "
            "started again.",
            "closed_at": None,
            "summary": {},
        }
    )
    _put(table, lock_item(held), before)
    return _name(item)


def _hold_as_it_was(table: Table, item: Item, before: Item, was: Cycle) -> str:
    """Hold a cycle whose lock cannot be read in the live table."""
    failure = "The lock of this cycle cannot be read in the table that was restored from: what "
    failure += "it sent is not known. See docs/recovery.md before it is started again."
    update = {"state": CycleState.FAILED, "error": HELD, "failure": failure}
    _put(table, lock_item(was.model_copy(update=update)), before)
    return _unreadable(item)


def _put(table: Table, lock: Item, before: Item | None) -> None:
    if before is None:
        table.put(lock, "attribute_not_exists(pk)")
    elif "cycle_state" in before:
        table.put(lock, "cycle_state = :was", was=before["cycle_state"])
    else:
        table.put(lock, "attribute_not_exists(cycle_state)")


def _unreadable(item: Item) -> str:
    return f"{_name(item)} (its lock cannot be read)"


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
