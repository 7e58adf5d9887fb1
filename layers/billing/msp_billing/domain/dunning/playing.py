"""An account, played forward: moves carried out on copies, and time moved to what they wait for."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import date, datetime, time
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

from msp_billing.domain.date_rules import local_instant
from msp_billing.domain.dunning.cases import (
    case_opened,
    hold_placed,
    letter_delivered,
    letter_failed,
    letter_sent,
    provider_told,
)
from msp_billing.domain.dunning.coverage import counting
from msp_billing.domain.dunning.moves import (
    AddLateFee,
    CompleteLetter,
    FailLetter,
    Move,
    PlaceHold,
    SendLetter,
    TellProvider,
    Wait,
    next_move,
)
from msp_billing.domain.ledger.entries import EntryKind
from msp_billing.domain.ledger.position import LedgerPosition, OwedItem
from msp_billing.domain.outbox import MailId, OutboxMail
from msp_billing.domain.periods import Period

if TYPE_CHECKING:
    from msp_billing.domain.calendars import BusinessCalendar
    from msp_billing.domain.dunning.dunning_policy import AccountDunning, DunningPolicy
    from msp_billing.domain.dunning.standing import Standing


@dataclass(frozen=True, slots=True)
class World:
    """The account as it would be at a moment."""

    standing: Standing
    position: LedgerPosition
    now: datetime


@dataclass(frozen=True, slots=True)
class Rules:
    """What stays the same while time is played forward."""

    policy: DunningPolicy
    account: AccountDunning
    mails: Mapping[MailId, OutboxMail]
    zone: ZoneInfo
    calendar: BusinessCalendar

    def day_of(self, at: datetime) -> date:
        """The local day."""
        return at.astimezone(self.zone).date()

    def move(self, world: World) -> Move:
        """The next one."""
        return next_move(
            self.policy,
            self.account,
            world.standing,
            world.position,
            self.mails,
            world.now,
            self.zone,
            self.calendar,
        )


def first_case(rules: Rules, world: World) -> World | None:
    """The account on the first day on which something counts, with its case; None without any."""
    now = world.now
    while True:
        counted = counting(world.position, world.standing.pauses, rules.policy, rules.day_of(now))
        if counted.above:
            standing = case_opened(
                world.standing,
                world.position,
                policy_version="forecast",
                now=now,
                why="Overdue.",
                clause=rules.policy.clause,
            )
            return World(standing, world.position, now)
        if counted.changes_on is None:
            return None
        now = local_instant(counted.changes_on, time(0), rules.zone)


def after(rules: Rules, world: World, move: Move) -> World | None:
    """The account after a move; None when nothing follows any more."""
    now = world.now
    if isinstance(move, Wait):
        return _after_wait(rules, world, move)
    standing = world.standing
    if isinstance(move, AddLateFee):
        position = with_fee(world.position, move, rules.day_of(now))
        return replace(world, position=position)
    if isinstance(move, SendLetter):
        standing = letter_sent(standing, move.step, move.recipient, _mail(rules, world), now=now)
        standing = letter_delivered(standing, move.step, move.attempt, now)
    elif isinstance(move, CompleteLetter):
        standing = letter_delivered(standing, move.step, move.attempt, move.delivered_at)
    elif isinstance(move, FailLetter):
        standing = letter_failed(standing, move.step, move.attempt, move.why)
    elif isinstance(move, TellProvider):
        standing = provider_told(standing, move.step, now)
    elif isinstance(move, PlaceHold):
        step = rules.policy.step(move.step)
        standing = hold_placed(standing, step, now=now, zone=rules.zone, why=move.why)
    else:
        return None
    return replace(world, standing=standing)


def _after_wait(rules: Rules, world: World, move: Wait) -> World | None:
    case = world.standing.open_case
    if move.waiting_for == "override" or case is None:
        return None
    if move.waiting_for == "delivery":
        standing = world.standing
        for taken in case.steps:
            for attempt in taken.attempts:
                if attempt.failed is None and attempt.delivered_at is None:
                    standing = letter_delivered(standing, taken.step, attempt.attempt, world.now)
        return replace(world, standing=standing)
    if move.waiting_for == "release":  # paid: until another invoice becomes overdue
        today = rules.day_of(world.now)
        counted = counting(world.position, world.standing.pauses, rules.policy, today)
        if counted.changes_on is None:
            return None
        return replace(world, now=local_instant(counted.changes_on, time(0), rules.zone))
    return replace(world, now=move.until)


def _mail(rules: Rules, world: World) -> MailId:
    return MailId(
        provider=world.standing.provider,
        run="dunning",
        period=Period.of(rules.day_of(world.now)),
        account=world.standing.account,
        part="forecast",
        kind="dunning",
    )


def with_fee(position: LedgerPosition, fee: AddLateFee, today: date) -> LedgerPosition:
    """What is owed with a late fee, which is due that day."""
    item = OwedItem(
        document=fee.document,
        kind=EntryKind.LATE_FEE,
        title="Late fee",
        on=today,
        due_on=today,
        amount=fee.amount,
        open=fee.amount,
    )
    return position.model_copy(update={"items": (*position.items, item)})
