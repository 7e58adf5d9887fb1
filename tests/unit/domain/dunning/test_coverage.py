"""What counts of a debt: overdue, not paused, not too little (DUN-01, DUN-08)."""

from __future__ import annotations

from datetime import date, timedelta
from decimal import Decimal

import pytest

from msp_billing.domain.dunning.coverage import counting, covered_parts, settlement
from msp_billing.domain.ledger.entries import EntryKind
from msp_billing.domain.ledger.position import HeldCredit, TakenPayment
from tests.unit.domain.dunning.play import dunning_policy, owed, paid, pause, position

DUE = date(2026, 11, 30)
AFTER = date(2026, 12, 1)


def counts(items: dict[str, Decimal]) -> dict[str, str]:
    return {document: str(amount) for document, amount in items.items()}


@pytest.mark.rule("DUN-01")
@pytest.mark.parametrize(("day", "overdue"), [(date(2026, 11, 29), 0), (DUE, 0), (AFTER, 100)])
def test_an_invoice_has_its_due_date_to_its_end(day: date, overdue: int) -> None:
    counted = counting(position(owed("A", "2026-11-30")), (), dunning_policy(), day)
    assert (counted.overdue, counted.amount, counted.above) == (
        Decimal(overdue),
        Decimal(overdue),
        overdue > 0,
    )
    assert counted.anchor_on == (DUE if overdue else None)


@pytest.mark.rule("DUN-01")
def test_the_clock_runs_from_the_oldest_due_date_that_is_unpaid() -> None:
    debts = position(owed("B", "2026-12-30"), owed("A", "2026-11-30"), owed("C", "2027-02-28"))
    counted = counting(debts, (), dunning_policy(), date(2027, 1, 10))
    assert counted.anchor_on == DUE
    assert [item.document for item in counted.items] == ["A", "B"]
    assert counted.amount == 200
    # C falls due on 28 February: from 1 March on it counts too.
    assert counted.changes_on == date(2027, 3, 1)
    settled = counting(paid(debts, Decimal(100)), (), dunning_policy(), date(2027, 1, 10))
    assert settled.anchor_on == date(2026, 12, 30)


@pytest.mark.rule("DUN-01")
def test_a_late_fee_alone_neither_starts_nor_keeps_a_case() -> None:
    fee = owed("LF-1-notice", "2026-11-30", "15.00", kind=EntryKind.LATE_FEE)
    assert not counting(position(fee), (), dunning_policy(), AFTER).above
    both = counting(position(fee, owed("A", "2026-11-30")), (), dunning_policy(), AFTER)
    assert (both.amount, both.overdue) == (Decimal(100), Decimal(100))


def test_a_refund_of_money_that_the_bank_took_back_counts() -> None:
    again = owed("returned:ach-7", "2026-11-30", "40.00", kind=EntryKind.PAYMENT_RETURNED)
    assert counting(position(again), (), dunning_policy(), AFTER).amount == 40


@pytest.mark.parametrize(("left", "above"), [("24.99", False), ("25.00", True), ("25.01", True)])
def test_the_least_amount_is_followed_and_less_is_not(left: str, above: bool) -> None:
    policy = dunning_policy(minimum_amount="25.00")
    counted = counting(position(owed("A", "2026-11-30", "100.00", left)), (), policy, AFTER)
    assert (counted.above, str(counted.amount)) == (above, left)


@pytest.mark.parametrize(("left", "counted"), [("4.99", "0"), ("5.00", "5.00"), ("5.01", "5.01")])
def test_the_least_share_is_followed_and_less_is_not(left: str, counted: str) -> None:
    policy = dunning_policy(minimum_share="0.05")
    found = counting(position(owed("A", "2026-11-30", "100.00", left)), (), policy, AFTER)
    assert (str(found.amount), found.above) == (counted, counted != "0")


