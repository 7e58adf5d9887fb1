"""Commands that change something: payments, the queue, refunds, write-offs, promises, releases."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from pathlib import Path

import pytest

from msp_billing.adapters.payments.payment_file_readers import S3PaymentFiles
from msp_billing.domain.money import Money
from msp_billing.domain.payments.incoming import (
    IncomingPayment,
    PaymentKey,
    PaymentMethod,
)
from msp_billing.domain.payments.payment_policy import CsvColumns, PaymentFile
from msp_billing.usecases.receivables.booking import take_payment
from tests.mspbill.account_desk import Desk
from tests.mspbill.followed_account import held

ACCOUNT = "white-pine-credit-union"
ENGINEER, BILLING = "engineer@krgroup.example", "accounting@krgroup.example"
BY = ("--by", "pat@krgroup.example")


@pytest.fixture
def desk(monkeypatch: pytest.MonkeyPatch) -> Desk:
    """$3,150.00 due 30 October and $480.50 due 30 November; it is 24 November, credit hold."""
    return Desk(held(), monkeypatch)


def balance(desk: Desk) -> Decimal:
    return desk.followed.ports.ledgers.position(desk.followed.ledger).balance


# --- Payments ------------------------------------------------------------------------------------


@pytest.mark.rule("KR-13")
def test_a_check_is_entered_and_pays_the_oldest_first(desk: Desk) -> None:
    told = desk.words("pay", ACCOUNT, "$3,200.00", "--method", "check", "--reference", "1001", *BY)
    # 3,150.00 of the first, 50.00 of the second; 3,630.50 - 3,200.00 = 430.50
    assert "clerk:1001: $3,200.00 by check, 24 November 2026" in told
    assert "$3,150.00 for KRG-000012 $50.00 for KRG-000013" in told
    assert "the balance is $430.50; it is on credit hold." in told
    assert desk.asked_to_change == [True]


def test_the_same_check_again_changes_nothing_and_another_amount_is_refused(desk: Desk) -> None:
    check = ("--method", "check", "--reference", "1001", *BY)
    desk("pay", ACCOUNT, "100", *check)
    assert "It was entered before; nothing changed." in desk("pay", ACCOUNT, "100", *check)
    assert balance(desk) == Decimal("3530.50")
    told = desk.words("pay", ACCOUNT, "200", *check, code=2)
    assert "was reported before as a payment of 100 USD" in told
    assert balance(desk) == Decimal("3530.50")


def test_everything_that_is_wrong_with_a_payment_is_said_at_once(desk: Desk) -> None:
    told = desk.words(
        *("pay", ACCOUNT, "0", "--method", "check", "--reference", "1003", *BY),
        *("--on", "2027-01-01", "--currency", "EUR"),
        code=2,
    )
    assert "3 problems; nothing was changed." in told
    assert "the directory" not in told
    assert balance(desk) == Decimal("3630.50")


def test_an_amount_that_is_none_is_refused_with_how_to_write_it(desk: Desk) -> None:
    told = desk.words("pay", ACCOUNT, "ten", "--method", "check", "--reference", "1", *BY, code=2)
    assert "'ten' is no amount: write it as 1250.00." in told


def test_an_amount_that_may_be_a_thousand_times_as_much_is_asked_for_again(desk: Desk) -> None:
    """Who groups thousands by points means 1500."""
    told = desk.words("pay", ACCOUNT, "1.500", "--method", "check", "--reference", "9", *BY, code=2)
    assert "'1.500' may be 1500 USD: write it with 2 decimals." in told
    assert not list(desk.followed.ports.payments.of_provider("kr-group"))


@pytest.mark.rule("DUN-06")
def test_a_returned_payment_is_owed_again(desk: Desk) -> None:
    desk("pay", ACCOUNT, "100", "--method", "ach", "--reference", "A-1", *BY)
    returned = ("return", "clerk:A-1", "--code", "R01", "--why", "insufficient funds", *BY)
    told = desk.words(*returned)
    assert "$100.00 returned 24 November 2026: R01, insufficient funds" in told
    assert "the balance is $3,630.50" in told
    assert "It was entered before" in desk(*returned)
    assert "no payment clerk:A-2" in desk.words(*("return", "clerk:A-2", *returned[2:]), code=2)
    assert "who reported the payment" in desk.words(*("return", "A-1", *returned[2:]), code=2)


# --- The queue -----------------------------------------------------------------------------------


def unknown_money(desk: Desk, name: str = "B-7", amount: str = "77.00") -> str:
    payment = IncomingPayment(
        key=PaymentKey(provider="kr-group", source="bank", external_id=name),
        amount=Money(amount=Decimal(amount), currency="USD"),
        method=PaymentMethod.WIRE,
        received_on=date(2026, 11, 23),
        payer="SOMEBODY LLC",
        texts=("thank you",),
    )
    return take_payment(desk.followed.ports, payment, "a file").key.document


def test_money_of_nobody_known_waits_and_a_person_says_whose_it_is(desk: Desk) -> None:
    name = unknown_money(desk)
    told = desk.words("queue", code=4)
    assert "bank:B-7 $77.00 by wire, 23 November 2026" in told
    assert "It says: SOMEBODY LLC / thank you" in told
    assert "1 payment to look at." in told
    assert desk.json("queue", code=4)[0]["state"] == "queued"
    said = ("assign", name, "--account", ACCOUNT, *BY, "--why", "their accountant called")
    assert "Booked for white-pine-credit-union: the balance is $3,553.50" in desk.words(*said)
    assert "Nothing waits" in desk("queue")
    other = ("assign", name, "--account", "huron-title", *BY, "--why", "no")
    assert "was booked for white-pine-credit-union" in desk.words(*other, code=2)


def test_what_is_none_of_ours_is_dismissed_with_a_reason(desk: Desk) -> None:
    name = unknown_money(desk)
    told = desk.words("dismiss", name, *BY, "--why", "sent back by the bank")
    assert "Dismissed by pat@krgroup.example: sent back by the bank" in told
    assert "Nothing waits" in desk("queue")


def test_an_assignment_says_whose_or_which_and_not_both(desk: Desk) -> None:
    name = unknown_money(desk)
    assert "either --account or" in desk.words("assign", name, *BY, code=2)
    assert "either --account or" in desk.words(
        "assign", name, *BY, "--account", ACCOUNT, "--of", "bank:B-8", code=2
    )


def test_the_kind_of_a_bank_file_is_asked_for_where_there_are_several(
    desk: Desk, tmp_path: Path
) -> None:
    file = tmp_path / "bank.csv"
    file.write_text("nothing")
    kinds = [entry.file for entry in desk.followed.policy.payments.files]
    assert len(kinds) > 1
    told = desk.words("import-payments", file, code=2)
    assert f"Say which file it is, --kind: {', '.join(kinds)}." in told


def with_csv_file(desk: Desk) -> None:
    """The policy knows one file: a CSV of the bank."""
    columns = CsvColumns(date="Day", amount="Amount", external_id="Id", texts=("Memo",))
    kind = PaymentFile(file="bank", title="Bank", format="csv", columns=columns)
    followed = desk.followed
    payments = followed.policy.payments.model_copy(update={"files": (kind,)})
    followed.policy = followed.policy.model_copy(update={"payments": payments})
    followed.ports.policies.put(followed.policy)
    followed.ports.payment_files = S3PaymentFiles(None, "none")  # reading needs no bucket


def test_a_bank_file_is_booked_once_and_what_is_nobodys_waits(desk: Desk, tmp_path: Path) -> None:
    with_csv_file(desk)
    file = tmp_path / "november.csv"
    file.write_text(
        "Id,Day,Amount,Memo\n"
        "1,2026-11-23,150.00,White Pine Community Credit Union\n"
        "2,2026-11-23,9.99,who knows\n"
    )
    told = desk.words("import-payments", file, code=4)
    assert "2 payments in november.csv ($159.99)." in told
    assert "booked 1 in the queue 1 known already 0" in told
    assert balance(desk) == Decimal("3480.50")
    told = desk.words("import-payments", file, code=4)
    assert "november.csv was taken before; nothing was done now." in told
    assert balance(desk) == Decimal("3480.50")


def test_a_bank_file_with_an_error_is_refused_with_its_line(desk: Desk, tmp_path: Path) -> None:
    with_csv_file(desk)
    file = tmp_path / "november.csv"
    file.write_text("Id,Day,Amount,Memo\n1,2026-11-23,150.00,x\n2,2026-11-31,1.00,x\n")
    told = desk.words("import-payments", file, code=2)
    assert "november.csv:3" in told
    assert "nothing was booked" in told
    assert balance(desk) == Decimal("3630.50")


# --- Credit, and debts that are given up ---------------------------------------------------------


def test_credit_is_paid_back_once_and_never_more_than_there_is(desk: Desk) -> None:
    desk("pay", ACCOUNT, "4000", "--method", "wire", "--reference", "W-1", *BY)  # 369.50 over
    more = ("--method", "wire", *BY, "--why", "they asked")
    told = desk.words("refund", ACCOUNT, "--name", "back-1", "--amount", "400", *more, code=2)
    assert "are held as credit" in told
    told = desk.words("refund", ACCOUNT, "--name", "back-1", *more)
    assert "$369.50 paid back; the balance is $0.00." in told
    again = desk.words("refund", ACCOUNT, "--name", "back-1", *more)
    assert "It was entered before; nothing changed." in again


def test_a_debt_is_given_up_by_two_persons(desk: Desk) -> None:
    why = ("--why", "the company is gone")
    told = desk.words("write-off", "request", ACCOUNT, "KRG-000012", "--name", "w1", *BY, *why)
    assert "3,150.00 of KRG-000012" in told
    assert "waits for another person's approval" in told
    assert balance(desk) == Decimal("3630.50")
    listed = desk.words("write-off", "list")
    assert "w1: $3,150.00 of KRG-000012" in listed
    assert "mspbill write-off approve ACCOUNT WRITE-OFF --by NAME --why WHY" in listed
    assert "has no account 'whitepine'" in desk.words(
        "write-off", "approve", "whitepine", "w1", *BY, *why, code=2
    )
    approver = desk.followed.policy.payments.write_off_approvers
    by = ("--by", approver[0] if approver else "someone@krgroup.example")
    desk("write-off", "approve", ACCOUNT, "w1", *BY, *why, code=2)  # by who asked
    assert "was approved by" in desk.words("write-off", "approve", ACCOUNT, "w1", *by, *why)
    assert balance(desk) == Decimal("480.50")
    assert "Nothing waits." in desk("write-off", "list")
    assert "w9" in desk.words("write-off", "approve", ACCOUNT, "w9", *by, *why, code=2)


def test_a_name_that_cannot_be_one_is_refused_by_its_option(desk: Desk) -> None:
    request = ("write-off", "request", ACCOUNT, "KRG-000012", *BY)
    told = desk.words(*request, "--name", "My rest", "--why", "w" * 501, code=2)
    assert "--name: 'My rest' is no short name." in told
    assert "Use lower-case letters, digits and hyphens, 1 to 40 characters" in told
    assert "--why is longer than 500 characters." in told
    assert "--why is empty." in desk.words(*request, "--name", "w1", "--why", " ", code=2)


# --- Promises, and the way out of a hold ---------------------------------------------------------


@pytest.mark.rule("DUN-08")
def test_a_promise_is_kept_with_who_and_why(desk: Desk) -> None:
    told = desk.words(
        "promise", ACCOUNT, "--until", "2026-12-20", "--amount", "500", *BY, "--why", "owner called"
    )
    assert "The promise promise-1 of white-pine-credit-union covers $500.00 of what is owed" in told
    (pause,) = desk.followed.standing.pauses
    assert (pause.by, pause.reason) == ("pat@krgroup.example", "owner called")
    end = ("end-pause", ACCOUNT, "promise-1", *BY, "--why", "paid")
    assert "'withdrawn', 'settled', 'upheld'" in desk.words(*end, "--how", "forgotten", code=2)
    told = desk.words("promise", ACCOUNT, "--until", "2026-10-01", *BY, "--why", " ", code=2)
    assert "problems; nothing was changed." in told


@pytest.mark.rule("DUN-06", "KR-16")
def test_two_keys_let_an_account_out_and_one_person_turns_one(desk: Desk) -> None:
    assert "No end of a hold was asked for" in desk("release", "show", ACCOUNT, code=2)
    desk("pay", ACCOUNT, "3630.50", "--method", "wire", "--reference", "W-1", *BY)
    told = desk.words("release", "show", ACCOUNT)
    assert "Engineer: has not answered Billing team: has not answered" in told
    approve = ("release", "approve", ACCOUNT, "--why", "all is well")
    stranger = desk.words(*approve, "--role", "engineer", "--by", "pat@example.com", code=2)
    assert "does not approve as Engineer" in stranger
    first = (*approve, "--role", "engineer", "--by", ENGINEER)
    assert "Kept. Still missing: Billing team." in desk.words(*first)
    assert "That was said before; nothing changed." in desk.words(*first)
    assert "On credit hold" in desk("account", ACCOUNT)
    told = desk.words(*approve, "--role", "billing", "--by", BILLING)
    assert "white-pine-credit-union is in good standing." in told
    assert "In good standing" in desk("account", ACCOUNT)
    shown = desk.json("release", "show", ACCOUNT)
    assert [key["approved_by"] for key in shown["keys"]] == [ENGINEER, BILLING]


def test_a_release_is_turned_down_and_asked_for_again(desk: Desk) -> None:
    desk("pay", ACCOUNT, "3630.50", "--method", "wire", "--reference", "W-1", *BY)
    why = ("--why", "they still owe us an answer")
    told = desk.words("release", "reject", ACCOUNT, "--by", BILLING, *why)
    assert "was turned down. The account stays on hold." in told
    assert "was turned down" in desk.words("account", ACCOUNT)
    told = desk.words("release", "ask-again", ACCOUNT, "--by", BILLING, "--why", "cleared up")
    assert "Release 2 of white-pine-credit-union is asked for" in told
    again = desk.words("release", "ask-again", ACCOUNT, "--by", BILLING, code=2)
    assert "is under way" in again
    answer = desk.json("release", "reject", ACCOUNT, "--by", BILLING, *why)
    assert "keys" not in answer
    assert "task_token" not in answer


def test_what_came_in_is_listed_with_what_became_of_it(desk: Desk) -> None:
    desk("payment", "take", ACCOUNT, "100", "--method", "check", "--reference", "1001", *BY)
    told = desk.words("payment", "list", ACCOUNT)
    assert f"clerk:1001: $100.00 by check, 24 November 2026 booked for {ACCOUNT}" in told
    assert desk.words("payment", "list", "--waiting") == "Nothing waits: every payment is booked."
    assert "leave ACCOUNT out" in desk.words("payment", "list", ACCOUNT, "--waiting", code=2)
    assert [entry["state"] for entry in desk.json("payment", "list")] == ["booked"]


def test_commands_go_on_working_under_their_earlier_names(desk: Desk) -> None:
    desk("pay", ACCOUNT, "100", "--method", "check", "--reference", "1001", *BY)
    assert desk.json("queue") == []
    assert "No end of a hold was asked for" in desk.words("release", "show", ACCOUNT, code=2)
    told = desk("--help")
    assert "payment" in told
    assert "import-payments" not in told
