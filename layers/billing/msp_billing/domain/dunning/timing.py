"""When a step of dunning may happen (DUN-01, DUN-03): days of the policy, in the provider's zone.

Steps keep their distance. Whatever made one late (a pause, a bounced letter, a weekend) makes
those after it as much later, and a due date that a payment moved can only make them later still.
"""

from __future__ import annotations

from datetime import date, datetime, timedelta
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

from msp_billing.domain.date_rules import local_instant
from msp_billing.domain.periods import Period

if TYPE_CHECKING:
    from msp_billing.domain.calendars import BusinessCalendar
    from msp_billing.domain.dunning.dunning_policy import DunningPolicy, DunningStep
    from msp_billing.domain.dunning.standing import DunningCase, StepTaken
    from msp_billing.domain.ledger.position import OwedItem


def find_taken(case: DunningCase, step: str) -> StepTaken | None:
    """What was done of a step in this case, or None."""
    return next((taken for taken in case.steps if taken.step == step), None)


def completed_on(case: DunningCase, step: DunningStep, zone: ZoneInfo) -> date | None:
    """The local day on which a step was completed; None while it was not.

    A hold is completed when it is placed, a notice when it counts as received (DUN-09).
    """
    taken = find_taken(case, step.step)
    if taken is None:
        return None
    at = taken.taken_at if step.is_hold else taken.delivered_at
    return None if at is None else at.astimezone(zone).date()


def current_step(policy: DunningPolicy, case: DunningCase, zone: ZoneInfo) -> DunningStep | None:
    """The first step, in the policy's order, that is not completed; None after the last."""
    for step in policy.case_steps:
        if completed_on(case, step, zone) is None:
            return step
    return None


def days_after_step_before(policy: DunningPolicy, step: DunningStep) -> int:
    """How many days a step keeps from the one before it: at least one; 0 for the first.

    At least one, so that an account gets one letter a day and no hold on the day of its warning.
    """
    steps = policy.case_steps
    index = steps.index(step)
    if index == 0:
        return 0
    before = steps[index - 1]
    same_start = before.counted_from == step.counted_from
    return max(step.days - (before.days if same_start else 0), 1)


def planned_day(
    policy: DunningPolicy,
    case: DunningCase,
    step: DunningStep,
    anchor_on: date,
    zone: ZoneInfo,
) -> date:
    """The earliest day of a step, before closed days and days of the month are looked at.

    Args:
        anchor_on: due date of the oldest unpaid invoice that counts today.

    Raises:
        StepOrderError: when the step before it is not completed.
    """
    start = case.credit_hold_on if step.counted_from == "credit_hold" else anchor_on
    index = policy.case_steps.index(step)
    done_on = completed_on(case, policy.case_steps[index - 1], zone) if index else None
    if start is None or (index and done_on is None):
        raise StepOrderError(step)
    day = start + timedelta(days=step.days)
    if done_on is None:
        return day
    distance = days_after_step_before(policy, step) + _interrupted_days(case, done_on)
    return max(day, done_on + timedelta(days=distance), _after_word_of_the_hold(case, day))


def _after_word_of_the_hold(case: DunningCase, day: date) -> date:
    """The day after the letter that a hold is back: an account gets one letter a day."""
    if not case.interruptions or case.credit_hold_on is None:
        return day
    return case.interruptions[-1].reopened_on + timedelta(days=1)


def _interrupted_days(case: DunningCase, since: date) -> int:
    """On how many days after a step the case was closed."""
    return sum(
        (entry.reopened_on - entry.closed_on).days
        for entry in case.interruptions
        if entry.closed_on >= since
    )


def possible_day(step: DunningStep, day: date, calendar: BusinessCalendar) -> date:
    """The first day from this one on, on which the step may happen."""
    if step.day_of_month is not None:
        month = Period.of(day)
        found = month.day(step.day_of_month)
        day = found if found >= day else month.shifted(1).day(step.day_of_month)
    return calendar.on_or_after(day) if step.when_closed == "next_business_day" else day


def step_at(
    policy: DunningPolicy,
    case: DunningCase,
    step: DunningStep,
    anchor_on: date,
    today: date,
    zone: ZoneInfo,
    calendar: BusinessCalendar,
) -> datetime:
    """The instant from which on a step may happen, in UTC; in the past when it may happen now.

    A step whose day has passed is taken on the next day on which it may happen: one that is only
    for the 1st waits for the next 1st, one for business days is not taken on a Sunday.

    Raises:
        StepOrderError: when the step before it is not completed.
    """
    day = max(planned_day(policy, case, step, anchor_on, zone), today)
    return local_instant(possible_day(step, day, calendar), step.at, zone)


def letter_was_about_other_debts(
    policy: DunningPolicy, case: DunningCase, anchor_on: date, zone: ZoneInfo
) -> bool:
    """Whether a hold is next, and nothing that counts was overdue when its notice was received.

    No hold may rest on that notice (DUN-09): it was about debts that are paid. Who always pays
    late, but pays, would otherwise be held without a word, months after the last letter.

    Args:
        anchor_on: due date of the oldest unpaid invoice that counts, paused or not.
    """
    step = current_step(policy, case, zone)
    if step is None or not step.is_hold:
        return False
    told_on = completed_on(case, policy.case_steps[policy.case_steps.index(step) - 1], zone)
    return told_on is not None and anchor_on >= told_on


def reminder_on(step: DunningStep, item: OwedItem, calendar: BusinessCalendar) -> date:
    """The day of a reminder about one invoice; never after its due date."""
    day = item.due_on + timedelta(days=step.days)
    return min(possible_day(step, day, calendar), item.due_on)


class StepOrderError(ValueError):
    """A step was asked for before the one in front of it was completed (DUN-04)."""

    def __init__(self, step: DunningStep) -> None:
        super().__init__(f"step {step.step} cannot be due: the step before it is not completed")
        self.step = step.step
