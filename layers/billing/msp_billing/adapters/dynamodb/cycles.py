"""Period locks, which are the cycles, and approvals."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from msp_billing.adapters.dynamodb.bodies import DAMAGED, what_is_wrong
from msp_billing.adapters.dynamodb.table import Item, Key, Table, pack, unpack
from msp_billing.domain.cycles import Cycle, CycleId, CycleState, counts_anew
from msp_billing.domain.periods import Period
from msp_billing.usecases.errors import CycleUnreadableError, LockLostError
from msp_billing.usecases.records import Approval

_MOST_UNSETTLED = 300
"""Of one provider: those that are open or failed come first, and of these there are few."""


def cycle_pk(cycle: CycleId) -> str:
    """The partition of everything that belongs to one cycle."""
    return f"CYCLE#{cycle.provider}#{cycle.run}#{cycle.period}"


class DynamoCycleStore:
    """Cycles. Their item is the permanent lock, without expiry (docs/faults.md, 4 and 45)."""

    def __init__(self, table: Table) -> None:
        self._table = table

    def find(self, cycle: CycleId) -> Cycle | None:
        """The cycle, read consistently, or None."""
        item = self._table.get(_lock_key(cycle))
        return _cycle(item) if item else None

    def find_many(
        self,
        cycles: Sequence[CycleId],
        unreadable: Callable[[CycleId, CycleUnreadableError], None] | None = None,
    ) -> dict[CycleId, Cycle]:
        """Those of the cycles that exist."""
        known: dict[CycleId, Cycle] = {}
        for item in self._table.get_many(_lock_key(cycle) for cycle in cycles).values():
            try:
                cycle = _cycle(item)
            except CycleUnreadableError as error:
                if unreadable is None:
                    raise
                unreadable(_id_of(item["pk"]), error)
            else:
                known[cycle.id] = cycle
        return known

    def unsettled(self, provider: str, *, open_only: bool = False) -> tuple[CycleId, ...]:
        """The cycles that are not settled; those that are open first, then those that failed."""
        since = CycleState.OPEN if open_only else CycleState.CLOSED  # the first by the alphabet
        keys = self._table.query_index_down(_unsettled_pk(provider), since.value, _MOST_UNSETTLED)
        return tuple(_id_of(pk) for pk, _ in keys)

    def take_lock(self, cycle: Cycle) -> Cycle:
        """Open a cycle once, ever; a failed one may be taken over.

        It keeps what it pinned and counted, unless that is what it failed for: see
        :func:`msp_billing.domain.cycles.counts_anew`.

        A put whose answer was lost fails its condition on the retry although the lock is ours;
        the owner token in what is returned tells the two apart.
        """
        existing = self._table.put(lock_item(cycle), "attribute_not_exists(pk)")
        if existing is None:
            return cycle
        held = _cycle(existing)
        if held.state is not CycleState.FAILED or held.owner == cycle.owner:
            return held
        attempt = held.attempt + 1
        if counts_anew(held):
            taken = cycle.model_copy(update={"attempt": attempt, "count_attempt": attempt})
        else:
            taken = held.model_copy(
                update={
                    "owner": cycle.owner,
                    "code": cycle.code,
                    "state": CycleState.OPEN,
                    "attempt": attempt,
                    "failure": None,
                    "error": None,
                }
            )
        now = self._table.put(
            lock_item(taken),
            "cycle_owner = :owner AND cycle_state = :failed",
            owner=held.owner,
            failed=CycleState.FAILED.value,
        )
        return taken if now is None else _cycle(now)

    def update(self, cycle: Cycle) -> None:
        """Store a cycle's new state. Raises LockLostError when another owner holds it.

        Only an open cycle moves on: a step that comes late, after the failure of its execution
        was recorded, must not make the cycle look alive again. The same state may be stored
        again, as a retry does.
        """
        standing = self._table.put(
            lock_item(cycle),
            "cycle_owner = :owner AND (cycle_state = :open OR cycle_state = :new)",
            owner=cycle.owner,
            open=CycleState.OPEN.value,
            new=cycle.state.value,
        )
        if standing is not None:
            raise LockLostError(f"{cycle.id} is not open and held by {cycle.owner}")

    def put_approval(self, cycle: CycleId, approval: Approval) -> None:
        """Store that a person is asked."""
        self._table.put(_approval_item(cycle, approval))

    def record_decision(self, cycle: CycleId, approval: Approval) -> Approval:
        """Store what a person decided, once per question. Returns the decision that stands.

        A question is known by its task token: one that was asked anew meanwhile is not answered.
        """
        standing = self._table.put(
            _approval_item(cycle, approval),
            "attribute_not_exists(decision) AND task_token = :token",
            token=approval.task_token,
        )
        return approval if standing is None else _approval(standing)

    def approval(self, cycle: CycleId) -> Approval | None:
        """What was asked and decided."""
        item = self._table.get((cycle_pk(cycle), "APPROVAL"))
        return _approval(item) if item else None


def _lock_key(cycle: CycleId) -> Key:
    return (cycle_pk(cycle), "LOCK")


def _approval_item(cycle: CycleId, approval: Approval) -> Item:
    return {
        "pk": cycle_pk(cycle),
        "sk": "APPROVAL",
        "task_token": approval.task_token,
        "decision": approval.decision,
        "body": pack(approval.model_dump_json()),
    }


def _approval(item: Item) -> Approval:
    return Approval.model_validate_json(unpack(item["body"]))


def lock_item(cycle: Cycle) -> Item:
    """A cycle as it is stored; the index has it while it is not settled."""
    item = {
        "pk": cycle_pk(cycle.id),
        "sk": "LOCK",
        "cycle_owner": cycle.owner,
        "cycle_state": cycle.state.value,
        "body": pack(cycle.model_dump_json()),
    }
    if not cycle.is_settled:
        item["gsi1pk"] = _unsettled_pk(cycle.id.provider)
        item["gsi1sk"] = f"{cycle.state.value}#{cycle.id.period}#{cycle.id.run}"
    return item


def _unsettled_pk(provider: str) -> str:
    return f"UNSETTLED_CYCLES#{provider}"


def _id_of(pk: str) -> CycleId:
    """The cycle whose partition this is: see :func:`cycle_pk`."""
    _, provider, run, period = pk.split("#")
    return CycleId(provider=provider, run=run, period=Period.parse(period))


def _cycle(item: Item) -> Cycle:
    try:
        return Cycle.model_validate_json(unpack(item["body"]))
    except DAMAGED as error:
        raise CycleUnreadableError(str(_id_of(item["pk"])), what_is_wrong(error)) from error
