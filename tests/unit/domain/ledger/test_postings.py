"""What is entered for documents and money, by hand to the cent."""

from __future__ import annotations

from decimal import Decimal

import pytest

from msp_billing.domain.dunning.dunning_policy import LateFee
from msp_billing.domain.ledger.documents import (
    credit_note_entries,
    invoice_entry,
    late_fee_entry,
    write_off_entry,
)
from msp_billing.domain.ledger.entries import EntryKind
from msp_billing.domain.ledger.position import LedgerPosition
from msp_billing.domain.ledger.postings import (
    payment_entries,
    payment_entry,
    refund_entry,
    return_entry,
)
from msp_billing.domain.ledger.refusals import EntryRefusedError
from msp_billing.domain.payments.incoming import PaymentMethod
from tests.unit.domain.ledger.ledger_samples import (
    LEDGER,
    Books,
    credit_note,
    day,
    invoice,
    part,
    payment,
    returned,
)


@pytest.mark.rule("KR-13")
def test_an_invoice_is_owed_and_its_payment_pays_it() -> None:
    books = Books()
    books.invoice("LP-1", "120.00")
    books.pay("A-1", "120.00")
    assert books.told == [
        ("invoice", "LP-1", [("receivable", "LP-1", "120.00"), ("billed", "LP-1", "-120.00")]),
        ("payment", "bank:A-1", [("cash", "ach", "120.00"), ("credit", "bank:A-1", "-120.00")]),
        (
            "allocation",
            "bank:A-1",
            [("credit", "bank:A-1", "120.00"), ("receivable", "LP-1", "-120.00")],
        ),
    ]
    assert (books.open, books.held, books.position.balance) == ({}, {}, Decimal(0))
    taken = books.position.find_payment("bank:A-1")
    assert taken is not None
    assert taken.used_for == {"LP-1": Decimal("120.00")}


@pytest.mark.rule("KR-13")
def test_a_payment_counts_at_once_and_settles_when_its_days_are_over() -> None:
    entry = payment_entry(payment("A-1", "10.00", "2026-11-28"), day("2026-12-03"), "bank file")
    assert (entry.on, entry.settles_on) == (day("2026-11-28"), day("2026-12-03"))
    books = Books()
    books.enter(entry)
    unsettled = books.position.unsettled_on
    assert [taken.payment for taken in unsettled(day("2026-12-02"))] == ["bank:A-1"]
    assert unsettled(day("2026-12-03")) == ()


@pytest.mark.rule("KR-13")
def test_a_part_payment_leaves_the_rest_and_what_is_over_is_used_on_the_next_invoice() -> None:
    """100.00 - 40.00 = 60.00; 60.00 - 75.00 = -15.00; 50.00 - 15.00 = 35.00."""
    books = Books()
    books.invoice("LP-1", "100.00")
    books.pay("A-1", "40.00")
    assert (books.open, books.held) == ({"LP-1": "60.00"}, {})
    books.pay("A-2", "75.00", "2026-12-02")
    assert (books.open, books.held) == ({}, {"bank:A-2": "15.00"})
    books.invoice("LP-2", "50.00", "2026-12-15", "2026-12-30")
    assert (books.open, books.held) == ({"LP-2": "35.00"}, {})
    assert [(kind, document) for kind, document, _ in books.told[-2:]] == [
        ("invoice", "LP-2"),
        ("allocation", "bank:A-2"),
    ]


def test_an_invoice_below_zero_is_credit_and_one_of_nothing_is_entered_all_the_same() -> None:
    books = Books()
    books.invoice("LP-1", "-25.00")
    assert (books.open, books.held) == ({}, {"LP-1": "25.00"})
    books.invoice("LP-2", "0.00")
    books.invoice("LP-3", "30.00")
    assert (books.open, books.held) == ({"LP-3": "5.00"}, {})
    assert books.position.items_by_document["LP-2"].amount == 0
    assert books.told[1] == (
        "invoice",
        "LP-2",
        [("receivable", "LP-2", "0.00"), ("billed", "LP-2", "0.00")],
    )


@pytest.mark.rule("COL-24")
def test_drafts_and_what_is_for_information_are_never_entered() -> None:
    for changes in ({"number": None}, {"informational": True, "due_on": None}):
        with pytest.raises(EntryRefusedError, match="nothing is owed by it"):
            invoice_entry(invoice("LP-1", "10.00").model_copy(update=changes))


