"""A cycle's dates, worked out by hand from the policies' rules."""

from __future__ import annotations

from datetime import UTC, date, datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from msp_billing.domain.calendars import BusinessCalendar, CalendarError
from msp_billing.domain.cycles import (
    CycleId,
    CyclePlan,
    CyclePlanError,
    due_periods,
    plan_cycle,
)
from msp_billing.domain.periods import Period
from msp_billing.domain.policy import ProviderPolicy
from msp_billing.domain.run_policy import RunPolicy
from tests.unit.domain.builders import NO_HOLIDAYS, PROPERTY, policy, run_data

AGREEMENT: dict[str, Any] = {
    "opens": {"month": -1, "day": 12, "at": "06:00"},
    "moments": [{"moment": "users", "at": {"month": -1, "day": 12, "at": "18:00"}}],
    "compare": {"month": -1, "day": 13, "at": "09:00"},
    "issue": {"month": -1, "day": 15, "at": "08:00"},
    "due": {"month": -1, "day": 30},
}
ARREARS: dict[str, Any] = {
    "opens": {"day": 23, "at": "06:00"},
    "moments": [
        {"moment": "devices", "at": {"day": 23, "at": "18:00"}, "wait_hours": 12},
        {"moment": "users", "at": {"business_day": -1, "at": "20:00"}, "wait_hours": 8},
    ],
    "compare": {"month": 1, "business_day": 1, "at": "09:00"},
    "issue": {
        "month": 1,
        "day": 10,
        "when_closed": "next_business_day",
        "no_later_than_day": 15,
        "at": "08:00",
    },
    "due": {"month": 2, "day": 5},
}


def with_run(**changes: Any) -> ProviderPolicy:
    """A provider that counts nothing of its own, so that a run's moments may be any."""
    return policy(runs=[run_data(**changes)], count_rules=[])


def planned(month: str, calendar: BusinessCalendar = NO_HOLIDAYS, **changes: Any) -> CyclePlan:
    known = with_run(**changes)
    return plan_cycle(known, known.runs[0], Period.parse(month), calendar)


