"""Payments, write-offs, sweeps, and what functions came upon, on the list."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest

from msp_billing.domain.attention import Attention
from msp_billing.domain.attention import AttentionKind as Kind
from msp_billing.domain.ledger.write_offs import WriteOff
from msp_billing.domain.money import Money
from msp_billing.domain.payments.incoming import IncomingPayment, PaymentKey, PaymentMethod
from msp_billing.domain.payments.records import PaymentRecord
from msp_billing.domain.problems import Problem
from msp_billing.usecases.attention.incidents import report_incident, settle_incidents
from msp_billing.usecases.attention.look import MOST_OF_A_KIND, look_at
from msp_billing.usecases.attention.money import incidents, payments, sweeps, write_offs
from msp_billing.usecases.dunning import sweep
from msp_billing.usecases.dunning.sweep import SweepRequest, sweep_accounts
from msp_billing.usecases.receivables.anchors import anchor_key
from msp_billing.usecases.receivables.verifying import verify_provider
from msp_billing.usecases.sync_schedules import mend_schedules, remove_orphans
from tests.unit.usecases.attention.desk import ports_at, utc
from tests.unit.usecases.dunning_desk import desk

NOW = "2026-09-02T12:00:00"


def listed(ports: Any, part: Any) -> list[Attention]:
    return list(part(look_at(ports, "birch")))


def queue(ports: Any, number: int) -> None:
    key = PaymentKey(provider="birch", source="bank", external_id=f"A-{number}")
    payment = IncomingPayment(
        key=key,
        amount=Money(amount=Decimal("88.40"), currency="USD"),
        method=PaymentMethod.ACH,
        received_on=utc(NOW).date(),
        payer="Cedar Dental",
    )
    problem = Problem(code="unknown-invoice", what="No open invoice has it.", fix="Look.")
    ports.payments.put(
        PaymentRecord(
            version=1,
            payment=payment,
            state="queued",
            problems=(problem,),
            suggestions=("cedar",),
            reported_at=utc(NOW) - timedelta(minutes=number),
            reported_by="file bank",
        )
    )


def test_a_payment_that_waits_is_listed_with_whose_it_may_be() -> None:
    ports = ports_at(NOW)
    queue(ports, 1)
    (entry,) = listed(ports, payments)
    assert entry.kind is Kind.PAYMENT_WAITING
    assert "88.40" in entry.what
    assert "of Cedar Dental (bank:A-1) waits: No open invoice has it." in entry.what
    assert entry.command is not None
    assert "bank:A-1 --account cedar --provider birch" in entry.command


def test_very_many_are_listed_up_to_a_limit_and_the_last_says_so() -> None:
    ports = ports_at(NOW)
    for number in range(MOST_OF_A_KIND + 5):
        queue(ports, number)
    found = listed(ports, payments)
    assert len(found) == MOST_OF_A_KIND
    assert found[-1].do.endswith("There are more of these than are listed here.")


def test_a_write_off_waits_for_a_second_person() -> None:
    ports = ports_at(NOW)
    asked = WriteOff(
        provider="birch",
        account="cedar",
        write_off="old-one",
        document="B-1",
        amount=Decimal("12.00"),
        why="too small to follow",
        requested_by="jo",
        requested_at=utc(NOW),
    )
    ports.write_offs.put(asked)
    (entry,) = listed(ports, write_offs)
    assert "jo asks to give up 12.00 USD of B-1: too small to follow" in entry.what
    ports.write_offs.put(asked.decided("approved", "kim", "yes", utc(NOW)))
    assert listed(ports, write_offs) == []


def test_a_sweep_that_does_not_come_to_its_end_is_missed_after_two_days() -> None:
    """docs/faults.md 19."""
    ports = ports_at(NOW)
    assert listed(ports, sweeps) == []  # applied just now
    ports.clock.pass_days(4)
    (entry,) = listed(ports, sweeps)
    assert entry.kind is Kind.SWEEP_MISSING
    sweep_accounts(ports, SweepRequest(provider="birch"))
    assert ports.records.find(anchor_key("birch", ports.clock.now().date()))
    assert listed(ports, sweeps) == []


def test_a_provider_that_is_applied_every_day_is_missed_by_the_sweep_as_well() -> None:
    """docs/faults.md 19: what is new is the policy; the sweep had looked at it before."""
    ports = ports_at(NOW)
    sweep_accounts(ports, SweepRequest(provider="birch"))
    ports.clock.pass_days(2)
    current = ports.policies.current("birch").model_copy(
        update={"applied_at": utc(NOW) + timedelta(days=2)}
    )
    ports.policies.current = lambda _provider: current
    assert listed(ports, sweeps) == []  # the anchors are of the day before yesterday
    ports.clock.pass_days(1)
    (entry,) = listed(ports, sweeps)
    assert entry.kind is Kind.SWEEP_MISSING


# --- Incidents -----------------------------------------------------------------------------------


def test_an_incident_is_listed_until_it_is_settled_or_long_ago() -> None:
    ports = ports_at(NOW)
    for subject in ("bank/a.csv", "bank/b.csv"):
        report_incident(
            ports, Kind.PAYMENT_FILE_REFUSED, "birch", subject, f"{subject} was refused"
        )
    assert [entry.what for entry in listed(ports, incidents)] == [
        "bank/a.csv was refused",
        "bank/b.csv was refused",
    ]
    settle_incidents(ports, Kind.PAYMENT_FILE_REFUSED, "birch", {"bank/a.csv"})
    assert [entry.what for entry in listed(ports, incidents)] == ["bank/b.csv was refused"]
    ports.clock.pass_days(15)
    assert listed(ports, incidents) == []


def test_a_ledger_that_does_not_fit_is_listed_until_it_does() -> None:
    """docs/faults.md 46."""
    made = desk()
    who = ("birch", "cedar")
    kept = made.ports.ledgers.kept[who]
    made.ports.ledgers.kept[who] = [kept[0].model_copy(update={"document": "B-9"})]
    assert [entry.misfit is None for entry in verify_provider(made.ports, "birch")] == [False]
    (entry,) = listed(made.ports, incidents)
    assert (entry.kind, entry.account) == (Kind.LEDGER_DOES_NOT_FIT, "cedar")
    assert entry.command is not None
    assert "cedar --provider birch" in entry.command
    made.ports.ledgers.kept[who] = kept
    list(verify_provider(made.ports, "birch"))
    assert listed(made.ports, incidents) == []


def test_an_account_that_the_sweep_stumbles_over_is_listed(monkeypatch: pytest.MonkeyPatch) -> None:
    """docs/faults.md 16: the others are looked at all the same."""
    made = desk()

    def stumble(*_: object) -> None:
        raise ValueError("a date that cannot be")

    monkeypatch.setattr(sweep, "look_at_account", stumble)
    assert len(sweep_accounts(made.ports).failed) == 1
    (entry,) = listed(made.ports, incidents)
    assert (entry.kind, entry.account) == (Kind.SWEEP_FAILED, "cedar")
    assert "ValueError: a date that cannot be" in entry.what


# --- Schedules -----------------------------------------------------------------------------------


def settled(now: str = NOW) -> Any:
    """Birch with its schedules, long after it was applied."""
    ports = ports_at(now)
    mend_schedules(ports, "birch")
    ports.clock.pass_days(2)
    return ports


def test_schedules_that_are_made_for_the_first_time_are_no_incident() -> None:
    ports = settled()
    assert sorted(ports.schedules.kept) == ["birch_managed"]
    assert sorted(ports.digest_schedules.kept) == ["birch_digest"]
    assert mend_schedules(ports, "birch").created_or_changed == ()
    assert listed(ports, incidents) == []


def test_a_schedule_that_somebody_removed_is_made_again_and_reported() -> None:
    """docs/faults.md 2."""
    ports = settled()
    ports.schedules.delete("birch_managed")
    assert mend_schedules(ports, "birch").created_or_changed == ("birch_managed",)
    (entry,) = listed(ports, incidents)
    assert entry.what == (
        "The schedule birch_managed was not there. It is as the policy says again."
    )


def test_a_schedule_that_somebody_changed_is_put_right_and_reported() -> None:
    """docs/faults.md 2."""
    ports = settled()
    right = ports.schedules.kept["birch_managed"]
    ports.schedules.kept["birch_managed"] = ("cron(0 5 9 * ? *)", *right[1:])
    ports.schedules.by_hand.add("birch_managed")
    result = mend_schedules(ports, "birch")
    assert result.changed_by_hand == ("birch_managed",)
    assert ports.schedules.kept["birch_managed"] == right
    (entry,) = listed(ports, incidents)
    assert "had been changed by hand" in entry.what
    ports.clock.pass_days(8)
    assert listed(ports, incidents) == []


def test_what_a_newer_release_makes_otherwise_is_no_incident() -> None:
    """A stack of the version before: its schedules call no alias, and there is no digest yet."""
    ports = settled()
    _, zone, payload = ports.schedules.kept["birch_managed"]
    ports.schedules.kept["birch_managed"] = ("cron(0 5 9 * ? *)", zone, payload)
    ports.digest_schedules.delete("birch_digest")
    assert set(mend_schedules(ports, "birch").created_or_changed) == {
        "birch_managed",
        "birch_digest",
    }
    assert listed(ports, incidents) == []


def test_a_provider_that_is_no_more_loses_its_schedules() -> None:
    ports = settled()
    told = ports.schedules.kept["birch_managed"]
    ports.schedules.kept["gone_managed"] = told
    ports.digest_schedules.kept["gone_digest"] = told
    assert remove_orphans(ports) == ("gone_managed", "gone_digest")
    assert sorted(ports.schedules.kept) == ["birch_managed"]
    assert sorted(ports.digest_schedules.kept) == ["birch_digest"]
