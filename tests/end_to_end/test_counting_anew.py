"""A run that was refused counts anew; one that the machinery failed goes on from its seal."""

from __future__ import annotations

from msp_billing.domain.cycles import CycleState
from tests.end_to_end.small_provider import birch
from tests.end_to_end.stage import OCTOBER, Stage, cycle_id

CYCLE = cycle_id()


def test_a_run_that_lacked_its_exports_bills_when_they_have_come(stage: Stage) -> None:
    provider = birch().only("alder", "elm")
    stage.apply(provider)
    stage.settle()
    stage.run_until("2026-09-02T23:00:00")
    assert stage.cycle(CYCLE).state is CycleState.FAILED
    assert "TooManyParkedError" in str(stage.cycle(CYCLE).failure)

    stage.put_feeds(provider)
    assert stage.start(CYCLE)["outcome"] == "started"
    stage.run_until("2026-09-03T12:00:00")

    assert stage.cycle(CYCLE).state is CycleState.CLOSED
    assert stage.numbers(CYCLE) == ["BI-000001", "BI-000002"]
    stage.assert_promises(CYCLE)


def test_a_rejected_run_is_asked_about_again_with_the_price_that_was_mended(stage: Stage) -> None:
    provider = birch(approval="person", sheets=True).only("cedar", "elm")
    stage.set_up(provider)
    stage.run_until("2026-09-01T14:01:00")
    stage.decide(CYCLE, "rejected")
    stage.run_until("2026-09-01T15:00:00")
    before = {account: invoice.total for account, invoice in stage.invoices(CYCLE).items()}
    first_sheets = len(stage.sent("comparison"))

    dearer = provider.with_prices_times(2)
    stage.apply(dearer)
    stage.start(CYCLE)
    stage.run_until("2026-09-01T16:00:00")
    stage.decide(CYCLE, "approved")
    stage.run_until("2026-09-03T00:00:00")

    assert stage.cycle(CYCLE).state is CycleState.CLOSED
    after = {account: invoice.total for account, invoice in stage.invoices(CYCLE).items()}
    assert after == {account: amount.times(2).rounded() for account, amount in before.items()}
    assert len(stage.sent("approval")) == 2
    assert len(stage.sent("comparison")) == 2 * first_sheets, "accounts get the sheet that counts"
    stage.assert_promises(CYCLE)


def test_a_run_that_failed_after_its_first_number_keeps_what_it_counted(stage: Stage) -> None:
    provider = birch().only("cedar", "elm")
    stage.set_up(provider)
    stage.run_until("2026-09-02T13:59:00")
    stage.cloud.fail_with("s3", "PutObject", "InternalError", times=5, status=500)
    stage.run_until("2026-09-02T23:00:00")
    assert stage.cycle(CYCLE).state is CycleState.FAILED
    numbers, totals = stage.numbers(CYCLE), stage.invoices(CYCLE)
    assert numbers == ["BI-000001", "BI-000002"]

    stage.apply(provider.with_prices_times(2))
    stage.start(CYCLE)
    stage.run_until("2026-09-04T00:00:00")

    assert stage.cycle(CYCLE).state is CycleState.CLOSED
    assert stage.invoices(CYCLE) == totals
    assert len(stage.sent()) == len(numbers)
    stage.assert_promises(CYCLE)


def test_the_month_after_a_second_count_compares_with_what_was_issued(stage: Stage) -> None:
    provider = birch().only("alder", "elm")
    stage.apply(provider)
    stage.settle()
    stage.run_until("2026-09-02T23:00:00")
    for month in (CYCLE.period, OCTOBER):
        stage.put_feeds(provider, month)
    stage.start(CYCLE)
    stage.run_until("2026-10-05T00:00:00")
    october = stage.invoices(cycle_id(period=OCTOBER))
    assert {str(entry.counts[0].compared_with) for entry in october.values() if entry.counts} == {
        "2026-09"
    }
