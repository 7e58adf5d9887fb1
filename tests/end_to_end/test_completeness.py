"""Nobody is forgotten: every active agreement ends with one outcome, or nothing is numbered."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from decimal import Decimal
from typing import Any

import pytest

from msp_billing.adapters.dynamodb.cycles import cycle_pk
from msp_billing.domain.building.building import build_account
from msp_billing.domain.charging.adjustments import Adjustment
from msp_billing.domain.contracts.agreements import Agreement
from msp_billing.domain.cycles import CycleState
from msp_billing.domain.outcomes import AgreementOutcome, OutcomeKind
from msp_billing.usecases import build_invoices
from msp_billing.usecases.errors import VersionConflictError
from tests.end_to_end.small_provider import account, birch, line
from tests.end_to_end.stage import Stage, cycle_id

CYCLE = cycle_id()
NAME = "birch_managed_2026-09"
LATE_REASON = "came into the book after the snapshot was sealed"
SMALL = birch().only("cedar", "elm")


@pytest.fixture
def sealed(stage: Stage) -> Stage:
    """Cedar and elm, sealed at 11:00 UTC on the 1st, three hours before they are built."""
    stage.set_up(SMALL)
    stage.run_until("2026-09-01T12:00:00")
    return stage


def build(stage: Stage) -> None:
    stage.step("BuildInvoicesFunction", CYCLE, **stage.batch(CYCLE))


def reconcile_error(stage: Stage) -> str:
    return stage.step_error("ReconcileCycleFunction", CYCLE)


def kinds(stage: Stage, name: str) -> dict[str, str]:
    return {entry.agreement: entry.kind.value for entry in stage.records(CYCLE)[name].agreements}


def with_second_agreement(name: str) -> Any:
    """Cedar or elm as of the book, with an agreement more."""
    (found,) = (entry for entry in SMALL.accounts if entry.account == name)
    second = Agreement(
        agreement="second",
        title="Second agreement",
        starts_on=date(2026, 1, 1),
        lines=(line("SEAT", quantity=1),),
    )
    return found.model_copy(update={"agreements": (*found.agreements, second)})


def test_an_outcome_that_is_missing_stops_the_run_by_name(sealed: Stage) -> None:
    build(sealed)
    table = sealed.environment["TABLE_NAME"]
    key = {"pk": {"S": cycle_pk(CYCLE)}, "sk": {"S": "ACCOUNT#elm"}}
    sealed.cloud.client("dynamodb").delete_item(TableName=table, Key=key)
    assert reconcile_error(sealed) == "CompletenessGapError"
    assert sealed.numbers(CYCLE) == []


def test_an_outcome_that_nobody_expects_stops_the_run(sealed: Stage) -> None:
    build(sealed)
    record = sealed.records(CYCLE)["elm"]
    stranger = record.model_copy(update={"account": "stranger"})
    sealed.ports.invoices.put_record(CYCLE, stranger)
    assert reconcile_error(sealed) == "CompletenessGapError"


def test_a_doubled_outcome_stops_the_run(sealed: Stage) -> None:
    build(sealed)
    record = sealed.records(CYCLE)["elm"]
    again = AgreementOutcome(agreement="main", kind=OutcomeKind.SKIPPED, reason="again")
    doubled = record.model_copy(update={"agreements": (*record.agreements, again)})
    sealed.ports.invoices.put_record(CYCLE, doubled)
    assert reconcile_error(sealed) == "CompletenessGapError"


def test_a_gap_fails_the_cycle_before_anything_is_numbered(
    sealed: Stage, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The builder forgets an account; the state machine stops, and the bus is told."""
    put_outcomes = type(sealed.ports.invoices).put_outcomes
    monkeypatch.setattr(
        type(sealed.ports.invoices),
        "put_outcomes",
        lambda store, cycle, outcomes: put_outcomes(store, cycle, outcomes[:1]),
    )
    sealed.run_until("2026-09-03T00:00:00")
    assert sealed.execution(NAME).error == "CompletenessGapError"
    assert "elm/main has no outcome" in str(sealed.cycle(CYCLE).failure)
    assert sealed.published("CycleFailed") == [str(CYCLE)]
    assert sealed.numbers(CYCLE) == []
    assert not sealed.sent()
    monkeypatch.undo()
    sealed.start(CYCLE)
    sealed.run_until("2026-09-04T00:00:00")
    assert sealed.cycle(CYCLE).state is CycleState.CLOSED
    assert sealed.numbers(CYCLE) == ["BI-000001", "BI-000002"]


