"""Making a move of a case: each by one compare-and-set, which says whether it was made.

Whatever asks something of the account, or takes something from it, is conditional on the ledger's
version too. What a move has to be told by mail is put into the outbox with it.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from msp_billing.domain.dunning.cases import (
    hold_placed,
    letter_delivered,
    letter_failed,
    letter_sent,
    provider_told,
)
from msp_billing.domain.dunning.late_fees import fee_document
from msp_billing.domain.dunning.move_kinds import (
    AddLateFee,
    CloseCase,
    CompleteLetter,
    FailLetter,
    Move,
    PlaceHold,
    SendLetter,
    TellProvider,
)
from msp_billing.domain.dunning.timing import find_taken
from msp_billing.usecases.dunning.cases import close_case
from msp_billing.usecases.dunning.mails import alert_mail, copy_mail, letter_mail
from msp_billing.usecases.receivables.late_fees import charge_late_fee

if TYPE_CHECKING:
    from msp_billing.domain.dunning.dunning_policy import DunningPolicy
    from msp_billing.domain.dunning.standing import DunningCase, Standing
    from msp_billing.usecases.dunning.context import DunningContext


def perform(context: DunningContext, dunning: DunningPolicy, move: Move) -> bool:
    """Make a move by what was read; False when the account changed since: look again.

    Raises:
        KeyError: for a move that is none: a wait, or an end.
    """
    return _MOVES[type(move)](context, dunning, move)


def _send_letter(context: DunningContext, dunning: DunningPolicy, move: SendLetter) -> bool:
    step = dunning.step(move.step)
    mail = letter_mail(context, move.step, move.attempt, move.recipient)
    copied = copy_mail(step, mail.id) if move.attempt == 1 else None
    after = letter_sent(
        context.standing,
        move.step,
        move.recipient,
        mail.id,
        now=context.now,
        late_fee=_fee_of(context, move.step),
    )
    told = context.history(
        after,
        f"{step.title}: letter {move.attempt} to {move.recipient}",
        step=move.step,
        clause=step.clause,
    )
    return context.ports.standings.change(
        context.standing,
        after,
        [told],
        position=context.position,
        mails=[mail] if copied is None else [mail, copied],
    )


def _place_hold(context: DunningContext, dunning: DunningPolicy, move: PlaceHold) -> bool:
    after = hold_placed(
        context.standing,
        dunning.step(move.step),
        now=context.now,
        zone=context.policy.zone,
        why=move.why,
        late_fee=_fee_of(context, move.step),
    )
    told = context.history(after, move.why, step=move.step)
    return context.ports.standings.change(
        context.standing, after, [told], position=context.position
    )


def _add_late_fee(context: DunningContext, dunning: DunningPolicy, move: AddLateFee) -> bool:
    fee = dunning.step(move.step).late_fee
    assert fee is not None, "the move follows from the step's fee"
    entry = charge_late_fee(
        context.ports,
        context.position.ledger,
        _case(context).case,
        move.step,
        fee,
        context.today,
        base=context.counting(dunning).amount,
    )
    return entry is not None


def _complete_letter(context: DunningContext, dunning: DunningPolicy, move: CompleteLetter) -> bool:
    after = letter_delivered(context.standing, move.step, move.attempt, move.delivered_at)
    what = f"letter {move.attempt} was delivered to {_recipient(context, move)}"
    return _change(context, dunning, after, move.step, what)


def _fail_letter(context: DunningContext, dunning: DunningPolicy, move: FailLetter) -> bool:
    after = letter_failed(context.standing, move.step, move.attempt, move.why)
    what = f"letter {move.attempt} did not reach {_recipient(context, move)}: {move.why}"
    return _change(context, dunning, after, move.step, what)


def _tell_provider(context: DunningContext, dunning: DunningPolicy, move: TellProvider) -> bool:
    after = provider_told(context.standing, move.step, context.now)
    assert after.case is not None, "it tells of the open case"
    taken = find_taken(after.case, move.step)
    assert taken is not None, "telling takes the step"
    step = dunning.step(move.step)
    told = context.history(
        after,
        f"{step.title}: {move.why} The provider's people were told.",
        step=move.step,
        clause=step.clause,
    )
    return context.ports.standings.change(
        context.standing, after, [told], mails=[alert_mail(context, dunning, taken)]
    )


def _close(context: DunningContext, dunning: DunningPolicy, _move: CloseCase) -> bool:
    return close_case(context, dunning) is not None


_MOVES: dict[type[Any], Callable[[DunningContext, DunningPolicy, Any], bool]] = {
    AddLateFee: _add_late_fee,
    CloseCase: _close,
    CompleteLetter: _complete_letter,
    FailLetter: _fail_letter,
    PlaceHold: _place_hold,
    SendLetter: _send_letter,
    TellProvider: _tell_provider,
}


def _change(
    context: DunningContext, dunning: DunningPolicy, after: Standing, step: str, what: str
) -> bool:
    clause = dunning.step(step).clause
    title = dunning.step(step).title
    told = context.history(after, f"{title}: {what}", step=step, clause=clause)
    return context.ports.standings.change(context.standing, after, [told])


def _recipient(context: DunningContext, move: CompleteLetter | FailLetter) -> str:
    taken = find_taken(_case(context), move.step)
    assert taken is not None, "the move is about a letter of a step that was taken"
    return next(entry.recipient for entry in taken.attempts if entry.attempt == move.attempt)


def _fee_of(context: DunningContext, step: str) -> str | None:
    """The document of the fee that a step has added, if it has."""
    document = fee_document(_case(context), step)
    return document if document in context.position.items_by_document else None


def _case(context: DunningContext) -> DunningCase:
    assert context.standing.open_case is not None, "moves are made in an open case"
    return context.standing.open_case
