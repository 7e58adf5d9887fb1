"""Which starts begin a cycle, which find it done or under way, and what a failed one leaves."""

from __future__ import annotations

import pytest
from botocore.exceptions import ClientError

from msp_billing.domain.cycles import CycleState
from tests.end_to_end.small_provider import PROJECTS, birch
from tests.end_to_end.stage import OCTOBER, SEPTEMBER, Stage, at, cycle_id

CYCLE = cycle_id()
CEDAR = birch().only("cedar")


pytestmark = pytest.mark.daily("sweeps")


def fail_a_step(stage: Stage) -> None:
    """The snapshot cannot be sealed: S3 refuses for longer than anybody tries."""
    stage.cloud.fail_with("s3", "PutObject", "InternalError", times=5, status=500)


def test_a_second_start_says_already_done_and_starts_nothing(stage: Stage) -> None:
    """docs/faults.md 1 and 3."""
    stage.set_up(CEDAR)
    stage.run_until("2026-09-03T00:00:00")
    executions = len(stage.executions())
    assert stage.start(CYCLE)["outcome"] == "already_done"
    stage.run_until("2026-09-04T00:00:00")
    assert len(stage.executions()) == executions
    assert len(stage.sent()) == 1


def test_a_schedule_that_fires_twice_starts_once(stage: Stage) -> None:
    """docs/faults.md 1."""
    stage.set_up(CEDAR)
    stage.run_until("2026-09-01T09:00:00")
    event = {
        "provider": "birch",
        "run": "managed",
        "scheduled_at": "2026-09-01T10:00:00Z",
        "started_by": "schedule",
    }
    outcomes = [stage.cloud.invoke("StartCycleFunction", event)["outcome"] for _ in range(2)]
    stage.run_until("2026-09-01T12:00:00")
    outcomes.append(stage.cloud.invoke("StartCycleFunction", event)["outcome"])
    # Step Functions answers a repeated request with the execution that it started before.
    assert outcomes[0] == "started"
    assert outcomes[2] == "in_progress"
    assert len(stage.executions("birch")) == 1


def test_a_manual_and_a_scheduled_start_race_for_one_lock(stage: Stage) -> None:
    """docs/faults.md 3: executions of two names, of which one gets the lock and one says so."""
    stage.set_up(CEDAR)
    stage.run_until("2026-09-01T09:00:00")
    payload = {"provider": "birch", "run": "managed", "period": "2026-09"}
    for name in ("by-hand", "by-schedule"):
        stage.cloud.start_execution("BillingCycle", name, payload)
    stage.run_until("2026-09-03T00:00:00")
    winner, loser = stage.execution("by-hand"), stage.execution("by-schedule")
    assert winner.output["summary"]["invoices"] == 1
    assert loser.status == "SUCCEEDED"
    assert loser.output["outcome"] == "in_progress"
    assert len(stage.sent()) == 1
    stage.assert_promises(CYCLE)


def test_a_closed_period_stays_closed_after_its_execution_is_forgotten(stage: Stage) -> None:
    """docs/faults.md 4: names are free again after 90 days, the lock never is."""
    stage.set_up(CEDAR)
    stage.run_until("2026-09-03T00:00:00")
    payload = {"provider": "birch", "run": "managed", "period": "2026-09"}
    stage.cloud.start_execution("BillingCycle", "another-name", payload)
    stage.settle()
    assert stage.execution("another-name").output["outcome"] == "already_done"
    assert len(stage.sent()) == 1


@pytest.mark.parametrize("refused", ["CreateSchedule", "ListSchedules"])
def test_the_sweep_starts_what_the_schedule_missed(stage: Stage, refused: str) -> None:
    """docs/faults.md 2: no schedule ever fires, the daily sweep of 13:30 UTC finds the cycle.

    Nor can the schedule be put right: that is tried after the cycle was started.
    """
    stage.set_up(CEDAR)
    stage.ports.schedules.delete("birch_managed")
    stage.cloud.fail_with("scheduler", refused, "InternalServerException", 999, 500)
    stage.run_until("2026-09-01T14:00:00")
    assert stage.execution("birch_managed_2026-09").input["started_by"] == "sweep"
    with pytest.raises(ClientError):
        stage.cloud.client("scheduler").get_schedule(
            Name="birch_managed", GroupName=stage.environment["SCHEDULE_GROUP"]
        )
    stage.run_until("2026-09-03T00:00:00")
    assert stage.cycle(CYCLE).state is CycleState.CLOSED


