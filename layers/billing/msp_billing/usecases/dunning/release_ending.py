"""The end of a release: the account is restored, or its release cancelled or left to a person."""

from __future__ import annotations

import logging
from datetime import timedelta
from typing import TYPE_CHECKING, Literal

from pydantic import Field

from msp_billing.domain.base import Frozen, Identifier
from msp_billing.domain.dunning.cases import case_closed
from msp_billing.domain.dunning.letters import ProviderAlert, release_left_to_person
from msp_billing.domain.dunning.transitions import Cause
from msp_billing.domain.outbox import MailState, OutboxMail
from msp_billing.usecases.dunning.carried import Carried
from msp_billing.usecases.dunning.context import (
    MAX_TRIES,
    DunningContext,
    UnknownAccountError,
    load_account,
)
from msp_billing.usecases.dunning.entitlements import publish
from msp_billing.usecases.dunning.release_letters import (
    ended_letter_mail,
    keys_to_turn,
    release_mail_id,
    send_ended_letter,
)
from msp_billing.usecases.dunning.release_situation import (
    MAX_TEXT,
    ConcurrentStandingError,
    change_release,
    missing_roles,
    release_policy,
    settlement_since,
    start_execution,
    what_is_missing,
)
from msp_billing.usecases.errors import MailRefusedForNowError
from msp_billing.usecases.mailing.sending_mails import send_to_provider

if TYPE_CHECKING:
    from msp_billing.domain.dunning.standing import Release, Standing
    from msp_billing.usecases.ports import Ports

_LETTERS_KEEP = timedelta(days=14)
"""Whoever has not read by then that a hold has ended knows it."""

_LOGGER = logging.getLogger(__name__)


class RestoreRequest(Carried):
    """Which release to carry out."""

    provider: Identifier
    account: Identifier
    release: int = Field(ge=1)


class RestoreResult(Frozen):
    """What became of it."""

    outcome: Literal["restored", "cancelled", "over"]
    why: str = ""


def restore_account(ports: Ports, request: RestoreRequest) -> RestoreResult:
    """End the hold, if everything is settled and every role has approved; tell everybody.

    Safe to repeat: an account is restored once, and what was not told yet is told.

    Raises:
        ConcurrentStandingError: when others kept changing the standing first.
        MailRefusedForNowError: when the letter was not taken for now; call again.
    """
    result = end_hold(ports, request)
    if result.outcome == "restored":
        publish(ports, ports.standings.find(request.provider, request.account))
        send_ended_letter(ports, load_account(ports, request.provider, request.account))
    return result


def restore_without_execution(ports: Ports, found: DunningContext, release: Release) -> None:
    """End the hold here, where no execution waits for it; another one brings the letter.

    So whoever turns the last key, or pays, needs no leave to send mail.
    """
    request = RestoreRequest(
        provider=found.standing.provider,
        account=found.standing.account,
        release=release.release,
    )
    if end_hold(ports, request).outcome == "restored":
        publish(ports, ports.standings.find(request.provider, request.account))
        again = release.model_copy(update={"run": release.run + 1})
        start_execution(ports, found, found.standing, again)


def end_hold(ports: Ports, request: RestoreRequest) -> RestoreResult:
    """The transition alone, read anew and conditional on the ledger: a returned payment wins.

    Raises:
        ConcurrentStandingError: when others kept changing the standing first.
    """
    for _ in range(MAX_TRIES):
        found = load_account(ports, request.provider, request.account)
        release = found.standing.release
        if release is None or release.release != request.release or not release.under_way:
            return _over(release, request)
        if why := _reason_against(found, release):
            ended = {"state": "cancelled", "ended_at": found.now, "why": why[:MAX_TEXT]}
            cancelled = release.model_copy(update={**ended, "task_token": None})
            if change_release(ports, found, cancelled, f"Release cancelled: {why}", "dunning"):
                return RestoreResult(outcome="cancelled", why=why)
            continue
        if _restore(ports, found, release):
            return RestoreResult(outcome="restored")
    raise ConcurrentStandingError(request.provider, request.account)


def _over(release: Release | None, request: RestoreRequest) -> RestoreResult:
    if release is None or release.release != request.release:
        return RestoreResult(outcome="over", why="a later release took its place")
    if release.state == "approved":
        return RestoreResult(outcome="restored")
    return RestoreResult(outcome="over", why=release.why or release.state)


