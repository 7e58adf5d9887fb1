"""The completeness ledger: nobody is forgotten, nobody is there twice."""

from __future__ import annotations

from collections import Counter
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from msp_billing.domain.invoices import Invoice
from msp_billing.domain.outcomes import (
    AccountOutcome,
    AgreementOutcome,
    OutcomeKind,
    find_gaps,
)
from msp_billing.domain.problems import Problem
from tests.unit.document_samples import NOVEMBER, InvoiceMaker
from tests.unit.domain.builders import PROPERTY

PROBLEM = Problem(code="feed-missing", what="The export is missing.", fix="Put it there.")
BILLED, NOTHING, SKIPPED, PARKED = OutcomeKind


def invoice() -> Invoice:
    return InvoiceMaker(NOVEMBER).line("COM4003", "1", "6.75").make()


def outcome(*kinds: OutcomeKind, **changes: Any) -> AccountOutcome:
    return AccountOutcome(
        account="tern-harbor",
        account_name="Tern Harbor",
        agreements=tuple(
            AgreementOutcome(agreement=f"a{index}", kind=kind, reason="because")
            for index, kind in enumerate(kinds)
        ),
        **changes,
    )


def test_an_outcome_is_billed_or_nothing_or_parked() -> None:
    assert not outcome(BILLED, NOTHING, invoices=(invoice(),)).parked
    assert not outcome(NOTHING, SKIPPED).parked
    assert not outcome().parked
    assert outcome(PARKED, NOTHING, problems=(PROBLEM,)).parked


@pytest.mark.parametrize(
    ("kinds", "changes", "message"),
    [
        ([PARKED], {}, "parked if and only if it has problems"),
        ([NOTHING], {"problems": (PROBLEM,)}, "parked if and only if it has problems"),
        ([], {"problems": (PROBLEM,)}, "parked if and only if it has problems"),
        (
            [PARKED, BILLED],
            {"problems": (PROBLEM,), "invoices": (invoice(),)},
            "a parked account has no invoice",
        ),
        ([PARKED, BILLED], {"problems": (PROBLEM,)}, "billed agreements and invoices go together"),
        ([BILLED], {}, "billed agreements and invoices go together"),
        ([NOTHING], {"invoices": (invoice(),)}, "billed agreements and invoices go together"),
    ],
)
def test_an_outcome_that_contradicts_itself_is_refused(
    kinds: list[OutcomeKind], changes: dict[str, Any], message: str
) -> None:
    with pytest.raises(ValidationError, match=message):
        outcome(*kinds, **changes)


def gaps(expected: list[str], recorded: list[str]) -> list[str]:
    found = find_gaps(
        ((name[0], name[1:]) for name in expected), ((name[0], name[1:]) for name in recorded)
    )
    return [f"{gap.account}{gap.agreement} {gap.what}" for gap in found]


def test_a_complete_cycle_has_no_gap() -> None:
    assert gaps(["a1", "a2", "b1"], ["b1", "a1", "a2"]) == []
    assert gaps([], []) == []


def test_each_gap_is_named() -> None:
    assert gaps(["a1", "a2", "b1"], ["a1", "b1", "b1", "c9"]) == [
        "a2 has no outcome",
        "c9 was not expected",
        "b1 has more than one outcome",
    ]


def test_an_unexpected_outcome_that_is_there_twice_is_both() -> None:
    assert gaps([], ["a1", "a1"]) == ["a1 was not expected", "a1 has more than one outcome"]


KEYS = st.lists(st.sampled_from(["a1", "a2", "b1", "b2", "c1"]), max_size=8)


@PROPERTY
@given(expected=KEYS, recorded=KEYS)
def test_there_is_no_gap_exactly_when_every_agreement_has_one_outcome(
    expected: list[str], recorded: list[str]
) -> None:
    complete = Counter(recorded) == Counter(set(expected))
    assert (gaps(expected, recorded) == []) is complete


def test_a_problem_says_where_what_and_what_to_do() -> None:
    assert str(PROBLEM) == "The export is missing. Put it there."
    placed = PROBLEM.model_copy(update={"file": "a.csv", "line": 17, "where": "tern-harbor"})
    assert str(placed) == "a.csv:17 (tern-harbor): The export is missing. Put it there."
