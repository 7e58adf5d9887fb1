"""What accounts owed before is taken over once, ties out, and puts nobody on hold at once."""

from __future__ import annotations

from datetime import date, timedelta
from decimal import Decimal
from typing import Any

import pytest

from msp_billing.adapters.accounting_exports.formats import FORMATS, for_format
from msp_billing.domain.ledger.aging import AgingBucket, aging
from msp_billing.domain.ledger.documents import overdue_without_fees
from msp_billing.domain.ledger.entries import EntryKind
from msp_billing.domain.ledger.openings import OpeningItem
from msp_billing.domain.ledger.position import LedgerPosition
from msp_billing.domain.ledger.statements import movements, statement
from msp_billing.domain.ledger.verifying import verify
from msp_billing.domain.money import Money
from msp_billing.domain.payments.incoming import (
    IncomingPayment,
    PaymentKey,
    PaymentMethod,
    RemittancePart,
)
from msp_billing.domain.problems import ProblemsError
from msp_billing.usecases.accounting.export import check_tied_out, gather_accounting
from msp_billing.usecases.receivables.booking import book_payment
from msp_billing.usecases.receivables.opening_balances import (
    OpeningPlan,
    OpeningRequest,
    enter_openings,
    plan_openings,
)
from tests.mspbill.followed_account import Followed

TODAY = date(2026, 12, 1)
ACCOUNT = "bayfront-dental"


@pytest.fixture
def office() -> Followed:
    return Followed("integris", ACCOUNT, TODAY)


def item(document: str, amount: str, **changes: Any) -> OpeningItem:
    facts = {
        "account": ACCOUNT,
        "document": document,
        "kind": "invoice",
        "on": "2026-09-01",
        "due_on": "2026-10-01",
        "amount": amount,
        "currency": "USD",
    }
    return OpeningItem.model_validate(facts | changes)


OLD = (
    item("10457", "1200.00"),
    item("10512", "300.50", on="2026-11-20", due_on="2026-12-20"),
    item("CM-77", "200.00", kind="credit", due_on=None, on="2026-11-25"),
)


def request(*items: OpeningItem, total: str = "1300.50", **changes: Any) -> OpeningRequest:
    facts: dict[str, Any] = {
        "provider": "integris",
        "taken_over_on": date(2026, 11, 30),
        "items": items or OLD,
        "totals": (Money(amount=Decimal(total), currency="USD"),),
        "entered_by": "clerk",
    }
    return OpeningRequest.model_validate(facts | changes)


def position(office: Followed) -> LedgerPosition:
    found: LedgerPosition = office.ports.ledgers.position(office.ledger)
    return found


def state(office: Followed) -> str:
    return office.standing.state.value


def whats_wrong(plan: OpeningPlan) -> str:
    return "\n".join(str(problem) for problem in plan.problems)


def test_a_plan_says_what_would_be_entered_and_changes_nothing(office: Followed) -> None:
    plan = plan_openings(office.ports, request())
    assert plan.problems == ()
    assert {entry.document for entry in plan.new} == {"10457", "10512", "CM-77"}
    assert [str(money) for money in plan.sums] == ["1300.50 USD"]
    assert position(office).version == 0


def test_old_invoices_keep_number_date_and_due_date(office: Followed) -> None:
    result = enter_openings(office.ports, request())
    assert (result.entered, result.standing, result.accounts) == (3, 0, (ACCOUNT,))
    found = position(office)
    assert found.balance == Decimal("1300.50")
    old = found.items_by_document["10457"]
    assert (old.on, old.due_on) == (date(2026, 9, 1), date(2026, 10, 1))
    # Credit never lies beside a debt: it is used for what is due longest.
    assert (old.open, found.held) == (Decimal("1000.00"), Decimal(0))
    aged = aging(found, TODAY)
    assert aged.amounts[AgingBucket.DAYS_61_TO_90] == Decimal("1000.00")
    assert aged.amounts[AgingBucket.CURRENT] == Decimal("300.50")


def test_the_same_item_twice_counts_once(office: Followed) -> None:
    enter_openings(office.ports, request())
    before = position(office)
    again = enter_openings(office.ports, request())
    assert (again.entered, again.standing) == (0, 3)
    assert position(office) == before


