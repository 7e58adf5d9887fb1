"""Schedules follow the policy; a cycle keeps the versions that it opened with."""

from __future__ import annotations

import json
from datetime import date, datetime, time
from decimal import Decimal
from typing import Any

import pytest

from msp_billing.domain.date_rules import DateRule
from msp_billing.domain.price_book import Price, PriceFrom
from msp_billing.usecases.errors import VersionConflictError
from msp_billing.usecases.sync_schedules import SyncRequest, sync_schedules
from tests.end_to_end.small_provider import PROJECTS, Provider, birch
from tests.end_to_end.stage import OCTOBER, Stage, at, cycle_id, open_stage

CYCLE = cycle_id()
CEDAR = birch().only("cedar")


def schedule(stage: Stage, name: str) -> dict[str, Any]:
    group = stage.environment["SCHEDULE_GROUP"]
    found = stage.cloud.client("scheduler").get_schedule(Name=name, GroupName=group)
    assert isinstance(found, dict)
    return found


def opening(provider: Provider, run: str, opens: DateRule, version: str) -> Provider:
    return provider.with_run(run, opens=opens).with_policy(version=version)


def test_schedules_are_made_changed_and_removed_with_the_policy(stage: Stage) -> None:
    both = birch(projects=True)
    stage.set_up(both)
    assert sorted(stage.ports.schedules.of_provider("birch")) == ["birch_managed", "birch_projects"]
    made = schedule(stage, "birch_managed")
    assert made["ScheduleExpression"] == "cron(0 5 1 * ? *)"
    assert made["ScheduleExpressionTimezone"] == "America/Chicago"
    assert json.loads(made["Target"]["Input"]) == {
        "provider": "birch",
        "run": "managed",
        "scheduled_at": "<aws.scheduler.scheduled-time>",
        "started_by": "schedule",
    }
    stage.apply(opening(both, PROJECTS, DateRule(day=1, at=time(7, 30)), "v2"))
    stage.settle()
    assert schedule(stage, "birch_projects")["ScheduleExpression"] == "cron(30 7 1 * ? *)"
    stage.apply(birch().with_policy(version="v3"))
    stage.settle()
    assert list(stage.ports.schedules.of_provider("birch")) == ["birch_managed"]


def test_nothing_is_written_when_nothing_changed(stage: Stage) -> None:
    stage.set_up(birch(projects=True))
    before = stage.cloud.request_counts.copy()
    result = sync_schedules(stage.ports, SyncRequest(provider="birch"))
    assert (result.created_or_changed, result.removed) == ((), ())
    stage.run_until("2026-08-28T00:00:00")  # two sweeps
    written = stage.cloud.request_counts - before
    assert not [name for _, name in written if name.startswith(("Create", "Update", "Delete"))]


@pytest.mark.parametrize(
    ("zone", "until", "opened"),
    [
        # In Chicago daylight saving ends on 1 November 2026 at 02:00: 05:00 is an hour later.
        ("America/Chicago", "2026-11-01T12:00:00", ["2026-10-01T10:00:00", "2026-11-01T11:00:00"]),
        ("Asia/Kolkata", "2026-11-01T12:00:00", ["2026-09-30T23:30:00", "2026-10-31T23:30:00"]),
    ],
)
def test_cycles_open_at_the_local_time_of_the_provider(
    zone: str, until: str, opened: list[str]
) -> None:
    """docs/faults.md 2 and 6: the period is the month that it is in the provider's zone."""
    with open_stage(at("2026-09-29T00:00:00")) as stage:
        stage.apply(birch(zone=zone).only(), first_period=OCTOBER)
        stage.settle()
        stage.run_until(until)
        executions = stage.executions("birch")
        assert [entry.input["period"] for entry in executions] == ["2026-10", "2026-11"]
        assert [entry.started_at for entry in executions] == [at(text) for text in opened]


def test_providers_have_schedules_of_their_own_whatever_their_names(stage: Stage) -> None:
    """Names of 40 characters: a schedule's name may have 64, and no provider sees another's."""
    provider, run = "a" * 20, "managed"
    longer = "a" * 20 + "-" + "b" * 19
    for name in (provider, longer):
        stage.apply(birch(name).only())
    stage.settle()
    assert list(stage.ports.schedules.of_provider(provider)) == [f"{provider}_{run}"]
    assert list(stage.ports.schedules.of_provider(longer)) == [f"{longer}_{run}"]