def test_a_credit_note_takes_off_what_is_open_and_the_rest_pays_other_invoices() -> None:
    """30.00 of 100.00 are open; a note of 50.00 takes them off, and its other 20.00 pay LP-2."""
    books = Books()
    first = books.invoice("LP-1", "100.00")
    books.pay("A-1", "70.00")
    books.invoice("LP-2", "60.00", "2026-12-15", "2026-12-30")
    books.credit(first, "CN-1", "50.00", "2026-12-16")
    assert books.told[-2:] == [
        (
            "credit_note",
            "CN-1",
            [
                ("billed", "CN-1", "50.00"),
                ("receivable", "LP-1", "-30.00"),
                ("credit", "CN-1", "-20.00"),
            ],
        ),
        ("allocation", "CN-1", [("credit", "CN-1", "20.00"), ("receivable", "LP-2", "-20.00")]),
    ]
    assert (books.open, books.held) == ({"LP-2": "40.00"}, {})


def test_a_credit_note_over_an_invoice_of_nothing_moves_nothing() -> None:
    books = Books()
    free = books.invoice("LP-1", "0.00")
    books.credit(free, "CN-1", None)
    assert books.told[-1] == (
        "credit_note",
        "CN-1",
        [("billed", "CN-1", "0.00"), ("receivable", "LP-1", "0.00")],
    )


def test_a_credit_note_needs_its_number_and_its_invoice() -> None:
    note = credit_note(invoice("LP-1", "100.00"), "CN-1", "50.00")
    with pytest.raises(EntryRefusedError, match="Enter the invoice first"):
        credit_note_entries(LedgerPosition.empty(LEDGER), note, day("2026-11-20"))
    books = Books()
    books.invoice("LP-1", "100.00")
    draft = note.model_copy(update={"number": None})
    with pytest.raises(EntryRefusedError, match="no number yet"):
        credit_note_entries(books.position, draft, day("2026-11-20"))


# --- Returned payments -------------------------------------------------------------------------


def test_what_a_returned_payment_paid_is_owed_again() -> None:
    """60.00 for LP-1, 30.00 for LP-2, 10.00 unused: all 100.00 go back."""
    books = Books()
    books.invoice("LP-1", "60.00")
    books.invoice("LP-2", "30.00", "2026-11-16", "2026-12-01")
    books.pay("A-1", "100.00")
    books.take_back("bank:A-1", "100.00")
    assert books.told[-1] == (
        "payment_returned",
        "bank:R-1",
        [
            ("credit", "bank:A-1", "10.00"),
            ("receivable", "LP-2", "30.00"),
            ("receivable", "LP-1", "60.00"),
            ("cash", "returned", "-100.00"),
        ],
    )
    assert (books.open, books.held) == ({"LP-1": "60.00", "LP-2": "30.00"}, {})
    taken = books.position.find_payment("bank:A-1")
    assert taken is not None
    assert (taken.returned_on, taken.returned) == (day("2026-12-03"), Decimal("100.00"))
    # the due date of an invoice stays what it was
    assert books.position.items_by_document["LP-1"].due_on == day("2026-11-30")


def test_other_credit_pays_what_a_returned_payment_leaves_open() -> None:
    """A-1 pays LP-1, A-2 of 25.00 is credit: of the 60.00 that are owed again 35.00 stay."""
    books = Books()
    books.invoice("LP-1", "60.00")
    books.pay("A-1", "60.00")
    books.pay("A-2", "25.00", "2026-11-29")
    books.take_back("bank:A-1", "60.00")
    assert (books.open, books.held) == ({"LP-1": "35.00"}, {})


def test_a_refund_of_money_that_was_taken_back_is_owed_under_its_own_name() -> None:
    """100.00 came, 60.00 paid LP-1, 40.00 were paid back; then all 100.00 were returned."""
    books = Books()
    books.invoice("LP-1", "60.00")
    books.pay("A-1", "100.00")
    books.refund("back-1", "40.00")
    assert books.position.balance == 0
    books.take_back("bank:A-1", "100.00", "2026-12-03")
    assert books.open == {"LP-1": "60.00", "returned:bank:R-1": "40.00"}
    owed = books.position.items_by_document["returned:bank:R-1"]
    assert (owed.kind, owed.due_on) == (EntryKind.PAYMENT_RETURNED, day("2026-12-03"))


def test_part_of_a_payment_goes_back_from_what_is_unused_then_from_what_it_paid_last() -> None:
    """Of 60.00, 30.00 and 10.00 unused: 25.00 are the 10.00, and 15.00 of LP-2."""
    books = Books()
    books.invoice("LP-1", "60.00")
    books.invoice("LP-2", "30.00", "2026-11-16", "2026-12-01")
    books.pay("A-1", "100.00")
    books.take_back("bank:A-1", "25.00")
    assert (books.open, books.held) == ({"LP-2": "15.00"}, {})


