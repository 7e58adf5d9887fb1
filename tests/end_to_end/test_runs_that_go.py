"""Runs that are taken out of the policy while a cycle of theirs is not done: it is seen through."""

from __future__ import annotations

from decimal import Decimal

import pytest

from msp_billing.domain.attention import AttentionKind
from msp_billing.domain.cycles import CycleState
from msp_billing.usecases.attention.looking import needs_a_person
from tests.end_to_end.small_provider import birch
from tests.end_to_end.stage import Stage, cycle_id
from tests.end_to_end.test_runs_that_come_later import renamed

pytestmark = pytest.mark.daily("sweeps")

CYCLE = cycle_id()


def needed(stage: Stage) -> set[tuple[AttentionKind, str | None]]:
    return {
        (entry.kind, entry.account)
        for entry in needs_a_person(stage.ports, "birch")
        if entry.run == CYCLE.run
    }


def test_a_cycle_that_stops_after_its_run_was_taken_out_is_told_of_and_goes_on(
    stage: Stage,
) -> None:
    """docs/faults.md 19: it bills what it has pinned; nothing of it is forgotten."""
    before = birch().only("cedar", "elm")
    stage.set_up(before)
    stage.run_until("2026-09-01T10:30:00")
    stage.apply(renamed(before))
    stage.cloud.client("stepfunctions").stop_execution(executionArn=stage.cycle(CYCLE).owner)
    stage.run_until("2026-09-01T13:00:00")
    assert needed(stage) == {(AttentionKind.CYCLE_DIED, None)}
    stage.run_until("2026-09-01T14:00:00")  # the sweep
    assert stage.cycle(CYCLE).state is CycleState.FAILED
    assert stage.published("CycleFailed") == [str(CYCLE)]
    assert needed(stage) == {(AttentionKind.CYCLE_FAILED, None)}
    assert stage.start(CYCLE)["outcome"] == "started"
    stage.run_until("2026-09-03T15:00:00")
    assert stage.cycle(CYCLE).state is CycleState.CLOSED
    assert stage.cycle(CYCLE).policy_version == before.policy.version
    assert stage.numbers(CYCLE) == ["BI-000001", "BI-000002"]
    assert needed(stage) == set()
    assert stage.ports.cycles.unsettled("birch") == ()
    stage.assert_promises(CYCLE)


def test_an_account_that_was_left_out_is_billed_after_its_run_was_taken_out(stage: Stage) -> None:
    before = birch().only("cedar", "elm", "beech").with_policy(parked_share_limit=Decimal("0.9"))
    stage.apply(before)
    exports = before.feeds(CYCLE.period)
    for key, content in exports.items():
        if "beech" not in key:
            stage.put_feed(f"birch/{key}", content)
    stage.run_until("2026-09-03T00:00:00")
    assert stage.cycle(CYCLE).parked == ("beech",)
    stage.apply(renamed(before))
    assert needed(stage) == {(AttentionKind.ACCOUNT_PARKED, "beech")}
    for key, content in exports.items():
        stage.put_feed(f"birch/{key}", content)
    again = {"account": "beech", "requested_by": "clerk", "reason": "the export was mended"}
    request = {"provider": "birch", "run": CYCLE.run, "period": str(CYCLE.period), **again}
    assert stage.cloud.invoke("BillAgainFunction", request)["problems"] == []
    assert needed(stage) == set()
