"""The clock of a trial: by what is set, never by accident, and known to Step Functions."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import boto3
import pytest
from moto import mock_aws

from msp_billing import wiring
from msp_billing.adapters.clock import SystemClock, SystemPauses
from msp_billing.adapters.dynamodb.table import Table
from msp_billing.adapters.trial_clock import TrialClock, TrialClockError, TrialPauses, pauses_by
from msp_billing.usecases.dunning.advance import CaseRequest, advance_case
from tests.end_to_end.dunning_provider import ACCOUNT, PROVIDER
from tests.fakes.outside import FakeClock
from tests.frame import repository
from tests.unit.usecases.dunning_desk import desk, utc

SET = datetime(2025, 4, 1, 12, tzinfo=UTC)
REAL = FakeClock(datetime(2026, 5, 1, tzinfo=UTC))


@pytest.fixture
def table() -> Iterator[Table]:
    keys = [("pk", "HASH"), ("sk", "RANGE")]
    with mock_aws():
        client = boto3.client(
            "dynamodb",
            region_name="us-east-1",
            aws_access_key_id="none",
            aws_secret_access_key="none",
        )
        client.create_table(
            TableName="billing",
            BillingMode="PAY_PER_REQUEST",
            AttributeDefinitions=[
                {"AttributeName": name, "AttributeType": "S"} for name, _ in keys
            ],
            KeySchema=[{"AttributeName": name, "KeyType": kind} for name, kind in keys],
        )
        yield Table(client, "billing")


@pytest.fixture
def own_clock(monkeypatch: pytest.MonkeyPatch) -> Iterator[pytest.MonkeyPatch]:
    """The clock that the environment asks for, as in a function."""
    wiring.use_clock(None)
    yield monkeypatch
    wiring.use_clock(None)


def test_the_time_is_what_was_set_last(table: Table) -> None:
    clock = TrialClock(table)
    clock.set(SET, REAL)
    assert clock.now() == SET
    clock.set(SET + timedelta(days=30), REAL)
    assert clock.now() == SET + timedelta(days=30)


def test_a_clock_that_nobody_set_stops_whatever_asks_for_the_time(table: Table) -> None:
    with pytest.raises(TrialClockError, match="nobody has set it"):
        TrialClock(table).now()


def test_a_time_to_come_is_refused(table: Table) -> None:
    with pytest.raises(TrialClockError, match="still to come"):
        TrialClock(table).set(REAL.now(), REAL)


def test_step_functions_waits_a_few_real_seconds_for_what_is_to_come(table: Table) -> None:
    clock = TrialClock(table)
    clock.set(SET, REAL)
    pauses = TrialPauses(clock, REAL)
    assert pauses.wake_at(SET) == SET
    assert pauses.wake_at(SET + timedelta(days=30)) == REAL.now() + timedelta(seconds=3)


def test_a_case_looks_again_by_step_functions_clock_and_keeps_its_own(table: Table) -> None:
    cedar = desk()
    cedar.run_until("2026-10-01T12:00:00")
    clock = TrialClock(table)
    clock.set(cedar.now, FakeClock(utc("2027-01-01T00:00:00")))
    cedar.ports.pauses = TrialPauses(clock, FakeClock(utc("2027-01-01T00:00:00")))
    request = CaseRequest(provider=PROVIDER, account=ACCOUNT, case=1, run=1)
    answer = advance_case(cedar.ports, request)
    assert answer.until == "2027-01-01T00:00:03Z"
    assert cedar.standing.case is not None
    assert cedar.standing.case.looks_at == utc("2026-10-01T14:00:00")


@pytest.mark.parametrize("said", [None, "", "off", "yes", "ON"])
def test_a_stack_that_bills_goes_by_the_machines_clock(
    own_clock: pytest.MonkeyPatch, said: str | None
) -> None:
    if said is None:
        own_clock.delenv("TRIAL_CLOCK", raising=False)
    else:
        own_clock.setenv("TRIAL_CLOCK", said)
    assert isinstance(wiring.ports().clock, SystemClock)
    assert isinstance(wiring.ports().pauses, SystemPauses)


def test_a_trial_stack_goes_by_its_own_clock(own_clock: pytest.MonkeyPatch, table: Table) -> None:
    own_clock.setenv("TRIAL_CLOCK", "on")
    own_clock.setenv("TABLE_NAME", table.name)
    own_clock.setenv("AWS_DEFAULT_REGION", "us-east-1")
    clock = wiring.ports().clock
    assert isinstance(clock, TrialClock)
    assert isinstance(pauses_by(clock), TrialPauses)


def test_the_template_refuses_a_trial_clock_beside_records_that_are_kept() -> None:
    template: dict[str, Any] = repository.template()
    assert template["Parameters"]["TrialClock"]["Default"] == "off"
    (rule,) = template["Rules"].values()
    assert rule["RuleCondition"] == {"Fn::Equals": [{"Ref": "TrialClock"}, "on"]}
    (assertion,) = rule["Assertions"]
    assert assertion["Assert"] == {"Fn::Equals": [{"Ref": "RecordsRetentionDays"}, "1"]}
    assert template["Parameters"]["RecordsRetentionDays"]["Default"] == 2557
