"""The next move of a case, by what is stored about the account now."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING

from msp_billing.domain.dunning.move_kinds import Ended, Move
from msp_billing.domain.dunning.moves import next_move
from msp_billing.usecases.dunning.contacts import reachable_contacts

if TYPE_CHECKING:
    from msp_billing.usecases.dunning.context import DunningContext


def decide(context: DunningContext, at: datetime | None = None) -> Move:
    """What is to be done about the account's open case.

    Args:
        at: when; now, if left out. An earlier instant says what was due by then, if everything
            had been as it is now.
    """
    case, dunning = context.standing.open_case, context.dunning
    if case is None or dunning is None:
        return Ended(why="no case is open")
    letters = [attempt.mail for taken in case.steps for attempt in taken.attempts]
    return next_move(
        dunning,
        reachable_contacts(context),
        context.standing,
        context.position,
        context.ports.outbox.find_many(letters),
        at or context.now,
        context.policy.zone,
        context.calendar,
    )
