"""What is done next about an account that does not pay: exactly one thing, or nothing yet.

``next_move`` looks at the standing, the ledger's position and the mails, and at nothing else. It
may be asked as often as one likes: until the answer was carried out and stored, it stays the same.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime, time, timedelta
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

from msp_billing.domain.date_rules import local_instant
from msp_billing.domain.dunning.coverage import Counting, counting
from msp_billing.domain.dunning.exemptions import spared_until
from msp_billing.domain.dunning.late_fees import late_fee
from msp_billing.domain.dunning.move_kinds import (
    AddLateFee,
    CloseCase,
    CompleteLetter,
    Ended,
    FailLetter,
    Look,
    Move,
    PlaceHold,
    SendLetter,
    TellProvider,
    Wait,
    WaitingFor,
)
from msp_billing.domain.dunning.notices import (
    hold_letter_is_out,
    letter_of_a_hold,
    news_of_letters,
    next_letter,
)
from msp_billing.domain.dunning.standing import AccountState, Standing, StepTaken
from msp_billing.domain.dunning.timing import (
    current_step,
    find_taken,
    letter_was_about_other_debts,
    step_at,
)
from msp_billing.domain.dunning.words import written_amount, written_day

if TYPE_CHECKING:
    from msp_billing.domain.accounts import Account
    from msp_billing.domain.calendars import BusinessCalendar
    from msp_billing.domain.dunning.dunning_policy import AccountDunning, DunningPolicy, DunningStep
    from msp_billing.domain.ledger.position import LedgerPosition
    from msp_billing.domain.outbox import MailId, OutboxMail

__all__ = [
    "AddLateFee",
    "CloseCase",
    "CompleteLetter",
    "Ended",
    "FailLetter",
    "Move",
    "PlaceHold",
    "SendLetter",
    "TellProvider",
    "Wait",
    "dunning_of",
    "next_move",
]


def dunning_of(account: Account) -> AccountDunning:
    """What was agreed with an account, with its billing contacts where it names none for this."""
    if account.dunning.contacts:
        return account.dunning
    return account.dunning.model_copy(update={"contacts": account.billing_contacts})


def next_move(
    policy: DunningPolicy,
    account: AccountDunning,
    standing: Standing,
    position: LedgerPosition,
    mails: Mapping[MailId, OutboxMail],
    now: datetime,
    zone: ZoneInfo,
    calendar: BusinessCalendar,
) -> Move:
    """The one thing to do now about the open case.

    Args:
        policy: the version that the case began with.
        account: with its contacts filled in, see ``dunning_of``.
        mails: those of every attempt of the case, by what the outbox says now.
    """
    case = standing.open_case
    if case is None or standing.state is AccountState.GOOD_STANDING:
        return Ended(why="no case is open")
    today = now.astimezone(zone).date()
    look = Look(
        policy=policy,
        account=account,
        standing=standing,
        case=case,
        position=position,
        mails=mails,
        now=now,
        zone=zone,
        calendar=calendar,
        counting=counting(position, standing.pauses, policy, today),
    )
    without_pauses = counting(position, (), policy, today)
    if standing.state is AccountState.DUE:
        if not without_pauses.above:
            return CloseCase(why=_why_closed(without_pauses))
        anchor_on = without_pauses.anchor_on
        if anchor_on and letter_was_about_other_debts(policy, case, anchor_on, zone):
            return CloseCase(why="Everything that its letters were about is paid.")
    return (
        news_of_letters(look)
        or letter_of_a_hold(look)
        or _all_taken(look)
        or _nothing_to_follow(look, without_pauses)
        or _step(look)
    )


def _why_closed(whole: Counting) -> str:
    if whole.overdue > 0:
        return "What is overdue is less than the policy follows."
    return "Nothing is overdue any more."


# --- Waiting -----------------------------------------------------------------------------------


def _wait(
    look: Look,
    until: datetime,
    waiting_for: WaitingFor,
    why: str,
    step: DunningStep | None = None,
) -> Wait:
    """Until then, or until news of a hold's letter may be there."""
    if hold_letter_is_out(look):
        until = min(until, look.look_again_at)
    return Wait(
        until=until, waiting_for=waiting_for, why=why, step=None if step is None else step.step
    )


