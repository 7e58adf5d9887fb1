"""On which day and at which hour a step may happen."""

from __future__ import annotations

from datetime import UTC, date, datetime
from typing import Any

import pytest

from msp_billing.domain.calendars import BusinessCalendar
from msp_billing.domain.dunning.dunning_policy import DunningPolicy
from msp_billing.domain.dunning.standing import DunningCase, NoticeAttempt, StepTaken
from msp_billing.domain.dunning.timing import (
    StepOrderError,
    completed_on,
    current_step,
    days_after_step_before,
    possible_day,
    reminder_on,
    step_at,
)
from msp_billing.domain.outbox import MailId
from msp_billing.domain.periods import Period
from tests.unit.domain.dunning.play import DETROIT, dunning_policy, local, owed, step

# Christmas, New Year, Presidents' Day.
CALENDAR = BusinessCalendar(
    holidays=frozenset({date(2026, 12, 25), date(2027, 1, 1), date(2027, 2, 15)})
)
ANCHOR = date(2026, 11, 30)


def case(*steps: StepTaken, credit_hold_on: date | None = None) -> DunningCase:
    return DunningCase(
        case=1,
        opened_at=local("2026-12-01 06:00"),
        opened_version=1,
        policy_version="1",
        steps=steps,
        credit_hold_on=credit_hold_on,
    )


def notice(name: str, sent: str, delivered: str | None) -> StepTaken:
    mail = MailId(
        provider="elm",
        run="dunning",
        period=Period(year=2026, month=12),
        account="oak",
        part="all",
        kind="dunning",
    )
    attempt = NoticeAttempt(
        attempt=1,
        recipient="first@oak.example",
        mail=mail,
        sent_at=local(sent),
        delivered_at=None if delivered is None else local(delivered),
    )
    return StepTaken(step=name, taken_at=local(sent), attempts=(attempt,))


def at(policy: DunningPolicy, name: str, standing: DunningCase, today: str = "2026-12-01") -> str:
    found = step_at(
        policy,
        standing,
        policy.step(name),
        ANCHOR,
        date.fromisoformat(today),
        DETROIT,
        CALENDAR,
    )
    return found.astimezone(DETROIT).isoformat(timespec="minutes")


def one(**changes: Any) -> DunningPolicy:
    return dunning_policy([step("notice", "notice", **changes)])


@pytest.mark.rule("DUN-01")
def test_days_count_from_the_due_date() -> None:
    assert at(one(days=1), "notice", case()) == "2026-12-01T09:00-05:00"
    assert at(one(days=31), "notice", case()) == "2026-12-31T09:00-05:00"
    assert at(one(days=90), "notice", case()) == "2027-02-28T09:00-05:00"


def test_the_hour_is_local_whatever_the_clocks_did() -> None:
    # Clocks go forward on 14 March 2027: 09:00 is 14:00 UTC on the 13th and 13:00 on the 14th.
    for days, hour in ((103, 14), (104, 13)):
        policy = one(days=days)
        found = step_at(policy, case(), policy.step("notice"), ANCHOR, ANCHOR, DETROIT, CALENDAR)
        assert found == datetime(2027, 3, 13 if days == 103 else 14, hour, tzinfo=UTC)


def test_an_hour_that_the_clocks_skip_is_taken_as_without_the_change() -> None:
    # 02:30 does not exist on 14 March 2027; five hours behind UTC it is 07:30.
    policy = one(days=104, at="02:30")
    found = step_at(policy, case(), policy.step("notice"), ANCHOR, ANCHOR, DETROIT, CALENDAR)
    assert found == datetime(2027, 3, 14, 7, 30, tzinfo=UTC)


@pytest.mark.parametrize(
    ("days", "day"),
    [
        (4, "2026-12-04"),  # a Friday
        (5, "2026-12-07"),  # Saturday: Monday
        (6, "2026-12-07"),
        (25, "2026-12-28"),  # Christmas on a Friday, and the weekend
        (32, "2027-01-04"),  # New Year's Day likewise
    ],
)
def test_a_closed_day_moves_a_step_to_the_next_business_day(days: int, day: str) -> None:
    policy = one(days=days, when_closed="next_business_day")
    assert at(policy, "notice", case()).startswith(day)


@pytest.mark.rule("MSA-03")
@pytest.mark.parametrize(
    ("days", "day"),
    [
        (1, "2026-12-01"),  # 1 December itself
        (2, "2027-01-01"),
        (32, "2027-01-01"),
        (33, "2027-02-01"),
        (60, "2027-02-01"),
        (91, "2027-03-01"),
    ],
)
def test_the_first_of_a_month_from_that_day_on(days: int, day: str) -> None:
    assert at(one(days=days, day_of_month=1), "notice", case()).startswith(day)


