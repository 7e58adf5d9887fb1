"""One cycle from the policy to the summary, on the schedule that the policy asked for."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from msp_billing.domain.cycles import CycleState
from tests.end_to_end.small_provider import TOTALS, birch
from tests.end_to_end.stage import Stage, at, cycle_id, open_stage

CYCLE = cycle_id()


@pytest.fixture(scope="module")
def stage() -> Iterator[Stage]:
    """Birch, billed by its schedule for September, seen on the 3rd."""
    with open_stage() as opened:
        opened.set_up(birch(sheets=True))
        opened.run_until("2026-09-03T00:00:00")
        yield opened


def test_the_schedule_made_from_the_policy_starts_the_cycle(stage: Stage) -> None:
    """05:00 in Chicago, in summer, is 10:00 UTC."""
    execution = stage.execution("birch_managed_2026-09")
    assert execution.status == "SUCCEEDED"
    assert execution.input["started_by"] == "schedule"
    assert execution.started_at == at("2026-09-01T10:00:00")


def test_the_cycle_waits_for_its_dates_and_closes(stage: Stage) -> None:
    cycle = stage.cycle(CYCLE)
    assert cycle.state is CycleState.CLOSED
    assert cycle.opened_at == at("2026-09-01T10:00:00")
    # The exports of 00:00 have six hours to arrive.
    assert cycle.sealed_at == at("2026-09-01T11:00:00")
    # Invoices go out on the 2nd at 09:00 in Chicago.
    assert cycle.closed_at == at("2026-09-02T14:00:00")
    assert {mail.accepted_at for mail in stage.sent()} == {at("2026-09-02T14:00:00")}


def test_every_account_is_billed_what_the_book_says(stage: Stage) -> None:
    invoices = stage.invoices(CYCLE)
    assert {name: str(entry.total.amount) for name, entry in invoices.items()} == TOTALS
    kinds = {name: entry.agreements[0].kind.value for name, entry in stage.records(CYCLE).items()}
    assert kinds == {**dict.fromkeys(TOTALS, "billed"), "dogwood": "nothing_to_bill"}
    stage.assert_promises(CYCLE)


def test_the_summary_adds_up(stage: Stage) -> None:
    summary = stage.execution("birch_managed_2026-09").output["summary"]
    assert summary == stage.cycle(CYCLE).summary
    assert summary == {
        "accounts": 5,
        "invoices": 4,
        "billed": 4,
        "nothing_to_bill": 1,
        "skipped": 0,
        "parked": 0,
        "total": "171.00 USD",
        "mails_unknown": 0,
        "mails_rejected": 0,
        "customers_unknown": "",
    }


def test_numbers_begin_at_one_in_order_of_the_accounts(stage: Stage) -> None:
    numbers = {name: entry.number for name, entry in stage.invoices(CYCLE).items()}
    assert numbers == {
        "alder": "BI-000001",
        "beech": "BI-000002",
        "cedar": "BI-000003",
        "elm": "BI-000004",
    }
    found = stage.ports.invoices.find_by_number("birch", "BI-000002")
    assert found is not None
    assert found.id.account == "beech"


def test_each_customer_gets_a_sheet_first_and_then_the_invoice_with_its_pdf(stage: Stage) -> None:
    customers = [mail for mail in stage.cloud.sent_mail if mail.tags["account"] == "alder"]
    assert [mail.tags["kind"] for mail in customers] == ["comparison", "invoice"]
    (pdf,) = customers[1].message.iter_attachments()
    assert pdf.get_filename() == "BI-000001.pdf"
    stored = stage.objects()["birch/managed/2026-09/invoices/BI-000001.pdf"]
    assert pdf.get_content() == stored
    assert stage.mail_states(CYCLE) == dict.fromkeys(TOTALS, "delivered")
    assert stage.mail_states(CYCLE, "comparison") == dict.fromkeys(TOTALS, "delivered")


def test_the_provider_gets_a_summary(stage: Stage) -> None:
    (mail,) = stage.sent("summary")
    assert mail.destinations == ("clerk@birch.example",)
    assert "171.00" in mail.message.as_string()


def test_nothing_scans_and_nothing_is_lost(stage: Stage) -> None:
    """Every access pattern is a key or the index."""
    operations = {operation for _, operation in stage.cloud.request_counts}
    assert "Scan" not in operations
    assert "PartiQL" not in " ".join(operations)
    assert not stage.cloud.failed_deliveries