def test_after_a_failure_in_the_middle_the_rest_is_entered(office: Followed) -> None:
    enter_openings(office.ports, request(OLD[0], total="1200.00"))
    result = enter_openings(office.ports, request())
    assert (result.entered, result.standing) == (2, 1)
    assert position(office).balance == Decimal("1300.50")


def test_more_items_than_a_transaction_holds_are_all_entered(office: Followed) -> None:
    many = tuple(item(f"M-{number:03d}", "1.00") for number in range(75))
    assert enter_openings(office.ports, request(*many, total="75.00")).entered == 75
    assert position(office).balance == Decimal("75.00")


@pytest.mark.parametrize(
    "changes",
    [
        {"amount": "1200.01"},
        {"due_on": "2026-10-02"},
        {"kind": "credit", "due_on": None},
    ],
)
def test_the_same_number_with_something_else_is_refused_aloud(
    office: Followed, changes: dict[str, Any]
) -> None:
    enter_openings(office.ports, request(OLD[0], total="1200.00"))
    other = OpeningItem.model_validate(OLD[0].model_dump() | changes)
    asked = request(other, total=str(other.effect))
    with pytest.raises(ProblemsError, match=r"and the ledger of bayfront-dental has an? "):
        enter_openings(office.ports, asked)
    assert position(office).balance == Decimal("1200.00")


@pytest.mark.parametrize("total", ["1300.51", "1500.50"])
def test_items_that_do_not_come_to_the_known_total_are_not_entered(
    office: Followed, total: str
) -> None:
    plan = plan_openings(office.ports, request(total=total))
    assert f"The items come to 1300.50 USD, the total given is {total}" in whats_wrong(plan)
    with pytest.raises(ProblemsError):
        enter_openings(office.ports, request(total=total))
    assert position(office).version == 0


def test_a_total_is_asked_for_in_every_currency(office: Followed) -> None:
    plan = plan_openings(office.ports, request(totals=()))
    assert "no total was given" in whats_wrong(plan)


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        (item("1", "5.00", account="nobody"), "There is no account 'nobody'"),
        (item("1", "5.00", due_on=None), "1 has no due date"),
        (item("1", "5.00", due_on="2026-08-01"), "1 is due before its date"),
        (item("1", "5.00", on="2026-12-02", due_on="2026-12-02"), "dated after the take-over day"),
        (item("1", "5.00", on="0206-09-01"), "1 is dated 0206-09-01"),
        (item("1", "5.001"), "a part of a cent"),
        (item("INT-000007", "5.00"), "a number that we give too: ours begin with INT-"),
        (item("1", "5.00", currency="CAD"), "is in CAD, and the account's ledger in USD"),
    ],
)
def test_what_cannot_be_taken_over_is_named(
    office: Followed, wrong: OpeningItem, said: str
) -> None:
    asked = request(wrong, totals=(wrong.money,))
    assert said in whats_wrong(plan_openings(office.ports, asked))


def test_one_number_for_two_accounts_is_named(office: Followed) -> None:
    two = (OLD[0], item("10457", "1.00", account="big-lantern-retail"))
    plan = plan_openings(office.ports, request(*two, total="1201.00"))
    assert "10457 is listed 2 times (bayfront-dental, big-lantern-retail)" in whats_wrong(plan)
    enter_openings(office.ports, request(OLD[0], total="1200.00"))
    plan = plan_openings(office.ports, request(two[1], total="1.00"))
    assert "10457 was taken over for bayfront-dental before" in whats_wrong(plan)


def test_a_take_over_day_lies_in_the_past(office: Followed) -> None:
    plan = plan_openings(office.ports, request(taken_over_on=TODAY + timedelta(days=1)))
    assert "is not a day up to today, 2026-12-01" in whats_wrong(plan)


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
    enter_openings(office.ports, request(*OLD[:2], item("INV-10600", "7.00"), total="1507.50"))
    payment = IncomingPayment(
        key=PaymentKey(provider="integris", source="clerk", external_id="check-9"),
        amount=Money(amount=Decimal("307.50"), currency="USD"),
        method=PaymentMethod.CHECK,
        received_on=TODAY,
        remittance=(RemittancePart(invoice="10512"), RemittancePart(invoice="INV-10600")),
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
