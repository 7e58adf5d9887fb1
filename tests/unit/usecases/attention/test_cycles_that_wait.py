"""Cycles on the list: each state that needs a person, and none that does not."""

from __future__ import annotations

import zlib
from datetime import timedelta
from typing import Any, Literal

import pytest

from msp_billing.domain.attention import AttentionKind as Kind
from msp_billing.domain.cycles import NOBODY_ANSWERED, CycleState
from msp_billing.domain.outcomes import AgreementOutcome, OutcomeKind
from msp_billing.domain.problems import Problem
from msp_billing.usecases.attention.look import MOST_OF_A_KIND
from msp_billing.usecases.attention.looking import needs_a_person
from msp_billing.usecases.errors import CycleUnreadableError
from msp_billing.usecases.records import AccountRecord, Approval
from msp_billing.usecases.restoring.holding import HELD
from tests.end_to_end.small_provider import birch
from tests.unit.usecases.attention.desk import (
    SEPTEMBER,
    kinds,
    open_cycle,
    ports_at,
    the_one,
    utc,
    without_managed,
)


def test_nothing_is_listed_before_anything_is_due() -> None:
    assert needs_a_person(ports_at("2026-08-29T12:00:00"), "birch") == ()


def test_a_cycle_that_nobody_started_is_listed_once_its_schedule_had_time() -> None:
    """docs/faults.md 2."""
    assert Kind.CYCLE_NOT_STARTED not in kinds(ports_at("2026-09-01T10:30:00"))
    entry = the_one(ports_at("2026-09-01T11:30:00"), Kind.CYCLE_NOT_STARTED)
    assert (entry.run, str(entry.period)) == ("managed", "2026-09")
    assert entry.since_at == utc("2026-09-01T10:00:00")
    assert "Tuesday, 1 September 2026, 05:00" in entry.what
    assert entry.command == "mspbill cycle start managed 2026-09 --provider birch"


def test_a_cycle_that_is_worked_on_in_time_is_not_listed() -> None:
    ports = ports_at("2026-09-01T12:00:00")
    open_cycle(ports)
    assert kinds(ports) == []


def test_a_cycle_whose_lock_somebody_changed_hides_no_other() -> None:
    ports = ports_at("2026-10-01T12:00:00")
    damaged = open_cycle(ports).id
    ports.cycles.damaged[damaged] = CycleUnreadableError(str(damaged), "changed by hand")
    entry = the_one(ports, Kind.NOT_LOOKED_AT)
    assert (entry.run, entry.period) == ("managed", SEPTEMBER)
    assert "how birch_managed_2026-09 stands cannot be read" in entry.what
    assert str(the_one(ports, Kind.CYCLE_NOT_STARTED).period) == "2026-10"


def test_a_failed_cycle_says_why() -> None:
    ports = ports_at("2026-09-02T12:00:00")
    open_cycle(ports, state=CycleState.FAILED, failure="TooManyParkedError: 3 of 4 are parked")
    entry = the_one(ports, Kind.CYCLE_FAILED)
    assert "3 of 4 are parked" in entry.what
    assert entry.command == "mspbill cycle redrive managed 2026-09 --provider birch"


def test_a_cycle_that_a_restore_holds_is_not_to_be_let_go_on_before_somebody_looked() -> None:
    ports = ports_at("2026-09-02T12:00:00")
    open_cycle(ports, state=CycleState.FAILED, error=HELD, failure="It was restored, and so on.")
    entry = the_one(ports, Kind.CYCLE_FAILED)
    assert "Look whether customers have its invoices" in entry.do
    assert entry.command == "mspbill cycle show managed 2026-09 --provider birch"


@pytest.mark.parametrize(
    ("decision", "told"),
    [
        (None, "nobody decided in time: boss@birch.example had until Saturday, 5 September 2026"),
        ("approved", "a step took longer than it may (States.Timeout)."),
    ],
)
def test_a_question_that_nobody_answered_is_said_in_words(
    decision: Literal["approved"] | None, told: str
) -> None:
    """Step Functions says the same of a step that took too long: 'States.Timeout', no more."""
    ports = ports_at("2026-09-06T12:00:00", birch(approval="person"))
    cycle = open_cycle(
        ports, state=CycleState.FAILED, failure="States.Timeout: ", error=NOBODY_ANSWERED
    )
    approval = Approval(
        task_token="t",
        asked_at=utc("2026-09-01T14:00:00"),
        decide_by=utc("2026-09-05T14:00:00"),
        approvers=("boss@birch.example",),
        decision=decision,
    )
    ports.cycles.approvals[cycle.id] = approval
    entry = the_one(ports, Kind.CYCLE_FAILED)
    assert told in entry.what
    assert "it asks again" in entry.do


