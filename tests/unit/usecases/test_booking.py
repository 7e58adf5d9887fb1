"""Payments are booked once, with everything that belongs to them, or wait; nothing is lost."""

from __future__ import annotations

from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from msp_billing.domain.ledger.entries import LedgerId
from msp_billing.domain.ledger.position import LedgerPosition
from msp_billing.domain.problems import ProblemsError
from msp_billing.usecases.errors import (
    ConcurrentLedgerError,
    LedgerUnreadableError,
    PaymentConflictError,
)
from msp_billing.usecases.receivables import following_up
from msp_billing.usecases.receivables.booking import take_payments
from tests.unit.domain.builders import PROPERTY, policy
from tests.unit.domain.payments.payment_samples import account
from tests.unit.usecases.payment_desk import Desk, key, open_desk, paid, part, went_back


@pytest.fixture
def desk(monkeypatch: pytest.MonkeyPatch) -> Desk:
    return open_desk(monkeypatch)


def codes(error: pytest.ExceptionInfo[ProblemsError]) -> list[str]:
    assert all(problem.what and problem.fix for problem in error.value.problems)
    return [problem.code for problem in error.value.problems]


# --- Booked ---------------------------------------------------------------------------------------


@pytest.mark.rule("KR-13")
def test_a_payment_is_booked_with_its_record_and_pays_its_invoice(desk: Desk) -> None:
    desk.bill("LP-000001", "120.00")
    record = desk.take(paid("A-1", texts=["inv lp 000001"], payer="ALDER GROUP"))
    assert (record.state, record.account) == ("booked", "alder")
    assert record.matched_by == "invoice number LP-000001"
    assert record.reported_by == "bank file"
    assert desk.ports.payments.find(key("A-1")) == record
    assert desk.told() == [
        ("invoice", "LP-000001"),
        ("payment", "bank:A-1"),
        ("allocation", "bank:A-1"),
    ]
    assert desk.open() == {}
    assert desk.reactions == ["alder"]


@pytest.mark.rule("KR-13")
def test_a_partial_payment_leaves_the_rest_open(desk: Desk) -> None:
    desk.bill("LP-000001", "120.00")
    desk.take(paid("A-1", "50.00", account="alder"))
    assert desk.open() == {"LP-000001": "70.00"}


@pytest.mark.rule("KR-13")
def test_what_is_over_is_credit_and_is_used_on_the_next_invoice(desk: Desk) -> None:
    """150.00 for 120.00 leaves 30.00; of the next 100.00 are 70.00 left."""
    desk.bill("LP-000001", "120.00")
    desk.take(paid("A-1", "150.00", account="alder"))
    assert (desk.open(), desk.held()) == ({}, "30.00")
    desk.bill("LP-000002", "100.00")
    assert (desk.open(), desk.held()) == ({"LP-000002": "70.00"}, "0")


@pytest.mark.rule("KR-13")
def test_money_goes_where_the_remittance_says_and_then_to_what_is_oldest(desk: Desk) -> None:
    """100.00: 40.00 for the second as said, then 60.00 for the first, which is due before."""
    desk.bill("LP-000001", "120.00", due_on="2026-10-30")
    desk.bill("LP-000002", "80.00", due_on="2026-11-30")
    desk.book(paid("A-1", "100.00", account="alder", remittance=[part("lp-2", "40.00")]))
    assert desk.open() == {"LP-000001": "60.00", "LP-000002": "40.00"}


def test_an_invoice_that_is_paid_says_whose_money_it_is_and_the_oldest_is_paid(desk: Desk) -> None:
    desk.bill("LP-000001", "120.00")
    desk.take(paid("A-1", account="alder"))
    desk.bill("LP-000002", "80.00")
    desk.bill("LP-000003", "80.00", due_on="2026-12-30")
    desk.take(paid("A-2", "80.00", texts=["LP-000001"]))
    assert desk.open() == {"LP-000003": "80.00"}


def test_money_for_an_account_that_owes_nothing_is_credit(desk: Desk) -> None:
    desk.take(paid("A-1", account="alder"))
    assert (desk.told(), desk.held()) == ([("payment", "bank:A-1")], "120.00")