def utc(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


@pytest.mark.rule("KR-01")
@pytest.mark.parametrize(
    ("service_month", "invoiced", "due"),
    [
        ("2026-12", date(2026, 11, 15), date(2026, 11, 30)),  # 15 November is a Sunday: it stays
        ("2027-01", date(2026, 12, 15), date(2026, 12, 30)),  # invoiced in the year before
        ("2027-02", date(2027, 1, 15), date(2027, 1, 30)),
        ("2027-03", date(2027, 2, 15), date(2027, 2, 28)),  # February has no 30th
        ("2028-03", date(2028, 2, 15), date(2028, 2, 29)),  # nor in a leap year
    ],
)
def test_agreements_are_invoiced_on_the_15th_for_the_next_month(
    service_month: str, invoiced: date, due: date
) -> None:
    plan = planned(service_month, **AGREEMENT)
    assert (plan.invoice_on, plan.due_on) == (invoiced, due)


@pytest.mark.rule("KR-01")
def test_the_15th_of_november_2026_is_a_sunday_and_stays() -> None:
    plan = planned("2026-12", **AGREEMENT)
    assert plan.invoice_on.strftime("%A") == "Sunday"
    # 08:00 in Chicago, in winter six hours behind.
    assert plan.issue_at == utc("2026-11-15T14:00")
    assert plan.opens_at == utc("2026-11-12T12:00")
    assert plan.moments[0].moment_at == utc("2026-11-13T00:00")


@pytest.mark.rule("KR-04")
@pytest.mark.parametrize("month", [f"2027-{month:02d}" for month in range(1, 13)])
def test_recurring_charges_go_out_between_the_5th_and_the_15th_before_the_agreement(
    month: str,
) -> None:
    recurring: dict[str, Any] = {
        "opens": {"month": -1, "day": 3, "at": "06:00"},
        "moments": [{"moment": "s", "at": {"month": -1, "day": 3, "at": "18:00"}}],
        "compare": {"month": -1, "day": 4, "when_closed": "next_business_day"},
        "issue": {
            "month": -1,
            "day": 10,
            "when_closed": "next_business_day",
            "no_later_than_day": 14,
        },
        "due": {"month": -1, "day": 30},
    }
    charges, agreement = planned(month, **recurring), planned(month, **AGREEMENT)
    assert 5 <= charges.invoice_on.day <= 15
    assert charges.issue_at < agreement.issue_at
    assert charges.invoice_on.month == agreement.invoice_on.month


@pytest.mark.rule("COL-01", "COL-02")
def test_february_2027_is_billed_in_arrears() -> None:
    """1 March 2027 is a Monday, 10 March a Wednesday, 26 February the last business day."""
    plan = planned("2027-02", **ARREARS)
    assert plan.opens_at == utc("2027-02-23T12:00")
    assert [(m.moment, m.moment_at, m.take_at) for m in plan.moments] == [
        ("devices", utc("2027-02-24T00:00"), utc("2027-02-24T12:00")),
        ("users", utc("2027-02-27T02:00"), utc("2027-02-27T10:00")),
    ]
    assert plan.compare_at == utc("2027-03-01T15:00")
    assert (plan.invoice_on, plan.issue_at) == (date(2027, 3, 10), utc("2027-03-10T14:00"))
    assert plan.due_on == date(2027, 4, 5)


@pytest.mark.rule("COL-01")
@pytest.mark.parametrize(
    ("service_month", "holidays", "compared_on", "invoice_on", "due_on"),
    [
        # 10 April 2027 is a Saturday.
        ("2027-03", [], date(2027, 4, 1), date(2027, 4, 12), date(2027, 5, 5)),
        # 1 January 2027 is a holiday and a Friday; 10 January a Sunday.
        ("2026-12", [date(2027, 1, 1)], date(2027, 1, 4), date(2027, 1, 11), date(2027, 2, 5)),
        # From Wednesday the 10th to Tuesday the 16th of March all is closed: never after the 15th.
        (
            "2027-02",
            [date(2027, 3, day) for day in range(10, 17)],
            date(2027, 3, 1),
            date(2027, 3, 9),
            date(2027, 4, 5),
        ),
        # November's services: due in January of the next year.
        ("2026-11", [], date(2026, 12, 1), date(2026, 12, 10), date(2027, 1, 5)),
    ],
)
def test_arrears_go_out_on_a_business_day_and_never_after_the_15th(
    service_month: str, holidays: list[date], compared_on: date, invoice_on: date, due_on: date
) -> None:
    plan = planned(service_month, BusinessCalendar(holidays=frozenset(holidays)), **ARREARS)
    assert plan.compare_at.date() == compared_on
    assert (plan.invoice_on, plan.due_on) == (invoice_on, due_on)


@pytest.mark.rule("INT-01", "INT-03")
def test_in_advance_the_inventory_and_the_invoice_lie_in_the_month_that_is_billed() -> None:
    plan = planned("2026-03")
    (inventory,) = plan.moments
    assert inventory.moment_at == utc("2026-03-01T06:00")  # midnight in Chicago
    assert inventory.take_at == utc("2026-03-01T14:00")  # eight hours for the exports
    assert plan.invoice_on == date(2026, 3, 2)


def test_moments_are_planned_in_the_order_in_which_they_are_taken() -> None:
    later_first = [
        {"moment": "b", "at": {"day": 1, "at": "05:00"}, "wait_hours": 2},
        {"moment": "c", "at": {"day": 1, "at": "00:00"}, "wait_hours": 6},
        {"moment": "a", "at": {"day": 1, "at": "04:00"}, "wait_hours": 3},
    ]
    plan = planned("2026-03", moments=later_first, opens={"day": 1, "at": "03:00"})
    assert [entry.moment for entry in plan.moments] == ["c", "a", "b"]


def test_terms_count_from_the_invoice_date() -> None:
    assert planned("2026-03", due={"days_after_issue": 30}).due_on == date(2026, 4, 1)


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"compare": {"day": 1, "at": "07:00"}}, "the comparison is made before the last snapshot"),
        (
            {"moments": [{"moment": "m", "at": {"day": 1, "at": "05:00"}, "wait_hours": 8}]},
            "the comparison is made before the last snapshot",
        ),
        ({"compare": {"day": 3}}, "the invoices go out before the comparison"),
        ({"issue": {"day": 1, "at": "11:59"}}, "the invoices go out before the comparison"),
        # Opened on the 20th, the cycle would date its invoices on the 2nd, eighteen days back.
        (
            {"opens": {"day": 20, "at": "06:00"}},
            "the cycle opens after the first snapshot is to be taken",
        ),
        (
            {"opens": {"day": 1, "at": "12:01"}, "moments": []},
            "the cycle opens after the comparison is to be made",
        ),
        ({"due": {"day": 1}}, "the invoices are due before they go out"),
        ({"due": {"month": -1, "day": 31}}, "the invoices are due before they go out"),
    ],
)
def test_rules_that_contradict_each_other_are_refused(
    changes: dict[str, Any], message: str
) -> None:
    with pytest.raises(CyclePlanError, match=f"^run monthly, 2026-03: {message}$"):
        planned("2026-03", **changes)