def test_an_open_cycle_without_an_execution_has_died() -> None:
    """docs/faults.md 19."""
    ports = ports_at("2026-09-01T12:00:00")
    open_cycle(ports, running=False)
    assert kinds(ports) == [Kind.CYCLE_DIED]


@pytest.mark.parametrize(
    ("now", "sealed", "late"),
    [
        ("2026-09-01T20:00:00", False, False),
        ("2026-09-02T09:00:00", False, True),  # the comparison was to be made on the 1st
        ("2026-09-02T20:00:00", True, False),
        ("2026-09-04T12:00:00", True, True),  # the issue day was the 2nd
    ],
)
def test_a_cycle_behind_its_plan_is_late(now: str, sealed: bool, late: bool) -> None:
    """docs/faults.md 19."""
    ports = ports_at(now)
    open_cycle(ports, sealed_at=utc("2026-09-01T13:00:00") if sealed else None)
    assert (Kind.CYCLE_LATE in kinds(ports)) is late


def test_a_run_that_waits_for_a_decision_is_not_late() -> None:
    ports = ports_at("2026-09-04T12:00:00", birch(approval="person"))
    cycle = open_cycle(ports, sealed_at=utc("2026-09-01T13:00:00"))
    asked_at = utc("2026-09-01T14:00:00")
    approval = Approval(
        task_token="t",
        asked_at=asked_at,
        decide_by=asked_at + timedelta(days=5),
        approvers=("boss@birch.example",),
    )
    ports.cycles.approvals[cycle.id] = approval
    assert kinds(ports) == [Kind.APPROVAL_WAITING]
    entry = the_one(ports, Kind.APPROVAL_WAITING)
    assert "boss@birch.example until Sunday, 6 September 2026, 09:00" in entry.what
    assert entry.since_at == asked_at
    decided = {"decision": "approved", "decided_at": utc("2026-09-04T11:00:00")}
    ports.cycles.approvals[cycle.id] = approval.model_copy(update=decided)
    assert kinds(ports) == []
    ports.clock.move_to(utc("2026-09-05T12:00:00"))
    assert kinds(ports) == [Kind.CYCLE_LATE]


def test_parked_accounts_are_listed_until_they_are_billed() -> None:
    ports = ports_at("2026-09-05T12:00:00")
    cycle = open_cycle(ports, state=CycleState.CLOSED, parked=("alder", "elm"))
    parked = AgreementOutcome(agreement="main", kind=OutcomeKind.PARKED, reason="no export")
    problem = Problem(code="feed-missing", what="The export of devices is missing.", fix="Send it.")
    for name in ("alder", "elm"):
        ports.invoices.kept[cycle.id, name] = AccountRecord(
            account=name, account_name=name, agreements=(parked,), parts=(), problems=(problem,) * 2
        )
    found = needs_a_person(ports, "birch")
    assert [(entry.kind, entry.account) for entry in found] == [
        (Kind.ACCOUNT_PARKED, "alder"),
        (Kind.ACCOUNT_PARKED, "elm"),
    ]
    assert found[0].what == "alder got no invoice: The export of devices is missing. (and 1 more)"
    assert found[0].command == (
        "mspbill cycle bill-again managed 2026-09 alder --provider birch --by NAME "
        "--why 'the export was mended'"
    )
    billed = parked.model_copy(update={"kind": OutcomeKind.BILLED})
    record = ports.invoices.kept[cycle.id, "alder"]
    ports.invoices.kept[cycle.id, "alder"] = record.model_copy(update={"agreements": (billed,)})
    assert [entry.account for entry in needs_a_person(ports, "birch")] == ["elm"]


def test_who_was_parked_behind_those_that_a_cycle_names_is_listed_when_these_are_billed() -> None:
    """A cycle names the first so many of the accounts that it parked."""
    ports = ports_at("2026-09-05T12:00:00")
    cycle = open_cycle(
        ports, state=CycleState.CLOSED, parked=("alder", "beech"), summary={"parked": 3}
    )
    parked = AgreementOutcome(agreement="main", kind=OutcomeKind.PARKED, reason="no export")
    for name in ("alder", "beech", "elm"):
        kind = OutcomeKind.PARKED if name == "elm" else OutcomeKind.BILLED
        ports.invoices.kept[cycle.id, name] = AccountRecord(
            account=name,
            account_name=name,
            agreements=(parked.model_copy(update={"kind": kind}),),
            parts=(),
        )
    assert [entry.account for entry in needs_a_person(ports, "birch")] == ["elm"]


