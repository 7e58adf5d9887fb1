"""The three sample policies about unpaid invoices, by calendars that were worked out by hand."""

from __future__ import annotations

import re
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal

import pytest
import yaml

from msp_billing.adapters.holiday_calendar import business_calendar
from msp_billing.domain.calendars import BusinessCalendar
from msp_billing.domain.dunning.dunning_policy import AccountDunning, DunningPolicy
from msp_billing.domain.dunning.entitlements import entitlement_of, may
from msp_billing.domain.dunning.forecast import ForecastStep, forecast
from msp_billing.domain.dunning.standing import AccountState, Standing
from msp_billing.domain.payments.incoming import PaymentMethod
from msp_billing.domain.periods import Period
from tests.providers.sample_billing import PROVIDERS as PROVIDER_FILES
from tests.providers.sample_billing import plan_of, sample_book
from tests.unit.domain.dunning.play import OAK, Play, owed, position

PROVIDERS = ("kr-group", "integris", "collabrance")
FOUR_YEARS = tuple(Period(year=2026, month=1).shifted(months) for months in range(48))


def dunning(provider: str) -> DunningPolicy:
    policy = sample_book(provider).policy.dunning
    assert policy is not None
    return policy


def calendar(provider: str) -> BusinessCalendar:
    return business_calendar(sample_book(provider).policy.holidays, range(2025, 2033))


def unpaid(provider: str, due_on: date) -> Play:
    """One invoice of 1,000.00, from 20 days before it is due."""
    return Play(
        dunning(provider),
        position(owed("A", due_on.isoformat(), "1000.00")),
        (due_on - timedelta(days=20)).isoformat(),
        zone=sample_book(provider).policy.zone,
        calendar=calendar(provider),
    )


def foreseen(played: Play) -> tuple[ForecastStep, ...]:
    return forecast(
        played.policy,
        OAK,
        played.standing,
        played.position,
        {},
        played.now,
        played.zone,
        played.calendar,
    )


def days(provider: str, due_on: str) -> dict[str, str]:
    """By step, its weekday and day, when an invoice is due on a day and never paid."""
    played = unpaid(provider, date.fromisoformat(due_on))
    steps = foreseen(played)
    come = played.until((played.today + timedelta(days=400)).isoformat()).done
    notices = [(str(entry.on), entry.step) for entry in steps if entry.kind != "reminder"]
    assert come == notices, "what is foreseen is what comes"
    return {entry.step: f"{entry.on:%a} {entry.on}" for entry in steps if entry.on is not None}


def at(provider: str, due_on: str) -> dict[str, datetime]:
    steps = foreseen(unpaid(provider, date.fromisoformat(due_on)))
    return {entry.step: entry.at for entry in steps if entry.at is not None}


# --- The KR Group: credit hold, 30 days, service hold --------------------------------------------


@pytest.mark.rule("KR-14", "KR-15", "DUN-02", "DUN-03")
def test_kr_group_an_invoice_due_on_monday_30_november_2026() -> None:
    # 30 November - 5; + 1, + 8, + 15 are business days; 15 December + 23 and + 30.
    assert days("kr-group", "2026-11-30") == {
        "reminder": "Wed 2026-11-25",
        "past-due": "Tue 2026-12-01",
        "credit-hold-warning": "Tue 2026-12-08",
        "credit-hold": "Tue 2026-12-15",
        "service-hold-warning": "Thu 2027-01-07",
        "service-hold": "Thu 2027-01-14",
    }


@pytest.mark.rule("KR-14", "KR-15", "DUN-03")
def test_kr_group_holidays_before_and_a_weekend_after_30_december_2026() -> None:
    # The reminder of Christmas goes out on Monday; the service hold is on the 30th day, although
    # it is a Saturday, and so is its warning a week before.
    assert days("kr-group", "2026-12-30") == {
        "reminder": "Mon 2026-12-28",
        "past-due": "Thu 2026-12-31",
        "credit-hold-warning": "Thu 2027-01-07",
        "credit-hold": "Thu 2027-01-14",
        "service-hold-warning": "Sat 2027-02-06",
        "service-hold": "Sat 2027-02-13",
    }