def test_a_day_of_the_month_that_is_closed_may_move_on() -> None:
    policy = one(days=2, day_of_month=1, when_closed="next_business_day")
    assert at(policy, "notice", case()).startswith("2027-01-04")


def test_days_of_months_exist_in_every_month() -> None:
    entry = step("notice", "notice", 1, day_of_month=28)
    the_28th = dunning_policy([entry]).step("notice")
    assert possible_day(the_28th, date(2027, 2, 1), CALENDAR) == date(2027, 2, 28)
    assert possible_day(the_28th, date(2026, 12, 29), CALENDAR) == date(2027, 1, 28)


@pytest.mark.rule("DUN-03")
def test_a_step_keeps_its_distance_from_when_the_one_before_was_received() -> None:
    policy = dunning_policy()
    on_time = case(notice("notice", "2026-12-01 09:00", "2026-12-01 09:01"))
    assert at(policy, "warning", on_time).startswith("2026-12-08")
    # Received late in the evening of the 4th, which is the 5th in UTC: 4 December + 7.
    late = case(notice("notice", "2026-12-01 09:00", "2026-12-04 23:30"))
    assert at(policy, "warning", late).startswith("2026-12-11")


@pytest.mark.rule("KR-15")
def test_thirty_days_count_from_the_hold_and_not_from_the_due_date() -> None:
    policy = dunning_policy()
    held = case(
        notice("notice", "2026-12-01 09:00", "2026-12-01 09:01"),
        notice("warning", "2026-12-08 09:00", "2026-12-08 09:01"),
        StepTaken(step="credit-hold", taken_at=local("2026-12-18 11:00")),
        credit_hold_on=date(2026, 12, 18),
    )
    assert at(policy, "last-warning", held).startswith("2027-01-10")  # 18 December + 23
    warned = held.model_copy(
        update={
            "steps": (*held.steps, notice("last-warning", "2027-01-10 09:00", "2027-01-10 09:05"))
        }
    )
    assert at(policy, "service-hold", warned).startswith("2027-01-17")  # 18 December + 30
    late = held.model_copy(
        update={
            "steps": (*held.steps, notice("last-warning", "2027-01-10 09:00", "2027-01-13 09:05"))
        }
    )
    assert at(policy, "service-hold", late).startswith("2027-01-20")  # a week after the warning


def test_a_step_whose_day_has_passed_may_happen_today_and_only_where_today_allows_it() -> None:
    assert at(one(days=1), "notice", case(), today="2026-12-06").startswith("2026-12-06")
    on_business_days = one(days=1, when_closed="next_business_day")
    assert at(on_business_days, "notice", case(), today="2026-12-06").startswith("2026-12-07")
    on_the_first = one(days=1, day_of_month=1)
    assert at(on_the_first, "notice", case(), today="2026-12-02").startswith("2027-01-01")


@pytest.mark.rule("DUN-04")
def test_a_step_has_no_day_before_the_one_in_front_of_it_was_completed() -> None:
    policy = dunning_policy()
    for standing in (case(), case(notice("notice", "2026-12-01 09:00", None))):
        with pytest.raises(StepOrderError, match="warning"):
            at(policy, "warning", standing)


@pytest.mark.rule("DUN-04")
def test_the_current_step_is_the_first_one_that_is_not_completed() -> None:
    policy = dunning_policy()
    sent = case(notice("notice", "2026-12-01 09:00", None))
    received = case(notice("notice", "2026-12-01 09:00", "2026-12-02 09:00"))
    found = [current_step(policy, entry, DETROIT) for entry in (case(), sent, received)]
    assert [entry.step for entry in found if entry is not None] == ["notice", "notice", "warning"]
    assert completed_on(received, policy.step("notice"), DETROIT) == date(2026, 12, 2)


def test_the_distances_of_the_steps() -> None:
    policy = dunning_policy()
    assert [days_after_step_before(policy, entry) for entry in policy.case_steps] == [
        0,
        7,
        7,
        23,  # from the credit hold itself
        7,
    ]


@pytest.mark.rule("DUN-02")
def test_a_reminder_is_before_the_due_date_and_never_after_it() -> None:
    steps = [
        step("soon", "reminder", -5, when_closed="next_business_day"),
        step("today", "reminder", 0, when_closed="next_business_day"),
        step("notice", "notice", 1),
    ]
    soon, today = dunning_policy(steps).reminders
    assert reminder_on(soon, owed("A", "2026-12-30"), CALENDAR) == date(2026, 12, 28)  # 25th closed
    assert reminder_on(soon, owed("A", "2026-12-15"), CALENDAR) == date(2026, 12, 10)
    # Due on a Saturday: Monday would be too late.
    assert reminder_on(today, owed("A", "2026-12-05"), CALENDAR) == date(2026, 12, 5)