@pytest.mark.rule("DUN-04")
def test_a_payment_does_not_lift_what_is_left_over_the_share() -> None:
    # A is open by 10 of 1,000 and B by all of 1,000: over both that is 50.5%, less than 60%. When
    # A's last 10 are paid, 100% of what is left is open: measured over all, paying would hurt.
    policy = dunning_policy(minimum_share="0.6")
    debts = position(
        owed("A", "2026-10-30", "1000.00", "10.00"), owed("B", "2026-11-30", "1000.00")
    )
    before = counting(debts, (), policy, AFTER)
    after = counting(paid(debts, Decimal(10)), (), policy, AFTER)
    assert (before.above, before.amount, before.anchor_on) == (True, Decimal(1000), DUE)
    assert (after.above, after.amount, after.anchor_on) == (True, Decimal(1000), DUE)


# --- Disputes and promises ---------------------------------------------------------------------


@pytest.mark.rule("DUN-08")
def test_a_dispute_covers_its_invoice_up_to_its_amount_and_nothing_else() -> None:
    debts = position(owed("A", "2026-10-30"), owed("B", "2026-11-30"))
    dispute = pause("60.00", "2026-12-31", document="A")
    counted = counting(debts, [dispute], dunning_policy(), AFTER)
    assert counts({item.document: item.counts for item in counted.items}) == {
        "A": "40.00",
        "B": "100.00",
    }
    assert (counted.amount, counted.overdue) == (Decimal(140), Decimal(200))
    assert (counted.covered_by, counted.paused_until) == (("p1",), date(2026, 12, 31))


@pytest.mark.rule("DUN-08")
def test_a_dispute_of_all_of_an_invoice_moves_the_clock_to_the_next() -> None:
    debts = position(owed("A", "2026-10-30"), owed("B", "2026-11-30"))
    dispute = pause("500.00", "2026-12-31", document="A")
    counted = counting(debts, [dispute], dunning_policy(), AFTER)
    assert (counted.amount, counted.anchor_on) == (Decimal(100), DUE)


@pytest.mark.rule("DUN-08")
def test_a_promise_covers_the_oldest_first() -> None:
    debts = position(owed("A", "2026-10-30"), owed("B", "2026-11-30"))
    promise = pause("130.00", "2026-12-10", kind="promise")
    counted = counting(debts, [promise], dunning_policy(), AFTER)
    assert counts({item.document: item.counts for item in counted.items}) == {"B": "70.00"}
    assert counted.anchor_on == DUE


@pytest.mark.rule("DUN-08")
def test_what_names_an_invoice_covers_before_what_does_not() -> None:
    # 100 of A: the dispute takes 60 of it, the promise the other 40, and 20 of B.
    debts = position(owed("A", "2026-10-30"), owed("B", "2026-11-30"))
    promise = pause("60.00", "2026-12-10", kind="promise", name="a-promise")
    dispute = pause("60.00", "2026-12-20", document="A", name="dispute")
    parts = covered_parts(debts.open_items, [promise, dispute], AFTER)
    assert [(part.pause.pause, part.document, str(part.amount)) for part in parts] == [
        ("dispute", "A", "60.00"),
        ("a-promise", "A", "40.00"),
        ("a-promise", "B", "20.00"),
    ]
    counted = counting(debts, [promise, dispute], dunning_policy(), AFTER)
    # The first of them to end is the promise, on 10 December.
    assert (counted.amount, counted.changes_on) == (Decimal(80), date(2026, 12, 11))


@pytest.mark.rule("DUN-08")
@pytest.mark.parametrize(("day", "amount"), [(date(2026, 12, 10), 0), (date(2026, 12, 11), 100)])
def test_a_pause_covers_on_its_last_day_and_not_on_the_day_after(day: date, amount: int) -> None:
    promise = pause("100.00", "2026-12-10", kind="promise")
    debts = position(owed("A", "2026-11-30"))
    assert counting(debts, [promise], dunning_policy(), day).amount == amount


