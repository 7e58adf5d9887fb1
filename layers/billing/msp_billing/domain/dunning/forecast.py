"""What happens when, if nothing is paid: the real decisions, played forward with no money coming.

Nothing is worked out here a second time. ``next_move`` is asked, its answer carried out on copies
of the standing and the position, and time moved to what it waits for. Letters are taken to arrive
at once.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

from msp_billing.domain.base import Frozen, Identifier, Text
from msp_billing.domain.date_rules import local_instant
from msp_billing.domain.dunning.coverage import covered_parts, settlement
from msp_billing.domain.dunning.dunning_policy import (
    AccountDunning,
    DunningPolicy,
    DunningStep,
    LateFee,
    StepKind,
)
from msp_billing.domain.dunning.moves import Move, PlaceHold, SendLetter, Wait
from msp_billing.domain.dunning.playing import Rules, World, after, first_case
from msp_billing.domain.dunning.reminders import reminded, reminder_due
from msp_billing.domain.dunning.standing import AccountState, Standing
from msp_billing.domain.dunning.timing import current_step, find_taken, reminder_on
from msp_billing.domain.money import ExactDecimal

if TYPE_CHECKING:
    from msp_billing.domain.calendars import BusinessCalendar
    from msp_billing.domain.ledger.position import LedgerPosition
    from msp_billing.domain.outbox import MailId, OutboxMail

_MOST_MOVES = 1_000
_LONGEST = timedelta(days=3 * 366)
_NOTHING = Decimal(0)


class ForecastStep(Frozen):
    """A step that follows if nothing is paid."""

    step: Identifier
    kind: StepKind
    title: Text
    clause: Identifier
    at: datetime | None
    """When it happens, in UTC; None when it waits for a person."""
    on: date | None
    """The local day of that."""
    after: AccountState | None = None
    """The state that a hold brings."""
    late_fee: LateFee | None = None
    waits_for: Text | None = None
    """What a person has to do first."""


class Clearing(Frozen):
    """What payment ends all this."""

    amount: ExactDecimal
    """To be paid: what is overdue, or on hold what the policy says has to be settled."""
    on_its_way: ExactDecimal
    """Paid already, but the bank may still take it back; only asked about on hold."""
    settles_on: date | None
    """From when on that is certain; None while an amount is to be paid."""
    disputed: ExactDecimal
    """Left out of the amount."""
    approvals: tuple[Text, ...] = ()
    """Titles of the roles that approve the end of a hold then."""


def forecast(
    policy: DunningPolicy,
    account: AccountDunning,
    standing: Standing,
    position: LedgerPosition,
    mails: Mapping[MailId, OutboxMail],
    now: datetime,
    zone: ZoneInfo,
    calendar: BusinessCalendar,
) -> tuple[ForecastStep, ...]:
    """The steps to come, in their order, if nothing is paid and nothing new is billed.

    Args:
        account: with its contacts filled in, see ``moves.dunning_of``.
    """
    rules = Rules(policy, account, mails, zone, calendar)
    world = World(standing, position, now)
    found: list[ForecastStep] = []
    if standing.open_case is None:
        opened = first_case(rules, world)
        found.extend(_reminders(rules, world, opened))
        if opened is None:
            return tuple(found)
        world = opened
    found.extend(_steps(rules, world, now + _LONGEST))
    return tuple(found)


def what_clears(
    policy: DunningPolicy, standing: Standing, position: LedgerPosition, today: date
) -> Clearing:
    """What has to be paid for the case to be closed, or the hold to be ended.

    Without a hold that is everything overdue, late fees too: a payment is used for what is oldest,
    so that less would leave an invoice open.
    """
    disputes = [pause for pause in standing.pauses if pause.kind == "dispute"]
    if standing.state.on_hold:
        left = settlement(position, disputes, policy.release, today)
        items = (
            position.open_items
            if policy.release.settles == "outstanding"
            else position.overdue_items(today)
        )
        return Clearing(
            amount=left.unpaid,
            on_its_way=left.on_its_way,
            settles_on=left.settles_on,
            disputed=sum((p.amount for p in covered_parts(items, disputes, today)), _NOTHING),
            approvals=tuple(role.title for role in policy.release.roles),
        )
    overdue = position.overdue_items(today)
    disputed = sum((p.amount for p in covered_parts(overdue, disputes, today)), _NOTHING)
    return Clearing(
        amount=sum((item.open for item in overdue), _NOTHING) - disputed,
        on_its_way=_NOTHING,
        settles_on=None,
        disputed=disputed,
    )


# --- Before a case -----------------------------------------------------------------------------


def _reminders(rules: Rules, world: World, opened: World | None) -> Iterator[ForecastStep]:
    """Letters before the due date, up to the day on which a case is opened."""
    today = rules.day_of(world.now)
    standing = world.standing
    days = {
        reminder_on(step, item, rules.calendar)
        for step in rules.policy.reminders
        for item in world.position.open_items
    }
    for day in sorted({today, *(day for day in days if day > today)}):
        if opened is not None and day >= rules.day_of(opened.now):
            return
        reminder = reminder_due(rules.policy, standing, world.position, day, rules.calendar)
        if reminder is not None:
            standing = reminded(standing, reminder, world.position)
            step = rules.policy.step(reminder.step)
            yield _foreseen(rules, step, max(local_instant(day, step.at, rules.zone), world.now))


# --- In a case ---------------------------------------------------------------------------------


def _steps(rules: Rules, world: World, limit: datetime) -> Iterator[ForecastStep]:
    for _ in range(_MOST_MOVES):
        move = rules.move(world)
        foreseen = _shown(rules, world, move)
        if foreseen is not None:
            yield foreseen
        following = after(rules, world, move)
        if following is None or following.now > limit:
            return
        world = following


def _shown(rules: Rules, world: World, move: Move) -> ForecastStep | None:
    """What a move is in the eyes of the account; None for what it does not see."""
    if isinstance(move, PlaceHold):
        return _foreseen(rules, rules.policy.step(move.step), world.now, after=move.after)
    case = world.standing.open_case
    if isinstance(move, SendLetter) and case is not None:
        begun = find_taken(case, move.step) is not None
        return None if begun else _foreseen(rules, rules.policy.step(move.step), world.now)
    if isinstance(move, Wait) and move.waiting_for == "override" and case is not None:
        step = current_step(rules.policy, case, rules.zone)
        return None if step is None else _foreseen(rules, step, None, waits_for=move.why)
    return None


def _foreseen(
    rules: Rules,
    step: DunningStep,
    at: datetime | None,
    *,
    after: AccountState | None = None,
    waits_for: str | None = None,
) -> ForecastStep:
    return ForecastStep(
        step=step.step,
        kind=step.kind,
        title=step.title,
        clause=step.clause,
        at=at,
        on=None if at is None else rules.day_of(at),
        after=after,
        late_fee=step.late_fee,
        waits_for=waits_for,
    )
