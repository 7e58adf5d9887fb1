"""One look at a case: read the account again, and do the one thing that is due, or nothing yet.

Everything is decided anew from what is stored, and stored by compare-and-set: on the account's
standing, and on its ledger where something is asked of the account or taken from it. A payment
that comes in between wins (docs/faults.md, 36). A call that broke off is repeated without harm.
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Literal

from pydantic import Field

from msp_billing.domain.base import Frozen, Identifier
from msp_billing.domain.dunning.move_kinds import (
    CloseCase,
    Ended,
    Move,
    PlaceHold,
    SendLetter,
    Wait,
)
from msp_billing.domain.dunning.standing import AccountState
from msp_billing.usecases.dunning.carried import Carried
from msp_billing.usecases.dunning.context import MAX_TRIES, DunningContext, load_account
from msp_billing.usecases.dunning.deciding import decide
from msp_billing.usecases.dunning.entitlements import publish
from msp_billing.usecases.dunning.mails import send_waiting, withdraw_waiting
from msp_billing.usecases.dunning.performing import perform
from msp_billing.usecases.dunning.release_situation import ConcurrentStandingError

if TYPE_CHECKING:
    from msp_billing.domain.dunning.dunning_policy import DunningPolicy
    from msp_billing.usecases.ports import Ports

_FIRST_LOOK = timedelta(minutes=15)
"""When it is first looked what became of a letter: most bounces are known within seconds."""

_TRY_AGAIN = timedelta(minutes=10)
"""When a mail that SES did not take for now is tried again."""


class CaseRequest(Carried):
    """The case that an execution is of, and which of its executions it is."""

    provider: Identifier
    account: Identifier
    case: int = Field(ge=1)
    run: int = Field(ge=1)


class CaseAnswer(Frozen):
    """Whether there is more to come, and when to look again."""

    outcome: Literal["wait", "ended"]
    until: str = Field(default="", description="In UTC, whole seconds; empty when ended.")
    waiting_for: str
    state: AccountState


def advance_case(ports: Ports, request: CaseRequest) -> CaseAnswer:
    """Do the one thing that is due in a case now.

    An execution whose case is closed, or in whose place another one was started, ends.

    Raises:
        UnknownAccountError: when the book does not have the account.
        MailSetupError: when SES takes no mail at all as it is set up.
        ConcurrentStandingError: when others kept changing the account first.
    """
    for _ in range(MAX_TRIES):
        context = load_account(ports, request.provider, request.account)
        case, dunning = context.standing.open_case, context.dunning
        if dunning is None:
            return _ended(context, "the provider follows no unpaid invoices")
        if case is None:
            withdraw_waiting(context, dunning)
            return _ended(context, "the case is closed")
        if (case.case, case.run) != (request.case, request.run):
            return _ended(context, "another execution has taken its place")
        answer = _advance(context, dunning)
        if answer is not None:
            _keep_when_it_looks(ports, request, answer)
            return _woken(ports, answer)
    raise ConcurrentStandingError(request.provider, request.account)


def _advance(context: DunningContext, dunning: DunningPolicy) -> CaseAnswer | None:
    """One attempt; None when somebody else was faster."""
    if context.standing.told_version < context.standing.entitlement_version:
        publish(context.ports, context.standing)
        context = _again(context)
    move = decide(context)
    if not isinstance(move, CloseCase) and not _mails_are_out(context, dunning, move):
        return _wait(context, context.now + _TRY_AGAIN, "delivery")
    if isinstance(move, Wait):
        return _wait(context, move.until, move.waiting_for)
    if isinstance(move, Ended):
        return _ended(context, move.why)
    if not perform(context, dunning, move):
        return None
    return _after(_again(context), dunning, move)


def _keep_when_it_looks(ports: Ports, request: CaseRequest, answer: CaseAnswer) -> None:
    """Let others know until when the execution waits, should that be too long one day."""
    if answer.outcome == "ended":
        return
    looks_at = datetime.fromisoformat(answer.until)
    for _ in range(MAX_TRIES):
        standing = ports.standings.find(request.provider, request.account)
        case = standing.open_case
        if case is None or case.run != request.run or case.looks_at == looks_at:
            return
        kept = case.model_copy(update={"looks_at": looks_at})
        update = {"case": kept, "version": standing.version + 1}
        if ports.standings.change(standing, standing.model_copy(update=update)):
            return


def _woken(ports: Ports, answer: CaseAnswer) -> CaseAnswer:
    """The answer with the time at which the execution is to go on, by Step Functions' clock."""
    if answer.outcome == "ended":
        return answer
    woken_at = ports.pauses.wake_at(datetime.fromisoformat(answer.until))
    return answer.model_copy(update={"until": _in_whole_seconds(woken_at)})


def _mails_are_out(context: DunningContext, dunning: DunningPolicy, move: Move) -> bool:
    """Send what an earlier call left behind, unless nothing counts any more."""
    if isinstance(move, Wait) and move.waiting_for in {"pause", "release"}:
        return True
    return send_waiting(context, dunning)


def _after(context: DunningContext, dunning: DunningPolicy, done: Move) -> CaseAnswer:
    """What follows the move that was made: its mails, its event, and when to look again."""
    case = context.standing.open_case
    if case is None:
        withdraw_waiting(context, dunning)
        return _ended(context, "the case is closed")
    if isinstance(done, PlaceHold):
        publish(context.ports, context.standing)
        context = _again(context)
    if not send_waiting(context, dunning):
        return _wait(context, context.now + _TRY_AGAIN, "delivery")
    following = decide(context)
    if isinstance(following, Ended):
        return _ended(context, following.why)
    if not isinstance(following, Wait):
        return _wait(context, context.now, "step")
    if isinstance(done, SendLetter):
        first_look_at = context.now + _FIRST_LOOK
        return _wait(context, min(following.until, first_look_at), "delivery")
    return _wait(context, following.until, following.waiting_for)


def _again(context: DunningContext) -> DunningContext:
    """The account as it is stored now, under the same policy."""
    provider, account = context.policy.provider, context.account.account
    return load_account(context.ports, provider, account, context.policy)


# --- Answers -------------------------------------------------------------------------------------


def _wait(context: DunningContext, until: datetime, waiting_for: str) -> CaseAnswer:
    return CaseAnswer(
        outcome="wait",
        until=_in_whole_seconds(until),
        waiting_for=waiting_for,
        state=context.standing.state,
    )


def _ended(context: DunningContext, why: str) -> CaseAnswer:
    return CaseAnswer(outcome="ended", waiting_for=why, state=context.standing.state)


def _in_whole_seconds(instant: datetime) -> str:
    """Never earlier: a Wait that ends too soon would only look once more."""
    whole = instant.astimezone(UTC).replace(microsecond=0)
    if whole < instant:
        whole += timedelta(seconds=1)
    return f"{whole:%Y-%m-%dT%H:%M:%SZ}"
