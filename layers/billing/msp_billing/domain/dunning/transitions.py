"""Which changes of an account's state there are, and what brings each about.

What is not in the table does not happen: whoever tries gets a TransitionRefusedError, so that a
mistake elsewhere can never take something away from a customer.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from enum import StrEnum
from typing import TYPE_CHECKING

from msp_billing.domain.dunning.standing import (
    AccountState,
    DunningCase,
    HistoryEntry,
    Release,
    Standing,
)

if TYPE_CHECKING:
    from msp_billing.domain.ledger.position import LedgerPosition

_GOOD, _DUE = AccountState.GOOD_STANDING, AccountState.DUE
_CREDIT, _SERVICE = AccountState.CREDIT_HOLD, AccountState.SERVICE_HOLD


class Cause(StrEnum):
    """What a change of state follows from."""

    OPENED = "opened"  # an invoice was not paid by its due date
    SETTLED = "settled"  # a payment leaves nothing to follow
    CORRECTED = "corrected"  # a credit note or write-off leaves nothing to follow
    STEP = "step"  # a hold of the policy, placed
    RELEASED = "released"  # settled, and every key turned
    REINSTATED = "reinstated"  # a payment that had ended the case was returned


ALLOWED: Mapping[tuple[AccountState, AccountState], frozenset[Cause]] = {
    (_GOOD, _DUE): frozenset({Cause.OPENED, Cause.REINSTATED}),
    (_GOOD, _CREDIT): frozenset({Cause.REINSTATED}),
    (_GOOD, _SERVICE): frozenset({Cause.REINSTATED}),
    (_DUE, _GOOD): frozenset({Cause.SETTLED, Cause.CORRECTED}),
    (_DUE, _CREDIT): frozenset({Cause.STEP}),
    (_DUE, _SERVICE): frozenset({Cause.STEP}),  # a policy without a credit hold (MSA-03)
    (_CREDIT, _SERVICE): frozenset({Cause.STEP}),
    # Out of a hold there is one way, whatever settled it: the release with its keys (DUN-06).
    (_CREDIT, _GOOD): frozenset({Cause.RELEASED}),
    (_SERVICE, _GOOD): frozenset({Cause.RELEASED}),
}
"""From a state to another: by these causes, and no others."""


def check_transition(before: AccountState, after: AccountState, cause: Cause) -> None:
    """Nothing, when the table has it.

    Raises:
        TransitionRefusedError: when it has not.
    """
    if cause not in ALLOWED.get((before, after), frozenset()):
        raise TransitionRefusedError(before, after, cause)


def moved(
    standing: Standing,
    after: AccountState,
    *,
    cause: Cause,
    now: datetime,
    why: str,
    clause: str,
    case: DunningCase | None = None,
    release: Release | None = None,
) -> Standing:
    """The standing in another state, with its versions counted up.

    Args:
        why: one sentence that tells what put it there.
        clause: the sentence of the policy that it follows from.
        case: the case as it is then; as before, when left out.
        release: likewise.

    Raises:
        TransitionRefusedError: when this change does not exist.
    """
    check_transition(standing.state, after, cause)
    # By state alone: protected services and exemptions are looked up when somebody asks.
    told_anew = what_it_allows(standing.state) != what_it_allows(after)
    return standing.model_copy(
        update={
            "version": standing.version + 1,
            "state": after,
            "since": now,
            "why": why,
            "clause": clause,
            "case": case or standing.case,
            "release": release or standing.release,
            "entitlement_version": standing.entitlement_version + int(told_anew),
        }
    )


def what_it_allows(state: AccountState) -> tuple[bool, bool, bool]:
    """Whether an account in this state may buy, get support, and have its services on."""
    return (
        not state.on_hold,
        state is not AccountState.SERVICE_HOLD,
        state is not AccountState.SERVICE_HOLD,
    )


def history_of(
    before: Standing,
    after: Standing,
    what: str,
    *,
    at: datetime,
    by: str = "dunning",
    position: LedgerPosition | None = None,
    step: str | None = None,
    clause: str | None = None,
) -> HistoryEntry:
    """What is kept of a change: of the state, where it changed, or of anything else."""
    changed = before.state is not after.state
    case = after.open_case or before.open_case
    return HistoryEntry(
        sequence=after.version,
        at=at,
        what=what,
        by=by,
        case=None if case is None else case.case,
        step=step,
        clause=clause or (after.clause if changed else None),
        before=before.state if changed else None,
        after=after.state if changed else None,
        balance=None if position is None else position.balance,
        balance_version=None if position is None else position.version,
    )


class TransitionRefusedError(ValueError):
    """There is no such change of state."""

    def __init__(self, before: AccountState, after: AccountState, cause: Cause) -> None:
        super().__init__(f"an account in {before} cannot get to {after} by {cause}")
        self.before, self.after, self.cause = before, after, cause