@pytest.mark.rule("DUN-08")
def test_a_pause_that_somebody_ended_covers_nothing() -> None:
    ended = pause("100.00", "2026-12-10", ended_at="2026-12-01T10:00:00Z", ended_by="clerk")
    assert counting(position(owed("A", "2026-11-30")), [ended], dunning_policy(), AFTER).above


@pytest.mark.rule("DUN-08")
def test_what_a_pause_leaves_below_the_thresholds_is_left_alone_with_it() -> None:
    policy = dunning_policy(minimum_amount="25.00")
    debts = position(owed("A", "2026-11-30"))
    for covered, above in (("75.00", True), ("75.01", False)):
        dispute = pause(covered, "2026-12-31", document="A")
        assert counting(debts, [dispute], policy, AFTER).above is above


# --- What ends a hold --------------------------------------------------------------------------


def payment(amount: str, settles_on: str, **used_for: str) -> TakenPayment:
    return TakenPayment(
        payment="api:p1",
        on=date(2026, 12, 1),
        settles_on=date.fromisoformat(settles_on),
        amount=Decimal(amount),
        sequence=2,
        used_for={document: Decimal(used) for document, used in used_for.items()},
    )


@pytest.mark.rule("KR-16", "DUN-06")
def test_outstanding_is_what_is_due_and_what_is_not_yet() -> None:
    debts = position(owed("A", "2026-11-30"), owed("B", "2026-12-30"))
    everything = dunning_policy().release
    overdue = everything.model_copy(update={"settles": "overdue"})
    assert settlement(debts, (), everything, AFTER).unpaid == 200
    assert settlement(debts, (), overdue, AFTER).unpaid == 100
    after = paid(debts, Decimal(100))
    assert not settlement(after, (), everything, AFTER).settled
    assert settlement(after, (), overdue, AFTER).settled


@pytest.mark.rule("DUN-06")
def test_a_payment_settles_a_hold_from_the_day_on_which_the_bank_takes_it_back_no_more() -> None:
    debts = position(
        owed("A", "2026-11-30", left="0.00"),
        payments=(payment("100.00", "2026-12-08", A="100.00"),),
    )
    release = dunning_policy().release
    waiting = settlement(debts, (), release, date(2026, 12, 7))
    assert (waiting.unpaid, waiting.on_its_way, waiting.settled) == (
        Decimal(0),
        Decimal(100),
        False,
    )
    assert waiting.settles_on == date(2026, 12, 8)
    assert settlement(debts, (), release, date(2026, 12, 8)).settled


@pytest.mark.rule("DUN-06")
def test_other_credit_stands_in_for_a_payment_that_may_be_taken_back() -> None:
    # The invoice was credited after it was paid: were the payment returned, the credit would pay.
    debts = position(
        owed("A", "2026-11-30", left="0.00"),
        payments=(payment("100.00", "2026-12-08", A="100.00"),),
        credits=(
            HeldCredit(source="CR-1", kind=EntryKind.CREDIT_NOTE, on=AFTER, open=Decimal("70.00")),
        ),
    )
    assert settlement(debts, (), dunning_policy().release, AFTER).on_its_way == 30


@pytest.mark.rule("DUN-06", "DUN-08")
def test_what_is_disputed_need_not_be_paid_and_what_is_promised_must() -> None:
    debts = position(owed("A", "2026-11-30"))
    release = dunning_policy().release
    dispute = pause("100.00", "2026-12-31", document="A")
    promise = dispute.model_copy(update={"kind": "promise"})
    assert settlement(debts, [dispute], release, AFTER).settled
    assert settlement(debts, [promise], release, AFTER).unpaid == 100
    later = date(2026, 12, 31) + timedelta(days=1)
    assert settlement(debts, [dispute], release, later).unpaid == 100


def test_nothing_owed_is_settled() -> None:
    found = settlement(position(), (), dunning_policy().release, AFTER)
    assert (found.settled, found.settles_on) == (True, AFTER)
