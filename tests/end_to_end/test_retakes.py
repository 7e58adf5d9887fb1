"""Every step may run twice, or die and be called again: the result is the same to the byte."""

from __future__ import annotations

import random
from typing import Any

import pytest

from msp_billing.domain.cycles import CycleState
from msp_billing.usecases.errors import SealBrokenError
from tests.end_to_end.small_provider import birch
from tests.end_to_end.stage import Stage, cycle_id, open_stage

CYCLE = cycle_id()
AFTER = "2026-09-03T00:00:00"


def everything(stage: Stage) -> tuple[Any, ...]:
    """All that a cycle leaves: sealed objects, invoices, mails as they were sent."""
    mails = [(mail.destinations, mail.raw) for mail in stage.cloud.sent_mail]
    return stage.objects(), stage.invoices(CYCLE), stage.mail_states(CYCLE), mails


def steps_of(stage: Stage) -> list[tuple[str, dict[str, Any]]]:
    batch = stage.batch(CYCLE)
    return [
        ("TakeSnapshotFunction", {"moment": "first"}),
        ("SealSnapshotFunction", {}),
        ("BuildInvoicesFunction", batch),
        ("ReconcileCycleFunction", {}),
        ("CompareInvoicesFunction", batch),
        ("CompareCycleFunction", {}),
        ("DeliverMailFunction", {**batch, "kind": "comparison"}),
        ("NumberInvoicesFunction", {}),
        ("PostInvoicesFunction", batch),
        ("RenderInvoicesFunction", batch),
        ("DeliverMailFunction", {**batch, "kind": "invoice"}),
        ("CloseCycleFunction", {}),
    ]


def test_every_step_again_after_the_end_changes_nothing(stage: Stage) -> None:
    """docs/faults.md 18: late retries of a cycle that is over."""
    stage.set_up(birch(sheets=True).only("cedar", "elm"))
    stage.run_until(AFTER)
    before = everything(stage)
    versions = len(stage.items())
    for function, more in steps_of(stage):
        stage.step(function, CYCLE, **more)
    assert everything(stage) == before
    assert len(stage.items()) == versions
    assert stage.cycle(CYCLE).state is CycleState.CLOSED


def test_every_step_twice_in_a_row_gives_what_once_gives(stage: Stage) -> None:
    """docs/faults.md 18 and 30."""
    stage.set_up(birch(sheets=True).only("cedar", "elm"))
    stage.run_until("2026-09-01T11:30:00")
    for function, more in steps_of(stage):
        first = stage.step(function, CYCLE, **more)
        objects, mails = stage.objects(), len(stage.cloud.sent_mail)
        again = stage.step(function, CYCLE, **more)
        assert stage.objects() == objects, function
        assert len(stage.cloud.sent_mail) == mails, function
        counts_what_it_did = {
            "TakeSnapshotFunction",
            "NumberInvoicesFunction",
            "PostInvoicesFunction",
        }
        if function not in counts_what_it_did:
            assert again == first, function
    stage.assert_promises(CYCLE)


def test_two_clouds_leave_the_same_bytes() -> None:
    """The same input gives the same seals, PDFs and mails, to the byte."""
    left = []
    for _ in range(2):
        with open_stage() as stage:
            stage.set_up(birch(sheets=True))
            stage.run_until(AFTER)
            left.append(everything(stage))
    assert left[0] == left[1]


def test_an_object_whose_answer_was_lost_is_the_same_object(stage: Stage) -> None:
    """docs/faults.md 30: the put meets its own object, and the bytes are compared."""
    records = stage.ports.records
    stage.cloud.lose_answer("s3", "PutObject")
    stored = records.put_once("a/b", b"content", "text/plain")
    assert records.get("a/b", stored.sha256) == b"content"
    assert records.put_once("a/b", b"content", "text/plain") == stored


def test_other_bytes_under_a_sealed_key_are_refused(stage: Stage) -> None:
    """docs/faults.md 30."""
    records = stage.ports.records
    stored = records.put_once("a/b", b"content", "text/plain")
    with pytest.raises(SealBrokenError):
        records.put_once("a/b", b"other", "text/plain")
    assert records.get("a/b", stored.sha256) == b"content"
    with pytest.raises(SealBrokenError):
        records.get("a/b", "0" * 64)
    assert records.find("a/c") is None


OPERATIONS = [
    ("s3", "PutObject", "InternalError"),
    ("s3", "GetObject", "InternalError"),
    ("dynamodb", "PutItem", "InternalServerError"),
    ("dynamodb", "UpdateItem", "InternalServerError"),
    ("dynamodb", "TransactWriteItems", "InternalServerError"),
    ("dynamodb", "BatchGetItem", "InternalServerError"),
    ("dynamodb", "Query", "InternalServerError"),
    ("sesv2", "SendEmail", "TooManyRequestsException"),
]
MOMENTS = [
    "2026-09-01T09:59:00",
    "2026-09-01T10:30:00",
    "2026-09-01T13:59:00",
    "2026-09-02T13:59:00",
]


@pytest.mark.parametrize("seed", range(8))
def test_once_the_faults_stop_the_run_finishes(seed: int) -> None:
    """Lost answers, lost requests and refusals at every stage; then it is started again."""
    chance = random.Random(seed)
    with open_stage() as stage:
        stage.set_up(birch(sheets=True).only("cedar", "elm"))
        for moment in MOMENTS:
            stage.run_until(moment)
            for service, operation, code in chance.sample(OPERATIONS, 4):
                times = chance.choice([1, 2, 5])
                kind = chance.randrange(3)
                if kind == 0:
                    stage.cloud.lose_answer(service, operation, times)
                elif kind == 1:
                    stage.cloud.lose_request(service, operation, times)
                else:
                    status = 429 if service == "sesv2" else 500
                    stage.cloud.fail_with(service, operation, code, times, status)
        stage.run_until(AFTER)
        for _ in range(12):
            try:
                if stage.start(CYCLE)["outcome"] == "already_done":
                    break
            except Exception:  # noqa: BLE001 - a start may meet a fault that is left over
                continue
            stage.cloud.run_until_idle(stage.cloud.clock.now().replace(month=12))
        cycle = stage.cycle(CYCLE)
        assert cycle.state is CycleState.CLOSED, cycle.failure
        assert stage.numbers(CYCLE) == ["BI-000001", "BI-000002"]
        totals = {name: str(entry.total.amount) for name, entry in stage.invoices(CYCLE).items()}
        assert totals == {"cedar": "20.00", "elm": "10.00"}
        assert set(stage.mail_states(CYCLE).values()) <= {"delivered", "unknown"}
        stage.assert_promises(CYCLE)