@pytest.mark.rule("KR-13", "DUN-06")
@pytest.mark.parametrize(
    ("method", "on", "settles_on"),
    [
        # November 2026: Thursday the 26th is Thanksgiving.
        ("ach", "2026-11-24", "2026-11-27"),  # Wednesday is the first, Friday the second
        ("ach", "2026-11-25", "2026-11-30"),  # Friday is the first, Monday the second
        ("wire", "2026-11-25", "2026-11-25"),  # the policy says nothing about wires
    ],
)
def test_a_payment_settles_when_its_business_days_are_over(
    desk: Desk, method: str, on: str, settles_on: str
) -> None:
    desk.take(paid("A-1", account="alder", method=method, received_on=date.fromisoformat(on)))
    taken = desk.position().find_payment("bank:A-1")
    assert taken is not None
    assert taken.settles_on == date.fromisoformat(settles_on)


# --- Once (docs/faults.md, 32, 33 and 38) ---------------------------------------------------------


@pytest.mark.parametrize("amount", ["120.00", "120", "120.0"])
def test_the_same_payment_again_changes_nothing(desk: Desk, amount: str) -> None:
    desk.bill("LP-000001", "120.00")
    first = desk.take(paid("A-1", account="alder"))
    before = desk.everything()
    desk.ports.clock.pass_days(400)
    assert desk.take(paid("A-1", amount, account="alder")) == first
    assert desk.book(paid("A-1", amount, account="alder")) == first
    assert desk.everything() == before


def test_a_payment_of_which_the_answer_was_lost_is_found_when_it_comes_again(desk: Desk) -> None:
    with desk.answers_lost(), pytest.raises(TimeoutError):
        desk.take(paid("A-1", account="alder"))
    assert desk.reactions == []
    assert desk.take(paid("A-1", account="alder")).state == "booked"
    assert desk.told() == [("payment", "bank:A-1")]
    assert desk.reactions == ["alder"]  # what the first attempt did not come to


def test_record_and_entries_are_stored_together_or_not_at_all(desk: Desk) -> None:
    def crash() -> None:
        raise TimeoutError("the process ends before anything is stored")

    desk.ports.ledgers.before_append = crash
    with pytest.raises(TimeoutError):
        desk.take(paid("A-1", account="alder"))
    assert desk.everything()[0] == {}
    assert desk.told() == []
    desk.take(paid("A-1", account="alder"))
    assert desk.told() == [("payment", "bank:A-1")]


def test_the_same_payment_at_the_same_time_is_booked_once(desk: Desk) -> None:
    desk.ports.ledgers.before_append = lambda: desk.take(paid("A-1", account="alder"))
    assert desk.take(paid("A-1", account="alder")).state == "booked"
    assert desk.told() == [("payment", "bank:A-1")]


def test_two_payments_at_the_same_time_settle_an_invoice_once_and_the_rest_is_credit(
    desk: Desk,
) -> None:
    """docs/faults.md, 41: both pay 120.00 for the one invoice of 120.00."""
    desk.bill("LP-000001", "120.00")
    desk.ports.ledgers.before_append = lambda: desk.take(paid("A-2", texts=["LP-000001"]))
    desk.take(paid("A-1", texts=["LP-000001"]))
    assert (desk.open(), desk.held()) == ({}, "120.00")
    used = [entry.used_for for entry in desk.position().payments]
    assert used == [{"LP-000001": Decimal(120)}, {}]


def test_a_person_who_gives_a_reference_twice_with_another_amount_is_refused(desk: Desk) -> None:
    """docs/faults.md, 33."""
    desk.book(paid("A-1", account="alder"))
    before = desk.everything()
    with pytest.raises(PaymentConflictError, match=r"120\.00 USD of alder.* 125\.00 USD"):
        desk.book(paid("A-1", "125.00", account="alder"))
    assert desk.everything() == before


