"""A defect parks the account that it strikes, and no other; whatever the account looks like."""

from __future__ import annotations

from typing import Any

import pytest

from msp_billing.domain.accounts import Account
from msp_billing.domain.contracts.agreements import Agreement
from msp_billing.domain.contracts.lifetimes import Lifetime
from msp_billing.domain.counting.previous_counts import NO_PREVIOUS_COUNTS
from msp_billing.domain.outcomes import AccountOutcome, OutcomeKind
from msp_billing.domain.periods import Period
from msp_billing.usecases import build_invoices
from msp_billing.usecases.build_invoices import build_or_park
from msp_billing.usecases.standing import active_or_all
from tests.unit.domain.builders import (
    MARCH,
    NO_HOLIDAYS,
    account,
    agreement_data,
    context,
    line_data,
    policy,
    price_book,
    snapshot,
)

FIRST = agreement_data(line_data("SITE"), agreement="first", ends_on="2026-01-31")
LAST = agreement_data(line_data("SITE"), agreement="last", ends_on="2026-02-28")
RUNNING = agreement_data(line_data("SITE"), agreement="running")


def struck(of: Account) -> AccountOutcome:
    here = context(MARCH)
    return build_or_park(here, snapshot(of, here, []), NO_PREVIOUS_COUNTS)


@pytest.mark.parametrize(
    ("agreements", "parked"),
    [((FIRST, LAST), ["last"]), ((FIRST, RUNNING), ["running"]), ((RUNNING, LAST), ["running"])],
)
def test_a_defect_parks_what_is_in_force_or_else_the_last_agreement(
    agreements: tuple[dict[str, Any], ...], parked: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(*_: object) -> AccountOutcome:
        raise ArithmeticError("poison")

    monkeypatch.setattr(build_invoices, "build_account", broken)
    outcome = struck(account(*agreements))
    assert [entry.agreement for entry in outcome.agreements] == parked
    assert [entry.kind for entry in outcome.agreements] == [OutcomeKind.PARKED]
    (problem,) = outcome.problems
    assert (problem.code, "ArithmeticError: poison" in problem.what) == ("internal", True)


def test_where_a_defect_hides_what_is_in_force_everything_is_parked(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def broken(life: Lifetime, period: Period) -> bool:
        raise ArithmeticError("poison")

    monkeypatch.setattr(Lifetime, "active_in", broken)
    of = account(FIRST, RUNNING)
    outcome = struck(of)
    assert [(entry.agreement, entry.kind) for entry in outcome.agreements] == [
        ("first", OutcomeKind.PARKED),
        ("running", OutcomeKind.PARKED),
    ]
    # The completeness check expects the same.
    expected: tuple[Agreement, ...] = active_or_all(of, policy(), price_book(), NO_HOLIDAYS, MARCH)
    assert [entry.agreement for entry in expected] == ["first", "running"]
