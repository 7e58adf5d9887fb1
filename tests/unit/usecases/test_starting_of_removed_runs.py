"""Cycles of a run that was taken out of the policy: the sweep sees them, and they can go on."""

from __future__ import annotations

from typing import Any

import pytest

from msp_billing.domain.cycles import Cycle, CycleState
from msp_billing.domain.policy import UnknownRunError
from msp_billing.usecases.open_cycle import OpenRequest, open_cycle
from msp_billing.usecases.start_cycle import StartRequest, start_cycle, start_missed_cycles
from tests.unit.usecases.attention import desk

NOW = "2026-09-02T12:00:00"
REQUEST = StartRequest(provider="birch", run="managed", period=desk.SEPTEMBER, started_by="clerk")


def left_behind(*, running: bool = False, **changes: Any) -> Any:
    """Birch's September, after its run was taken out."""
    ports = desk.ports_at(NOW)
    desk.open_cycle(ports, running=running, **changes)
    desk.without_managed(ports)
    return ports


def test_the_sweep_finds_a_cycle_whose_execution_died() -> None:
    """docs/faults.md 19: it is marked as failed, and the bus is told."""
    ports = left_behind()
    result = start_missed_cycles(ports, "birch")
    assert result.healed == ("birch_managed_2026-09",)
    (told,) = ports.bus.of_type("CycleFailed")
    assert told["cycle"] == "birch_managed_2026-09"


def test_the_sweep_leaves_one_that_runs_alone_and_counts_its_hours() -> None:
    ports = left_behind(running=True)
    result = start_missed_cycles(ports, "birch")
    assert (result.healed, result.open_hours) == ((), (26,))


def test_one_that_failed_can_go_on() -> None:
    ports = left_behind(state=CycleState.FAILED)
    assert start_cycle(ports, REQUEST).outcome == "started"
    assert ports.executions.started["birch_managed_2026-09_2"]["run"] == "managed"


def test_one_that_was_never_begun_is_not_begun_any_more() -> None:
    ports = desk.ports_at(NOW)
    desk.without_managed(ports)
    with pytest.raises(UnknownRunError):
        start_cycle(ports, REQUEST)


def test_one_goes_on_although_its_run_came_back_and_begins_later() -> None:
    """What it began with is its own: the first month of the run that came back is no matter."""
    ports = left_behind(state=CycleState.FAILED)
    current = ports.policies.current("birch")
    later = current.model_copy(update={"later_runs": {"managed": desk.SEPTEMBER.shifted(3)}})
    ports.policies.current = lambda _provider: later
    assert start_cycle(ports, REQUEST).outcome == "started"


@pytest.mark.parametrize("error", [None, "TooManyParkedError"])
def test_it_opens_with_what_it_had_pinned(error: str | None) -> None:
    """Also when it counts anew: the policy in force does not say how the run bills."""
    ports = left_behind(state=CycleState.FAILED, error=error, price_book_version="old")
    taken: list[Cycle] = []

    class Schemas:
        def find(self) -> None:
            return None

    def take_lock(cycle: Cycle) -> Cycle:
        taken.append(cycle)
        return cycle

    ports.schemas, ports.cycles.take_lock = Schemas(), take_lock
    opened = open_cycle(
        ports,
        OpenRequest(provider="birch", run="managed", period=desk.SEPTEMBER, owner="arn:second"),
    )
    assert opened.outcome == "opened"
    (wanted,) = taken
    assert (wanted.policy_version, wanted.price_book_version) == ("2026-09", "old")