def test_a_bank_that_gives_a_reference_twice_may_mean_other_money_which_waits(desk: Desk) -> None:
    """docs/faults.md, 33: aloud, and nothing that is money is lost; again it changes nothing."""
    desk.take(paid("A-1", account="alder"))
    waits = desk.take(paid("A-1", "125.00", account="alder"))
    assert waits.state == "queued"
    assert [problem.code for problem in waits.problems] == ["reference-used"]
    assert waits.suggestions == ("alder",)
    before = desk.everything()
    assert desk.take(paid("A-1", "125.00", account="alder")) == waits
    assert desk.everything() == before
    assert desk.held() == "120.00"


def test_a_long_reference_that_is_used_twice_waits_too(desk: Desk) -> None:
    name = "A" * 120
    desk.take(paid(name, account="alder"))
    first = desk.take(paid(name, "1.00", account="alder"))
    second = desk.take(paid(name, "2.00", account="alder"))
    assert len({first.key, second.key, key(name)}) == 3


@pytest.mark.parametrize("way", ["take", "book"])
def test_the_same_money_for_another_account_is_refused(desk: Desk, way: str) -> None:
    desk.take(paid("A-1", account="alder"))
    before = desk.everything()
    with pytest.raises(PaymentConflictError, match="of beech"):
        getattr(desk, way)(paid("A-1", account="beech"))
    assert desk.everything() == before


def test_a_payment_under_the_key_of_a_return_waits(desk: Desk) -> None:
    desk.take(paid("A-1", account="alder"))
    desk.back(went_back("X", payment=key("A-1")))
    assert desk.take(paid("X", account="alder")).state == "queued"
    with pytest.raises(PaymentConflictError, match="as a return"):
        desk.book(paid("X", account="alder"))


AMOUNTS = st.decimals(min_value=1, max_value=500, places=2)


@PROPERTY
@given(
    billed=st.lists(AMOUNTS, max_size=4),
    received=st.lists(st.tuples(AMOUNTS, st.integers(1, 6)), max_size=6),
)
def test_money_is_conserved_whatever_comes(
    billed: list[Decimal], received: list[tuple[Decimal, int]]
) -> None:
    """docs/faults.md, 38: what came is used or held, and no more is open than was billed."""
    with pytest.MonkeyPatch.context() as patch:
        desk = open_desk(patch)
        for number, amount in enumerate(billed, 1):
            desk.bill(f"LP-{number:06d}", str(amount))
        for number, (amount, named) in enumerate(received):
            payment = paid(f"A-{number}", str(amount), account="alder", texts=[f"LP-00000{named}"])
            desk.take(payment)
            desk.take(payment)
        position = desk.position()
        came = sum((amount for amount, _ in received), Decimal(0))
        assert desk.cash() == came
        assert position.balance == sum(billed, Decimal(0)) - came
        assert position.owed == 0 or position.held == 0
        for taken in position.payments:
            assert 0 <= sum(taken.used_for.values()) <= taken.amount
        assert all(0 <= item.open <= item.amount for item in position.items)


# --- What is wrong with it ------------------------------------------------------------------------


@pytest.mark.parametrize("way", ["take", "book"])
@pytest.mark.parametrize(
    ("amount", "code"),
    [
        ("0.00", "amount-not-positive"),
        ("-5.00", "amount-not-positive"),
        ("1.005", "amount-too-fine"),
    ],
)
def test_what_cannot_be_money_is_refused(desk: Desk, way: str, amount: str, code: str) -> None:
    with pytest.raises(ProblemsError) as refused:
        getattr(desk, way)(paid("A-1", amount, account="alder"))
    assert codes(refused) == [code]
    assert desk.everything()[0] == {}


def test_a_person_is_told_everything_that_is_wrong_at_once(desk: Desk) -> None:
    desk.bill("LP-000001", "10.00", of="beech")
    with pytest.raises(ProblemsError) as refused:
        desk.book(
            paid(
                "A-1",
                "-5.00",
                currency="EUR",
                account="alder",
                received_on=date(2026, 11, 29),
                remittance=[part("LP-1", "7.00"), part("LP-9"), part("LP-9")],
            )
        )
    assert codes(refused) == [
        "amount-not-positive",
        "other-currency",
        "date-in-future",
        "invoice-of-another-account",
        "invoice-twice",
        "unknown-invoice",
        "remittance-too-large",
    ]
    assert desk.everything()[0] == {}


