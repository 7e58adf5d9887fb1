"""Names of accounts in what banks write: meant surely, perhaps, or not at all."""

from __future__ import annotations

import pytest

from msp_billing.domain.payments.account_names import AccountNames, words_of
from tests.unit.domain.payments.payment_samples import account

BOOK = AccountNames(
    [
        account("bayfront-dental", "Bayfront Dental Group, LLC"),
        account("elm", "Elm Ltd"),
        account("cedar-hill", "Cedar Hill Ltd"),
        account("cedar-hill-school", "Cedar Hill Montessori", known_as=["CHM"]),
        account("obrien", "O'Brien & Söhne GmbH", purchase_order="PO 4711"),
    ]
)


@pytest.mark.parametrize(
    ("payer", "meant"),
    [
        ("BAYFRONT DENTAL GROUP LLC", "bayfront-dental"),
        ("Bayfront Dental Group", "bayfront-dental"),
        ("THE BAYFRONT DENTAL GROUP INC", "bayfront-dental"),
        ("ELM", "elm"),
        ("ELM LIMITED", "elm"),
        ("chm", "cedar-hill-school"),
        ("OBRIEN AND SOHNE", "obrien"),
    ],
)
def test_a_payer_with_the_name_of_an_account_is_surely_meant(payer: str, meant: str) -> None:
    assert BOOK.named_in([], payer).surely == (meant,)


@pytest.mark.parametrize(
    ("text", "meant"),
    [
        ("ORIG CO NAME:BAYFRONT DENTAL GROUP ID:99", "bayfront-dental"),
        ("payment of Elm Ltd for November", "elm"),
        ("acct bayfront-dental Nov", "bayfront-dental"),
    ],
)
def test_a_name_inside_a_text_is_found(text: str, meant: str) -> None:
    assert BOOK.named_in([text], None).surely == (meant,)


def test_the_longer_of_two_names_is_meant() -> None:
    assert BOOK.named_in(["CEDAR HILL MONTESSORI"], None).surely == ("cedar-hill-school",)
    assert BOOK.named_in(["CEDAR HILL"], None).surely == ("cedar-hill",)
    both = BOOK.named_in(["CEDAR HILL", "BAYFRONT DENTAL GROUP"], None)
    assert both.surely == ("cedar-hill", "bayfront-dental")


@pytest.mark.parametrize(
    ("texts", "payer", "perhaps"),
    [
        (["14 Elm Street"], None, ("elm",)),
        ([], "JOHN ELM", ("elm",)),
        ([], "BAYFRONT DENTAL GRO", ("bayfront-dental",)),  # banks cut names off
        ([], "CEDAR HILL MONTE", ("cedar-hill", "cedar-hill-school")),
        (["as of PO-4711"], None, ("obrien",)),
    ],
)
def test_what_may_mean_somebody_else_is_told_apart(
    texts: list[str], payer: str | None, perhaps: tuple[str, ...]
) -> None:
    found = BOOK.named_in(texts, payer)
    assert found.perhaps == perhaps
    assert not set(found.surely) & set(perhaps)


def test_a_word_that_only_begins_like_a_name_is_nobody() -> None:
    found = BOOK.named_in(["ELMWOOD BAYFRONTS"], "CHMX")
    assert (found.surely, found.perhaps) == ((), ())


def test_names_are_compared_without_accents_case_and_points() -> None:
    assert words_of("O'Brien & Söhne G.m.b.H.") == ("obrien", "and", "sohne", "gmbh")
