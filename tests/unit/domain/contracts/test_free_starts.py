"""INT-06: the first month of an account is free."""

from __future__ import annotations

import pytest

from tests.unit.domain.builders import agreement_data, line_data
from tests.unit.domain.contracts.contract_samples import (
    INTEGRIS_TERMS,
    billed_months,
    life,
    month,
)


def onboarded(starts_on: str, *lines: dict[str, object]) -> dict[str, object]:
    return agreement_data(*lines, starts_on=starts_on, terms="master-service-agreement")


@pytest.mark.rule("INT-06")
@pytest.mark.parametrize("starts_on", ["2026-03-01", "2026-03-10", "2026-03-31"])
def test_the_first_invoice_is_for_the_month_after_onboarding(starts_on: str) -> None:
    contract = life(onboarded(starts_on))
    for line in contract.agreement.lines:
        assert billed_months(contract, line, "2026-02", "2026-05") == ["2026-04", "2026-05"]
    assert contract.active_in(month("2026-03"))  # it is looked after, and owes an outcome


@pytest.mark.rule("INT-06")
def test_the_month_of_the_end_is_paid_as_the_first_was_free() -> None:
    # Looked after from 10 March to 7 September: 7 months, of which 6 are billed.
    contract = life(onboarded("2026-03-10") | {"ends_on": "2026-09-07"})
    line = contract.agreement.lines[0]
    assert billed_months(contract, line, "2026-01", "2026-12") == [
        f"2026-{number:02d}" for number in range(4, 10)
    ]


def test_a_setup_fee_is_billed_in_the_free_month() -> None:
    setup = line_data("SETUP", bill_once_in="2026-03")
    contract = life(onboarded("2026-03-10", line_data("PC"), setup))
    assert contract.provided_in(contract.agreement.lines[1], month("2026-03"))
    assert not contract.provided_in(contract.agreement.lines[0], month("2026-03"))


def test_more_months_can_be_free() -> None:
    terms = INTEGRIS_TERMS | {"free_start": {"months": 3, "clause": "calendar"}}
    contract = life(onboarded("2026-03-10"), terms)
    line = contract.agreement.lines[0]
    assert billed_months(contract, line, "2026-01", "2026-07") == ["2026-06", "2026-07"]
