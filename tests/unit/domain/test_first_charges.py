"""A provider's first cycle does not bill what was billed before it came to this system."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from typing import Any

import pytest

from msp_billing.domain.cycles import first_day_of_charges
from msp_billing.domain.periods import Period
from tests.unit.domain.builders import (
    MARCH,
    NO_HOLIDAYS,
    account,
    agreement_data,
    build,
    context,
    line_data,
    policy,
)

FIRST_DAY = date(2026, 2, 2)
"""Of charges: February's comparison is on 1 February, and takes charges up to that day."""


def order(day: str) -> dict[str, Any]:
    return {
        "order": "router",
        "kind": "change",
        "ordered_on": day,
        "agreement": "managed",
        "items": [{"item": "box", "product": "SETUP", "quantity": 1}],
    }


def credit(day: str) -> dict[str, Any]:
    return {
        "adjustment": "goodwill",
        "dated_on": day,
        "amount": "-5",
        "category": "flat",
        "description": "Goodwill",
        "reason": "Slow answer",
        "entered_by": "clerk (sample)",
    }


def charges(**known: Any) -> list[str | None]:
    """The one-time charges that March bills, as the first month with this system."""
    here = replace(context(MARCH), charges_from=FIRST_DAY, first_period=MARCH)
    of = account(agreement_data(line_data("SITE"), agreement="managed"), **known)
    outcome = build(of, where=here)
    assert not outcome.parked, outcome.problems
    return [line.charge for entry in outcome.invoices for line in entry.lines if line.charge]


def test_the_first_cycle_takes_charges_from_the_day_after_those_of_the_cycle_before() -> None:
    known = policy()
    found = first_day_of_charges(known, known.runs[0], MARCH, NO_HOLIDAYS)
    assert found == FIRST_DAY
    april = first_day_of_charges(known, known.runs[0], Period(year=2026, month=4), NO_HOLIDAYS)
    assert april == date(2026, 3, 2)


@pytest.mark.parametrize(("day", "billed"), [("2026-02-01", False), ("2026-02-02", True)])
def test_an_order_from_before_is_left_to_whatever_billed_then(day: str, billed: bool) -> None:
    assert charges(orders=[order(day)]) == (["order:router:box"] if billed else [])


@pytest.mark.parametrize(("day", "billed"), [("2026-02-01", False), ("2026-02-02", True)])
def test_an_adjustment_from_before_is_left_to_whatever_billed_then(day: str, billed: bool) -> None:
    assert charges(adjustments=[credit(day)]) == (["adjustment:goodwill"] if billed else [])