@pytest.mark.parametrize(
    ("payment_name", "amount", "currency", "code"),
    [
        ("bank:A-2", "100.00", "USD", "return-of-unknown"),
        ("bank:A-1", "100.01", "USD", "return-too-large"),
        ("bank:A-1", "0.00", "USD", "return-too-large"),
        ("bank:A-1", "100.00", "CAD", "other-currency"),
    ],
)
def test_a_return_that_does_not_fit_is_refused(
    payment_name: str, amount: str, currency: str, code: str
) -> None:
    books = Books()
    books.pay("A-1", "100.00")
    with pytest.raises(EntryRefusedError) as refusal:
        return_entry(books.position, payment_name, returned(amount, currency=currency), "file")
    assert [problem.code for problem in refusal.value.problems] == [code]


def test_a_payment_is_returned_once() -> None:
    books = Books()
    books.pay("A-1", "100.00")
    books.take_back("bank:A-1", "100.00")
    with pytest.raises(EntryRefusedError, match="was returned on 2026-12-03 already"):
        books.take_back("bank:A-1", "100.00")


def test_a_payment_goes_back_in_parts_and_never_more_than_it_was() -> None:
    """Of 60.00 for LP-1, 25.00 for LP-2, 15.00 paid back: 30.00 go back, then 35.00, then 35.00.

    First 25.00 of LP-2 and 5.00 of LP-1, then 35.00 of LP-1, then 20.00 of LP-1 and the 15.00.
    """
    books = Books()
    books.invoice("LP-1", "60.00")
    books.invoice("LP-2", "25.00", "2026-11-16", "2026-12-01")
    books.pay("A-1", "100.00")
    books.refund("back-1", "15.00")
    books.take_back("bank:A-1", "30.00", "2026-12-03")
    assert books.open == {"LP-1": "5.00", "LP-2": "25.00"}
    books.take_back("bank:A-1", "35.00", "2026-12-04")
    assert books.told[-1] == (
        "payment_returned",
        "bank:R-2",
        [("receivable", "LP-1", "35.00"), ("cash", "returned", "-35.00")],
    )
    assert books.entries[-1].payment == "bank:A-1"
    with pytest.raises(EntryRefusedError, match=r"on 2026-12-04 already; 35\.00 USD of it is left"):
        books.take_back("bank:A-1", "35.01", "2026-12-05")
    books.take_back("bank:A-1", "35.00", "2026-12-05")
    assert books.open == {"LP-1": "60.00", "LP-2": "25.00", "returned:bank:R-3": "15.00"}
    assert books.position.items_by_document["returned:bank:R-3"].due_on == day("2026-12-05")
    taken = books.position.find_payment("bank:A-1")
    assert taken is not None
    assert taken.still_used == {}
    assert taken.kept == taken.still_refunded == Decimal(0)
    assert (taken.returned, taken.returned_on) == (Decimal("100.00"), day("2026-12-05"))


def test_a_refund_goes_back_in_parts_each_due_when_it_went() -> None:
    books = Books()
    books.pay("A-1", "100.00")
    books.refund("back-1", "100.00")
    books.take_back("bank:A-1", "20.00", "2026-12-03")
    books.take_back("bank:A-1", "30.00", "2026-12-04")
    assert books.open == {"returned:bank:R-1": "20.00", "returned:bank:R-2": "30.00"}
    assert all(item.open == item.amount for item in books.position.items)


def test_what_is_left_of_a_payment_that_went_back_in_part_is_not_settled_before_its_day() -> None:
    books = Books()
    paid = payment("A-1", "100.00", "2026-11-28")
    books.enter(payment_entry(paid, day("2026-12-05"), "bank file"))
    books.take_back("bank:A-1", "30.00", "2026-12-01")
    (left,) = books.position.unsettled_on(day("2026-12-04"))
    assert left.kept == Decimal("70.00")
    assert books.position.unsettled_on(day("2026-12-05")) == ()
    books.take_back("bank:A-1", "70.00", "2026-12-02")
    assert books.position.unsettled_on(day("2026-12-04")) == ()


# --- Refunds, fees, write-offs -----------------------------------------------------------------


def test_a_refund_takes_the_oldest_credit_first_and_never_more_than_is_held() -> None:
    books = Books()
    books.pay("B-1", "30.00", "2026-11-29")
    books.pay("A-1", "20.00", "2026-11-28")
    books.refund("back-1", "35.00")
    assert books.told[-1] == (
        "refund",
        "back-1",
        [
            ("credit", "bank:A-1", "20.00"),
            ("credit", "bank:B-1", "15.00"),
            ("cash", "wire", "-35.00"),
        ],
    )
    assert books.held == {"bank:B-1": "15.00"}
    paid_back = {entry.payment: entry.refunded for entry in books.position.payments}
    assert paid_back == {"bank:A-1": Decimal("20.00"), "bank:B-1": Decimal("15.00")}
    for amount in ("15.01", "0.00", "-1.00"):
        with pytest.raises(EntryRefusedError, match="at most what is held"):
            books.refund("back-2", amount)


