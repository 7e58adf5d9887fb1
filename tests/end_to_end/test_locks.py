"""The period lock: whoever holds it works, everybody else finds out."""

from __future__ import annotations

import pytest

from msp_billing.domain.cycles import CycleState
from msp_billing.usecases.close_cycle import FailureRequest, record_failure
from msp_billing.usecases.context import CycleRequest, load_context
from msp_billing.usecases.errors import LockLostError
from msp_billing.usecases.open_cycle import OpenRequest, open_cycle
from tests.end_to_end.small_provider import birch
from tests.end_to_end.stage import SEPTEMBER, Stage, cycle_id

CYCLE = cycle_id()


def open_by(stage: Stage, owner: str) -> str:
    request = OpenRequest(provider="birch", run="managed", period=SEPTEMBER, owner=owner)
    return open_cycle(stage.ports, request).outcome


def fail(stage: Stage, owner: str) -> bool:
    request = FailureRequest(
        provider="birch", run="managed", period=SEPTEMBER, owner=owner, error="E", cause="c"
    )
    return record_failure(stage.ports, request).recorded


@pytest.fixture
def applied(stage: Stage) -> Stage:
    stage.apply(birch().only("cedar"))
    return stage


def test_the_lock_is_ours_although_the_answer_was_lost(applied: Stage) -> None:
    """Botocore repeats the put and meets its own item: the owner token tells whose it is."""
    applied.cloud.lose_answer("dynamodb", "PutItem")
    puts = applied.cloud.request_counts["dynamodb", "PutItem"]
    assert open_by(applied, "first") == "opened"
    assert applied.cloud.request_counts["dynamodb", "PutItem"] == puts + 2
    assert applied.cycle(CYCLE).owner == "first"


def test_the_same_owner_opens_again_and_gets_the_same_plan(applied: Stage) -> None:
    assert open_by(applied, "first") == "opened"
    before = applied.cycle(CYCLE)
    applied.run_until("2026-08-25T10:00:00")  # before the sweep: this owner has no execution
    assert open_by(applied, "first") == "opened"
    assert applied.cycle(CYCLE) == before


def test_another_owner_is_told_that_it_is_under_way(applied: Stage) -> None:
    """docs/faults.md 3."""
    assert open_by(applied, "first") == "opened"
    assert open_by(applied, "second") == "in_progress"
    assert applied.cycle(CYCLE).owner == "first"


def test_a_failed_cycle_is_taken_over_once(applied: Stage) -> None:
    open_by(applied, "first")
    assert fail(applied, "first")
    assert open_by(applied, "second") == "opened"
    assert open_by(applied, "third") == "in_progress"
    cycle = applied.cycle(CYCLE)
    assert (cycle.owner, cycle.attempt, cycle.failure) == ("second", 2, None)


def test_taking_over_is_ours_although_the_answer_was_lost(applied: Stage) -> None:
    open_by(applied, "first")
    fail(applied, "first")
    # The first put fails its condition, as it would anyway; the second takes over.
    applied.cloud.fail_with("dynamodb", "PutItem", "ConditionalCheckFailedException")
    applied.cloud.lose_answer("dynamodb", "PutItem")
    assert open_by(applied, "second") == "opened"
    cycle = applied.cycle(CYCLE)
    assert (cycle.owner, cycle.state, cycle.attempt) == ("second", CycleState.OPEN, 2)


def test_a_step_of_an_owner_that_lost_the_lock_does_nothing(applied: Stage) -> None:
    open_by(applied, "first")
    fail(applied, "first")
    open_by(applied, "second")
    late = CycleRequest(provider="birch", run="managed", period=SEPTEMBER, owner="first")
    with pytest.raises(LockLostError):
        load_context(applied.ports, late)
    for function in (
        "SealSnapshotFunction",
        "ReconcileCycleFunction",
        "CompareCycleFunction",
        "NumberInvoicesFunction",
        "CloseCycleFunction",
    ):
        assert applied.step_error(function, CYCLE, owner="first") == "LockLostError"
    assert not fail(applied, "first")
    assert applied.cycle(CYCLE).state is CycleState.OPEN


def test_a_late_step_does_not_bring_a_failed_cycle_back_to_life(applied: Stage) -> None:
    """A step read the cycle while it was open and stores it after the failure was recorded."""
    open_by(applied, "first")
    read_before = applied.cycle(CYCLE)
    fail(applied, "first")
    for state in (CycleState.OPEN, CycleState.CLOSED):
        with pytest.raises(LockLostError):
            applied.ports.cycles.update(read_before.model_copy(update={"state": state}))
    assert applied.cycle(CYCLE).state is CycleState.FAILED


def test_a_closed_cycle_is_never_opened_failed_or_taken(applied: Stage) -> None:
    open_by(applied, "first")
    closed = applied.cycle(CYCLE).model_copy(update={"state": CycleState.CLOSED})
    applied.ports.cycles.update(closed)
    applied.ports.cycles.update(closed)  # a retry after a lost answer
    assert not fail(applied, "first")
    assert open_by(applied, "second") == "already_done"
    assert open_by(applied, "first") == "already_done"
    with pytest.raises(LockLostError):
        applied.ports.cycles.update(closed.model_copy(update={"state": CycleState.OPEN}))
    assert applied.cycle(CYCLE) == closed


def test_the_lock_has_no_expiry(applied: Stage) -> None:
    """docs/faults.md 4 and 45."""
    open_by(applied, "first")
    table = applied.environment["TABLE_NAME"]
    answer = applied.cloud.client("dynamodb").describe_time_to_live(TableName=table)
    assert answer["TimeToLiveDescription"]["TimeToLiveStatus"] == "DISABLED"
