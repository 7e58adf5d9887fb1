"""Accounts on the list: what only a person can go on with, and nothing that goes on by itself."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

import pytest

from msp_billing.domain.attention import Attention
from msp_billing.domain.attention import AttentionKind as Kind
from msp_billing.domain.dunning.standing import AccountState
from msp_billing.domain.outbox import MailState
from msp_billing.usecases.attention.accounts import accounts
from msp_billing.usecases.attention.look import look_at
from msp_billing.usecases.dunning.entitlements import acknowledge
from msp_billing.usecases.dunning.pauses import PauseRequest, make_promise
from msp_billing.usecases.dunning.release_ending import LeaveRequest, leave_release
from msp_billing.usecases.errors import BusError
from tests.unit.usecases.dunning_desk import Desk, desk
from tests.unit.usecases.release_samples import ANN, world


def listed(ports: Any) -> list[Attention]:
    return list(accounts(look_at(ports, "birch")))


def release_of(ports: Any) -> Attention:
    (found,) = (entry for entry in listed(ports) if entry.kind is Kind.RELEASE_WAITING)
    return found


def kinds(ports: Any) -> list[Kind]:
    return [entry.kind for entry in listed(ports)]


def test_a_case_that_goes_its_way_is_not_listed() -> None:
    """From the first letter to the service hold and long after it, day by day."""
    made = desk()
    for day in range(1, 60):
        made.run_until(f"{date(2026, 9, 30) + timedelta(days=day)}T18:00:00")
        assert kinds(made.ports) == [], f"day {day}"
    assert made.state is AccountState.SERVICE_HOLD


@pytest.mark.rule("DUN-09")
def test_a_notice_that_reached_nobody_is_listed_with_the_word_that_lets_it_count() -> None:
    made = Desk(desk().ports, fate=lambda _: MailState.BOUNCED)
    made.run_until("2026-10-03T18:00:00")
    (entry,) = listed(made.ports)
    assert (entry.kind, entry.account) == (Kind.NOTICE_UNDELIVERED, "cedar")
    assert "'past-due' reached nobody; tried: owner@cedar.example" in entry.what
    assert entry.command is not None
    assert entry.command.startswith("mspbill override-notice cedar past-due --provider birch")


def test_a_case_whose_execution_died_is_listed_when_the_sweep_does_not_mend_it() -> None:
    """docs/faults.md 19."""
    made = desk()
    made.run_until("2026-10-02T18:00:00")
    made.kill()
    made.ports.clock.move_to(made.now + timedelta(days=7))
    assert kinds(made.ports) == []  # it was to look again on the 10th only
    made.ports.clock.move_to(made.now + timedelta(days=3))
    (entry,) = listed(made.ports)
    assert (entry.kind, entry.account) == (Kind.CASE_LATE, "cedar")
    assert "has ended" in entry.what
    assert entry.since_at is not None
    assert entry.since_at.date() == date(2026, 10, 10)
    made.sweep()
    made.run_until("2026-10-12T20:00:00")
    assert kinds(made.ports) == []


@pytest.mark.rule("DUN-08")
def test_a_promise_that_ran_out_is_listed_for_a_week() -> None:
    made = desk()
    made.run_until("2026-10-03T16:00:00")
    make_promise(
        made.ports,
        PauseRequest(
            provider="birch", account="cedar", until=date(2026, 10, 8), reason="A call.", by="jo"
        ),
    )
    made.run_until("2026-10-08T23:00:00")
    assert kinds(made.ports) == []
    made.run_until("2026-10-09T12:00:00")
    (entry,) = listed(made.ports)
    assert entry.kind is Kind.PAUSE_RAN_OUT
    assert "'promise-1' about 100.00 USD of what is owed ran out on 8 October 2026" in entry.what
    made.run_until("2026-10-17T12:00:00")
    assert Kind.PAUSE_RAN_OUT not in kinds(made.ports)


@pytest.mark.rule("DUN-06")
def test_a_release_waits_for_its_keys_by_name() -> None:
    made = world()
    made.pay("100.00")
    made.start()
    made.ask()
    entry = release_of(made.ports)
    assert "still on credit hold. It waits for Engineer, Billing" in entry.what
    made.approve("engineer", ANN)
    entry = release_of(made.ports)
    assert "It waits for Billing team." in entry.what
    leave_release(made.ports, LeaveRequest(provider="birch", account="cedar", release=1))
    entry = release_of(made.ports)
    assert entry.command == "mspbill hold ask-again cedar --provider birch --by NAME"


@pytest.mark.rule("DUN-07")
def test_a_hold_that_others_did_not_bring_about_is_listed_after_a_day() -> None:
    """docs/faults.md 43."""
    made = desk()
    made.run_until("2026-10-02T12:00:00")
    acknowledge(made.ports, "birch", "cedar", "psa", 0)
    made.run_until("2026-10-15T18:00:00")
    assert made.state is AccountState.CREDIT_HOLD
    assert kinds(made.ports) == []
    made.run_until("2026-10-16T18:00:00")
    (entry,) = listed(made.ports)
    assert entry.kind is Kind.HOLD_NOT_DONE
    assert "psa has not done what the account's state asks for: credit hold" in entry.what
    acknowledge(made.ports, "birch", "cedar", "psa", 1)
    assert kinds(made.ports) == []


def test_a_hold_that_the_bus_never_took_is_listed(monkeypatch: pytest.MonkeyPatch) -> None:
    """docs/faults.md 43."""
    made = desk()

    def refuse(*_: object) -> None:
        raise BusError("the bus is full")

    made.run_until("2026-10-02T12:00:00")
    monkeypatch.setattr(made.ports.bus, "publish", refuse)
    made.run_until("2026-10-17T18:00:00")
    (entry,) = listed(made.ports)
    assert (entry.kind, entry.account) == (Kind.HOLD_NOT_DONE, "cedar")
    assert "The bus has not taken what the account may do now" in entry.what
