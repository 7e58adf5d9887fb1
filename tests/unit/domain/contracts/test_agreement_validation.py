"""Contracts that contradict themselves are refused by name, all contradictions in one go."""

from __future__ import annotations

from typing import Any

import pytest
from pydantic import ValidationError

from msp_billing.domain.accounts import Account
from msp_billing.domain.contracts.agreements import Agreement
from msp_billing.domain.contracts.terms import ContractTerms
from msp_billing.domain.policy import ProviderPolicy
from tests.unit.domain.builders import (
    account_data,
    agreement_data,
    line_data,
    policy_data,
    price_book,
    price_book_data,
    product_data,
)
from tests.unit.domain.contracts.contract_samples import KR_TERMS, kr_agreement


def refusal(data: dict[str, Any]) -> str:
    with pytest.raises(ValidationError) as refused:
        Agreement.model_validate(data)
    return str(refused.value)


def with_line(**changes: Any) -> dict[str, Any]:
    return agreement_data(line_data("PC", **changes), terms="managed-it", starts_on="2026-03-01")


NOTICE = {"notice_on": "2026-05-04"}


@pytest.mark.parametrize(
    ("data", "message"),
    [
        (
            with_line(committed_until="2026-02-28"),
            "the commitment of line pc ends before it starts",
        ),
        (
            with_line(starts_on="2026-06-01", committed_until="2026-05-31"),
            "the commitment of line pc ends before it starts",
        ),
        (
            with_line(commitment_months=12, committed_until="2027-02-28"),
            "either 'commitment_months' or 'committed_until'",
        ),
        (
            with_line(commitment_months=12, ends_on="2026-12-31"),
            "line pc is committed until 2027-02-28, but the line ends on 2026-12-31",
        ),
        (
            with_line(committed_until="2027-02-28") | {"ends_on": "2027-01-31"},
            "line pc is committed until 2027-02-28, but the agreement ends on 2027-01-31",
        ),
        (
            with_line(cancelled={"notice_on": "2026-02-28"}),
            "notice for line pc was given before the line starts",
        ),
        (
            with_line(cancelled=NOTICE | {"wanted_on": "2026-05-03"}),
            "the line is wanted to end before notice was given",
        ),
        (
            with_line(cancelled=NOTICE | {"returned_on": "2026-05-03"}),
            "the hardware was returned before notice was given",
        ),
        (
            with_line(cancelled=NOTICE | {"verified_on": "2026-05-10"}),
            "the hardware was verified but never returned",
        ),
        (
            with_line(
                cancelled=NOTICE | {"returned_on": "2026-05-10", "verified_on": "2026-05-09"}
            ),
            "the hardware was verified before it was returned",
        ),
        (
            with_line(cancelled=NOTICE, ends_on="2026-12-31"),
            "the line has both 'ends_on' and 'cancelled'",
        ),
        (
            with_line(cancelled=NOTICE, bill_once_in="2026-05"),
            "a one-time charge cannot be cancelled",
        ),
        (
            with_line(cancelled=NOTICE) | {"terms": None},
            "line pc has notice, but the agreement no 'terms'",
        ),
        (
            with_line(quantity=3, contracted_quantity=[{"from_on": "2026-03-01", "quantity": 3}]),
            "a 'contracted_quantity' is for counted lines",
        ),
        (
            with_line(
                subscriber="each", contracted_quantity=[{"from_on": "2026-03-01", "quantity": 3}]
            ),
            "a 'contracted_quantity' is of one subscriber",
        ),
        (
            with_line(
                contracted_quantity=[
                    {"from_on": "2026-03-01", "quantity": 3},
                    {"from_on": "2026-03-01", "quantity": 4},
                ]
            ),
            "two contracted quantities apply from 2026-03-01",
        ),
        (
            kr_agreement(ending={"notice_on": "2026-09-30"}),
            "notice was given before the agreement starts",
        ),
        (
            kr_agreement(ending={"notice_on": "2026-12-01", "ends_on": "2026-11-30"}),
            "the agreement is wanted to end before notice was given",
        ),
        (
            kr_agreement(ending={"notice_on": "2026-12-01"}, ends_on="2027-01-31"),
            "the agreement has both 'ends_on' and 'ending'",
        ),
        (
            kr_agreement(ending={"notice_on": "2026-12-01"}, terms=None),
            "notice was given, but the agreement has no 'terms'",
        ),
        (kr_agreement(renews="term", terms=None), "a renewal is agreed, but no 'terms'"),
        (kr_agreement(renews="term", term_years=0), "renews for a term of no years"),
        (kr_agreement(renews="monthly", renewal_years=3), "renews by the month"),
    ],
)
def test_each_contradiction_is_named(data: dict[str, Any], message: str) -> None:
    assert message in refusal(data)


