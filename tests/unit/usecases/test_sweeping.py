"""Sweeps that are shared out: a call per provider, and another where one is not long enough."""

from __future__ import annotations

from typing import Any

import pytest

from msp_billing.usecases.dunning.sweep import SweepRequest, sweep_accounts
from msp_billing.usecases.errors import BusError
from msp_billing.usecases.receivables.anchors import anchor_key
from msp_billing.usecases.sweep_cycles import CycleSweepRequest, sweep_cycles
from msp_billing.usecases.sweeping import SWEEP_DUE
from tests.unit.usecases.dunning_desk import Desk, desk

PLENTY = 900_000


class Stopwatch:
    """A call that has time for so many looks at the clock, and none after that."""

    def __init__(self, looks: int) -> None:
        self._left = looks

    def __call__(self) -> int:
        self._left -= 1
        return PLENTY if self._left >= 0 else 60_000


def many(*names: str) -> Desk:
    """Cedar of Birch and providers beside it."""
    made = desk()
    policy = made.ports.policies.policy(
        "birch", made.ports.policies.current("birch").policy_version
    )
    for name in names:
        made.ports.policies.put(policy.model_copy(update={"provider": name}))
    return made


def due(made: Desk) -> list[dict[str, Any]]:
    return list(made.ports.bus.of_type(SWEEP_DUE))


def test_several_providers_are_each_handed_to_a_call_of_their_own() -> None:
    made = many("alder", "elm")
    result = sweep_accounts(made.ports, SweepRequest(), lambda: PLENTY)
    assert (result.handed_on, result.accounts, result.is_done) == (3, 0, False)
    assert [entry["provider"] for entry in due(made)] == ["alder", "birch", "elm"]
    for entry in due(made):
        sweep_accounts(made.ports, SweepRequest.model_validate(entry), lambda: PLENTY)
    today = made.now.date()
    assert all(
        made.ports.records.find(anchor_key(name, today)) for name in ("alder", "birch", "elm")
    )


def test_the_only_provider_is_looked_at_by_the_call_itself() -> None:
    made = desk()
    result = sweep_accounts(made.ports, SweepRequest(), lambda: PLENTY)
    assert (result.handed_on, result.accounts, result.is_done) == (0, 1, True)
    assert due(made) == []


def test_a_bus_that_takes_no_event_fails_the_call_so_that_it_is_repeated(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    made = many("elm")

    def refuse(*_: object) -> None:
        raise BusError("no")

    monkeypatch.setattr(made.ports.bus, "publish", refuse)
    with pytest.raises(BusError):
        sweep_accounts(made.ports, SweepRequest(), lambda: PLENTY)


@pytest.mark.parametrize("looks", range(1, 12))
def test_a_call_whose_time_is_up_goes_on_where_it_stopped(looks: int) -> None:
    """Whatever the moment: every account is looked at once, and every stage comes to its turn."""
    made = desk()
    for number in range(3):
        made.ports.standings.kept["birch", f"quiet-{number}"] = made.ports.standings.find(
            "birch", f"quiet-{number}"
        ).model_copy(update={"version": 1})
    seen, calls = 0, 0
    request = SweepRequest(provider="birch")
    while True:
        calls += 1
        assert calls < 20, "it comes to an end"
        result = sweep_accounts(made.ports, request, Stopwatch(looks))
        seen += result.accounts
        if result.is_done:
            break
        request = SweepRequest.model_validate(due(made)[-1])
    assert seen == 4
    assert len(due(made)) == calls - 1
    assert made.ports.records.find(anchor_key("birch", made.now.date()))


def test_one_provider_of_several_does_not_wait_for_the_cycles_of_the_others() -> None:
    made = many("elm")
    result = sweep_cycles(made.ports, CycleSweepRequest())
    assert (result.started, result.handed_on) == ((), 2)
    assert [entry["provider"] for entry in due(made)] == ["birch", "elm"]
    assert {entry["sweep"] for entry in due(made)} == {"cycles"}
