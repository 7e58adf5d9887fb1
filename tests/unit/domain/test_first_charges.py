"""A provider's first cycle does not bill what was billed before it came to this system."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime
from typing import Any

import pytest

from msp_billing.domain.building.build_context import BuildContext
from msp_billing.domain.building.building import build_account
from msp_billing.domain.counting.previous_counts import NO_PREVIOUS_COUNTS
from msp_billing.domain.cycles import first_day_of_charges
from msp_billing.domain.outcomes import AccountOutcome
from msp_billing.domain.periods import Period
from msp_billing.domain.snapshots import AccountSnapshot
from tests.unit.domain.builders import (
    MARCH,
    NO_HOLIDAYS,
    account,
    agreement_data,
    build,
    context,
    line_data,
    policy,
    reading,
    run_data,
    snapshot,
)
from tests.unit.domain.contracts.order_samples import BOOK as ORDER_BOOK
from tests.unit.domain.contracts.order_samples import POLICY as ORDER_POLICY
from tests.unit.domain.contracts.order_samples import order_data, ordering
from tests.unit.domain.work.test_time_lines import here as work_context
from tests.unit.domain.work.work_samples import entry_row

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


def told(where: BuildContext, **known: Any) -> list[tuple[str, str, str]]:
    """What the cycle says of charges from before: each with its text and its day."""
    of = account(agreement_data(line_data("SITE"), agreement="managed"), **known)
    outcome = build(of, where=where)
    return named(outcome)


def named(outcome: AccountOutcome) -> list[tuple[str, str, str]]:
    return [
        (item.item_id, item.name, str(item.since_on))
        for finding in outcome.findings
        if finding.code == "charges-before-start"
        for item in finding.items
    ]


def first_months(period: Period, **changes: Any) -> BuildContext:
    return replace(context(period, **changes), charges_from=FIRST_DAY, first_period=MARCH)


OLD_ORDER = ("order:router:box", "1 x Setup, 500.00 USD", "2026-02-01")
OLD_CREDIT = ("adjustment:goodwill", "Goodwill, -5.00 USD", "2026-02-01")


def test_charges_from_before_are_named_with_their_amounts() -> None:
    known = {"orders": [order("2026-02-01")], "adjustments": [credit("2026-02-01")]}
    assert told(first_months(MARCH), **known) == [OLD_CREDIT, OLD_ORDER]


@pytest.mark.parametrize("day", ["2026-02-02", "2026-03-01"])
def test_charges_since_then_are_not_among_them(day: str) -> None:
    assert told(first_months(MARCH), orders=[order(day)], adjustments=[credit(day)]) == []


@pytest.mark.parametrize(("months", "named_still"), [(0, True), (2, True), (3, False)])
def test_they_are_named_in_the_first_three_months(months: int, named_still: bool) -> None:
    where = first_months(MARCH.shifted(months))
    assert bool(told(where, orders=[order("2026-02-01")])) is named_still


def test_they_are_told_once_in_an_account_under_the_runs_clause() -> None:
    of = account(
        agreement_data(line_data("SITE"), agreement="managed"),
        orders=[order("2026-01-20")],
        adjustments=[credit("2026-01-21")],
    )
    (finding,) = build(of, where=first_months(MARCH)).findings
    assert (finding.code, finding.clause) == ("charges-before-start", "calendar")
    assert finding.what.startswith("2 charges are from before the first cycle (2026-03)")


def test_a_price_that_is_not_known_any_more_is_said_and_stops_nobody() -> None:
    """The list begins on 1 January 2026."""
    assert told(first_months(MARCH), orders=[order("2025-12-31")]) == [
        ("order:router:box", "1 x Setup, amount not known", "2025-12-31")
    ]


def test_what_another_run_would_bill_is_named_by_that_one() -> None:
    runs = [run_data(categories=["flat"]), run_data(run="other", categories=["one-time"])]
    known = {"orders": [order("2026-02-01")], "adjustments": [credit("2026-02-01")]}
    both = policy(runs=runs)
    assert told(first_months(MARCH, in_policy=both, run="monthly"), **known) == [OLD_CREDIT]
    assert told(first_months(MARCH, in_policy=both, run="other"), **known) == [OLD_ORDER]


def test_what_was_billed_here_is_not_named() -> None:
    here = first_months(MARCH)
    of = account(
        agreement_data(line_data("SITE"), agreement="managed"), orders=[order("2026-02-01")]
    )
    taken = snapshot(of, here, ()).model_copy(
        update={"claims": {"order:router:box": "monthly/2026-02"}}
    )
    assert named(build_account(here, taken, NO_PREVIOUS_COUNTS)) == []


def test_setup_fees_go_by_their_own_day() -> None:
    """Ordered before, activated on 1 February: 3 x 60.00. Activated later it is billed here."""
    fee = order_data(
        kind="new-customer",
        subscriber="maple",
        ordered_on="2026-01-10",
        users_at_activation=3,
    )
    where = first_months(MARCH, in_policy=ORDER_POLICY, book=ORDER_BOOK)

    def fees(**changes: Any) -> list[tuple[str, str, str]]:
        return named(build(ordering(fee | changes), where=where))

    assert fees(activated_on="2026-02-01") == [
        ("setup:o-1:core", "3 x Core-Setup, 180.00 USD", "2026-02-01")
    ]
    assert fees(activated_on="2026-02-01", users_at_activation=None) == [
        ("setup:o-1:core", "Core-Setup, amount not known", "2026-02-01")
    ]
    assert fees(activated_on="2026-02-01", users_at_activation=0) == []
    assert fees(activated_on="2026-02-02") == []
    assert fees(users_at_activation=None) == []  # not activated yet


@pytest.mark.rule("COL-25")
@pytest.mark.parametrize("run", ["monthly", "project-work"])
@pytest.mark.parametrize(
    ("approval", "said"),
    [
        ({}, "nobody has approved it"),
        (
            {"approved_by": "Ana Cole", "approved_on": "2026-03-10"},
            "approved by Ana Cole on 2026-03-10",
        ),
    ],
)
def test_work_that_was_ready_before_is_named_whenever_it_is_approved(
    approval: dict[str, str], said: str, run: str
) -> None:
    """Three hours of a project on 10 February, at 180.00; work up to the 15th was billed before."""
    where = replace(work_context(MARCH, run), charges_from=date(2026, 3, 1), first_period=MARCH)
    rows = [
        entry_row("T-1", "2026-02-10 09:00", "2026-02-10 12:00", work="Project", **approval),
        entry_row("T-2", "2026-02-17 09:00", "2026-02-17 12:00", work="Project", **approval),
    ]
    (moment,) = where.run.moments
    taken = reading(
        datetime(2026, 3, 23, tzinfo=UTC), rows, feed="time-entries", moment=moment.moment
    )
    of = AccountSnapshot(account=account(agreement_data(line_data("SITE"))), readings=(taken,))
    found = named(build_account(where, of, NO_PREVIOUS_COUNTS))
    work = f"Ticket of T-1: 3.00 hours of Rosa Marin, {said}, 540.00 USD"
    # The run for information bills nothing, here or before.
    assert found == ([("time:T-1", work, "2026-02-10")] if run == "monthly" else [])