def test_the_sweep_runs_every_day_and_mends_lost_schedules(stage: Stage) -> None:
    """docs/faults.md 2: the schedule is gone; the sweep makes it again and catches up."""
    stage.set_up(CEDAR)
    stage.run_until("2026-09-01T09:00:00")
    stage.ports.schedules.delete("birch_managed")
    stage.run_until("2026-09-01T13:00:00")
    assert not stage.executions("birch")
    stage.run_until("2026-09-01T14:00:00")
    assert stage.execution("birch_managed_2026-09").input["started_by"] == "sweep"
    assert list(stage.ports.schedules.of_provider("birch")) == ["birch_managed"]
    stage.run_until("2026-09-03T15:00:00")
    assert len(stage.executions("birch")) == 1
    assert stage.cycle(CYCLE).state is CycleState.CLOSED


def test_nothing_before_the_first_period_is_started(stage: Stage) -> None:
    stage.apply(CEDAR, first_period=OCTOBER)
    assert stage.start(CYCLE)["outcome"] == "before_first_period"
    stage.run_until("2026-09-05T00:00:00")
    assert not stage.executions("birch")


def test_the_sweep_leaves_a_failed_cycle_to_a_person(stage: Stage) -> None:
    stage.set_up(CEDAR)
    stage.run_until("2026-09-01T10:30:00")
    fail_a_step(stage)
    stage.run_until("2026-09-05T00:00:00")
    assert len(stage.executions("birch")) == 1
    cycle = stage.cycle(CYCLE)
    assert cycle.state is CycleState.FAILED
    assert cycle.failure
    assert "InternalError" in cycle.failure
    assert not stage.sent()


@pytest.mark.parametrize(
    ("until", "service", "operation", "times"),
    [
        ("2026-09-01T10:30:00", "s3", "PutObject", 5),
        ("2026-09-01T13:59:00", "dynamodb", "TransactWriteItems", 5),
        ("2026-09-02T13:59:00", "dynamodb", "TransactWriteItems", 5),
        ("2026-09-02T13:59:00", "s3", "PutObject", 5),
        ("2026-09-02T13:59:00", "s3", "GetObject", 5),
    ],
)
def test_a_failed_cycle_is_started_again_and_doubles_nothing(
    stage: Stage, until: str, service: str, operation: str, times: int
) -> None:
    """docs/faults.md 15 and 18: whatever step fails, the next attempt goes on from there."""
    stage.set_up(birch().only("cedar", "elm"))
    stage.run_until(until)
    code = "InternalServerError" if service == "dynamodb" else "InternalError"
    stage.cloud.fail_with(service, operation, code, times, 500)
    stage.run_until("2026-09-03T00:00:00")
    assert stage.cycle(CYCLE).state is CycleState.FAILED
    assert stage.start(CYCLE)["outcome"] == "started"
    stage.run_until("2026-09-04T00:00:00")
    cycle = stage.cycle(CYCLE)
    assert cycle.state is CycleState.CLOSED
    assert cycle.attempt == 2
    assert cycle.failure is None
    assert stage.numbers(CYCLE) == ["BI-000001", "BI-000002"]
    assert len(stage.sent()) == 2
    stage.assert_promises(CYCLE)


def test_a_cycle_that_failed_before_it_had_its_lock_can_be_started_again(stage: Stage) -> None:
    """docs/faults.md 2: the execution's name is taken, but nobody holds the period."""
    stage.set_up(CEDAR)
    stage.run_until("2026-09-01T09:00:00")
    stage.cloud.fail_with("dynamodb", "PutItem", "InternalServerError", 5, 500)
    stage.run_until("2026-09-01T11:00:00")
    assert stage.execution("birch_managed_2026-09").status == "FAILED"
    assert stage.ports.cycles.find(CYCLE) is None
    assert stage.published("CycleFailed") == [str(CYCLE)]
    assert stage.start(CYCLE)["outcome"] == "started"
    stage.run_until("2026-09-03T00:00:00")
    assert stage.cycle(CYCLE).state is CycleState.CLOSED
    assert stage.start(CYCLE)["outcome"] == "already_done"
    assert len(stage.sent()) == 1