@pytest.mark.parametrize(
    ("more", "code"),
    [
        ({"account": "nobody"}, "unknown-account"),
        ({"account": "maple"}, "other-currency"),
        ({"account": "alder", "received_on": date(2026, 11, 29)}, "date-in-future"),
        ({"received_on": date(2026, 11, 29)}, "date-in-future"),
        ({"account": "alder", "received_on": date(1979, 12, 31)}, "date-too-early"),
        ({"account": "alder", "received_on": date(1, 1, 1)}, "date-too-early"),
    ],
)
def test_a_person_who_enters_it_is_refused_and_a_bank_that_has_it_is_not(
    desk: Desk, more: dict[str, Any], code: str
) -> None:
    """The money is in the bank's books: it waits for a person, with the reason."""
    with pytest.raises(ProblemsError) as refused:
        desk.book(paid("A-1", **more))
    assert codes(refused) == [code]
    record = desk.take(paid("A-1", **more))
    assert record.state == "queued"
    assert record.problems[0].code in {code, "no-match"}
    assert desk.waiting() == ["A-1"]
    assert desk.reactions == []


def test_an_account_that_changed_its_currency_pays_its_ledger_in_the_one_it_began_with(
    desk: Desk,
) -> None:
    desk.bill("LP-000001", "120.00")
    desk.ports.book.put("lantern", [account("alder", "Alder Group Ltd", currency="CAD")])
    assert desk.take(paid("A-1", account="alder")).state == "booked"
    assert desk.open() == {}
    waits = desk.take(paid("A-2", account="alder", currency="CAD"))
    assert [problem.code for problem in waits.problems] == ["other-currency"]


def test_payments_of_another_provider_are_not_taken(desk: Desk) -> None:
    with pytest.raises(ValueError, match="payments of lantern are not birch's"):
        take_payments(desk.ports, "birch", [paid("A-1")], "file 1")


@pytest.mark.parametrize(
    "error",
    [LedgerUnreadableError("lantern/alder", None, "changed by hand"), ConcurrentLedgerError()],
)
def test_a_ledger_that_is_damaged_or_busy_keeps_no_other_account_from_its_money(
    desk: Desk, monkeypatch: pytest.MonkeyPatch, error: Exception
) -> None:
    reported = [paid("A-1", account="alder"), paid("B-1", account="beech")]
    position = desk.ports.ledgers.position

    def damaged(ledger: LedgerId) -> LedgerPosition:
        if ledger.account == "alder":
            raise error
        return position(ledger)

    with monkeypatch.context() as patch:
        patch.setattr(desk.ports.ledgers, "position", damaged)
        with pytest.raises(type(error)):
            take_payments(desk.ports, "lantern", reported, "file 1")
    assert (desk.held("alder"), desk.held("beech"), desk.reactions) == ("0", "120.00", ["beech"])
    taken = take_payments(desk.ports, "lantern", reported, "file 1")
    assert [entry.repeated for entry in taken] == [False, True]
    assert (desk.held("alder"), desk.held("beech")) == ("120.00", "120.00")


def test_a_day_is_the_providers(desk: Desk) -> None:
    """At 03:00 on the 29th in London it is 21:00 on the 28th in Chicago."""
    desk.ports.clock.move_to(datetime(2026, 11, 29, 3, tzinfo=UTC))
    assert desk.book(paid("A-1", account="alder")).state == "booked"
    with pytest.raises(ProblemsError):
        desk.book(paid("A-2", account="alder", received_on=date(2026, 11, 29)))


def test_a_queued_payment_that_comes_again_waits_as_before(desk: Desk) -> None:
    first = desk.take(paid("A-1", texts=["who knows"]))
    before = desk.everything()
    assert desk.take(paid("A-1", texts=["who knows"])) == first
    assert desk.everything() == before
    assert first.suggestions == ()
    assert first.problems[0].code == "no-match"


