"""Which cycles the index knows: those that somebody may have to do something about."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, date, datetime
from typing import Any, Protocol

import pytest

from msp_billing.adapters.dynamodb.cycles import DynamoCycleStore, lock_item
from msp_billing.adapters.dynamodb.table import Table, pack
from msp_billing.domain.cycles import Cycle, CycleId, CyclePlan, CycleState
from msp_billing.domain.periods import Period
from msp_billing.usecases.errors import CycleUnreadableError
from tests.fakes.cycles import FakeCycles
from tests.unit.adapters.bare_tables import bare_tables

AT = datetime(2026, 9, 1, 10, tzinfo=UTC)
OWNER = "arn:execution"


class Cycles(Protocol):
    def update(self, cycle: Cycle) -> None: ...

    def unsettled(self, provider: str, *, open_only: bool = False) -> tuple[CycleId, ...]: ...


class Taking(FakeCycles):
    def take_lock(self, cycle: Cycle) -> Cycle:
        self.put(cycle)
        return cycle


@pytest.fixture(params=["table", "fakes"])
def cycles(request: pytest.FixtureRequest) -> Iterator[Any]:
    if request.param == "fakes":
        yield Taking()
        return
    with bare_tables("billing") as client:
        yield DynamoCycleStore(Table(client, "billing"))


def opened(cycles: Any, month: int, run: str = "managed", provider: str = "birch") -> Cycle:
    cycle = Cycle(
        id=CycleId(provider=provider, run=run, period=Period(year=2026, month=month)),
        owner=OWNER,
        state=CycleState.OPEN,
        policy_version="1",
        price_book_version="1",
        plan=CyclePlan(
            opens_at=AT,
            moments=(),
            compare_at=AT,
            issue_at=AT,
            invoice_on=AT.date(),
            due_on=None,
            charges_until=date(2026, 9, 30),
        ),
        opened_at=AT,
    )
    held: Cycle = cycles.take_lock(cycle)
    return held


def unsettled(cycles: Cycles, *, open_only: bool = False) -> list[str]:
    return [str(entry) for entry in cycles.unsettled("birch", open_only=open_only)]


def test_a_cycle_is_known_until_it_is_closed(cycles: Any) -> None:
    """The last of its writes takes it out of the index: nobody asks for it for ever after."""
    cycle = opened(cycles, 9)
    assert unsettled(cycles) == unsettled(cycles, open_only=True) == ["birch_managed_2026-09"]
    cycles.update(cycle.model_copy(update={"sealed_at": AT}))
    assert unsettled(cycles) == ["birch_managed_2026-09"]
    cycles.update(cycle.model_copy(update={"state": CycleState.CLOSED, "closed_at": AT}))
    assert unsettled(cycles) == []


def test_open_ones_come_first_then_what_failed_then_who_was_left_out(cycles: Any) -> None:
    ends: dict[int, dict[str, Any]] = {
        6: {"state": CycleState.CLOSED, "parked": ("alder",)},
        7: {"state": CycleState.FAILED},
        8: {"state": CycleState.CLOSED},
    }
    for month in range(6, 11):
        cycle = opened(cycles, month)
        if month in ends:
            cycles.update(cycle.model_copy(update=ends[month]))
    opened(cycles, 9, run="projects")
    opened(cycles, 9, provider="birch-two")
    still_open = ["birch_managed_2026-10", "birch_projects_2026-09", "birch_managed_2026-09"]
    assert unsettled(cycles, open_only=True) == still_open
    assert unsettled(cycles) == [*still_open, "birch_managed_2026-07", "birch_managed_2026-06"]


@pytest.mark.parametrize("body", [b"no document", pack("{}")])
def test_a_lock_that_somebody_changed_is_named_and_hides_no_other(body: bytes) -> None:
    with bare_tables("billing") as client:
        table = Table(client, "billing")
        cycles = DynamoCycleStore(table)
        sound, damaged = opened(cycles, 9), opened(cycles, 10)
        table.put({**lock_item(damaged), "body": body})
        with pytest.raises(CycleUnreadableError, match="how birch_managed_2026-10 stands"):
            cycles.find(damaged.id)
        with pytest.raises(CycleUnreadableError):
            cycles.find_many([sound.id, damaged.id])
        told: dict[CycleId, Exception] = {}
        assert cycles.find_many([sound.id, damaged.id], told.__setitem__) == {sound.id: sound}
        assert list(told) == [damaged.id]