def test_of_very_many_parked_accounts_the_last_one_listed_says_so() -> None:
    ports = ports_at("2026-09-05T12:00:00")
    names = tuple(f"account-{number:03}" for number in range(MOST_OF_A_KIND + 5))
    cycle = open_cycle(ports, state=CycleState.CLOSED, parked=names)
    parked = AgreementOutcome(agreement="main", kind=OutcomeKind.PARKED, reason="no export")
    for name in names:
        ports.invoices.kept[cycle.id, name] = AccountRecord(
            account=name, account_name=name, agreements=(parked,), parts=()
        )
    found = needs_a_person(ports, "birch")
    assert [entry.account for entry in found] == list(names[:MOST_OF_A_KIND])
    assert found[-1].do.endswith("There are more of these than are listed here.")


def test_a_defect_in_one_part_hides_no_other() -> None:
    ports = ports_at("2026-09-01T12:00:00")
    open_cycle(ports, running=False)
    ports.contacts = None
    found = needs_a_person(ports, "birch")
    assert [entry.kind for entry in found] == [Kind.CYCLE_DIED, Kind.NOT_LOOKED_AT]
    assert "The contacts could not be looked at: AttributeError" in found[1].what


# --- Runs that the policy has no more ------------------------------------------------------------


def of_managed(ports: Any) -> list[tuple[Kind, str | None]]:
    found = needs_a_person(ports, "birch")
    return [(entry.kind, entry.account) for entry in found if entry.run == "managed"]


@pytest.mark.parametrize(
    ("now", "running", "changes", "kind"),
    [
        ("2026-09-02T12:00:00", False, {"state": CycleState.FAILED}, Kind.CYCLE_FAILED),
        ("2026-09-02T12:00:00", False, {}, Kind.CYCLE_DIED),
        ("2026-09-04T12:00:00", True, {}, Kind.CYCLE_LATE),
    ],
)
def test_a_cycle_is_not_forgotten_when_its_run_is_taken_out_of_the_policy(
    now: str, running: bool, changes: dict[str, Any], kind: Kind
) -> None:
    """docs/faults.md 19."""
    ports = ports_at(now)
    open_cycle(ports, running=running, **changes)
    without_managed(ports)
    assert of_managed(ports) == [(kind, None)]


def test_who_was_left_out_by_a_run_is_listed_also_when_the_run_is_no_more() -> None:
    ports = ports_at("2026-09-05T12:00:00")
    cycle = open_cycle(ports, state=CycleState.CLOSED, parked=("alder",))
    parked = AgreementOutcome(agreement="main", kind=OutcomeKind.PARKED, reason="no export")
    ports.invoices.kept[cycle.id, "alder"] = AccountRecord(
        account="alder", account_name="Alder", agreements=(parked,), parts=()
    )
    without_managed(ports)
    assert of_managed(ports) == [(Kind.ACCOUNT_PARKED, "alder")]


def test_a_question_about_a_run_that_is_no_more_still_waits() -> None:
    ports = ports_at("2026-09-02T12:00:00", birch(approval="person"))
    cycle = open_cycle(ports, sealed_at=utc("2026-09-01T13:00:00"))
    ports.cycles.approvals[cycle.id] = Approval(
        task_token="t",
        asked_at=utc("2026-09-01T14:00:00"),
        decide_by=utc("2026-09-05T14:00:00"),
        approvers=("boss@birch.example",),
    )
    without_managed(ports)
    assert of_managed(ports) == [(Kind.APPROVAL_WAITING, None)]


def test_a_cycle_that_cannot_be_looked_at_hides_no_other() -> None:
    """Its policy is not there; October, which died, is listed all the same."""
    ports = ports_at("2026-10-02T12:00:00")
    open_cycle(ports, policy_version="lost")
    october = SEPTEMBER.shifted(1)
    cycle = open_cycle(ports, owner="arn:dead")
    ports.cycles.put(
        cycle.model_copy(update={"id": cycle.id.model_copy(update={"period": october})})
    )
    open_cycle(ports, policy_version="lost")
    found = {entry.kind: entry for entry in needs_a_person(ports, "birch")}
    assert found[Kind.CYCLE_DIED].period == october
    assert found[Kind.NOT_LOOKED_AT].period == SEPTEMBER
    assert (
        "The cycle birch_managed_2026-09 could not be looked at" in found[Kind.NOT_LOOKED_AT].what
    )


def test_a_record_that_somebody_scribbled_over_hides_nothing_else() -> None:
    """What is stored is compressed: a changed byte shows as an error of the decompression."""
    ports = ports_at("2026-10-02T12:00:00")
    open_cycle(ports, state=CycleState.CLOSED, parked=("alder",), summary={"parked": 1})

    def scribbled(*_asked: Any) -> Any:
        return zlib.decompress(b"scribble")

    ports.invoices.records = scribbled
    assert the_one(ports, Kind.NOT_LOOKED_AT).period == SEPTEMBER
    assert the_one(ports, Kind.CYCLE_NOT_STARTED).period == SEPTEMBER.shifted(1)
