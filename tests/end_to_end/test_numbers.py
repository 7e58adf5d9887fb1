"""Numbers are 1..n per provider, without a gap, whatever fails meanwhile."""

from __future__ import annotations

from typing import Any

import pytest

from msp_billing.domain.cycles import CycleState
from tests.end_to_end.small_provider import PROJECTS, account, birch, line, many_accounts
from tests.end_to_end.stage import Stage, cycle_id

CYCLE = cycle_id()
NUMBERED = [f"BI-{number:06d}" for number in range(1, 5)]


@pytest.fixture
def drafted(stage: Stage) -> Stage:
    """Four drafts, a minute before they are numbered."""
    stage.set_up(birch())
    stage.run_until("2026-09-02T13:59:00")
    return stage


def number(stage: Stage, limit: int = 490) -> int:
    return stage.ports.invoices.number_next(CYCLE, "BI-", limit).numbered


def test_a_lost_answer_numbers_once(drafted: Stage) -> None:
    """docs/faults.md 28: botocore repeats the transaction with the token that we derived."""
    drafted.cloud.lose_answer("dynamodb", "TransactWriteItems", times=2)
    assert number(drafted) == 4
    assert drafted.numbers(CYCLE) == NUMBERED
    assert number(drafted) == 0


def test_a_lost_request_numbers_once(drafted: Stage) -> None:
    drafted.cloud.lose_request("dynamodb", "TransactWriteItems", times=2)
    assert number(drafted) == 4
    assert drafted.numbers(CYCLE) == NUMBERED


def test_contention_is_tried_again_with_the_counter_read_anew(drafted: Stage) -> None:
    """docs/faults.md 28."""
    drafted.cloud.fail_with("dynamodb", "TransactWriteItems", "TransactionCanceledException", 4)
    assert number(drafted) == 4
    assert drafted.numbers(CYCLE) == NUMBERED


def test_lasting_contention_lets_the_state_machine_come_again(drafted: Stage) -> None:
    """docs/faults.md 28: it waits a quarter of a minute each time."""
    code = "TransactionCanceledException"
    drafted.cloud.fail_with("dynamodb", "TransactWriteItems", code, 5)
    done = drafted.ports.invoices.number_next(CYCLE, "BI-", 10)
    assert (done.numbered, done.contended) == (0, True)
    drafted.cloud.fail_with("dynamodb", "TransactWriteItems", code, 10)
    drafted.run_until("2026-09-02T14:00:20")
    assert drafted.numbers(CYCLE) == []
    drafted.run_until("2026-09-02T14:01:00")
    assert drafted.numbers(CYCLE) == NUMBERED
    assert drafted.cycle(CYCLE).state is CycleState.CLOSED


def test_a_call_goes_on_where_the_one_before_stopped(drafted: Stage) -> None:
    """No call reads what was numbered before it: the cost of a number does not grow."""
    first = drafted.ports.invoices.number_next(CYCLE, "BI-", 3)
    second = drafted.ports.invoices.number_next(CYCLE, "BI-", 3, first.after)
    third = drafted.ports.invoices.number_next(CYCLE, "BI-", 3, second.after)
    assert (first.numbered, second.numbered, third.numbered) == (3, 1, 0)
    assert drafted.numbers(CYCLE) == NUMBERED
    assert second.after == third.after


def test_a_failed_numbering_leaves_no_gap(drafted: Stage) -> None:
    """docs/faults.md 29: the numbers live in the transaction that failed."""
    drafted.cloud.fail_with("dynamodb", "TransactWriteItems", "InternalServerError", 5, 500)
    drafted.run_until("2026-09-02T15:00:00")
    assert drafted.cycle(CYCLE).state is CycleState.FAILED
    assert drafted.numbers(CYCLE) == []
    drafted.start(CYCLE)
    drafted.run_until("2026-09-02T16:00:00")
    assert drafted.numbers(CYCLE) == NUMBERED
    drafted.assert_promises(CYCLE)


def test_a_call_that_stops_halfway_is_gone_on_with(drafted: Stage) -> None:
    assert number(drafted, limit=3) == 3
    assert number(drafted, limit=3) == 1
    assert drafted.numbers(CYCLE) == NUMBERED
    numbers = {name: entry.number for name, entry in drafted.invoices(CYCLE).items()}
    assert list(numbers) == ["alder", "beech", "cedar", "elm"]


def test_pages_of_49_are_gapless_and_within_the_limits(stage: Stage) -> None:
    """A transaction takes 100 actions: the counter, 49 invoices and their mails."""
    stage.set_up(many_accounts(101))
    stage.run_until("2026-09-01T13:00:00")
    for batch in range(3):
        stage.step("BuildInvoicesFunction", CYCLE, **stage.batch(CYCLE, batch))
    before = stage.cloud.request_counts["dynamodb", "TransactWriteItems"]
    assert number(stage) == 101
    assert stage.cloud.request_counts["dynamodb", "TransactWriteItems"] == before + 3
    assert stage.numbers(CYCLE) == [f"BI-{entry:06d}" for entry in range(1, 102)]


def test_two_numberers_of_one_cycle_number_each_draft_once(
    drafted: Stage, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The second begins after the first has read its drafts and the counter (docs/faults.md 28)."""
    table = type(drafted.ports.invoices._table)  # type: ignore[attr-defined]
    transact = table.transact
    raced: list[int] = []

    def lose_the_race(self: Any, *arguments: Any) -> Any:
        if not raced:
            raced.append(0)
            raced.append(number(drafted, limit=2))
        return transact(self, *arguments)

    monkeypatch.setattr(table, "transact", lose_the_race)
    assert number(drafted) + raced[1] == 4
    assert drafted.numbers(CYCLE) == NUMBERED


def test_runs_of_a_provider_share_a_counter_and_providers_do_not(stage: Stage) -> None:
    both = birch(projects=True).only("cedar")
    project = account("fir", line("PROJECT", quantity=1))
    stage.set_up(both.with_accounts(project))
    stage.set_up(birch("maple", prefix="MA-").only("cedar"))
    stage.run_until("2026-09-03T00:00:00")
    managed, projects = cycle_id(), cycle_id(run=PROJECTS)
    maple = cycle_id("maple")
    assert stage.numbers(managed, projects) == ["BI-000001", "BI-000002"]
    assert stage.numbers(maple) == ["MA-000001"]
    stage.assert_promises(managed, projects, maple)


def test_a_numbered_invoice_is_never_written_again(drafted: Stage) -> None:
    """A late or repeated build leaves what has its number as it is."""
    assert number(drafted) == 4
    before = drafted.items()
    drafted.step("BuildInvoicesFunction", CYCLE, **drafted.batch(CYCLE))
    assert drafted.items() == before
