"""The runs of the three sample policies have the dates that the published policies say."""

from __future__ import annotations

from datetime import date, datetime

import pytest

from msp_billing.adapters.holiday_calendar import business_calendar
from msp_billing.domain.cycles import CyclePlan
from msp_billing.domain.periods import Period
from tests.providers.sample_billing import plan_of, sample_book

THREE_YEARS = tuple(Period(year=2026, month=1).shifted(months) for months in range(36))
SATURDAY = 5


def calendar_of(provider: str):
    policy = sample_book(provider).policy
    return business_calendar(policy.holidays, range(2025, 2031))


def local(provider: str, at: datetime) -> str:
    """The provider's wall clock at an instant, as YYYY-MM-DD HH:MM."""
    return f"{at.astimezone(sample_book(provider).policy.zone):%Y-%m-%d %H:%M}"


def moments(provider: str, plan: CyclePlan) -> dict[str, str]:
    return {entry.moment: local(provider, entry.moment_at) for entry in plan.moments}


@pytest.mark.rule("KR-01")
@pytest.mark.parametrize(
    ("period", "issued_on", "due_on"),
    [
        ("2026-12", date(2026, 11, 15), date(2026, 11, 30)),  # a Sunday
        ("2027-01", date(2026, 12, 15), date(2026, 12, 30)),
        ("2027-03", date(2027, 2, 15), date(2027, 2, 28)),  # Washington's Birthday
        ("2028-03", date(2028, 2, 15), date(2028, 2, 29)),
    ],
)
def test_the_agreement_invoice_goes_out_on_the_15th_and_is_due_on_the_30th(
    period: str, issued_on: date, due_on: date
) -> None:
    plan = plan_of("kr-group", "agreement", Period.parse(period))
    assert (plan.invoice_on, plan.due_on) == (issued_on, due_on)


@pytest.mark.rule("KR-01")
@pytest.mark.parametrize("period", THREE_YEARS, ids=str)
def test_every_agreement_invoice_is_of_the_15th_of_the_month_before(period: Period) -> None:
    plan = plan_of("kr-group", "agreement", period)
    before = period.shifted(-1)
    assert plan.invoice_on == date(before.year, before.month, 15)
    assert plan.due_on == date(before.year, before.month, min(30, before.last_day.day))


@pytest.mark.rule("KR-04")
@pytest.mark.parametrize(
    ("period", "issued_on"),
    [
        ("2026-12", date(2026, 11, 10)),
        ("2026-11", date(2026, 10, 13)),  # the 10th is a Saturday, the 12th Columbus Day
        ("2027-02", date(2027, 1, 11)),  # the 10th is a Sunday
    ],
)
def test_recurring_charges_go_out_on_the_10th_or_the_next_business_day(
    period: str, issued_on: date
) -> None:
    plan = plan_of("kr-group", "recurring-charges", Period.parse(period))
    assert plan.invoice_on == issued_on


@pytest.mark.rule("KR-04")
@pytest.mark.parametrize("period", THREE_YEARS, ids=str)
def test_recurring_charges_come_before_the_agreement_invoice_from_the_5th_on(
    period: Period,
) -> None:
    recurring = plan_of("kr-group", "recurring-charges", period)
    agreement = plan_of("kr-group", "agreement", period)
    before = period.shifted(-1)
    assert Period.of(recurring.invoice_on) == before
    assert 5 <= recurring.invoice_on.day <= 14
    assert calendar_of("kr-group").is_business_day(recurring.invoice_on)
    assert recurring.invoice_on < agreement.invoice_on


@pytest.mark.rule("COL-01")
@pytest.mark.parametrize(
    ("period", "prepared_at", "issued_on", "due_on"),
    [
        # February's services: a March invoice, due 5 April, as the source says.
        ("2026-02", "2026-03-02 09:00", date(2026, 3, 10), date(2026, 4, 5)),
        ("2026-09", "2026-10-01 09:00", date(2026, 10, 13), date(2026, 11, 5)),
        # New Year's Day is a Friday, 10 January a Sunday.
        ("2026-12", "2027-01-04 09:00", date(2027, 1, 11), date(2027, 2, 5)),
    ],
)
def test_services_are_billed_in_the_month_after_and_due_on_the_5th_of_the_next(
    period: str, prepared_at: str, issued_on: date, due_on: date
) -> None:
    plan = plan_of("collabrance", "monthly", Period.parse(period))
    assert local("collabrance", plan.compare_at) == prepared_at
    assert (plan.invoice_on, plan.due_on) == (issued_on, due_on)


