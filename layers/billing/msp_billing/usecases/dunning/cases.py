"""A case from its beginning to its end: opened, closed, opened again, and kept running.

Each function makes one change by compare-and-set and says whether it was made. None of them sends
anything: a payment that closes a case must not wait for mail.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from msp_billing.domain.base import Frozen
from msp_billing.domain.dunning.cases import case_closed, case_opened, case_reopened
from msp_billing.domain.dunning.move_kinds import Ended
from msp_billing.domain.dunning.standing import AccountState, DunningCase, Standing
from msp_billing.domain.dunning.transitions import Cause
from msp_billing.domain.dunning.words import written_amount, written_day
from msp_billing.domain.ledger.entries import EntryKind
from msp_billing.domain.ledger.position import TakenPayment
from msp_billing.usecases.dunning.context import (
    DunningContext,
    is_running,
    start_execution,
    with_next_run,
)
from msp_billing.usecases.dunning.deciding import decide
from msp_billing.usecases.dunning.mails import mails_wait, returned_mails

if TYPE_CHECKING:
    from msp_billing.domain.dunning.coverage import Counting
    from msp_billing.domain.dunning.dunning_policy import DunningPolicy
    from msp_billing.usecases.ports import Ports

# --- Opening -------------------------------------------------------------------------------------


def open_case(
    context: DunningContext, dunning: DunningPolicy, counted: Counting
) -> Standing | None:
    """Move an account that does not pay to ``due``; its case keeps the policy's version (DUN-01).

    Conditional on the ledger: a payment that came in since it was read wins. None then.
    """
    standing, position = context.standing, context.position
    oldest = counted.items[0]
    why = (
        f"{oldest.document} was due on {written_day(oldest.due_on)} and is not paid; "
        f"{written_amount(position, counted.amount)} is overdue."
    )
    after = case_opened(
        standing,
        position,
        policy_version=context.policy.version,
        now=context.now,
        why=why,
        clause=dunning.clause,
    )
    told = context.history(after, f"Case {after.cases} was opened: {why}")
    stored = context.ports.standings.change(standing, after, [told], position=position)
    return after if stored else None


# --- Closing -------------------------------------------------------------------------------------


def close_case(context: DunningContext, dunning: DunningPolicy) -> Standing | None:
    """Move an account that is ``due`` and owes nothing of what the case is about to good standing.

    What fell due after the case's last letter is followed by a case of its own.

    None when the standing or the ledger changed meanwhile.
    """
    standing, position = context.standing, context.position
    cause = _what_settled(context)
    whole = context.counting_without_pauses(dunning)
    why = "It was paid." if cause is Cause.SETTLED else "It was corrected."
    amount = written_amount(position, whole.overdue)
    if whole.above:
        why += f" {amount} fell due since its last letter; that is another case."
    elif whole.overdue:
        why += f" {amount} is overdue, which is less than the policy follows."
    after = case_closed(
        standing, position, cause=cause, now=context.now, why=why, clause=dunning.clause
    )
    assert after.case is not None, "the case that was closed is kept"
    told = context.history(after, f"Case {after.case.case} was closed: {why}")
    stored = context.ports.standings.change(standing, after, [told], position=position)
    return after if stored else None


def _what_settled(context: DunningContext) -> Cause:
    """Whether the last thing in the ledger, beside allocations of credit, is a correction."""
    position = context.position
    last = EntryKind.PAYMENT
    for entry in context.ports.ledgers.entries(position.ledger, max(position.version - 3, 0)):
        if entry.sequence <= position.version and entry.kind is not EntryKind.ALLOCATION:
            last = entry.kind
    corrected = last in {EntryKind.CREDIT_NOTE, EntryKind.WRITE_OFF}
    return Cause.CORRECTED if corrected else Cause.SETTLED


# --- Opening again -------------------------------------------------------------------------------


class Reinstatement(Frozen):
    """Why a closed case goes on: a payment that had ended it was returned."""

    case: DunningCase
    payment: TakenPayment


def find_reinstatement(context: DunningContext) -> Reinstatement | None:
    """The last case and the returned payment that had helped to end it; None when there is none.

    Only a payment of the case itself: entered after it was opened and before it was closed, and
    returned after that. Whether enough is overdue again is for the caller to see.
    """
    case = context.standing.case
    if (
        context.standing.state is not AccountState.GOOD_STANDING
        or case is None
        or case.closed_version is None
    ):
        return None
    for payment in context.position.payments:
        within = case.opened_version < payment.sequence <= case.closed_version
        if within and (payment.returned_sequence or 0) > case.closed_version:
            return Reinstatement(case=case, payment=payment)
    return None


def reinstate(
    context: DunningContext, dunning: DunningPolicy, found: Reinstatement
) -> Standing | None:
    """Put an account back where it was, with the steps that were taken (DUN-06).

    The mails about it wait in the outbox until the case's execution sends them.

    Returns:
        The standing; None when it or the ledger changed meanwhile.
    """
    amount = written_amount(context.position, found.payment.amount)
    why = f"The payment of {amount} was returned, so that what it had paid is owed again."
    after = case_reopened(
        context.standing,
        now=context.now,
        why=why,
        clause=dunning.clause,
        zone=context.policy.zone,
    )
    assert after.case is not None, "the case that goes on"
    looking = after.case.model_copy(update={"looks_at": None})
    after = after.model_copy(update={"case": looking})
    told = context.history(after, f"Case {found.case.case} goes on where it stood. {why}")
    stored = context.ports.standings.change(
        context.standing,
        after,
        [told],
        position=context.position,
        mails=returned_mails(context, dunning, after),
    )
    return after if stored else None


# --- Keeping it running --------------------------------------------------------------------------


def ensure_running(context: DunningContext) -> str | None:
    """Start the execution of an open case if none is under way and one is needed.

    The execution of a run may never have been started (whoever opened the case died before), or
    may have failed or been stopped: its name is used up then, and another run begins. A case whose
    every step was taken needs none, unless a mail of it was never sent.

    Returns:
        What was done; None when all is well, or when the standing changed meanwhile, so that
        whoever changed it sees to it.
    """
    ports, standing = context.ports, context.standing
    case = standing.open_case
    if case is None or is_running(ports, standing, case) or _is_quiet(context):
        return None
    if start_execution(ports, standing, case):
        return f"case {case.case}: run {case.run} was started"
    if is_running(ports, standing, case):  # somebody else started it since
        return None
    again = run_again(ports, standing)
    if again is None or again.case is None:
        return None
    return f"case {case.case}: run {again.case.run} was started, because the one before had ended"


def _is_quiet(context: DunningContext) -> bool:
    """Whether an execution of the case would find nothing to do, and nothing to wait for."""
    if not isinstance(decide(context), Ended):
        return False
    return context.dunning is None or not mails_wait(context, context.dunning)


def run_again(ports: Ports, standing: Standing) -> Standing | None:
    """Start another execution of an open case, in place of one that ended or waits too long.

    The one before ends when it looks again. None when the standing changed meanwhile.
    """
    case = standing.open_case
    assert case is not None, "the caller has an open case"
    following = with_next_run(case)
    after = standing.model_copy(update={"case": following, "version": standing.version + 1})
    if not ports.standings.change(standing, after):
        return None
    start_execution(ports, after, following)
    return after