def test_all_contradictions_are_told_in_one_go() -> None:
    told = refusal(
        kr_agreement(
            ends_on="2026-09-01",
            ending={"notice_on": "2026-08-01", "ends_on": "2026-07-01"},
            lines=[
                line_data("PC", committed_until="2026-09-30"),
                line_data("SERVER", commitment_months=6),
            ],
        )
    )
    for message in (
        "the agreement ends before it starts",
        "the commitment of line pc ends before it starts",
        "line server is committed until 2027-03-31, but the agreement ends on 2026-09-01",
        "both 'ends_on' and 'ending'",
        "notice was given before the agreement starts",
        "wanted to end before notice was given",
    ):
        assert message in told


@pytest.mark.parametrize(
    ("part", "message"),
    [
        ({"notice": {"clause": "term"}}, "either in 'days' or in 'business_days'"),
        (
            {"notice": {"days": 60, "business_days": 30, "clause": "term"}},
            "either in 'days' or in 'business_days'",
        ),
        ({"notice": {"days": 0, "clause": "term"}}, "greater than or equal to 1"),
        ({"trial": {"days": 90}}, "clause"),
        ({"early_end": {"how": "free", "clause": "term"}}, "pay_out_remainder"),
    ],
)
def test_terms_that_say_nothing_or_two_things_are_refused(
    part: dict[str, Any], message: str
) -> None:
    with pytest.raises(ValidationError, match=r"notice|trial|early_end") as refused:
        ContractTerms.model_validate(KR_TERMS | part)
    assert message in str(refused.value)


def test_a_policy_names_each_of_its_terms_once_and_knows_their_clauses() -> None:
    strange = KR_TERMS | {"trial": {"days": 90, "clause": "trial-of-90-days"}}
    with pytest.raises(ValidationError) as refused:
        ProviderPolicy.model_validate(policy_data(contract_terms=[KR_TERMS, strange]))
    assert "the contract terms 'managed-it' are listed twice" in str(refused.value)
    assert "the clause 'trial-of-90-days' is referred to but not listed" in str(refused.value)


def test_an_end_rule_that_says_nothing_is_refused() -> None:
    product = product_data("X", "support", {"each": "1"}, end_rule={"clause": "term"})
    with pytest.raises(ValidationError, match="an end rule says nothing"):
        price_book(products=[*price_book_data()["products"], product])


def test_an_agreement_with_all_of_it_comes_back_from_json() -> None:
    agreement = kr_agreement(
        renews="term",
        renewal_years=3,
        ending={"notice_on": "2026-12-30", "ends_on": "2027-01-31", "reason": "Moves away"},
        lines=[
            line_data(
                "PC",
                contracted_quantity=[{"from_on": "2026-10-01", "quantity": 20}],
                commitment_months=12,
                cancelled=NOTICE
                | {
                    "notice_on": "2026-12-30",
                    "returned_on": "2027-01-04",
                    "verified_on": "2027-01-05",
                },
            )
        ],
    )
    known = Account.model_validate(account_data(agreement))
    assert Account.model_validate_json(known.model_dump_json()) == known
