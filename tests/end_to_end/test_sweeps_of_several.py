"""Several providers: each is swept by a call of its own, and none waits for another."""

from __future__ import annotations

from datetime import date

import pytest

from msp_billing.usecases.receivables.anchors import anchor_key
from tests.end_to_end.small_provider import birch
from tests.end_to_end.stage import SEPTEMBER, Stage, cycle_id

pytestmark = pytest.mark.daily("sweeps")


def test_each_provider_is_swept_by_a_call_of_its_own_whatever_becomes_of_the_others(
    stage: Stage,
) -> None:
    """docs/faults.md 2 and 16: what one provider lacks keeps no other back."""
    names = ("alder", "birch", "cedar")
    for name in names:
        stage.set_up(birch(name, prefix=f"{name[:2].upper()}-").only("cedar"), SEPTEMBER)
    stage.run_until("2026-08-31T14:00:00")
    for name in names:
        assert stage.ports.records.find(anchor_key(name, date(2026, 8, 31))), name
        stage.ports.schedules.delete(f"{name}_managed")
    table, key = stage.environment["TABLE_NAME"], {"pk": {"S": "PROVIDER#alder"}}
    stage.cloud.client("dynamodb").delete_item(TableName=table, Key={**key, "sk": {"S": "CURRENT"}})
    stage.run_until("2026-09-01T14:00:00")
    due = [detail for kind, detail in stage.events if kind == "SweepDue"]
    assert {(entry["sweep"], entry["provider"]) for entry in due} == {
        (sweep, name) for sweep in ("accounts", "cycles") for name in names
    }
    assert stage.ports.cycles.find(cycle_id("alder")) is None
    for name in ("birch", "cedar"):
        assert stage.execution(f"{name}_managed_2026-09").input["started_by"] == "sweep"
        assert list(stage.ports.schedules.of_provider(name)) == [f"{name}_managed"]
    lost = {failed.target_arn.split(":")[6] for failed in stage.cloud.failed_deliveries}
    assert {"local-SweepAccountsFunction", "local-StartMissedCyclesFunction"} <= lost


def test_a_day_on_which_nothing_is_to_do_asks_little(stage: Stage) -> None:
    """The same requests for any number of quiet accounts, up to a page of them."""
    stage.set_up(birch())
    stage.run_until("2026-08-31T10:00:00")
    asked = {}
    for function in ("SweepAccountsFunction", "StartMissedCyclesFunction"):
        before = stage.cloud.request_counts.copy()
        stage.cloud.invoke(function, {})
        more = stage.cloud.request_counts - before
        asked[function] = {operation: number for (_, operation), number in more.items()}
    assert asked == {
        "SweepAccountsFunction": {"Query": 8, "GetItem": 2, "GetObject": 5, "PutObject": 1},
        "StartMissedCyclesFunction": {
            "Query": 3,
            "GetItem": 2,
            "ListSchedules": 4,
            "GetSchedule": 2,
        },
    }
