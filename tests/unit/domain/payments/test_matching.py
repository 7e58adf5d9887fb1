"""Whose money it is: by what is certain, and never by a guess."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from msp_billing.domain.payments.matching import Match, match_payment
from tests.unit.domain.builders import PROPERTY
from tests.unit.domain.payments.payment_samples import SampleClues, account, parts, payment

ALDER = account("alder", "Alder Group Ltd")
BEECH = account("beech", "Beech Tree Surgeons Inc", purchase_order="PO-7788")
CEDAR = account("cedar", "Cedar")


def clues(**invoices: tuple[str, str]) -> SampleClues:
    numbers = {f"BI-{number[1:].zfill(6)}": of for number, of in invoices.items()}
    return SampleClues((ALDER, BEECH, CEDAR), numbers)


def found(match: Match) -> tuple[str | None, list[str]]:
    """The account, and what the money is for."""
    return match.account, [part.invoice for part in match.remittance]


def reason(match: Match) -> str:
    assert match.account is None
    (problem,) = match.problems
    assert problem.what
    assert problem.fix
    return problem.code


# --- An account that the source gives ------------------------------------------------------------


@pytest.mark.rule("KR-13")
def test_the_account_that_is_given_has_the_money_whatever_the_texts_say() -> None:
    """The text names an invoice of Beech; the source knows that Alder paid."""
    match = match_payment(payment(account="alder", texts=("BI-2",)), clues(n2=("beech", "7.00")))
    assert found(match) == ("alder", [])
    assert match.matched_by == "the account given"


@pytest.mark.rule("KR-13")
def test_invoices_in_the_texts_of_a_given_account_say_what_it_is_for() -> None:
    match = match_payment(
        payment(account="alder", texts=("BI-2 and BI-000003",)),
        clues(n1=("alder", "5.00"), n2=("alder", "7.00"), n3=("alder", "9.00")),
    )
    assert found(match) == ("alder", ["BI-000002", "BI-000003"])


def test_an_account_that_is_not_in_the_book_waits_with_what_else_is_told() -> None:
    match = match_payment(payment("120.00", "BI-000002", account="aldr"), clues(n2=("alder", "1")))
    assert reason(match) == "unknown-account"
    assert match.suggestions == ("alder",)


def test_a_remittance_for_another_accounts_invoice_waits() -> None:
    match = match_payment(
        payment(account="alder", remittance=parts("BI-000002")), clues(n2=("beech", "7.00"))
    )
    assert reason(match) == "invoice-of-another-account"
    assert match.suggestions == ("alder", "beech")


# --- Numbers of invoices -------------------------------------------------------------------------


@pytest.mark.rule("KR-13")
@pytest.mark.parametrize("text", ["bi 000012", "BI-12", "Inv BI000012", "PAYMENT BI-000012 SEPT"])
def test_a_payment_is_its_invoices_account(text: str) -> None:
    match = match_payment(payment("40.00", text), clues(n12=("alder", "120.00")))
    assert found(match) == ("alder", ["BI-000012"])
    assert match.matched_by == "invoice number BI-000012"


def test_a_number_inside_a_longer_one_is_not_named() -> None:
    """BI-0000123 was never issued, and is neither BI-000012 nor BI-000123."""
    known = clues(n12=("alder", "120.00"), n123=("beech", "120.00"))
    assert reason(match_payment(payment("1.00", "BI-0000123"), known)) == "no-match"


@pytest.mark.rule("KR-13")
def test_several_invoices_of_one_account_are_paid_in_the_order_of_the_text() -> None:
    known = clues(n1=("alder", "100.00"), n2=("alder", "20.00"))
    match = match_payment(payment("120.00", "BI-000002/000001"), known)
    assert found(match) == ("alder", ["BI-000002", "BI-000001"])


def test_invoices_of_two_accounts_wait_with_both() -> None:
    known = clues(n1=("alder", "100.00"), n2=("beech", "20.00"))
    match = match_payment(payment("120.00", "BI-000001 BI-000002"), known)
    assert reason(match) == "several-accounts"
    assert match.suggestions == ("alder", "beech")


def test_a_remittance_of_two_accounts_waits_with_both() -> None:
    known = clues(n1=("alder", "100.00"), n2=("beech", "20.00"))
    match = match_payment(payment(remittance=parts("BI-000001", "bi 2")), known)
    assert reason(match) == "several-accounts"


@pytest.mark.parametrize("left", ["0.00"])
def test_an_invoice_that_is_paid_or_voided_still_says_whose_money_it_is(left: str) -> None:
    match = match_payment(payment("120.00", "BI-000012"), clues(n12=("alder", left)))
    assert found(match) == ("alder", ["BI-000012"])


def test_a_number_that_no_invoice_has_is_passed_over() -> None:
    known = clues(n1=("alder", "100.00"))
    assert found(match_payment(payment("1.00", "BI-999999 BI-000001"), known))[0] == "alder"
    assert reason(match_payment(payment("1.00", "BI-999999"), known)) == "no-match"


def test_the_remittance_goes_before_the_texts() -> None:
    known = clues(n1=("alder", "100.00"), n2=("alder", "20.00"))
    match = match_payment(payment("20.00", "BI-000001", remittance=parts("bi-2")), known)
    assert found(match) == ("alder", ["BI-000002"])


@pytest.mark.parametrize("text", ["BI 12", "invoice 12", "BI-00", "BI12"])
def test_what_may_be_no_number_needs_the_amount_or_the_name(text: str) -> None:
    """'BI 12' may be a street; 'BI-00' is cut off, and goes on with '0012' on the next line."""
    known = clues(n12=("alder", "120.00"))
    texts = (text, "0012") if text == "BI-00" else (text,)
    assert found(match_payment(payment("120.00", *texts), known))[0] == "alder"
    assert found(match_payment(payment("5.00", *texts, payer="ALDER GROUP"), known))[0] == "alder"
    match = match_payment(payment("5.00", *texts), known)
    assert reason(match) == "no-match"
    assert match.suggestions == ("alder",)


def test_two_uncertain_numbers_are_certain_when_they_come_to_the_amount() -> None:
    known = clues(n1=("alder", "100.00"), n2=("alder", "20.00"), n3=("alder", "5.00"))
    match = match_payment(payment("120.00", "invoice 1, invoice 2"), known)
    assert found(match) == ("alder", ["BI-000001", "BI-000002"])


def test_a_year_that_looks_like_a_number_does_not_stand_against_a_certain_one() -> None:
    """Beech has invoice 2026, and does not owe this."""
    known = clues(n1=("alder", "100.00"), n2026=("beech", "8.00"))
    match = match_payment(payment("100.00", "BI-000001 BI 2026"), known)
    assert found(match) == ("alder", ["BI-000001"])


def test_a_mistyped_number_is_seen_by_the_amount_and_the_name() -> None:
    """Alder pays 120.00 and writes 21 for 12: BI-000021 is Beech's, over 77.00."""
    known = clues(n12=("alder", "120.00"), n21=("beech", "77.00"))
    match = match_payment(payment("120.00", "BI-000021", payer="ALDER GROUP LTD"), known)
    assert reason(match) == "contradiction"
    assert match.suggestions == ("beech", "alder")