def test_an_account_that_came_after_the_seal_is_skipped_by_name(sealed: Stage) -> None:
    sealed.apply(SMALL.with_accounts(account("fir", line("SEAT", quantity=2))))
    sealed.run_until("2026-09-03T00:00:00")
    (outcome,) = sealed.records(CYCLE)["fir"].agreements
    assert (outcome.kind, outcome.reason) == (OutcomeKind.SKIPPED, LATE_REASON)
    summary = sealed.cycle(CYCLE).summary
    assert (summary["billed"], summary["skipped"], summary["accounts"]) == (2, 1, 3)


def test_an_agreement_that_came_after_the_seal_is_skipped_by_name(sealed: Stage) -> None:
    sealed.apply(SMALL.with_accounts(with_second_agreement("cedar")))
    sealed.run_until("2026-09-03T00:00:00")
    assert kinds(sealed, "cedar") == {"main": "billed", "second": "skipped"}
    assert sealed.cycle(CYCLE).state is CycleState.CLOSED
    assert str(sealed.invoices(CYCLE)["cedar"].total.amount) == "20.00"


def test_an_agreement_that_was_ended_after_the_seal_bills_as_it_was_sealed(sealed: Stage) -> None:
    (cedar,) = (entry for entry in SMALL.accounts if entry.account == "cedar")
    (main,) = cedar.agreements
    ended = main.model_copy(update={"ends_on": date(2026, 8, 31)})
    sealed.apply(SMALL.with_accounts(cedar.model_copy(update={"agreements": (ended,)})))
    sealed.run_until("2026-09-03T00:00:00")
    assert kinds(sealed, "cedar") == {"main": "billed"}
    assert sealed.cycle(CYCLE).state is CycleState.CLOSED


def test_an_account_edited_after_the_seal_still_owes_its_outcome(sealed: Stage) -> None:
    """An edit is no excuse for the builder: what was sealed must have an outcome."""
    sealed.apply(SMALL.with_accounts(with_second_agreement("elm")))
    build(sealed)
    record = sealed.records(CYCLE)["elm"]
    sealed.ports.invoices.put_record(CYCLE, record.model_copy(update={"agreements": ()}))
    assert reconcile_error(sealed) == "CompletenessGapError"


def test_a_book_that_changes_while_it_is_being_sealed_stops_nothing(stage: Stage) -> None:
    """docs/faults.md 18 and 30: batches are written, the manifest is not; then an account comes."""
    stage.set_up(SMALL)
    stage.run_until("2026-09-01T10:30:00")
    with pytest.MonkeyPatch.context() as patch:
        put_once = type(stage.ports.records).put_once

        def refuse_the_manifest(store: Any, key: str, *rest: Any) -> Any:
            if key.endswith("manifest.jsonl"):
                raise RuntimeError("killed")
            return put_once(store, key, *rest)

        patch.setattr(type(stage.ports.records), "put_once", refuse_the_manifest)
        stage.run_until("2026-09-01T11:30:00")
    assert stage.cycle(CYCLE).state is CycleState.FAILED
    stage.apply(SMALL.with_accounts(account("fir", line("SEAT", quantity=2))))
    stage.start(CYCLE)
    stage.run_until("2026-09-03T00:00:00")
    assert stage.cycle(CYCLE).state is CycleState.CLOSED
    assert stage.cycle(CYCLE).summary["billed"] == 3