@pytest.mark.parametrize("source", ["bank-csv", "cards"])
def test_a_person_does_not_enter_a_payment_under_the_name_of_a_file_or_webhook(
    desk: Desk, source: str
) -> None:
    """The bank's own payment of that id would be known already when it comes."""
    webhooks = [{"webhook": "cards", "title": "Cards"}]
    files = [{"file": "bank-csv", "title": "Bank", "format": "bai2"}]
    desk.ports.policies.put(policy(payments={"webhooks": webhooks, "files": files}))
    named: dict[str, Any] = {"key": key("A-1", source), "account": "alder"}
    with pytest.raises(ProblemsError) as refused:
        desk.book(paid("A-1", **named))
    assert codes(refused) == ["source-of-the-bank"]
    assert desk.take(paid("A-1", **named)).state == "booked"
    assert desk.book(paid("A-1", account="alder", amount="70.00")).state == "booked"


def test_a_payment_without_an_account_waits_also_when_a_person_enters_it(desk: Desk) -> None:
    assert desk.book(paid("A-1")).state == "queued"


# --- Many at once ---------------------------------------------------------------------------------


def test_a_file_is_taken_in_order_and_each_account_looked_at_once(desk: Desk) -> None:
    desk.bill("LP-000001", "120.00")
    desk.bill("LP-000002", "80.00", of="beech")
    reported = (
        paid("A-1", "50.00", texts=["LP-000001"]),
        paid("A-2", "80.00", texts=["LP-000002"]),
        paid("A-3", "70.00", texts=["LP-000001"]),
        paid("A-4", "5.00", texts=["nobody"]),
        paid("A-5", "-1.00"),
        paid("A-1", "50.00", texts=["LP-000001"]),
        went_back("B-1", "80.00", payment=key("A-2")),
        paid("A-2", "80.00", account="alder"),
    )
    taken = take_payments(desk.ports, "lantern", reported, "file 1")
    assert [entry.key for entry in taken] == [entry.key for entry in reported]
    states = [entry.record and entry.record.state for entry in taken]
    assert states == ["booked", "booked", "booked", "queued", None, "booked", "booked", None]
    assert [entry.repeated for entry in taken] == [False] * 5 + [True] + [False] * 2
    assert [
        [problem.code for problem in entry.problems] for entry in taken if not entry.record
    ] == [
        ["amount-not-positive"],
        ["reported-otherwise"],
    ]
    assert desk.open("alder") == {}
    assert desk.open("beech") == {"LP-000002": "80.00"}
    assert desk.reactions == ["alder", "beech"]


def test_a_file_that_stopped_in_the_middle_is_taken_to_its_end(desk: Desk) -> None:
    """What was booked is looked at although the rest failed; the second time the rest comes."""
    reported = [paid(f"A-{n}", account=of) for n, of in enumerate(("alder", "beech", "alder"))]
    desk.take(reported[0])

    def crash() -> None:
        raise TimeoutError("out of time")

    desk.reactions.clear()
    desk.ports.ledgers.before_append = crash
    with pytest.raises(TimeoutError):
        take_payments(desk.ports, "lantern", reported, "file 1")
    assert desk.reactions == ["alder"]
    taken = take_payments(desk.ports, "lantern", reported, "file 1")
    assert [entry.repeated for entry in taken] == [True, False, False]
    assert desk.told("beech") == [("payment", "bank:A-1")]


def test_an_account_that_cannot_be_looked_at_does_not_keep_the_others_from_it(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    def react(_ports: object, _provider: str, name: str) -> None:
        desk.reactions.append(name)
        if name == "alder":
            raise RuntimeError("poison")

    monkeypatch.setattr(following_up, "react", react)
    reported = [paid("A-1", account="alder"), paid("A-2", account="beech")]
    with pytest.raises(RuntimeError, match="poison"):
        take_payments(desk.ports, "lantern", reported, "file 1")
    assert desk.reactions == ["alder", "beech"]
    assert [desk.held(of) for of in ("alder", "beech")] == ["120.00", "120.00"]