def _start_of(look: Look, day: date) -> datetime:
    return local_instant(day, time(0), look.zone)


def _all_taken(look: Look) -> Move | None:
    """After the last step nothing follows but news of its letter."""
    if current_step(look.policy, look.case, look.zone) is not None:
        return None
    if hold_letter_is_out(look):
        return _wait(look, look.look_again_at, "delivery", "The hold's letter is on its way.")
    return Ended(why="every step of the policy was taken")


def _nothing_to_follow(look: Look, without_pauses: Counting) -> Move | None:
    """Paused or paid: no step is taken, and none is forgotten (DUN-08)."""
    if look.counting.above:
        return None
    changes_on = look.counting.changes_on
    change = None if changes_on is None else _start_of(look, changes_on)
    if without_pauses.above and change is not None:
        until = look.counting.paused_until
        why = f"A dispute or promise covers what is overdue, until {until}."
        return _wait(look, change, "pause", why)
    until_at = look.look_again_at if change is None else min(look.look_again_at, change)
    return _wait(look, until_at, "release", "Nothing counts as overdue; the hold is not ended yet.")


# --- Steps -------------------------------------------------------------------------------------


def _step(look: Look) -> Move:
    """The first step that is not completed: wait for its day, take it, or see it through."""
    step = current_step(look.policy, look.case, look.zone)
    assert step is not None, "the last step was not taken yet"
    taken = find_taken(look.case, step.step)
    if taken is not None:
        return _see_through(look, step, taken)
    return _not_yet(look, step) or _take(look, step)


def _see_through(look: Look, step: DunningStep, taken: StepTaken) -> Move:
    """A notice that nobody has received yet (DUN-09)."""
    following = next_letter(look, step, taken)
    if following is not None:
        return following
    if any(attempt.failed is None for attempt in taken.attempts):
        why = "The letter is on its way; what follows waits until it was received."
        return _wait(look, look.look_again_at, "delivery", why, step)
    why = "Nobody could be reached: a person has to decide that the notice counts."
    return _wait(look, look.look_again_at, "override", why, step)


def _not_yet(look: Look, step: DunningStep) -> Move | None:
    """The wait for a step's day; None when it may be taken now."""
    anchor_on = look.counting.anchor_on
    assert anchor_on is not None, "what counts has a due date"
    spared = spared_until(look, step, anchor_on)
    if spared is not None:
        why = f"The account is exempt until {spared[0]}."
        return _wait(look, _start_of(look, spared[1]), "exemption", why, step)
    at = step_at(look.policy, look.case, step, anchor_on, look.today, look.zone, look.calendar)
    if at <= look.now:
        return None
    paused_until = look.counting.paused_until
    if paused_until is not None:  # when it ends, an older due date may count again
        at = min(at, _start_of(look, paused_until + timedelta(days=1)))
    return _wait(look, at, "step", f"The next step is '{step.title}'.", step)


def _take(look: Look, step: DunningStep) -> Move:
    fee = late_fee(step, look.case, look.position, look.counting)
    if fee is not None:
        return fee
    if step.is_hold:
        return PlaceHold(step=step.step, after=AccountState(step.kind), why=_why_held(look, step))
    letter = next_letter(look, step, None)
    assert letter is not None, "there is no letter out of a step that was not taken"
    return letter


def _why_held(look: Look, step: DunningStep) -> str:
    anchor_on = look.counting.anchor_on
    assert anchor_on is not None, "what counts has a due date"
    amount = written_amount(look.position, look.counting.amount)
    hold = step.kind.replace("_", " ")
    return f"Placed on {hold}: {amount} overdue since {written_day(anchor_on)}."
