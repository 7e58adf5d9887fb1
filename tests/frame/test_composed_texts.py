"""What the domain says in English about a line is known where it is said in other languages."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from itertools import product

import pytest

from msp_billing.adapters.composed_texts import (
    description_in_words,
    reason_in_words,
    title_in_words,
)
from msp_billing.adapters.language import in_language
from tests.frame import repository

DOMAIN = repository.ROOT / "layers/billing/msp_billing/domain"
KEYWORDS = {"quantity_from", "price_from", "arithmetic"}
POSITIONS = {"PriceInForce": 1, "Units": 1, "PricedQuantity": 4, "AmountShortfall": 1}
STAND_INS = ("7", "2026-11-01", "Name", "", "2026-11", "order o-1 of 2026-11-01", "tier 1 to 9")
MOST_VALUES = 5


def composed() -> Iterator[tuple[str, ast.JoinedStr]]:
    """Every text with values in it that the domain hands on as a reason of a line."""
    for path in sorted(DOMAIN.rglob("*.py")):
        for node in ast.walk(ast.parse(path.read_text("utf-8"))):
            if not isinstance(node, ast.Call):
                continue
            given = [entry.value for entry in node.keywords if entry.arg in KEYWORDS]
            position = POSITIONS.get(getattr(node.func, "id", ""))
            if position is not None and len(node.args) > position:
                given.append(node.args[position])
            for value in given:
                if isinstance(value, ast.JoinedStr) and words(value):
                    yield f"{repository.relative(path)}: {ast.unparse(value)}", value


def words(text: ast.JoinedStr) -> str:
    literal = "".join(str(part.value) for part in text.values if isinstance(part, ast.Constant))
    return "".join(letter for letter in literal if letter.isalpha() and letter != "x")


def filled(text: ast.JoinedStr) -> Iterator[str]:
    """The text with every choice of things that its values may be."""
    values = [part for part in text.values if isinstance(part, ast.FormattedValue)]
    stand_ins = STAND_INS if len(values) <= MOST_VALUES else (STAND_INS[0], STAND_INS[-1])
    for chosen in product(stand_ins, repeat=len(values)):
        left = iter(chosen)
        yield "".join(
            str(part.value) if isinstance(part, ast.Constant) else next(left)
            for part in text.values
        )


SITES = dict(composed())


def test_the_domain_was_looked_through() -> None:
    assert len(SITES) > 20


@pytest.mark.parametrize("site", SITES)
def test_every_reason_of_the_domain_is_known(site: str) -> None:
    """Write it into `adapters/composed_sentences.py`, and say it in every language."""
    with in_language("de"):
        assert any(reason_in_words(text) != text for text in filled(SITES[site])), site


def test_what_a_person_wrote_stays_as_it_is() -> None:
    with in_language("de"):
        for text in ("Firewall, branch", "as agreed on 2026-13-45", "", "flat {amount}", "x" * 900):
            assert reason_in_words(text) == text
        assert description_in_words("agreed to end on 2026-13-45") == "agreed to end on 2026-13-45"


def test_values_are_written_as_the_language_writes_them() -> None:
    with in_language("de"):
        assert reason_in_words("11 x 6.75 = 74.25") == "11 × 6,75 = 74,25"
        assert (
            reason_in_words(
                "counted: Servers; counted 46, contracted 47, billed 47: a lower count "
                "is billed from 2027-03-01"
            )
            == "gezählt: Servers; gezählt 46, vereinbart 47, berechnet 47: Eine niedrigere Zahl "
            "wird ab 1. März 2027 berechnet"
        )
    with in_language("fr"):
        assert description_in_words("3-year term discount, 10% of 1,965.00 EUR") == (
            "Remise pour durée de 3 ans, 10\u00a0% de 1\u202f965,00\u00a0€"
        )
    with in_language("en-US"):
        assert reason_in_words("11 x 6.75 = 74.25") == "11 x 6.75 = 74.25"


def test_titles_of_letters_and_documents_are_said() -> None:
    with in_language("fr"):
        assert title_in_words("Invoice KRG-000012, Service") == "Facture KRG-000012, Service"
        assert title_in_words("Your account is off hold") == "Votre compte n’est plus bloqué"
        assert title_in_words("Late fee of 1.5% on 770.00") == (
            "Frais de retard de 1,5\u00a0% sur 770,00"
        )
        assert title_in_words("We have not received your payment") == (
            "We have not received your payment"
        )
