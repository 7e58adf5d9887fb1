"""What follows from opening balances: dunning, fees, payments, statements, exports."""

from __future__ import annotations

from datetime import date, timedelta
from decimal import Decimal

import pytest

from msp_billing.adapters.account_documents.entry_words import entry_title, kind_sum_title
from msp_billing.adapters.accounting_exports.formats import FORMATS, for_format
from msp_billing.adapters.language import in_language
from msp_billing.domain.contracts.final_statements import final_statement
from msp_billing.domain.ledger.documents import overdue_without_fees
from msp_billing.domain.ledger.entries import EntryKind
from msp_billing.domain.ledger.statements import movements, statement
from msp_billing.domain.ledger.verifying import verify
from msp_billing.domain.money import Money
from msp_billing.domain.payments.incoming import (
    IncomingPayment,
    PaymentKey,
    PaymentMethod,
    RemittancePart,
)
from msp_billing.usecases.accounting.export import check_tied_out, gather_accounting
from msp_billing.usecases.receivables.booking import book_payment
from msp_billing.usecases.receivables.opening_balances import (
    enter_openings,
    plan_openings,
)
from tests.mspbill.followed_account import Followed
from tests.unit.usecases.opening_office import (
    ACCOUNT,
    OLD,
    TODAY,
    item,
    position,
    request,
    state,
)


@pytest.fixture
def office() -> Followed:
    return Followed("integris", ACCOUNT, TODAY)


@pytest.mark.rule("DUN-01")
def test_old_debts_open_no_case_before_the_days_of_grace_are_over(office: Followed) -> None:
    """Overdue for two months there; here the clock runs from thirty days after it was entered."""
    enter_openings(office.ports, request())
    office.days(30)
    assert state(office) == "good_standing"
    office.days(1)
    assert state(office) == "due"
    assert "10457 was due on" in str(office.standing.why)
    office.days(5)
    assert not office.standing.state.on_hold


def test_a_new_invoice_is_followed_by_its_own_due_date(office: Followed) -> None:
    enter_openings(office.ports, request())
    office.invoice("INT-000001", TODAY, TODAY + timedelta(days=3), "900.00")
    office.days(4)
    assert state(office) == "due"
    assert "INT-000001 was due on" in str(office.standing.why)


def test_entered_months_later_the_grace_counts_from_that_day(office: Followed) -> None:
    plan = plan_openings(office.ports, request(taken_over_on=date(2026, 11, 25), days_of_grace=0))
    assert plan.follow_from == TODAY


def test_no_late_fee_is_taken_on_old_debts(office: Followed) -> None:
    enter_openings(office.ports, request())
    assert overdue_without_fees(position(office), TODAY) == 0


def test_a_payment_may_name_an_old_invoice(office: Followed) -> None:
    old = (*OLD[:2], item("INV-10600", "7.00"), item("INT-000007A", "3.00"))
    enter_openings(office.ports, request(*old, total="1510.50"))
    payment = IncomingPayment(
        key=PaymentKey(provider="integris", source="clerk", external_id="check-9"),
        amount=Money(amount=Decimal("310.50"), currency="USD"),
        method=PaymentMethod.CHECK,
        received_on=TODAY,
        remittance=tuple(
            RemittancePart(invoice=number) for number in ("10512", "INV-10600", "INT-000007A")
        ),
    )
    record = book_payment(office.ports, payment, "clerk")
    assert record.account == ACCOUNT
    opened = {entry.document: entry.open for entry in position(office).open_items}
    assert opened == {"10457": Decimal("1200.00")}


def test_the_ledger_is_proved_and_statements_begin_with_what_was_taken_over(
    office: Followed,
) -> None:
    enter_openings(office.ports, request())
    entries = tuple(office.ports.ledgers.entries(office.ledger))
    assert verify(office.ledger, entries, position(office)).fits
    told = statement(office.ledger, entries, TODAY, TODAY)
    assert (told.opening_balance, told.lines) == (Decimal("1300.50"), ())
    moved = {entry.reference: str(entry.kind) for entry in movements(office.ledger, entries)}
    assert moved == {
        "10457": "opening_invoice",
        "10512": "opening_invoice",
        "CM-77": "opening_credit",
    }


@pytest.mark.parametrize("name", sorted(FORMATS))
def test_accounting_programs_do_not_get_old_invoices_again(office: Followed, name: str) -> None:
    enter_openings(office.ports, request())
    office.pay("50.00")
    period = for_format(gather_accounting(office.ports, "integris"), name)
    files = FORMATS[name](period, office.policy)
    check_tied_out(period, files)
    told = "\n".join(file.content.decode() for file in files)
    if name == "journal":
        assert "Equity:Opening-Balances" in told
    else:
        assert EntryKind.OPENING not in {e.entry.kind for e in period.entries}
        assert "1200.00" not in told
        assert "50.00" in told


@pytest.mark.parametrize(
    ("language", "words"),
    [
        ("en-US", ["Invoice 10457", "Credit brought forward, CM-77", "Brought forward"]),
        ("de-CH", ["Rechnung 10457", "Vorgetragenes Guthaben, CM-77", "Vortrag"]),
    ],
)
def test_customers_read_old_invoices_by_their_number(
    office: Followed, language: str, words: list[str]
) -> None:
    enter_openings(office.ports, request())
    entries = tuple(office.ports.ledgers.entries(office.ledger))
    lines = {
        e.document: e for e in statement(office.ledger, entries, date(2026, 1, 1), TODAY).lines
    }
    with in_language(language):
        told = [entry_title(lines["10457"]), entry_title(lines["CM-77"])]
        told.append(kind_sum_title(EntryKind.OPENING))
    assert told == words


def test_a_final_statement_counts_what_was_taken_over(office: Followed) -> None:
    enter_openings(office.ports, request())
    moved = movements(office.ledger, office.ports.ledgers.entries(office.ledger))
    found = final_statement([], "Bayfront Dental Group", "USD", [], moved)
    assert str(found.balance) == "1300.50 USD"
    assert [(entry.what, str(entry.amount)) for entry in found.entries] == [
        ("Invoice taken over", "1200.00 USD"),
        ("Invoice taken over", "300.50 USD"),
        ("Credit taken over", "-200.00 USD"),
    ]