def _reason_against(found: DunningContext, release: Release) -> str:
    """Why the account cannot be restored; empty when it can."""
    if not found.standing.state.on_hold:
        return f"the account is not on hold any more but in {found.standing.state}"
    missing = missing_roles(found, release)
    if missing:
        return f"{' and '.join(role.title for role in missing)} did not approve"
    settled = settlement_since(found, release)
    return "" if settled.settled else what_is_missing(found, settled)


def _restore(ports: Ports, found: DunningContext, release: Release) -> bool:
    """Compare-and-set of state, case, release and letter together, on the ledger's version."""
    before, policy = found.standing, release_policy(found)
    who = " and ".join(f"{entry.by} ({entry.role})" for entry in release.approvals)
    why = f"Everything is settled, and {who} approved the end of the hold."[:MAX_TEXT]
    ended = {"state": "approved", "ended_at": found.now, "why": why, "task_token": None}
    closed = case_closed(
        before,
        found.position,
        cause=Cause.RELEASED,
        now=found.now,
        why=why,
        clause=policy.clause,
    )
    after = closed.model_copy(update={"release": release.model_copy(update=ended)})
    return ports.standings.change(
        before,
        after,
        [found.history(after, f"Hold ended: {why}")],
        position=found.position,
        mails=[ended_letter_mail(found, release)],
    )


def send_left_letter(ports: Ports, standing: Standing) -> bool:
    """Send the letter that a hold has ended, if nobody sent it: for the daily sweep.

    Whoever ended the hold may have died before the letter. Returns whether one went out.
    """
    release = standing.release
    if release is None or release.state != "approved" or release.ended_at is None:
        return False
    if release.ended_at + _LETTERS_KEEP < ports.clock.now():
        return False
    try:
        found = load_account(ports, standing.provider, standing.account)
    except UnknownAccountError:
        _LOGGER.exception("the book does not have %s any more", standing.account)
        return False
    mail = release_mail_id(found, release, "ended", "dunning")
    known = ports.outbox.find_many([mail])
    if mail not in known or known[mail].state is not MailState.READY:
        return False
    try:
        send_ended_letter(ports, found)
    except MailRefusedForNowError:
        _LOGGER.warning("%s was not taken for now; it is tried again tomorrow", mail)
        return False
    return True


class LeaveRequest(RestoreRequest):
    """A release that nobody decided about, or whose execution failed."""

    error: str = ""
    cause: str = ""


def leave_release(ports: Ports, request: LeaveRequest) -> RestoreResult:
    """Leave a release to a person: nobody is asked again, approvals still count when they come.

    Raises:
        ConcurrentStandingError: when others kept changing the standing first.
        MailRefusedForNowError: when the mail was not taken for now; call again.
    """
    why = "nobody decided, however often they were asked"
    if request.error:
        why = f"asking failed: {request.error}: {request.cause}"[:MAX_TEXT]
    for _ in range(MAX_TRIES):
        found = load_account(ports, request.provider, request.account)
        release = found.standing.release
        if release is None or release.release != request.release or not release.under_way:
            return _over(release, request)
        # First the mail: if it cannot go out, the release is not left, and asked for again.
        _tell_people(ports, found, release, request)
        if release.state in {"left_to_person", "approved"}:
            return RestoreResult(outcome="over", why=why)
        left = release.model_copy(
            update={"state": "left_to_person", "why": why, "task_token": None}
        )
        if change_release(ports, found, left, f"Release left to a person: {why}", "dunning"):
            return RestoreResult(outcome="over", why=why)
    raise ConcurrentStandingError(request.provider, request.account)


def _tell_people(
    ports: Ports, found: DunningContext, release: Release, request: LeaveRequest
) -> None:
    what = "failed" if request.error else "left"
    mail = OutboxMail(
        id=release_mail_id(found, release, f"{what}-{release.run}", "dunning-alert"),
        state=MailState.READY,
        recipients=release_policy(found).escalate_to or (found.policy.reply_to,),
    )
    ports.outbox.put(mail)
    alert = _alert(found, release, request)

    def compose(claimed: OutboxMail) -> bytes:
        return ports.composer.dunning_alert(
            alert, found.policy, claimed.recipients, claimed.id, found.now
        )

    send_to_provider(ports, found.policy, mail.id, compose)


def _alert(found: DunningContext, release: Release, request: LeaveRequest) -> ProviderAlert:
    missing = tuple(key for key in keys_to_turn(found, release) if key.approved_by is None)
    alert = release_left_to_person(
        found.policy.provider,
        found.account.account,
        found.account.name,
        missing,
        release.reminded,
    )
    if not request.error:
        return alert
    return alert.model_copy(
        update={"what": f"Everything is settled, but asking failed: {request.error}."}
    )
