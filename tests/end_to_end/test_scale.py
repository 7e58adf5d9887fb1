"""Cost follows the invoices and not the square of the accounts; AWS's limits hold."""

from __future__ import annotations

import hashlib
from collections import Counter
from dataclasses import replace
from datetime import date

import pytest

from benchmarks.counting.meter import Meter
from local_cloud.functions import Answer, Function, Functions
from msp_billing.adapters.invoice_pdf.typst_renderer import TypstRenderer
from msp_billing.domain.contracts.agreements import Agreement
from msp_billing.usecases import seal_snapshot
from msp_billing.usecases.batches import ACCOUNTS_PER_BATCH
from tests.end_to_end.small_provider import account, birch, line, many_accounts
from tests.end_to_end.stage import Stage, cycle_id, open_stage

CYCLE = cycle_id()
LARGEST_PAYLOAD = 20_000
"""Bytes; Step Functions allows 262,144. Ids and keys of 50 accounts need a tenth of this."""


def counts_of(accounts: int, per_batch: int) -> tuple[Counter[tuple[str, str]], int, int]:
    """Requests, state transitions and the largest payload of a whole cycle, children included.

    With the requests come the units that DynamoDB charges for them: ("dynamodb", "read units").
    The PDFs are blank: making them takes most of the time and no request.
    """
    payloads: list[int] = []
    call = Functions.call

    def call_and_measure(functions: Functions, function: Function, payload: str) -> Answer:
        answer = call(functions, function, payload)
        payloads.extend((len(payload.encode()), len(answer.payload.encode())))
        return answer

    with open_stage() as stage, Meter() as meter, pytest.MonkeyPatch.context() as patch:
        patch.setattr(Functions, "call", call_and_measure)
        patch.setattr(seal_snapshot, "ACCOUNTS_PER_BATCH", per_batch)
        patch.setattr(TypstRenderer, "render_invoice", lambda *_: b"%PDF-1.7 blank")
        stage.set_up(many_accounts(accounts))
        stage.run_until("2026-09-01T09:00:00")
        before = stage.cloud.request_counts.copy()
        meter.reset()
        stage.run_until("2026-09-02T20:00:00")
        assert stage.cycle(CYCLE).summary["invoices"] == accounts
        requests = stage.cloud.request_counts - before
        for used in meter.counts().values():
            for what in ("read units", "write units", "index write units"):
                requests["dynamodb", what] += round(used.get(f"dynamodb {what}", 0))
        return requests, stage.cloud.transition_counts["BillingCycle"], max(payloads)


def test_requests_and_transitions_per_invoice_do_not_grow_with_the_accounts() -> None:
    """Two batches cost at most twice what one costs, in each kind of request and unit."""
    (small, few, _), (large, many, _) = counts_of(10, per_batch=10), counts_of(20, per_batch=10)
    assert many - few <= few
    grown = {name: (small[name], large[name]) for name in large if large[name] > 2 * small[name]}
    assert not grown
    assert "Scan" not in {operation for _, operation in large}


def test_payloads_of_a_full_batch_are_ids_and_keys() -> None:
    """docs/faults.md 20."""
    _, _, largest = counts_of(50, ACCOUNTS_PER_BATCH)
    assert 1_000 < largest < LARGEST_PAYLOAD


def large_account(name: str, lines: int) -> object:
    """An account of so many lines whose notes do not compress well."""
    made = tuple(
        line("SEAT", quantity=1).model_copy(
            update={"line": f"seat-{number}", "note": f"{hash_of(name, number)}"}
        )
        for number in range(lines)
    )
    agreement = Agreement(agreement="main", title="Main", starts_on=date(2025, 1, 1), lines=made)
    return account(name, line("SEAT", quantity=1)).model_copy(update={"agreements": (agreement,)})


def hash_of(name: str, number: int) -> str:
    return "".join(
        hashlib.sha512(f"{name}{number}{part}".encode()).hexdigest() for part in range(3)
    )


@pytest.fixture
def stage_of_giants(stage: Stage) -> Stage:
    """Two accounts whose invoices do not fit into an item of 400 KB."""
    giants = tuple(large_account(name, 2_500) for name in ("fir", "gum"))
    stage.set_up(replace(birch().only("cedar"), accounts=giants))  # type: ignore[arg-type]
    stage.run_until("2026-09-01T12:00:00")
    return stage


def test_a_document_too_large_for_an_item_lies_in_s3_and_comes_back_equal(
    stage_of_giants: Stage,
) -> None:
    """docs/faults.md 27."""
    stage = stage_of_giants
    stage.step("BuildInvoicesFunction", CYCLE, **stage.batch(CYCLE))
    items = [item for item in stage.items() if item["sk"]["S"].startswith("INVOICE#")]
    assert len(items) == 2
    for item in items:
        assert "body" not in item
        assert item["body_key"]["S"].startswith("birch/managed/2026-09/invoices/")
    invoices = stage.invoices(CYCLE)
    assert {name: len(entry.lines) for name, entry in invoices.items()} == {
        "fir": 2_500,
        "gum": 2_500,
    }
    assert not stage.step_error("ReconcileCycleFunction", CYCLE)
    assert stage.step("NumberInvoicesFunction", CYCLE)["numbered"] == 2
    numbered = stage.invoices(CYCLE)
    assert {name: entry.numbered("") for name, entry in invoices.items()} == {
        name: entry.model_copy(update={"number": ""}) for name, entry in numbered.items()
    }
