"""What a hold means outside, through the functions and the bus (DUN-07)."""

from __future__ import annotations

from typing import Any

import pytest

from local_cloud import FunctionError
from msp_billing.adapters.event_bus import BusError, EventBridgeBus
from tests.end_to_end.releasing import Held, on_credit_hold
from tests.end_to_end.stage import Stage
from tests.unit.usecases.entitlement_events import assert_valid

pytestmark = pytest.mark.daily("sweeps")


@pytest.fixture
def held(stage: Stage) -> Held:
    return on_credit_hold(stage)


def ask(held: Held, what: str, **more: str) -> bool:
    question = {"provider": "birch", "account": "cedar", "what": what, **more}
    answer = held.stage.cloud.invoke("AnswerEntitlementFunction", question)
    assert answer["reason"]
    return bool(answer["allowed"])


def answers(held: Held) -> list[bool]:
    """Buy, support, anti-virus, backup."""
    services = ("anti-virus", "backup")
    asked = [ask(held, "service", service=service) for service in services]
    return [ask(held, "buy"), ask(held, "support"), *asked]


def reconcile(held: Held, **more: Any) -> dict[str, Any]:
    request = {"provider": "birch", "consumer": "shop", "only_not_done": True, **more}
    found: dict[str, Any] = held.stage.cloud.invoke("ReconcileEntitlementsFunction", request)
    return found


def versions(found: dict[str, Any]) -> list[tuple[str, int]]:
    return [(entry["account"], entry["entitlement_version"]) for entry in found["entitlements"]]


@pytest.mark.rule("DUN-07", "KR-14", "KR-15", "DUN-10")
def test_the_answer_changes_with_the_hold_and_every_change_is_an_event(held: Held) -> None:
    assert answers(held) == [False, True, True, True]
    held.stage.run_until("2026-11-14T15:01:00")
    assert answers(held) == [False, False, False, True]
    held.pay("100.00")
    held.stage.settle()
    held.both_approve()
    assert answers(held) == [True, True, True, True]
    assert held.told() == [("credit_hold", 1), ("service_hold", 2), ("good_standing", 3)]
    assert [event["services_off"] for event in held.told_events()] == [
        [],
        ["anti-virus", "dns-filter"],
        [],
    ]
    assert_valid(held.told_events())


@pytest.mark.rule("DUN-07")
def test_an_event_that_is_lost_heals_by_what_the_consumer_has_done(held: Held) -> None:
    """docs/faults.md, 43. The shop did the credit hold, and lost the event of the service hold."""
    found = reconcile(held)
    assert versions(found) == [("cedar", 1)]
    assert_valid(found["entitlements"])
    done = [{"account": "cedar", "version": 1}]
    assert reconcile(held, done=done)["entitlements"] == []
    held.stage.run_until("2026-11-14T16:00:00")
    assert [version for _, version in held.told()] == [1, 2]
    held.stage.run_until("2026-11-16T12:00:00")  # the sweeps of the 15th and the 16th
    assert [version for _, version in held.told()] == [1, 2, 2, 2]
    assert versions(reconcile(held)) == [("cedar", 2)]
    reconcile(held, done=[{"account": "cedar", "version": 2}])
    held.stage.run_until("2026-11-18T12:00:00")
    assert [version for _, version in held.told()] == [1, 2, 2, 2]


@pytest.mark.rule("DUN-07")
def test_a_bus_that_takes_nothing_keeps_no_hold_from_being_placed(held: Held) -> None:

    def refuse(_bus: EventBridgeBus, detail_type: str, _detail: object) -> None:
        raise BusError(f"{detail_type} was not taken")

    held.stage.run_until("2026-11-14T14:59:00")
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(EventBridgeBus, "publish", refuse)
        held.stage.run_until("2026-11-14T15:01:00")
    assert (held.state, held.standing.told_version) == ("service_hold", 1)
    assert not ask(held, "support")
    held.stage.run_until("2026-11-15T12:00:00")
    assert held.told()[-1] == ("service_hold", 2)
    assert held.standing.told_version == 2


def test_what_does_not_exist_is_refused(held: Held) -> None:
    wrong = [{"account": "cedar", "version": 7}, {"account": "nobody", "version": 1}]
    found = reconcile(held, done=wrong)
    assert [problem["code"] for problem in found["refused"]] == [
        "unknown_version",
        "unknown_account",
    ]
    for question in (
        {"provider": "birch", "account": "nobody", "what": "buy"},
        {"provider": "birch", "account": "cedar", "what": "service"},
    ):
        with pytest.raises(FunctionError):
            held.stage.cloud.invoke("AnswerEntitlementFunction", question)