@pytest.mark.rule("KR-14", "KR-15", "DUN-03")
def test_kr_group_weekends_a_holiday_and_summer_time_after_30_january_2027() -> None:
    # Due on a Saturday. 31 January is a Sunday: 1 February. Warning a week after that; hold
    # another week after it, 15 February, which is Washington's Birthday: the 16th.
    # 16 February + 23 = 11 March, + 30 = 18 March.
    assert days("kr-group", "2027-01-30") == {
        "reminder": "Mon 2027-01-25",
        "past-due": "Mon 2027-02-01",
        "credit-hold-warning": "Mon 2027-02-08",
        "credit-hold": "Tue 2027-02-16",
        "service-hold-warning": "Thu 2027-03-11",
        "service-hold": "Thu 2027-03-18",
    }
    # 09:00 in Detroit is 14:00 UTC, and 13:00 after the clocks went forward on 14 March.
    hours = {step: found.hour for step, found in at("kr-group", "2027-01-30").items()}
    assert (hours["service-hold-warning"], hours["service-hold"]) == (14, 13)
    assert at("kr-group", "2027-01-30")["credit-hold"] == datetime(2027, 2, 16, 14, tzinfo=UTC)


@pytest.mark.rule("KR-01", "KR-15", "DUN-01")
def test_kr_group_in_february_the_clock_runs_from_the_last_day() -> None:
    # Due on Sunday 28 February 2027; + 1, + 8, + 15 are Mondays of March.
    assert days("kr-group", "2027-02-28") == {
        "reminder": "Tue 2027-02-23",
        "past-due": "Mon 2027-03-01",
        "credit-hold-warning": "Mon 2027-03-08",
        "credit-hold": "Mon 2027-03-15",
        "service-hold-warning": "Wed 2027-04-07",
        "service-hold": "Wed 2027-04-14",
    }


@pytest.mark.rule("KR-15")
@pytest.mark.parametrize("period", FOUR_YEARS, ids=str)
def test_kr_group_service_hold_is_30_days_after_credit_hold_in_every_month(period: Period) -> None:
    due_on = plan_of("kr-group", "agreement", period).due_on
    assert due_on is not None
    found = {entry.step: entry.on for entry in foreseen(unpaid("kr-group", due_on))}
    placed, shut_off = found["credit-hold"], found["service-hold"]
    assert placed is not None
    assert shut_off is not None
    assert (shut_off - placed).days == 30
    assert calendar("kr-group").is_business_day(placed)
    assert 15 <= (placed - due_on).days <= 21


@pytest.mark.rule("KR-14", "KR-15", "DUN-10")
def test_kr_group_what_a_hold_takes_away() -> None:
    policy = dunning("kr-group")
    standing = Standing(provider="kr-group", account="oak", state=AccountState.CREDIT_HOLD)
    held = entitlement_of(standing, policy, OAK, date(2027, 1, 20))
    assert (held.buy, held.support, held.services) == (False, True, "on")
    off = standing.model_copy(update={"state": AccountState.SERVICE_HOLD})
    shut = entitlement_of(off, policy, OAK, date(2027, 1, 20))
    assert (shut.buy, shut.support) == (False, False)
    assert shut.services_off == ("antivirus", "anti-spam", "dns-filtration")
    assert may(shut, "service", "backup").allowed


@pytest.mark.rule("KR-16", "DUN-06")
def test_kr_group_a_hold_ends_with_everything_paid_and_two_keys() -> None:
    release = dunning("kr-group").release
    assert release.settles == "outstanding"
    assert [role.role for role in release.roles] == ["engineer", "billing"]
    # The two keys are in different hands.
    engineers, billing = (set(role.approvers) for role in release.roles)
    assert not engineers & billing


# --- Integris: a gentle default ------------------------------------------------------------------


@pytest.mark.rule("DUN-02", "DUN-03")
def test_integris_an_invoice_due_on_tuesday_15_december_2026() -> None:
    # 15 December - 5, + 3, + 15, + 30, + 45: all business days.
    assert days("integris", "2026-12-15") == {
        "reminder": "Thu 2026-12-10",
        "first-notice": "Fri 2026-12-18",
        "second-notice": "Wed 2026-12-30",
        "final-warning": "Thu 2027-01-14",
        "credit-hold": "Fri 2027-01-29",
    }


@pytest.mark.rule("DUN-03")
def test_integris_closed_days_put_everything_off_after_15_june_2027() -> None:
    # + 3 is 18 June, on which Juneteenth is observed: Monday 21 June. 12 days later is Saturday
    # 3 July, and Monday is Independence Day, observed: 6 July. + 15 = 21 July, + 15 = 5 August.
    assert days("integris", "2027-06-15") == {
        "reminder": "Thu 2027-06-10",
        "first-notice": "Mon 2027-06-21",
        "second-notice": "Tue 2027-07-06",
        "final-warning": "Wed 2027-07-21",
        "credit-hold": "Thu 2027-08-05",
    }


def test_integris_never_shuts_anything_off() -> None:
    assert [step.kind for step in dunning("integris").steps][-1] == "credit_hold"
    assert dunning("integris").services == ()


# --- Collabrance: suspension on the 1st ----------------------------------------------------------