def test_the_sweep_starts_what_failed_before_it_had_its_lock(stage: Stage) -> None:
    """docs/faults.md 2."""
    stage.set_up(CEDAR)
    stage.run_until("2026-09-01T09:00:00")
    stage.cloud.fail_with("dynamodb", "PutItem", "InternalServerError", 5, 500)
    stage.run_until("2026-09-03T00:00:00")
    assert [entry.status for entry in stage.executions("birch")] == ["FAILED", "SUCCEEDED"]
    assert stage.cycle(CYCLE).state is CycleState.CLOSED


@pytest.mark.daily("sweeps", "digests")
def test_the_sweep_finds_a_cycle_whose_execution_died_without_a_word(stage: Stage) -> None:
    """docs/faults.md 19: marked as failed with the reason, told, and left to a person."""
    stage.set_up(CEDAR)
    stage.run_until("2026-09-01T10:30:00")
    owner = stage.cycle(CYCLE).owner
    stage.cloud.client("stepfunctions").stop_execution(executionArn=owner)
    stage.run_until("2026-09-01T13:00:00")
    assert stage.cycle(CYCLE).state is CycleState.OPEN
    assert stage.published("CycleFailed") == []
    stage.run_until("2026-09-02T18:00:00")  # two sweeps
    cycle = stage.cycle(CYCLE)
    assert cycle.state is CycleState.FAILED
    assert cycle.failure == "the execution ended without recording why (ABORTED)"
    assert stage.published("CycleFailed") == [str(CYCLE)]
    # At 7:00 in Chicago: before the first sweep had found it, and on the day after.
    digests = [str(m.message.get_body(("plain",))) for m in stage.sent("digest")]
    titles = ("A RUN'S EXECUTION HAS DIED", "A RUN HAS STOPPED")
    assert [title in told for title, told in zip(titles, digests, strict=True)] == [True, True]
    assert stage.start(CYCLE)["outcome"] == "started"
    stage.run_until("2026-09-03T00:00:00")
    assert stage.cycle(CYCLE).state is CycleState.CLOSED


def test_a_cycle_whose_execution_died_without_a_word_can_be_started_again(stage: Stage) -> None:
    """docs/faults.md 19: it was stopped from outside, so that nobody recorded a failure."""
    stage.set_up(CEDAR)
    stage.run_until("2026-09-01T10:30:00")
    owner = stage.cycle(CYCLE).owner
    stage.cloud.client("stepfunctions").stop_execution(executionArn=owner)
    stage.settle()
    assert stage.start(CYCLE)["outcome"] == "started"
    stage.run_until("2026-09-03T00:00:00")
    cycle = stage.cycle(CYCLE)
    assert (cycle.state, cycle.attempt) == (CycleState.CLOSED, 2)
    assert cycle.owner != owner
    assert len(stage.sent()) == 1


def test_two_runs_of_a_provider_are_two_cycles(stage: Stage) -> None:
    stage.set_up(birch(projects=True).only("cedar"))
    stage.run_until("2026-09-03T00:00:00")
    names = [entry.name for entry in stage.executions("birch")]
    assert sorted(names) == ["birch_managed_2026-09", "birch_projects_2026-09"]
    assert stage.cycle(cycle_id(run=PROJECTS)).summary["nothing_to_bill"] == 1


def test_a_run_that_bills_nobody_closes(stage: Stage) -> None:
    stage.set_up(birch().only())
    stage.run_until("2026-09-03T00:00:00")
    assert stage.cycle(CYCLE).summary["accounts"] == 0
    assert stage.cycle(CYCLE).state is CycleState.CLOSED


def test_october_follows_september_with_the_next_numbers(stage: Stage) -> None:
    """Two months; the schedule fires at 05:00 in Chicago."""
    stage.set_up(CEDAR, SEPTEMBER, OCTOBER)
    stage.run_until("2026-10-03T00:00:00")
    october = cycle_id(period=OCTOBER)
    assert stage.numbers(CYCLE, october) == ["BI-000001", "BI-000002"]
    assert stage.cycle(october).opened_at == at("2026-10-01T10:00:00")
    stage.assert_promises(CYCLE, october)