def test_a_late_fee_is_a_share_of_what_is_overdue_and_never_of_fees() -> None:
    """1.5% of 333.33 = 4.99995 = 5.00; a month later 1.5% of 333.33 again, not of 338.33."""
    books = Books()
    books.invoice("LP-1", "333.33", "2026-11-15", "2026-11-30")
    books.invoice("LP-2", "900.00", "2026-12-15", "2026-12-30")
    fee = LateFee(percent=Decimal("1.5"))
    made = late_fee_entry(books.position, 1, "notice", fee, day("2026-12-10"), "dunning")
    assert made is not None
    books.enter(made)
    assert books.told[-1] == (
        "late_fee",
        "LF-1-notice",
        [("receivable", "LF-1-notice", "5.00"), ("late_fees", "LF-1-notice", "-5.00")],
    )
    assert (made.due_on, made.title) == (day("2026-12-10"), "Late fee of 1.5% on 333.33")
    again = late_fee_entry(books.position, 1, "final", fee, day("2026-12-20"), "dunning")
    assert again is not None
    assert str(again.postings[0].amount) == "5.00"


def test_a_late_fee_is_of_no_more_than_what_counts_and_none_of_nothing() -> None:
    """2% of the 100.00 that is not disputed = 2.00; of more than is overdue it is never taken."""
    books = Books()
    books.invoice("LP-1", "300.00", "2026-11-15", "2026-11-30")
    fee, today = LateFee(percent=Decimal(2)), day("2026-12-01")
    counted = late_fee_entry(books.position, 1, "a", fee, today, "dunning", base=Decimal(100))
    too_much = late_fee_entry(books.position, 1, "a", fee, today, "dunning", base=Decimal(900))
    assert [str(e.postings[0].amount) for e in (counted, too_much) if e] == ["2.00", "6.00"]
    assert late_fee_entry(books.position, 1, "a", fee, today, "dunning", base=Decimal(0)) is None
    # due on the 30th, to its end
    assert late_fee_entry(books.position, 1, "a", fee, day("2026-11-30"), "dunning") is None
    tiny = LateFee(percent=Decimal("0.001"))  # 0.003
    assert late_fee_entry(books.position, 1, "a", tiny, today, "dunning") is None


def test_a_late_fee_of_an_amount_is_that_amount() -> None:
    books = Books()
    books.invoice("LP-1", "300.00")
    fee = LateFee(amount=Decimal(25))
    made = late_fee_entry(books.position, 2, "hold", fee, day("2026-12-01"), "dunning")
    assert made is not None
    assert (made.document, str(made.postings[0].amount)) == ("LF-2-hold", "25.00")
    assert made.title == "Late fee"


def test_a_debt_is_written_off_and_never_more_than_is_open() -> None:
    books = Books()
    books.invoice("LP-1", "100.00")
    books.pay("A-1", "60.00")

    def write_off(document: str, amount: str) -> None:
        today = day("2027-03-01")
        books.enter(
            write_off_entry(books.position, "w1", document, Decimal(amount), today, "boss", "gone")
        )

    for document, amount in (("LP-1", "40.01"), ("LP-1", "0.00"), ("LP-9", "1.00")):
        with pytest.raises(EntryRefusedError, match="were to be written off"):
            write_off(document, amount)
    write_off("LP-1", "40.00")
    assert books.told[-1] == (
        "write_off",
        "write-off:w1",
        [("written_off", "LP-1", "40.00"), ("receivable", "LP-1", "-40.00")],
    )
    assert books.open == {}


def test_money_of_another_currency_and_of_nothing_is_refused() -> None:
    empty, today = LedgerPosition.empty(LEDGER), day("2026-11-28")
    with pytest.raises(EntryRefusedError, match="not in the currency"):
        payment_entries(empty, payment("A-1", "10.00", currency="CAD"), today, today, "file")
    with pytest.raises(EntryRefusedError, match="above zero"):
        payment_entries(empty, payment("A-1", "0.00"), today, today, "file")
    with pytest.raises(EntryRefusedError, match="at most what is held"):
        refund_entry(empty, "b", Decimal(1), PaymentMethod.WIRE, today, "clerk", "why")


def test_a_remittance_says_what_is_paid_first() -> None:
    """80.00: 50.00 for LP-2 as it says, 30.00 for LP-1 which is older."""
    books = Books()
    books.invoice("LP-1", "60.00", "2026-11-15", "2026-11-30")
    books.invoice("LP-2", "70.00", "2026-12-15", "2026-12-30")
    books.pay("A-1", "80.00", "2026-12-20", part("LP-2", "50.00"))
    assert books.open == {"LP-1": "30.00", "LP-2": "20.00"}
