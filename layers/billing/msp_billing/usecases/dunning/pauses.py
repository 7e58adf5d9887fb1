"""Promises and disputes: they pause what they cover, and nothing else (DUN-08).

Both have an amount, a last day, a reason and who said so. When the last day has passed, or somebody
ends it before, the case goes on at the step where it stood.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from msp_billing.domain.dunning.standing import Pause, Standing
from msp_billing.domain.dunning.words import written_amount, written_day
from msp_billing.usecases.dunning.context import MAX_TRIES, DunningContext, load_account
from msp_billing.usecases.dunning.pause_checks import (
    EndPauseRequest,
    PauseKind,
    PauseRefusedError,
    PauseRequest,
    free_amount,
    problems_of_ending,
    problems_of_making,
)
from msp_billing.usecases.dunning.react import react
from msp_billing.usecases.dunning.release_situation import ConcurrentStandingError

if TYPE_CHECKING:
    from msp_billing.usecases.ports import Ports

__all__ = [
    "EndPauseRequest",
    "PauseRefusedError",
    "PauseRequest",
    "end_expired_pauses",
    "end_pause",
    "make_promise",
    "raise_dispute",
]


def make_promise(ports: Ports, request: PauseRequest) -> Pause:
    """Keep that an account has promised to pay an amount by a day.

    Raises:
        UnknownAccountError: when the book does not have the account.
        PauseRefusedError: with everything that is wrong with it.
        ConcurrentStandingError: when others kept changing the account first.
    """
    return _make(ports, request, "promise")


def raise_dispute(ports: Ports, request: PauseRequest) -> Pause:
    """Keep that an account disputes an amount, until it is clear or the day has passed.

    Raises:
        UnknownAccountError: when the book does not have the account.
        PauseRefusedError: with everything that is wrong with it.
        ConcurrentStandingError: when others kept changing the account first.
    """
    return _make(ports, request, "dispute")


def end_pause(ports: Ports, request: EndPauseRequest) -> Pause:
    """End a promise or dispute; what it covered is followed again at once.

    Ending it again in the same way changes nothing.

    Raises:
        UnknownAccountError: when the book does not have the account.
        PauseRefusedError: with everything that is wrong with it.
        ConcurrentStandingError: when others kept changing the account first.
    """
    for _ in range(MAX_TRIES):
        context = load_account(ports, request.provider, request.account)
        found = next((p for p in context.standing.pauses if p.pause == request.pause), None)
        problems = list(problems_of_ending(context, request, found))
        if problems:
            raise PauseRefusedError(problems)
        assert found is not None, "an unknown one was refused"
        if found.ended_at is not None:
            return found
        ended = found.model_copy(
            update={
                "ended_at": context.now,
                "ended_by": request.by.strip(),
                "ended_why": f"{request.how}: {request.why.strip()}",
            }
        )
        what = f"The {found.kind} '{found.pause}' was ended ({request.how}): {request.why.strip()}"
        if _store(context, _with_pause(context.standing, ended), what, request.by.strip()):
            react(ports, request.provider, request.account)
            return ended
    raise ConcurrentStandingError(request.provider, request.account)


def end_expired_pauses(ports: Ports, provider: str, account: str) -> int:
    """Keep that the last day of a promise or dispute has passed; how many there were.

    They cover nothing from that day on by themselves: this only tells the account's history.
    """
    for _ in range(MAX_TRIES):
        context = load_account(ports, provider, account)
        over = [
            pause
            for pause in context.standing.pauses
            if pause.ended_at is None and pause.until < context.today
        ]
        if not over:
            return 0
        standing = context.standing
        for pause in over:
            why = "its last day has passed"
            ended = {"ended_at": context.now, "ended_by": "dunning", "ended_why": why}
            standing = _with_pause(standing, pause.model_copy(update=ended))
        after = standing.model_copy(update={"version": context.standing.version + 1})
        told = [
            context.history(after, f"The {pause.kind} '{pause.pause}' is over: {_ends(pause)}")
            for pause in over
        ]
        if ports.standings.change(context.standing, after, told):
            return len(over)
    raise ConcurrentStandingError(provider, account)


# --- Making --------------------------------------------------------------------------------------


def _make(ports: Ports, request: PauseRequest, kind: PauseKind) -> Pause:
    for _ in range(MAX_TRIES):
        context = load_account(ports, request.provider, request.account)
        name = request.name or _next_name(context.standing, kind)
        standing = next((p for p in context.standing.pauses if p.pause == name), None)
        if standing is not None and _is_the_same(standing, request, kind):
            return standing
        problems = list(problems_of_making(context, request, standing))
        if problems:
            raise PauseRefusedError(problems)
        pause = Pause(
            pause=name,
            kind=kind,
            document=request.document,
            amount=free_amount(context, request) if request.amount is None else request.amount,
            until=request.until,
            reason=request.reason.strip(),
            by=request.by.strip(),
            made_at=context.now,
        )
        of = pause.document or "what is owed, oldest first"
        amount = written_amount(context.position, pause.amount)
        what = (
            f"A {kind} '{name}' covers {amount} of {of} until {written_day(pause.until)}: "
            f"{pause.reason}"
        )
        after = context.standing.model_copy(update={"pauses": (*context.standing.pauses, pause)})
        if _store(context, after, what, pause.by, on_the_ledger=True):
            react(ports, request.provider, request.account)
            return pause
    raise ConcurrentStandingError(request.provider, request.account)


def _next_name(standing: Standing, kind: PauseKind) -> str:
    names = {pause.pause for pause in standing.pauses}
    number = 1
    while f"{kind}-{number}" in names:
        number += 1
    return f"{kind}-{number}"


def _is_the_same(pause: Pause, request: PauseRequest, kind: PauseKind) -> bool:
    asked = (kind, request.document, request.until, request.reason.strip(), request.by.strip())
    stored = (pause.kind, pause.document, pause.until, pause.reason, pause.by)
    return asked == stored and request.amount in {None, pause.amount}


def _with_pause(standing: Standing, changed: Pause) -> Standing:
    pauses = tuple(changed if p.pause == changed.pause else p for p in standing.pauses)
    return standing.model_copy(update={"pauses": pauses})


def _store(
    context: DunningContext, after: Standing, what: str, by: str, *, on_the_ledger: bool = False
) -> bool:
    counted = after.model_copy(update={"version": context.standing.version + 1})
    told = context.history(counted, what, by=by)
    position = context.position if on_the_ledger else None
    return context.ports.standings.change(context.standing, counted, [told], position=position)


def _ends(pause: Pause) -> str:
    kept = " What was promised is followed again if it is not paid." if _promised(pause) else ""
    return f"its last day was {written_day(pause.until)}.{kept}"


def _promised(pause: Pause) -> bool:
    return pause.kind == "promise"