@pytest.mark.rule("MSA-03", "DUN-02", "DUN-03")
def test_collabrance_an_invoice_due_on_saturday_5_december_2026() -> None:
    # + 1 is a Sunday: 7 December. Nine days after it 16 December; + 10 is the 26th, and the first
    # 1st from then on is New Year's Day, on which it happens, closed or not.
    assert days("collabrance", "2026-12-05") == {
        "past-due": "Mon 2026-12-07",
        "suspension-warning": "Wed 2026-12-16",
        "suspension": "Fri 2027-01-01",
    }


@pytest.mark.rule("MSA-03", "DUN-03")
def test_collabrance_a_short_month_is_long_enough() -> None:
    # Due on Friday 5 February 2027: 8 February, 17 February, and the 27th: 1 March.
    assert days("collabrance", "2027-02-05") == {
        "past-due": "Mon 2027-02-08",
        "suspension-warning": "Wed 2027-02-17",
        "suspension": "Mon 2027-03-01",
    }


@pytest.mark.rule("MSA-03")
@pytest.mark.parametrize("period", FOUR_YEARS, ids=str)
def test_collabrance_suspends_on_the_1st_after_every_due_date(period: Period) -> None:
    due_on = plan_of("collabrance", "monthly", period).due_on
    assert due_on is not None
    found = {entry.step: entry for entry in foreseen(unpaid("collabrance", due_on))}
    assert found["suspension"].on == Period.of(due_on).shifted(1).first_day
    assert found["suspension"].after is AccountState.SERVICE_HOLD


@pytest.mark.rule("MSA-03")
def test_collabrance_paid_before_the_1st_is_not_suspended() -> None:
    played = unpaid("collabrance", date(2026, 12, 5)).until("2026-12-31")
    played.pay("1000.00")
    played.until("2027-06-30")
    assert played.done[-1] == ("2026-12-31", "closed")
    assert played.state is AccountState.GOOD_STANDING


@pytest.mark.rule("MSA-03")
def test_collabrance_has_no_credit_hold() -> None:
    kinds = [step.kind for step in dunning("collabrance").steps]
    assert kinds == ["notice", "notice", "service_hold"]


# --- All three -----------------------------------------------------------------------------------


@pytest.mark.parametrize("provider", PROVIDERS)
def test_every_step_names_a_clause_of_the_policy_and_every_hold_is_explained(provider: str) -> None:
    policy = sample_book(provider).policy
    known = {entry.clause for entry in policy.clauses}
    assert set(dunning(provider).clauses()) <= known
    titles = [step.title for step in dunning(provider).steps]
    assert len(set(titles)) == len(titles)


@pytest.mark.parametrize("provider", PROVIDERS)
def test_letters_threaten_with_nothing_that_the_policy_does_not_do(provider: str) -> None:
    letters = " ".join(step.letter for step in dunning(provider).steps).lower()
    for word in ("late fee", "lawyer", "legal", "collection agency", "immediately"):
        assert word not in letters
    assert all(step.late_fee is None for step in dunning(provider).steps)


@pytest.mark.rule("KR-13", "DUN-06")
@pytest.mark.parametrize(
    ("provider", "settled_on"),
    # Received by ACH on Tuesday 22 December 2026; Christmas and the weekend are no business days.
    [
        ("integris", date(2026, 12, 28)),  # 23, 24, 28
        ("collabrance", date(2026, 12, 29)),  # 23, 24, 28, 29
        ("kr-group", date(2026, 12, 30)),  # 23, 24, 28, 29, 30
    ],
)
def test_a_payment_by_ach_is_settled_after_some_business_days(
    provider: str, settled_on: date
) -> None:
    rules = sample_book(provider).policy.payments.settled_after_business_days
    received = date(2026, 12, 22)
    assert calendar(provider).nth_after(received, rules[PaymentMethod.ACH]) == settled_on
    assert PaymentMethod.WIRE not in rules


@pytest.mark.parametrize("provider", PROVIDERS)
def test_a_few_dollars_are_left_alone(provider: str) -> None:
    assert Decimal(25) <= dunning(provider).minimum_amount <= Decimal(50)


def test_the_policy_of_the_documentation_is_one() -> None:
    text = (PROVIDER_FILES.parent / "docs" / "dunning.md").read_text("utf-8")
    blocks = [
        yaml.load(block, Loader=yaml.BaseLoader)["dunning"]  # every value as text, as we read it
        for block in re.findall(r"```yaml\n(.*?)```", text, re.DOTALL)
    ]
    policy, agreed = (
        DunningPolicy.model_validate(blocks[0]),
        AccountDunning.model_validate(blocks[1]),
    )
    assert [step.kind for step in policy.steps][-1] == "service_hold"
    assert [entry.until for entry in agreed.exemptions] == [date(2027, 2, 20), date(2027, 3, 31)]