def test_moments_at_the_same_instant_do_not_contradict() -> None:
    plan = planned(
        "2026-03",
        compare={"day": 1, "at": "08:00"},
        issue={"day": 1, "at": "08:00"},
        due={"day": 1},
    )
    assert plan.moments[0].take_at == plan.compare_at == plan.issue_at


def test_a_date_that_the_month_lacks_is_refused() -> None:
    closed = BusinessCalendar(holidays=frozenset(date(2026, 3, day) for day in range(1, 32)))
    with pytest.raises(CalendarError, match="2026-03 has no business day"):
        planned("2026-03", closed, compare={"business_day": 1})


@PROPERTY
@given(
    month=st.builds(Period, year=st.integers(2020, 2060), month=st.integers(1, 12)),
    holidays=st.frozensets(st.dates(date(2020, 1, 1), date(2061, 4, 1)), max_size=15),
)
def test_arrears_keep_their_order_whatever_is_closed(
    month: Period, holidays: frozenset[date]
) -> None:
    plan = planned(str(month), BusinessCalendar(holidays=holidays), **ARREARS)
    following = month.shifted(1)
    assert plan.opens_at < plan.moments[0].take_at
    assert plan.moments[-1].take_at <= plan.compare_at <= plan.issue_at
    assert following.first_day <= plan.invoice_on <= following.day(15)
    assert plan.due_on == month.shifted(2).day(5)


# --- Which periods are due ------------------------------------------------------------------------


def due(now: str, first: str, **changes: Any) -> list[str]:
    known = with_run(**changes)
    periods = due_periods(known, known.runs[0], utc(now), Period.parse(first))
    return [str(period) for period in periods]


def test_periods_are_due_from_the_first_one_until_now() -> None:
    assert due("2026-03-05T00:00", "2025-12") == ["2025-12", "2026-01", "2026-02", "2026-03"]


def test_nothing_is_due_before_the_first_period() -> None:
    assert due("2026-03-05T00:00", "2026-04") == []


def test_a_period_is_due_from_the_minute_its_cycle_opens() -> None:
    # It opens at 06:00 in Chicago, which is 12:00 UTC in winter and 11:00 in summer.
    assert due("2026-02-01T11:59", "2026-02") == []
    assert due("2026-02-01T12:00", "2026-02") == ["2026-02"]
    assert due("2026-07-01T11:00", "2026-07") == ["2026-07"]


def test_a_run_in_advance_is_due_in_the_month_before() -> None:
    assert due("2026-11-12T12:00", "2026-12", **AGREEMENT) == ["2026-12"]
    assert due("2026-11-12T11:59", "2026-12", **AGREEMENT) == []


# --- Names ----------------------------------------------------------------------------------------


def test_a_cycle_is_named_by_provider_run_and_period() -> None:
    cycle = CycleId(provider="kr-group", run="agreement", period=Period.parse("2026-12"))
    assert cycle.execution_name == str(cycle) == "kr-group_agreement_2026-12"


def test_two_cycles_never_share_a_name() -> None:
    period = Period.parse("2026-12")
    first = CycleId(provider="a-b", run="c", period=period)
    second = CycleId(provider="a", run="b-c", period=period)
    assert first.execution_name != second.execution_name
    with pytest.raises(ValidationError):
        CycleId(provider="a_b", run="c", period=period)


def test_a_name_that_step_functions_does_not_take_is_refused() -> None:
    # 36 + 1 + 35 + 1 + 7 = 80 characters, and one more.
    period = Period.parse("2026-12")
    longest = CycleId(provider="p" * 36, run="r" * 35, period=period)
    assert len(longest.execution_name) == 80
    with pytest.raises(ValueError, match="over 80 characters"):
        _ = CycleId(provider="p" * 36, run="r" * 36, period=period).execution_name


def test_a_run_is_planned_for_its_own_dates_only() -> None:
    known = policy(
        runs=[
            run_data(categories=["support"]),
            run_data(
                run="other", categories=["flat"], moments=[], issue={"day": 20}, due={"day": 28}
            ),
        ]
    )
    runs: list[RunPolicy] = list(known.runs)
    plans = [plan_cycle(known, run, Period.parse("2026-03"), NO_HOLIDAYS) for run in runs]
    assert [plan.invoice_on.day for plan in plans] == [2, 20]
    assert [len(plan.moments) for plan in plans] == [1, 0]