@pytest.mark.parametrize("amount", ["77.00", "97.00", "20.00"])
def test_a_parent_company_may_pay_when_the_amount_fits(amount: str) -> None:
    """77.00 is what is open of the invoice, 97.00 what is open in all."""
    known = clues(n21=("beech", "77.00"), n22=("beech", "20.00"))
    number = "BI-000022" if amount == "20.00" else "BI-000021"
    match = match_payment(payment(amount, number, payer="ALDER GROUP LTD"), known)
    assert match.account == "beech"


def test_who_only_has_a_number_is_matched_without_reading_the_whole_book() -> None:
    known = clues(n12=("alder", "120.00"))
    match_payment(payment("120.00", "BI-000012"), known)
    assert known.read_all == []


# --- Names and amounts ---------------------------------------------------------------------------


@pytest.mark.parametrize(
    "told", [{"payer": "ALDER GROUP LTD"}, {"texts": ("from ALDER GROUP",)}, {"payer": "Alder"}]
)
def test_a_payment_in_the_name_of_one_account_is_its(told: dict[str, str]) -> None:
    match = match_payment(payment("33.00", **told), clues(n1=("alder", "100.00")))
    assert (match.account, match.matched_by) == ("alder", "the account's name")


def test_names_of_two_accounts_wait_with_both() -> None:
    match = match_payment(payment("1.00", "Alder Group, Beech Tree Surgeons"), clues())
    assert reason(match) == "several-accounts"
    assert match.suggestions == ("alder", "beech")