@pytest.mark.rule("COL-01")
@pytest.mark.parametrize("period", THREE_YEARS, ids=str)
def test_invoices_in_arrears_go_out_on_a_business_day_from_the_10th_to_the_15th(
    period: Period,
) -> None:
    plan = plan_of("collabrance", "monthly", period)
    after, second = period.shifted(1), period.shifted(2)
    calendar = calendar_of("collabrance")
    first_business_day = calendar.business_days(after)[0]
    assert local("collabrance", plan.compare_at) == f"{first_business_day} 09:00"
    assert Period.of(plan.invoice_on) == after
    assert 10 <= plan.invoice_on.day <= 15
    assert calendar.is_business_day(plan.invoice_on)
    assert plan.due_on == date(second.year, second.month, 5)


@pytest.mark.rule("COL-02")
@pytest.mark.parametrize(
    ("period", "devices_at", "users_at", "month_ends_at"),
    [
        # The 31st: Saturday.
        ("2026-10", "2026-10-23 18:00", "2026-10-30 20:00", "2026-11-01 00:00"),
        ("2026-12", "2026-12-23 18:00", "2026-12-31 20:00", "2027-01-01 00:00"),
        # 31 May: Memorial Day.
        ("2027-05", "2027-05-23 18:00", "2027-05-28 20:00", "2027-06-01 00:00"),
    ],
)
def test_devices_are_counted_on_the_23rd_and_users_at_the_end_of_the_month(
    period: str, devices_at: str, users_at: str, month_ends_at: str
) -> None:
    plan = plan_of("collabrance", "monthly", Period.parse(period))
    assert moments("collabrance", plan) == {
        "devices": devices_at,
        "users": users_at,
        "month-end": month_ends_at,  # COL-15: mailboxes of the whole month
        "work": devices_at,  # COL-24: what the project-work documents have shown
    }


@pytest.mark.rule("COL-02")
@pytest.mark.parametrize("period", THREE_YEARS, ids=str)
def test_users_are_counted_in_the_last_two_business_days(period: Period) -> None:
    counted_at = moments("collabrance", plan_of("collabrance", "monthly", period))
    assert counted_at["devices"] == f"{period.day(23)} 18:00"
    last_two = calendar_of("collabrance").business_days(period)[-2:]
    assert counted_at["users"] in {f"{day} 20:00" for day in last_two}


@pytest.mark.rule("INT-01")
@pytest.mark.parametrize("period", THREE_YEARS, ids=str)
def test_the_inventory_is_of_the_first_at_midnight(period: Period) -> None:
    plan = plan_of("integris", "managed-services", period)
    assert moments("integris", plan) == {"inventory": f"{period.first_day} 00:00"}


@pytest.mark.rule("INT-03")
@pytest.mark.parametrize("period", THREE_YEARS, ids=str)
def test_the_invoice_is_of_the_month_that_it_covers(period: Period) -> None:
    plan = plan_of("integris", "managed-services", period)
    assert Period.of(plan.invoice_on) == period
    assert plan.invoice_on.day >= 2
    days_closed = [
        day
        for day in range(2, plan.invoice_on.day)
        if calendar_of("integris").is_business_day(period.day(day))
    ]
    assert days_closed == [], "it goes out on the first business day from the 2nd on"


@pytest.mark.rule("INT-03")
@pytest.mark.parametrize(
    ("period", "issued_on"),
    [
        ("2026-12", date(2026, 12, 2)),
        ("2027-01", date(2027, 1, 4)),  # the 2nd is a Saturday
        ("2028-09", date(2028, 9, 5)),  # a Saturday, then Labor Day on the 4th
    ],
)
def test_the_invoice_in_advance_goes_out_on_the_2nd_or_the_next_business_day(
    period: str, issued_on: date
) -> None:
    assert plan_of("integris", "managed-services", Period.parse(period)).invoice_on == issued_on


def test_a_weekend_is_no_reason_to_move_the_agreement_invoice() -> None:
    weekends = [
        period
        for period in THREE_YEARS
        if plan_of("kr-group", "agreement", period).invoice_on.weekday() >= SATURDAY
    ]
    assert len(weekends) > 5
