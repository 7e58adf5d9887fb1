"""Looking at an account whose ledger changed, and doing what that asks for (DUN-05).

Called after everything that is entered, and once a day for what was lost. It goes by what is
stored and nothing else, so that it may be called twice, late, or by two at the same time.
"""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

from msp_billing.domain.dunning.coverage import settlement
from msp_billing.domain.dunning.move_kinds import CloseCase, Ended, Wait
from msp_billing.domain.dunning.standing import AccountState, Standing
from msp_billing.usecases.dunning.cases import (
    close_case,
    find_reinstatement,
    reinstate,
    run_again,
)
from msp_billing.usecases.dunning.context import (
    MAX_TRIES,
    DunningContext,
    load_account,
    start_execution,
)
from msp_billing.usecases.dunning.deciding import decide
from msp_billing.usecases.dunning.release import cancel_release, start_release
from msp_billing.usecases.dunning.release_situation import (
    ConcurrentStandingError,
    settlement_since,
    what_is_missing,
)

if TYPE_CHECKING:
    from msp_billing.usecases.ports import Ports

_TOLERANCE = timedelta(minutes=5)
"""An execution that looks this much later than it could is left alone."""


def look_after(ports: Ports, provider: str, account: str) -> Standing:
    """See :func:`msp_billing.usecases.dunning.react.react`."""
    for _ in range(MAX_TRIES):
        context = load_account(ports, provider, account)
        done = _react(context)
        if done is not None:
            return done
    raise ConcurrentStandingError(provider, account)


def _react(context: DunningContext) -> Standing | None:
    """One attempt; None when somebody else was faster."""
    standing = context.standing
    if standing.state is AccountState.GOOD_STANDING:
        return _after_a_return(context)
    if context.dunning is None or standing.open_case is None:
        return standing
    if standing.state is AccountState.DUE:
        if isinstance(decide(context), CloseCase):
            return close_case(context, context.dunning)
        return _wake_if_late(context)
    return _on_hold(context) or _wake_if_late(context)


def _after_a_return(context: DunningContext) -> Standing | None:
    found = find_reinstatement(context)
    if found is None:
        return context.standing
    dunning = context.dunning
    if dunning is None or not context.counting_without_pauses(dunning).above:
        return context.standing
    after = reinstate(context, dunning, found)
    if after is not None and after.open_case is not None:
        start_execution(context.ports, after, after.open_case)
    return None  # it is looked at once more: what is owed again may be disputed, and so settled


def _on_hold(context: DunningContext) -> Standing | None:
    """Start, continue or cancel the release; None when there is nothing to do about it."""
    standing, position = context.standing, context.position
    assert context.dunning is not None, "the caller has seen to it"
    release = standing.release
    rule = context.dunning.release
    settled = settlement(position, standing.pauses, rule, context.today).settled
    under_way = release is not None and release.under_way
    if release is not None and under_way and not settled:
        returned = any(
            (payment.returned_sequence or 0) > release.balance_version
            for payment in position.payments
        )
        if returned:
            why = "a payment that had settled the account was returned"
            return _cancel(context, why)
        since = settlement_since(context, release)
        if release.state == "left_to_person" and not since.settled:
            # Nobody is asked any more: when it is settled again, everybody has to be asked anew.
            return _cancel(context, what_is_missing(context, since))
    if settled or under_way:
        return start_release(context.ports, standing, position)
    return None


def _cancel(context: DunningContext, why: str) -> Standing:
    """End the release; ask anew at once, should a payment have come in between."""
    standing = cancel_release(context.ports, context.standing, why)
    position = context.ports.ledgers.position(context.position.ledger)
    return start_release(context.ports, standing, position)


def _wake_if_late(context: DunningContext) -> Standing | None:
    """Start another execution of the case when its own would look too late.

    What it waits for may have changed: a returned payment makes an older due date count again, a
    dispute is withdrawn, an exemption shortened. Returns the standing then; None when it changed
    meanwhile.
    """
    case = context.standing.open_case
    move = decide(context)
    if case is None or case.looks_at is None or isinstance(move, Ended):
        return context.standing
    due_at = move.until if isinstance(move, Wait) else context.now
    if case.looks_at <= due_at + _TOLERANCE:
        return context.standing
    return run_again(context.ports, context.standing)