@pytest.mark.parametrize("told", [{"payer": "BEECH TREE SURGE"}, {"texts": ("ref PO-7788",)}])
def test_part_of_a_name_and_an_amount_that_nobody_else_owes_are_enough_together(
    told: dict[str, str],
) -> None:
    known = clues(n1=("alder", "100.00"), n2=("beech", "77.00"))
    match = match_payment(payment("77.00", **told), known)
    assert match.account == "beech"
    assert match.matched_by == "part of the account's name, and the amount"
    other = match_payment(payment("76.00", **told), known)
    assert reason(other) == "no-match"
    assert other.suggestions == ("beech",)


def test_part_of_a_name_is_not_enough_when_two_owe_the_amount() -> None:
    known = clues(n1=("alder", "77.00"), n2=("beech", "77.00"))
    match = match_payment(payment("77.00", payer="BEECH TREE SURGE"), known)
    assert reason(match) == "no-match"
    assert match.suggestions == ("beech", "alder")


def test_the_amount_alone_is_a_suggestion_and_no_match() -> None:
    """Only Alder owes 120.00, and somebody else may still have paid 120.00."""
    match = match_payment(payment("120.00"), clues(n1=("alder", "120.00"), n2=("beech", "7.00")))
    assert reason(match) == "no-match"
    assert match.suggestions == ("alder",)


def test_a_payment_that_tells_nothing_waits_and_shows_what_there_was() -> None:
    silent = match_payment(payment("3.00"), clues())
    assert "nothing is told with it" in silent.problems[0].what
    told = match_payment(payment("3.00", "DEPOSIT 0042", payer="J. Doe"), clues())
    assert "J. Doe / DEPOSIT 0042" in told.problems[0].what
    assert told.suggestions == ()


# --- Whatever the texts are ----------------------------------------------------------------------

TEXTS = st.lists(
    st.one_of(
        st.sampled_from(
            ["BI-000001", "bi 2", "invoice 3", "BI-", "000003", "Alder Group", "beech", "77.00"]
        ),
        st.text(min_size=1, max_size=20),
    ).filter(lambda text: bool(text.strip())),
    max_size=5,
)


@PROPERTY
@given(texts=TEXTS, payer=st.sampled_from([None, "ALDER", "BEECH TREE", "X"]))
def test_a_payment_is_matched_or_waits_with_a_reason_and_never_both(
    texts: list[str], payer: str | None
) -> None:
    """And what it is said to be for are invoices of the account it is matched to."""
    known = clues(n1=("alder", "100.00"), n2=("beech", "77.00"), n3=("alder", "77.00"))
    match = match_payment(payment("77.00", *texts, payer=payer), known)
    assert (match.account is None) is bool(match.problems)
    assert (match.account is None) is (match.matched_by is None)
    assert {known.account_of(part.invoice) for part in match.remittance} <= {match.account}
    assert len(match.suggestions) == len(set(match.suggestions)) <= 10
