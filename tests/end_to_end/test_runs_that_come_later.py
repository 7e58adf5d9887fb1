"""Runs that come, or get another name, after their provider: no month is billed again."""

from __future__ import annotations

from dataclasses import replace

from msp_billing.domain.attention import AttentionKind
from msp_billing.domain.periods import Period
from msp_billing.usecases.apply_provider import apply_plan
from msp_billing.usecases.applying.plan_provider import plan_provider
from msp_billing.usecases.attention.looking import needs_a_person
from tests.end_to_end.small_provider import MANAGED, Provider, birch
from tests.end_to_end.stage import OCTOBER, SEPTEMBER, Stage, cycle_id

NOVEMBER = Period.parse("2026-11")


def renamed(provider: Provider) -> Provider:
    runs = tuple(
        run.model_copy(update={"run": "agreements"}) if run.run == MANAGED else run
        for run in provider.policy.runs
    )
    changed = provider.with_policy(runs=runs, version="2")
    return replace(provider, policy=changed.policy)


def test_a_run_with_another_name_bills_from_its_next_opening_on(stage: Stage) -> None:
    """It would be a run that never billed, and the sweep would start it for every month."""
    before = birch().only("cedar")
    stage.set_up(before, SEPTEMBER, OCTOBER, NOVEMBER)
    stage.run_until("2026-10-05T00:00:00")
    assert len(stage.sent()) == 2
    after = renamed(before)
    plan = plan_provider(stage.ports, after.policy, after.price_book, after.accounts)
    assert {opening.run: opening.period for opening in plan.next_openings} == {
        "agreements": NOVEMBER
    }
    (told,) = (entry for entry in plan.warnings if "bills from" in entry.what)
    assert told.what == "The run agreements is new: it bills from 2026-11 on."
    apply_plan(stage.ports, plan, after.policy, after.price_book, after.accounts)
    stage.run_until("2026-10-08T00:00:00")
    assert len(stage.sent()) == 2
    kinds = {entry.kind for entry in needs_a_person(stage.ports, "birch")}
    assert AttentionKind.CYCLE_NOT_STARTED not in kinds
    october = cycle_id(run="agreements", period=OCTOBER)
    assert stage.start(october)["outcome"] == "before_first_period"
    stage.run_until("2026-11-05T00:00:00")
    assert len(stage.sent()) == 3
    assert stage.cycle(cycle_id(run="agreements", period=NOVEMBER)).first_period == NOVEMBER


def test_a_run_that_stays_begins_as_before_however_often_it_is_applied(stage: Stage) -> None:
    before = birch().only("cedar")
    stage.set_up(before, SEPTEMBER)
    after = renamed(before)
    for provider in (after, after.with_policy(version="3")):
        plan = plan_provider(
            stage.ports, provider.policy, provider.price_book, provider.accounts, OCTOBER
        )
        apply_plan(stage.ports, plan, provider.policy, provider.price_book, provider.accounts)
        current = stage.ports.policies.current("birch")
        assert current.begins_with("agreements") == OCTOBER
    assert current.first_period == SEPTEMBER
