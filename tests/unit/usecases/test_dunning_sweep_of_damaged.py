"""The daily sweep, when what is stored of one account cannot be read: the others are looked at."""

from __future__ import annotations

import pytest

from msp_billing.domain.attention import AttentionKind
from msp_billing.domain.dunning.standing import AccountState, Standing
from msp_billing.usecases.attention.accounts import accounts
from msp_billing.usecases.attention.digest import DigestRequest, send_digest
from msp_billing.usecases.attention.look import look_at
from msp_billing.usecases.dunning.sweep_result import SweepResult
from msp_billing.usecases.errors import BusError
from tests.end_to_end.dunning_provider import ACCOUNT, LEDGER, PROVIDER
from tests.end_to_end.small_provider import account, line
from tests.fakes.cycles import FakeCycles
from tests.unit.usecases.dunning_desk import Desk, desk, utc

OVERDUE = "2026-10-01T11:00:00"


def beside_alder(now: str = OVERDUE) -> Desk:
    """Cedar, of which B-1 is overdue, and behind Alder, which owes as much."""
    made = desk()
    made.ports.book.put(PROVIDER, [account("alder", line("SEAT", quantity=1))])
    head = made.ports.ledgers.heads[PROVIDER, ACCOUNT]
    ledger = LEDGER.model_copy(update={"account": "alder"})
    made.ports.ledgers.heads[PROVIDER, "alder"] = head.model_copy(update={"ledger": ledger})
    made.ports.standings.kept[PROVIDER, "alder"] = Standing(
        provider=PROVIDER, account="alder", version=1
    )
    made.ports.clock.move_to(utc(now))
    return made


def the_failed(result: SweepResult) -> tuple[str | None, str]:
    """The account that was not looked at; it is named once."""
    (failed,) = (entry for entry in result.failed if entry.account is not None)
    return failed.account, failed.error


def test_a_position_that_cannot_be_read_hides_no_account_behind_it() -> None:
    """docs/faults.md 16, 46: it is reported, anchored as it was, and the others are looked at."""
    made = beside_alder()
    made.ports.ledgers.damaged.add("alder")
    result = made.sweep()
    assert (result.accounts, result.opened, result.anchored) == (1, 1, 1)
    assert made.state is AccountState.DUE
    who, error = the_failed(result)
    assert who == "alder"
    assert error.startswith("LedgerUnreadableError: the head of the ledger of birch/alder")


def test_a_standing_that_cannot_be_read_hides_no_account_behind_it() -> None:
    """docs/faults.md 16: nor does its account pass for one that was never late."""
    made = beside_alder()
    made.ports.standings.damaged.add("alder")
    result = made.sweep()
    assert (result.accounts, result.opened, result.anchored) == (1, 1, 2)
    assert made.state is AccountState.DUE
    who, error = the_failed(result)
    assert who == "alder"
    assert (
        error == "StandingUnreadableError: how birch/alder stands cannot be read: changed by hand"
    )
    (incident,) = made.ports.incidents.open_of(PROVIDER)
    assert (incident.kind, incident.account) == (AttentionKind.SWEEP_FAILED, "alder")


def test_an_account_of_which_nothing_can_be_read_is_named_once() -> None:
    made = beside_alder()
    made.ports.standings.damaged.add("alder")
    made.ports.ledgers.damaged.add("alder")
    result = made.sweep()
    assert the_failed(result)[0] == "alder"
    assert result.opened == 1


def test_an_account_that_cannot_be_told_about_keeps_no_other_from_being_told() -> None:
    """docs/faults.md 43: Alder's ledger is as it should be, but the case's policy is not there."""
    made = beside_alder("2026-09-30T11:00:00")
    made.run_until("2026-10-15T13:00:00")
    made.ports.bus.errors = [BusError("down")] * 20
    made.run_until("2026-10-16T00:00:00")
    assert made.state is AccountState.CREDIT_HOLD
    made.ports.bus.errors = []
    held = made.standing
    assert held.case is not None
    lost = held.case.model_copy(update={"policy_version": "lost"})
    made.ports.standings.kept[PROVIDER, "alder"] = held.model_copy(
        update={"account": "alder", "case": lost}
    )
    result = made.sweep()
    assert result.told == 1
    assert {entry.account for entry in result.failed} == {"alder"}


def test_a_standing_that_cannot_be_read_hides_nothing_from_the_digest() -> None:
    made = beside_alder("2026-10-12T11:00:00")
    made.ports.cycles, made.ports.feeds = FakeCycles(), None
    made.sweep()
    made.kill()
    made.ports.clock.move_to(utc("2026-10-14T18:00:00"))
    made.ports.standings.damaged.add("alder")
    listed = {entry.account: entry for entry in accounts(look_at(made.ports, PROVIDER))}
    assert listed["cedar"].kind is AttentionKind.CASE_LATE
    assert listed["alder"].kind is AttentionKind.NOT_LOOKED_AT
    assert "how birch/alder stands cannot be read" in listed["alder"].what
    result = send_digest(made.ports, DigestRequest(provider=PROVIDER))
    assert result.by_state == {"due": 1}


def test_parts_of_the_sweep_that_fail_are_named_one_by_one_and_stop_no_other(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """What waits in outbox or queue of payments cannot be read: cases open all the same."""
    made = beside_alder()

    def damaged(*_: object) -> None:
        raise ValueError("changed by hand")

    monkeypatch.setattr(made.ports.outbox, "all_of", damaged)
    monkeypatch.setattr(made.ports.payments, "queue", damaged)
    result = made.sweep()
    assert (result.opened, result.anchored) == (2, 2)
    told = [incident.what for incident in made.ports.incidents.open_of(PROVIDER)]
    begin = "The daily sweep did not come to the end of its part"
    assert told == [
        f"{begin} 'payments': ValueError: changed by hand",
        f"{begin} 'reminders': ValueError: changed by hand",
    ]
