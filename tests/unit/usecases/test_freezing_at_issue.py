"""What is frozen with an invoice: the account's balance as it was, whatever comes later."""

from __future__ import annotations

from decimal import Decimal

import pytest

from msp_billing.domain.at_issue import Balance
from msp_billing.domain.ledger.balance_at_issue import balance_at_issue, positions_around
from msp_billing.usecases.receivables.freezing import Entered
from msp_billing.usecases.receivables.posting_documents import enter_invoice
from tests.unit.domain.ledger.ledger_samples import LEDGER, day, invoice
from tests.unit.usecases.ledger_office import Office

TODAY = day("2026-11-28")


def enter(office: Office, number: str, amount: str, *dates: str) -> tuple[Entered, Balance]:
    made = invoice(number, amount, *dates)
    office.ports.invoices.add(made)
    entered = enter_invoice(office.ports, made)
    assert entered.around is not None
    return entered, balance_at_issue(*entered.around, made, entered.on)


def figures(balance: Balance) -> dict[str, str]:
    names = ("brought_forward", "overdue", "credit_held", "credit_used", "to_pay", "credit_left")
    return {name: str(getattr(balance, name).amount) for name in names}


@pytest.mark.rule("KR-13")
def test_an_account_that_owes_nothing_and_holds_nothing_is_plain() -> None:
    _, balance = enter(Office(), "LP-1", "120.00")
    assert balance.is_plain
    assert figures(balance) == {
        "brought_forward": "0.00",
        "overdue": "0.00",
        "credit_held": "0.00",
        "credit_used": "0.00",
        "to_pay": "120.00",
        "credit_left": "0.00",
    }


@pytest.mark.rule("KR-13")
def test_credit_is_used_on_the_next_invoice_and_said_on_it() -> None:
    """100 - 130 = 30 held; 50 - 30 = 20 to pay."""
    office = Office()
    office.bill("LP-1", "100.00")
    office.pay("A-1", "130.00")
    _, balance = enter(office, "LP-2", "50.00")
    assert figures(balance) == {
        "brought_forward": "0.00",
        "overdue": "0.00",
        "credit_held": "30.00",
        "credit_used": "30.00",
        "to_pay": "20.00",
        "credit_left": "0.00",
    }


def test_more_credit_than_the_invoice_leaves_nothing_to_pay_and_the_rest_held() -> None:
    office = Office()
    office.pay("A-1", "130.00")
    _, balance = enter(office, "LP-1", "50.00")
    assert (figures(balance)["to_pay"], figures(balance)["credit_left"]) == ("0.00", "80.00")


def test_what_was_owed_before_is_brought_forward_with_what_of_it_is_overdue() -> None:
    """LP-1 was due on 1 November, LP-2 is due in December: 100 - 40 = 60 overdue of 135."""
    office = Office()
    office.bill("LP-1", "100.00", "2026-10-15", "2026-11-01")
    office.bill("LP-2", "75.00", "2026-11-15", "2026-12-15")
    office.pay("A-1", "40.00")
    _, balance = enter(office, "LP-3", "10.00", "2026-11-28", "2026-12-28")
    assert figures(balance)["brought_forward"] == "135.00"
    assert figures(balance)["overdue"] == "60.00"
    assert [(item.document, str(item.open.amount)) for item in balance.open_items] == [
        ("LP-1", "60.00"),
        ("LP-2", "75.00"),
    ]
    assert balance.open_count == 2


def test_a_credit_invoice_has_nothing_to_pay_and_says_what_is_held() -> None:
    office = Office()
    office.bill("LP-1", "30.00")
    _, balance = enter(office, "LP-2", "-50.00")
    assert (figures(balance)["to_pay"], figures(balance)["credit_left"]) == ("0.00", "20.00")


def test_an_attempt_that_broke_off_is_made_up_for_from_the_entries_whatever_came_since() -> None:
    office = Office()
    office.bill("LP-1", "100.00")
    office.pay("A-1", "130.00")
    entered, balance = enter(office, "LP-2", "50.00")
    office.pay("A-2", "20.00")
    office.bill("LP-3", "70.00")
    found = positions_around(LEDGER, office.ports.ledgers.entries(LEDGER), "LP-2")
    assert found is not None
    assert balance_at_issue(found.before, found.following, entered.invoice, TODAY) == balance
    assert positions_around(LEDGER, office.ports.ledgers.entries(LEDGER), "LP-9") is None


def test_it_is_entered_once_and_says_so() -> None:
    office = Office()
    entered, _ = enter(office, "LP-1", "50.00")
    again = enter_invoice(office.ports, entered.invoice)
    assert (entered.now, again.now, again.around) == (True, False, None)
    assert office.balance == Decimal("50.00")