def test_a_long_run_of_a_long_provider_keeps_its_schedule(stage: Stage) -> None:
    provider, run = "p" * 20 + "-" + "q" * 19, "r" * 24
    policy = birch(provider).policy
    renamed = policy.runs[0].model_copy(update={"run": run})
    long = birch(provider).with_policy(runs=(renamed,)).only()
    neighbour = birch("p" * 20).only()
    stage.apply(neighbour)
    stage.apply(long)
    stage.settle()
    (name,) = stage.ports.schedules.of_provider(provider)
    assert len(name) <= 64
    assert sync_schedules(stage.ports, SyncRequest(provider=provider)).created_or_changed == ()
    assert sync_schedules(stage.ports, SyncRequest(provider="p" * 20)).removed == ()
    stage.apply(birch(provider).with_policy(version="v2").only())
    stage.settle()
    assert list(stage.ports.schedules.of_provider(provider)) == [f"{provider}_managed"]


def dearer(provider: Provider, version: str) -> Provider:
    """Seats at 50.00 in place of 5.00, from this month on."""
    products = tuple(
        product.model_copy(
            update={"prices": (PriceFrom(from_on=date(2025, 1, 1), price=Price(each=Decimal(50))),)}
        )
        if product.code == "SEAT"
        else product
        for product in provider.price_book.products
    )
    book = provider.price_book.model_copy(update={"version": version, "products": products})
    return Provider(provider.policy, book, provider.accounts)


@pytest.mark.parametrize("moment", ["2026-09-01T10:30:00", "2026-09-01T13:00:00"])
def test_a_new_price_in_the_middle_of_a_cycle_bills_from_the_next(
    stage: Stage, moment: str
) -> None:
    """docs/faults.md 22: what is applied after the opening waits, also in a later attempt."""
    stage.set_up(CEDAR)
    stage.run_until(moment)
    stage.apply(dearer(CEDAR.with_policy(version="v2", name="Birch & Sons"), "v2"))
    stage.run_until("2026-09-02T13:59:00")
    stage.cloud.fail_with("s3", "PutObject", "InternalError", 5, 500)  # of the numbered PDF
    stage.run_until("2026-09-02T15:00:00")
    assert stage.numbers(CYCLE) == ["BI-000001"]
    stage.start(CYCLE)
    stage.run_until("2026-10-03T00:00:00")
    september, october = stage.invoices(CYCLE), stage.invoices(cycle_id(period=OCTOBER))
    assert stage.cycle(CYCLE).attempt == 2
    assert str(september["cedar"].total.amount) == "20.00"
    assert september["cedar"].price_book_version == "2026-09"
    assert str(october["cedar"].total.amount) == "200.00"
    assert october["cedar"].policy_version == "v2"


def test_a_stored_version_never_gets_other_content(stage: Stage) -> None:
    stage.apply(CEDAR)
    stage.apply(CEDAR)
    with pytest.raises(VersionConflictError, match="price_book 2026-09"):
        stage.apply(dearer(CEDAR, "2026-09"))
    current = stage.ports.policies.current("birch")
    stored = stage.ports.policies.price_book("birch", current.price_book_version)
    assert stored == CEDAR.price_book


def test_applying_again_keeps_the_first_period_and_when_accounts_came(stage: Stage) -> None:
    stage.apply(CEDAR)
    before = {
        entry.account.account: entry.applied_at for entry in stage.ports.book.entries("birch")
    }
    stage.run_until("2026-08-26T00:00:00")
    stage.apply(birch(), first_period=OCTOBER)
    after = {entry.account.account: entry.applied_at for entry in stage.ports.book.entries("birch")}
    assert str(stage.ports.policies.current("birch").first_period) == "2026-09"
    assert after["cedar"] == before["cedar"]
    assert after["elm"] == datetime.fromisoformat("2026-08-26T00:00:00+00:00")