def test_one_account_that_cannot_be_built_is_parked_by_name(
    sealed: Stage, monkeypatch: pytest.MonkeyPatch
) -> None:
    """docs/faults.md 16."""

    def poisoned(context: Any, snapshot: Any, previous: Any) -> Any:
        if snapshot.account.account == "elm":
            raise ZeroDivisionError("poison")
        return build_account(context, snapshot, previous)

    monkeypatch.setattr(build_invoices, "build_account", poisoned)
    sealed.run_until("2026-09-03T00:00:00")
    elm = sealed.records(CYCLE)["elm"]
    assert kinds(sealed, "elm") == {"main": "parked"}
    assert "ZeroDivisionError: poison" in elm.problems[0].what
    assert list(sealed.invoices(CYCLE)) == ["cedar"]
    assert sealed.numbers(CYCLE) == ["BI-000001"]
    assert sealed.cycle(CYCLE).summary["parked"] == 1


def test_a_closing_charge_that_cannot_be_billed_is_parked_and_no_gap(stage: Stage) -> None:
    """Elm left at the end of August, and a last charge is for a product that is not sold."""
    (elm,) = (entry for entry in SMALL.accounts if entry.account == "elm")
    ended = elm.agreements[0].model_copy(update={"ends_on": date(2026, 8, 31)})
    last = Adjustment(
        adjustment="last",
        dated_on=date(2026, 9, 1),
        product="GONE",
        quantity=1,
        description="A last one",
        reason="Ticket 3",
        entered_by="Clerk",
    )
    closing = elm.model_copy(update={"agreements": (ended,), "adjustments": (last,)})
    stage.set_up(SMALL.with_accounts(closing))
    stage.run_until("2026-09-03T00:00:00")
    assert stage.cycle(CYCLE).state is CycleState.CLOSED
    assert kinds(stage, "elm") == {"main": "parked"}
    assert [problem.code for problem in stage.records(CYCLE)["elm"].problems] == ["unknown-product"]
    assert list(stage.invoices(CYCLE)) == ["cedar"]


def test_too_many_parked_accounts_stop_the_run_before_it_numbers(stage: Stage) -> None:
    """docs/faults.md 16: half of the accounts may be parked, three of four are too many."""
    provider = birch().with_policy(parked_share_limit=Decimal("0.5"))
    stage.set_up(replace(provider, users={}).only("alder", "beech", "cedar", "elm"))
    stage.put_feed("birch/devices/2026-09-01.csv", b"Customer,Device\nalder,a")
    stage.run_until("2026-09-03T00:00:00")
    assert stage.execution(NAME).error == "TooManyParkedError"
    assert "3 of 4 accounts" in str(stage.cycle(CYCLE).failure)
    assert stage.numbers(CYCLE) == []
    assert not stage.sent()


def test_a_version_with_other_content_is_refused_and_nothing_of_it_is_applied(
    stage: Stage,
) -> None:
    stage.apply(SMALL)
    other = SMALL.with_policy(name="Another name").with_accounts(
        account("fir", line("SEAT", quantity=2))
    )
    with pytest.raises(VersionConflictError):
        stage.apply(other)
    names = [entry.account.account for entry in stage.ports.book.entries("birch")]
    assert names == ["cedar", "elm"]


def test_an_account_with_as_many_agreements_as_there_may_be_is_billed(stage: Stage) -> None:
    """An invoice per agreement; built twice, as a retry does."""
    agreements = tuple(
        Agreement(
            agreement=f"site-{number:03d}",
            title=f"Site {number}",
            starts_on=date(2026, 1, 1),
            lines=(line("SEAT", quantity=1),),
        )
        for number in range(40)
    )
    large = account("cedar", line("SEAT", quantity=1)).model_copy(update={"agreements": agreements})
    provider = birch().with_run(invoice_per="agreement").only("cedar").with_accounts(large)
    stage.set_up(provider)
    stage.run_until("2026-09-01T12:00:00")
    build(stage)
    build(stage)
    assert not reconcile_error(stage)
    assert stage.step("NumberInvoicesFunction", CYCLE)["numbered"] == 40
    assert len(stage.records(CYCLE)["cedar"].parts) == 40
