"""What the index does not know yet is not taken for what is not there (docs/faults.md, 42)."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from msp_billing.domain.payments.records import PaymentRecord
from msp_billing.domain.problems import ProblemsError
from msp_billing.usecases.receivables.booking import take_payments
from msp_billing.usecases.receivables.entered_invoices import entered_invoice
from tests.unit.usecases.payment_desk import Desk, open_desk, paid, part, went_back


@pytest.fixture
def desk(monkeypatch: pytest.MonkeyPatch) -> Desk:
    """Alder owes LP-000001; neither it nor any payment is in the index yet."""
    made = open_desk(monkeypatch)
    made.bill("LP-000001", "120.00")
    made.ports.invoices.unindexed.add("LP-000001")
    monkeypatch.setattr(made.ports.payments, "find_by_trace", lambda *_: ())
    return made


def test_money_goes_to_the_invoice_and_not_to_who_paid_it(desk: Desk) -> None:
    record = desk.take(paid("A-1", texts=["LP-000001"], payer="Beech Tree Surgeons Inc"))
    assert (record.account, record.matched_by) == ("alder", "invoice number LP-000001")
    assert desk.open() == {}


def test_a_clerk_who_names_it_is_not_told_that_there_is_none(desk: Desk) -> None:
    assert desk.book(paid("A-1", remittance=(part("LP-000001"),))).state == "booked"
    with pytest.raises(ProblemsError, match="There is no invoice LP-000002"):
        desk.book(paid("A-2", remittance=(part("LP-000002"),)))


@pytest.mark.parametrize("number", ["LP-000000", "LP-000002", "LP-999999999999"])
def test_numbers_that_nobody_has_cost_no_look_at_every_ledger(
    desk: Desk, monkeypatch: pytest.MonkeyPatch, number: str
) -> None:
    def positions(*_: Any, **__: Any) -> None:
        raise AssertionError("every ledger was read")

    monkeypatch.setattr(desk.ports.ledgers, "positions", positions)
    desk.take(paid("A-1", "5.00", texts=[number], account="alder"))
    assert desk.held() == "0"


@pytest.mark.parametrize("typed", ["LP-1", "lp-000001", "LP-01", "LP-1, 25 Nov"])
def test_however_a_number_is_typed_no_other_ledger_is_read_for_it(desk: Desk, typed: str) -> None:
    """One that is damaged would keep back the money of all who type so."""
    desk.ports.invoices.unindexed.clear()
    desk.ports.ledgers.damaged.add("alder")
    desk.bill("LP-000002", "5.00", of="beech")
    assert desk.book(paid("A-1", account="alder", remittance=(part(typed),))).state == "booked"
    assert desk.open() == {}


def test_a_payment_that_waits_is_closed_by_its_return_and_no_other_goes_back(desk: Desk) -> None:
    desk.take(paid("A-1", account="alder", trace="6"))
    desk.take(paid("A-2", texts=["deposit"], trace="7"))
    assert desk.back(went_back("R-1", account="alder", trace="7")).state == "dismissed"
    assert desk.open() == {}
    assert desk.waiting() == []


def test_the_returns_of_a_file_read_the_queue_together(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It is as long as the file itself, once they all wait in it."""
    desk.take(paid("A-1", texts=["deposit"], trace="107"))
    queue, reads = desk.ports.payments.queue, 0

    def counted(provider: str) -> Iterator[PaymentRecord]:
        nonlocal reads
        reads += 1
        return queue(provider)

    monkeypatch.setattr(desk.ports.payments, "queue", counted)
    file = [went_back(f"R-{number}", trace=str(number)) for number in range(100, 120)]
    taken = take_payments(desk.ports, "lantern", file, "bank file")
    assert reads == 2, "as they come, and when all of them are stored"
    states = {entry.key.external_id: entry.record.state for entry in taken if entry.record}
    assert [name for name, state in states.items() if state != "queued"] == ["R-107"]
    assert "A-1" not in desk.waiting()


def test_the_payment_with_the_banks_number_is_told_from_its_like(desk: Desk) -> None:
    desk.take(paid("A-1", account="alder", trace="6"))
    desk.take(paid("A-2", account="alder", trace="7"))
    assert desk.back(went_back("R-1", account="alder", trace="7")).matched_by == "payment bank:A-2"


def test_two_of_the_amount_with_other_numbers_are_left_to_a_person(desk: Desk) -> None:
    desk.take(paid("A-1", account="alder", trace="6"))
    desk.take(paid("A-2", account="alder", trace="7"))
    record = desk.back(went_back("R-1", account="alder", trace="8"))
    assert [problem.code for problem in record.problems] == ["several-payments"]


def test_the_invoice_of_an_entry_is_found_in_its_cycle(desk: Desk) -> None:
    ledger = desk.position().ledger
    entries = tuple(desk.ports.ledgers.entries(ledger))
    found = entered_invoice(desk.ports, ledger, "LP-000001", entries)
    assert found is not None
    assert found.number == "LP-000001"
    assert entered_invoice(desk.ports, ledger, "LP-000002", entries) is None
    desk.ports.invoices.kept.clear()
    assert entered_invoice(desk.ports, ledger, "LP-000001", entries) is None
