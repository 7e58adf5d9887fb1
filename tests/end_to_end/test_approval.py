"""A person looks at the run before anything is numbered."""

from __future__ import annotations

import pytest

from msp_billing.domain.cycles import CycleState
from msp_billing.usecases.comparisons import run_rows
from msp_billing.usecases.context import pinned
from msp_billing.usecases.errors import ApprovalGoneError, NotWaitingForApprovalError
from tests.end_to_end.small_provider import birch
from tests.end_to_end.stage import OCTOBER, Stage, cycle_id

CYCLE = cycle_id()
NAME = "birch_managed_2026-09"


@pytest.fixture
def waiting(stage: Stage) -> Stage:
    """A run of cedar and elm that asks for approval since 14:00 UTC on the 1st."""
    stage.set_up(birch(approval="person").only("cedar", "elm"))
    stage.run_until("2026-09-01T14:01:00")
    return stage


def test_the_approvers_are_asked_with_the_comparison(waiting: Stage) -> None:
    (mail,) = waiting.sent("approval")
    assert mail.destinations == ("boss@birch.example",)
    (workbook,) = mail.message.iter_attachments()
    stored = waiting.objects()
    assert workbook.get_content() in stored.values()
    assert waiting.numbers(CYCLE) == []


def test_an_approved_run_goes_out_on_its_day(waiting: Stage) -> None:
    decided = waiting.decide(CYCLE, "approved")
    assert (decided.decision, decided.decided_by) == ("approved", "boss")
    assert waiting.ports.cycles.approval(CYCLE) == decided
    waiting.run_until("2026-09-03T00:00:00")
    assert waiting.cycle(CYCLE).state is CycleState.CLOSED
    assert waiting.numbers(CYCLE) == ["BI-000001", "BI-000002"]
    assert len(waiting.sent()) == 2


def test_a_rejected_run_fails_and_nothing_is_numbered(waiting: Stage) -> None:
    waiting.decide(CYCLE, "rejected")
    waiting.run_until("2026-09-05T00:00:00")
    execution = waiting.execution(NAME)
    assert (execution.status, execution.error) == ("FAILED", "RunRejectedError")
    cycle = waiting.cycle(CYCLE)
    assert cycle.state is CycleState.FAILED
    assert "boss rejected the run" in str(cycle.failure)
    assert waiting.numbers(CYCLE) == []
    assert not waiting.sent()


def test_no_answer_in_time_fails_the_run_and_nothing_is_numbered(waiting: Stage) -> None:
    waiting.run_until("2026-09-04T13:59:00")
    assert waiting.execution(NAME).status == "RUNNING"
    waiting.run_until("2026-09-04T14:01:00")
    assert waiting.execution(NAME).status == "FAILED"
    cycle = waiting.cycle(CYCLE)
    assert cycle.state is CycleState.FAILED
    assert "States.Timeout" in str(cycle.failure)
    assert waiting.numbers(CYCLE) == []
    with pytest.raises(ApprovalGoneError):
        waiting.decide(CYCLE, "approved")
    assert waiting.cycle(CYCLE).state is CycleState.FAILED


def test_a_run_is_decided_once(waiting: Stage) -> None:
    waiting.decide(CYCLE, "approved")
    for decision in ("approved", "rejected"):
        with pytest.raises(NotWaitingForApprovalError, match="approved by boss"):
            waiting.decide(CYCLE, decision, by="clerk")
    waiting.run_until("2026-09-03T00:00:00")
    assert waiting.cycle(CYCLE).state is CycleState.CLOSED


def test_a_run_that_does_not_wait_takes_no_decision(stage: Stage) -> None:
    stage.set_up(birch().only("cedar"))
    with pytest.raises(NotWaitingForApprovalError):
        stage.decide(CYCLE, "approved")
    stage.run_until("2026-09-01T15:00:00")
    with pytest.raises(NotWaitingForApprovalError):
        stage.decide(CYCLE, "approved")


@pytest.mark.parametrize(
    ("decision", "operation", "ends"),
    [
        ("approved", "SendTaskSuccess", CycleState.CLOSED),
        ("rejected", "SendTaskFailure", CycleState.FAILED),
    ],
)
def test_a_decision_whose_answer_was_lost_is_taken_and_kept(
    waiting: Stage, decision: str, operation: str, ends: CycleState
) -> None:
    """The task is gone when botocore repeats the call: it was this decision that ended it."""
    waiting.cloud.lose_answer("stepfunctions", operation)
    decided = waiting.decide(CYCLE, decision)
    assert waiting.ports.cycles.approval(CYCLE) == decided
    waiting.run_until("2026-09-03T00:00:00")
    assert waiting.cycle(CYCLE).state is ends
    assert decided.decided_by == "boss"


def test_a_decision_that_did_not_reach_the_execution_can_be_given_again(waiting: Stage) -> None:
    """The program died between keeping the decision and handing it on."""
    waiting.cloud.fail_with("stepfunctions", "SendTaskSuccess", "InternalError", 5, 500)
    with pytest.raises(Exception, match="InternalError"):
        waiting.decide(CYCLE, "approved")
    with pytest.raises(NotWaitingForApprovalError):
        waiting.decide(CYCLE, "rejected", by="clerk")
    waiting.decide(CYCLE, "approved")
    waiting.run_until("2026-09-03T00:00:00")
    assert waiting.cycle(CYCLE).state is CycleState.CLOSED


def test_a_run_that_is_started_again_asks_again(waiting: Stage) -> None:
    waiting.decide(CYCLE, "rejected")
    waiting.start(CYCLE)
    waiting.settle()
    assert len(waiting.sent("approval")) == 2
    waiting.decide(CYCLE, "approved")
    waiting.run_until("2026-09-03T00:00:00")
    assert waiting.cycle(CYCLE).state is CycleState.CLOSED
    assert waiting.numbers(CYCLE) == ["BI-000001", "BI-000002"]


def test_drafts_that_were_rejected_are_no_invoices_of_the_month_before(waiting: Stage) -> None:
    """Nobody ever got them: October is not compared with what was not billed in September."""
    waiting.decide(CYCLE, "rejected")
    provider = birch(approval="person").only("cedar", "elm")
    waiting.put_feeds(provider, OCTOBER)
    waiting.run_until("2026-10-01T15:00:00")
    october = cycle_id(period=OCTOBER)
    context = pinned(waiting.ports, waiting.cycle(october))
    rows = {row.account: row for row in run_rows(waiting.ports, context)}
    assert [row.has_previous for row in rows.values()] == [False, False]
    waiting.decide(october, "approved")
    waiting.run_until("2026-10-03T00:00:00")
    assert waiting.numbers(october) == ["BI-000001", "BI-000002"]


def test_an_account_that_came_while_a_person_decided_is_billed_by_the_next_attempt(
    waiting: Stage,
) -> None:
    """A rejected run counts anew, and its comparison is another document."""
    waiting.decide(CYCLE, "rejected")
    waiting.apply(birch(approval="person").only("alder", "cedar", "elm"))
    waiting.start(CYCLE)
    waiting.settle()
    assert waiting.execution(f"{NAME}_2").status == "RUNNING"
    waiting.decide(CYCLE, "approved")
    waiting.run_until("2026-09-03T00:00:00")
    assert waiting.cycle(CYCLE).state is CycleState.CLOSED
    assert waiting.cycle(CYCLE).summary["skipped"] == 0
    assert waiting.records(CYCLE)["alder"].agreements[0].kind == "billed"
