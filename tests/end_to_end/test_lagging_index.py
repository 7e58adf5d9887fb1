"""The index stands still while the table goes on: it only finds, and nothing is lost by it.

docs/faults.md, 42. Each user of the index is here: numbers of invoices, the bank's numbers of
payments, mails in trouble. What each test proves was wrong, or could have been, without it.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime

import pytest

from local_cloud.lagging_index import lagging_index
from msp_billing.domain.contracts.final_statements import StatementError
from msp_billing.domain.cycles import CycleState
from msp_billing.domain.outbox import MailState
from msp_billing.domain.payments.incoming import IncomingPayment, IncomingReturn
from msp_billing.usecases.accounting.export import gather_accounting
from msp_billing.usecases.receivables import final_account as final_account_module
from msp_billing.usecases.receivables.booking import take_payments
from msp_billing.usecases.receivables.evidence import gather_evidence
from msp_billing.usecases.receivables.final_account import final_account
from msp_billing.usecases.receivables.queue import waiting
from msp_billing.usecases.start_cycle import start_missed_cycles
from tests.end_to_end.small_provider import birch
from tests.end_to_end.stage import Stage, at, cycle_id, open_stage
from tests.end_to_end.test_payments import NUMBERS, back, key, paid, position, take, went_back

CYCLE = cycle_id()
LONG_AGO = datetime.fromisoformat("2026-01-01T00:00:00+00:00")


@pytest.fixture
def billed() -> Iterator[Stage]:
    """Birch on 10 September: the month is billed, and the index knows nothing of it."""
    with open_stage() as stage:
        stage.set_up(birch())
        with lagging_index():
            stage.run_until("2026-09-10T18:00:00")
            yield stage


def test_a_month_is_billed_and_mailed_without_the_index(billed: Stage) -> None:
    assert billed.cycle(CYCLE).state is CycleState.CLOSED
    assert {of: invoice.number for of, invoice in billed.invoices(CYCLE).items()} == NUMBERS
    assert set(billed.mail_states(CYCLE).values()) == {"delivered"}
    billed.assert_promises(CYCLE)
    assert billed.ports.invoices.find_by_number("birch", "BI-000001") is None
    assert billed.ports.invoices.last_number("birch") == len(NUMBERS)


def test_the_index_catches_up() -> None:
    with open_stage() as stage:
        stage.set_up(birch())
        with lagging_index():
            stage.run_until("2026-09-10T18:00:00")
            assert stage.ports.invoices.find_by_number("birch", "BI-000001") is None
        found = stage.ports.invoices.find_by_number("birch", "BI-000001")
        assert found is not None
        assert found.id.account == "alder"


def test_a_payment_finds_the_invoice_that_it_names(billed: Stage) -> None:
    assert take(billed, paid("A-1", "120.00", "BI-000001")).account == "alder"
    assert position(billed).balance == 0


def test_a_number_that_was_never_given_out_still_is_no_invoice(billed: Stage) -> None:
    assert take(billed, paid("A-1", "120.00", "BI-000009")).state == "queued"


def test_a_payment_and_its_return_in_one_file_are_booked_at_once(billed: Stage) -> None:
    file: list[IncomingPayment | IncomingReturn] = [
        paid("A-1", "120.00", "BI-000001", trace="7"),
        went_back("R-1", "120.00", trace="7"),
    ]
    take_payments(billed.ports, "birch", file, "bank file")
    assert waiting(billed.ports, "birch") == ()
    assert str(position(billed).balance) == "120.00"


def test_a_return_that_waited_for_its_payment_is_booked_with_it(billed: Stage) -> None:
    assert back(billed, went_back("R-1", "120.00", trace="7")).state == "queued"
    take(billed, paid("A-1", "120.00", "BI-000001", trace="7"))
    assert waiting(billed.ports, "birch") == ()
    assert str(position(billed).balance) == "120.00"


def test_a_return_takes_no_other_payment_of_the_amount_for_its_own(billed: Stage) -> None:
    """Alder paid; the bank takes back what nobody could assign yet, and that alone."""
    take(billed, paid("A-1", "120.00", "BI-000001", trace="6"))
    take(billed, paid("A-2", "120.00", "deposit", trace="7"))
    back(billed, went_back("R-1", "120.00", trace="7", account="alder"))
    assert position(billed).balance == 0
    assert waiting(billed.ports, "birch") == ()


def test_of_two_payments_of_the_amount_the_one_with_the_banks_number_went_back(
    billed: Stage,
) -> None:
    for name, trace in (("A-1", "6"), ("A-2", "7")):
        take(billed, paid(name, "120.00", "BI-000001", trace=trace))
    record = back(billed, went_back("R-1", "120.00", trace="7", account="alder"))
    assert record.matched_by == "payment bank:A-2"
    assert record.key == key("R-1")


def test_statement_evidence_and_export_leave_no_invoice_out(billed: Stage) -> None:
    final = final_account(billed.ports, "birch", "alder")
    assert str(final.balance.amount) == "120.00"
    assert not final.settled
    (document,) = gather_evidence(billed.ports, "birch", "alder").documents
    assert document.content is not None
    assert len(gather_accounting(billed.ports, "birch").entries) == len(NUMBERS)


def test_no_final_statement_leaves_out_an_invoice_that_is_not_stored(
    billed: Stage, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It would say that the account owes nothing and may be closed."""
    monkeypatch.setattr(final_account_module, "entered_invoice", lambda *_: None)
    with pytest.raises(StatementError, match="BI-000001 of birch/alder"):
        final_account(billed.ports, "birch", "alder")


def test_a_cycle_is_found_a_look_later_and_one_that_is_over_is_left_alone() -> None:
    """The index leads the sweep to cycles of runs that are gone; the lock says how they stand."""
    with open_stage() as stage:
        stage.set_up(birch())
        with lagging_index():
            stage.run_until("2026-09-01T12:00:00")
            assert stage.cycle(CYCLE).state is CycleState.OPEN
            assert stage.ports.cycles.unsettled("birch") == ()
        assert stage.ports.cycles.unsettled("birch") == (CYCLE,)
        with lagging_index():
            stage.run_until("2026-09-10T18:00:00")
            assert stage.ports.cycles.unsettled("birch", open_only=True) == (CYCLE,)
            swept = start_missed_cycles(stage.ports, "birch")
            assert (swept.started, swept.healed, swept.open_hours) == ((), (), ())
            assert stage.cycle(CYCLE).state is CycleState.CLOSED


def test_a_mail_in_trouble_is_told_a_look_later_and_never_one_that_is_settled() -> None:
    with open_stage() as stage:
        stage.set_up(birch())
        stage.cloud.mail_behaviour = lambda _: "silent"
        stage.cloud.lose_answer("sesv2", "SendEmail")
        outbox = stage.ports.outbox
        with lagging_index():
            stage.run_until("2026-09-05T00:00:00")
            (lost,) = (m for m in outbox.all_of(CYCLE) if m.state is MailState.UNKNOWN)
            assert outbox.troubled("birch", LONG_AGO, 10) == ()
        assert [entry.id for entry in outbox.troubled("birch", LONG_AGO, 10)] == [lost.id]
        with lagging_index():
            settled_at = at("2026-09-05T01:00:00")
            assert outbox.move(lost.id, MailState.UNKNOWN, MailState.SENT, at=settled_at)
            assert outbox.troubled("birch", LONG_AGO, 10) == ()
