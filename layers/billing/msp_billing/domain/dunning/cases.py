"""What becomes of an account's standing and its case when something is done: pure changes.

Each gives the standing that is to be stored in place of the one before, with the next version.
The changes of state go by the table in ``transitions``.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

from msp_billing.domain.dunning.standing import (
    AccountState,
    DunningCase,
    Interruption,
    NoticeAttempt,
    NoticeOverride,
    Standing,
    StepTaken,
)
from msp_billing.domain.dunning.timing import find_taken
from msp_billing.domain.dunning.transitions import Cause, moved

if TYPE_CHECKING:
    from msp_billing.domain.dunning.dunning_policy import DunningStep
    from msp_billing.domain.ledger.position import LedgerPosition
    from msp_billing.domain.outbox import MailId


def case_opened(
    standing: Standing,
    position: LedgerPosition,
    *,
    policy_version: str,
    now: datetime,
    why: str,
    clause: str,
) -> Standing:
    """A new case: something is overdue and counts."""
    number = standing.cases + 1
    case = DunningCase(
        case=number,
        opened_at=now,
        opened_version=position.version,
        policy_version=policy_version,
    )
    opened = moved(
        standing, AccountState.DUE, cause=Cause.OPENED, now=now, why=why, clause=clause, case=case
    )
    return opened.model_copy(update={"cases": number})


def case_closed(
    standing: Standing,
    position: LedgerPosition,
    *,
    cause: Cause,
    now: datetime,
    why: str,
    clause: str,
) -> Standing:
    """The case is over: settled or corrected while due, or released from a hold."""
    case = _open_case(standing).model_copy(
        update={
            "closed_at": now,
            "closed_version": position.version,
            "closed_from": standing.state,
        }
    )
    return moved(
        standing,
        AccountState.GOOD_STANDING,
        cause=cause,
        now=now,
        why=why,
        clause=clause,
        case=case,
    )


def case_reopened(
    standing: Standing, *, now: datetime, why: str, clause: str, zone: ZoneInfo
) -> Standing:
    """The last case goes on where it was: the payment that ended it was returned (DUN-06).

    Its steps are kept, so none is repeated. The days on which it was closed count for none of those
    to come: an account that had five days left to its hold has five days again.
    """
    case = standing.case
    if case is None or case.closed_at is None or case.closed_from is None:
        raise CaseError(f"account {standing.account} has no closed case that could go on")
    interruption = Interruption(
        closed_on=case.closed_at.astimezone(zone).date(), reopened_on=now.astimezone(zone).date()
    )
    reopened = case.model_copy(
        update={
            "closed_at": None,
            "closed_version": None,
            "closed_from": None,
            "interruptions": (*case.interruptions, interruption),
            "run": case.run + 1,
        }
    )
    return moved(
        standing,
        case.closed_from,
        cause=Cause.REINSTATED,
        now=now,
        why=why,
        clause=clause,
        case=reopened,
    )


def hold_placed(
    standing: Standing,
    step: DunningStep,
    *,
    now: datetime,
    zone: ZoneInfo,
    why: str,
    late_fee: str | None = None,
) -> Standing:
    """A hold of the policy is in force; its letter goes out after it."""
    case = _open_case(standing)
    if find_taken(case, step.step) is not None:
        raise CaseError(f"step {step.step} was taken already: no step is taken twice")
    after = AccountState(step.kind)
    taken = StepTaken(step=step.step, taken_at=now, late_fee=late_fee)
    changes: dict[str, object] = {"steps": (*case.steps, taken)}
    if after is AccountState.CREDIT_HOLD:
        changes["credit_hold_on"] = now.astimezone(zone).date()
    return moved(
        standing,
        after,
        cause=Cause.STEP,
        now=now,
        why=why,
        clause=step.clause,
        case=case.model_copy(update=changes),
    )


def letter_sent(
    standing: Standing,
    step: str,
    recipient: str,
    mail: MailId,
    *,
    now: datetime,
    late_fee: str | None = None,
) -> Standing:
    """A letter of a step is on its way to one contact; the first one takes the step."""

    def with_attempt(taken: StepTaken) -> StepTaken:
        attempt = NoticeAttempt(
            attempt=len(taken.attempts) + 1, recipient=recipient, mail=mail, sent_at=now
        )
        return taken.model_copy(
            update={
                "attempts": (*taken.attempts, attempt),
                "late_fee": taken.late_fee or late_fee,
                "told_at": None,  # another contact was found: should it fail too, they hear of it
            }
        )

    return _with_step(standing, step, now, with_attempt)


def letter_delivered(standing: Standing, step: str, attempt: int, at: datetime) -> Standing:
    """A letter was received: for a notice, its step is completed (DUN-09)."""
    return _with_attempt(standing, step, attempt, {"delivered_at": at, "failed": None})


def letter_failed(standing: Standing, step: str, attempt: int, why: str) -> Standing:
    """A letter did not arrive, even where it was believed to have."""
    return _with_attempt(standing, step, attempt, {"delivered_at": None, "failed": why})


def provider_told(standing: Standing, step: str, now: datetime) -> Standing:
    """The provider's people know that nobody could be reached."""
    return _with_step(standing, step, now, lambda taken: taken.model_copy(update={"told_at": now}))


def notice_overridden(standing: Standing, step: str, override: NoticeOverride) -> Standing:
    """A person says that the notice counts although no delivery is known (DUN-09)."""
    if find_taken(_open_case(standing), step) is None:
        raise CaseError(f"step {step} is not due yet: there is no notice to override")
    return _with_step(
        standing, step, override.at, lambda taken: taken.model_copy(update={"override": override})
    )


def _open_case(standing: Standing) -> DunningCase:
    if standing.open_case is None:
        raise CaseError(f"account {standing.account} has no open case")
    return standing.open_case


def _with_attempt(
    standing: Standing, step: str, attempt: int, changes: dict[str, object]
) -> Standing:
    taken = find_taken(_open_case(standing), step)
    if taken is None or not any(entry.attempt == attempt for entry in taken.attempts):
        raise CaseError(f"step {step} has no letter number {attempt}")
    attempts = tuple(
        entry.model_copy(update=changes) if entry.attempt == attempt else entry
        for entry in taken.attempts
    )
    changed = taken.model_copy(update={"attempts": attempts})
    return _with_step(standing, step, taken.taken_at, lambda _: changed)


def _with_step(
    standing: Standing, step: str, now: datetime, change: Callable[[StepTaken], StepTaken]
) -> Standing:
    case = _open_case(standing)
    steps = case.steps
    if find_taken(case, step) is None:
        steps = (*steps, StepTaken(step=step, taken_at=now))
    changed = tuple(change(taken) if taken.step == step else taken for taken in steps)
    return standing.model_copy(
        update={
            "version": standing.version + 1,
            "case": case.model_copy(update={"steps": changed}),
        }
    )


class CaseError(ValueError):
    """Something was to be done to a case that does not allow it."""
