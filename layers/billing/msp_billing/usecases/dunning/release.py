"""The way out of a hold: settled, asked, approved by every role, restored (KR-16, DUN-06).

Everything is kept in the account's standing; an execution of the state machine ``hold_release``
only waits and reminds. Where the two disagree (an execution broke off, an answer was lost), the
standing is right, and whoever comes next goes on by it.
"""

from __future__ import annotations

from contextlib import suppress
from dataclasses import replace
from typing import TYPE_CHECKING

from pydantic import Field

from msp_billing.domain.base import Frozen, Identifier, Text
from msp_billing.domain.dunning.standing import Release, Standing
from msp_billing.domain.problems import name_some
from msp_billing.usecases.dunning.context import MAX_TRIES, DunningContext, load_account
from msp_billing.usecases.dunning.release_ending import restore_without_execution
from msp_billing.usecases.dunning.release_situation import (
    MAX_TEXT,
    ConcurrentStandingError,
    ReleaseRefusedError,
    change_release,
    execution_name,
    release_policy,
    release_roles,
    release_under_way,
    settlement_now,
    start_execution,
    what_is_missing,
)
from msp_billing.usecases.errors import ApprovalGoneError

if TYPE_CHECKING:
    from msp_billing.domain.ledger.position import LedgerPosition
    from msp_billing.usecases.ports import Ports


def start_release(ports: Ports, standing: Standing, position: LedgerPosition) -> Standing:
    """Ask for a held account's release if it is settled; see that one under way goes on.

    Safe to call at any time, and again: the daily sweep does. A release that a person turned down
    is not asked for again, unless the account was put on hold anew since.

    Args:
        standing: of the account, as it was read.
        position: of its ledger, as it was read.

    Returns:
        How the account stands then.

    Raises:
        ConcurrentStandingError: when others kept changing it first.
    """
    for _ in range(MAX_TRIES):
        if not standing.state.on_hold:
            return standing
        found = replace(
            load_account(ports, standing.provider, standing.account),
            standing=standing,
            position=position,
        )
        release = standing.release
        if release is not None and release.under_way:
            _see_that_it_goes_on(ports, found, release)
            return ports.standings.find(standing.provider, standing.account)
        if _was_turned_down(standing) or not settlement_now(found).settled:
            return standing
        if (asked := _ask(ports, found, "dunning", "Everything is settled")) is not None:
            return asked
        standing = ports.standings.find(standing.provider, standing.account)
        position = ports.ledgers.position(position.ledger)
    raise ConcurrentStandingError(standing.provider, standing.account)


def cancel_release(ports: Ports, standing: Standing, why: str, by: str = "dunning") -> Standing:
    """End the release that is under way without ending the hold: a payment was returned.

    Nothing happens when none is under way; approvals that were given stay in the history. A new
    release is asked for, with new keys, when the account is settled again.

    Raises:
        ConcurrentStandingError: when others kept changing the standing first.
    """
    for _ in range(MAX_TRIES):
        release = standing.release
        if release is None or not release.under_way:
            return standing
        found = replace(load_account(ports, standing.provider, standing.account), standing=standing)
        if _end(ports, found, release, "cancelled", why, by):
            return ports.standings.find(standing.provider, standing.account)
        standing = ports.standings.find(standing.provider, standing.account)
    raise ConcurrentStandingError(standing.provider, standing.account)


class RejectRequest(Frozen):
    """A person's no."""

    provider: Identifier
    account: Identifier
    release: int | None = Field(default=None, description="The one under way, if left out.")
    by: Text
    why: Text


def reject_release(ports: Ports, request: RejectRequest) -> Release:
    """Turn a release down: the account stays on hold until somebody asks again.

    Raises:
        LookupError: when there is no such account.
        ReleaseRefusedError: when the person has no say in it, or it is over.
        ConcurrentStandingError: when others kept changing the standing first.
    """
    for _ in range(MAX_TRIES):
        found = load_account(ports, request.provider, request.account)
        release = release_under_way(found, request.release)
        _check_has_a_say(found, request.by)
        why = f"{request.by} turned it down: {request.why}"
        if _end(ports, found, release, "turned_down", why, request.by):
            ended = ports.standings.find(request.provider, request.account).release
            return ended or release
    raise ConcurrentStandingError(request.provider, request.account)


class AskAgainRequest(Frozen):
    """A person wants a release to be asked for again."""

    provider: Identifier
    account: Identifier
    by: Text
    why: Text


def ask_again(ports: Ports, request: AskAgainRequest) -> Release:
    """Ask for a release anew, with new keys, after one was turned down, cancelled or left.

    Raises:
        LookupError: when there is no such account.
        ReleaseRefusedError: when the account is not on hold, not settled, or is asked for.
        ConcurrentStandingError: when others kept changing the standing first.
    """
    for _ in range(MAX_TRIES):
        found = load_account(ports, request.provider, request.account)
        _check_can_be_asked(found)
        release = found.standing.release
        if release is not None and release.state == "left_to_person":
            _end(ports, found, release, "cancelled", f"{request.by} asked again", request.by)
            continue
        asked = _ask(ports, found, request.by, f"{request.by} asked again: {request.why}")
        if asked is not None and asked.release is not None:
            return asked.release
    raise ConcurrentStandingError(request.provider, request.account)


def _ask(ports: Ports, found: DunningContext, by: str, what: str) -> Standing | None:
    """Begin a release and its execution; None when the standing or the ledger changed."""
    standing = found.standing
    release = Release(
        release=standing.releases + 1,
        asked_at=found.now,
        balance_version=found.position.version,
        state="settled",
    )
    after = standing.model_copy(
        update={
            "version": standing.version + 1,
            "release": release,
            "releases": release.release,
        }
    )
    roles = " and ".join(role.title for role in release_roles(found))
    entry = found.history(
        after,
        f"{what}: the end of the hold is asked of {roles}",
        by=by,
        clause=release_policy(found).clause,
    )
    if not ports.standings.change(standing, after, [entry], position=found.position):
        return None
    start_execution(ports, found, after, release)
    return after


def _see_that_it_goes_on(ports: Ports, found: DunningContext, release: Release) -> None:
    """An execution that was not started, or broke off, is started again; a person is left alone.

    The last key may have been turned without anybody going on: the account is restored then.
    """
    standing = found.standing
    if release.state == "left_to_person":
        return
    name = execution_name(standing, release)
    if ports.release_executions.is_running(name):
        return
    if release.state == "approved":
        restore_without_execution(ports, found, release)
        return
    if start_execution(ports, found, standing, release):
        return
    again = release.model_copy(update={"run": release.run + 1})
    if change_release(ports, found, again, "Asking went on after it broke off", "dunning"):
        start_execution(ports, found, standing, again)


def _end(
    ports: Ports,
    found: DunningContext,
    release: Release,
    state: str,
    why: str,
    by: str,
) -> bool:
    """Compare-and-set of the end; then the execution goes on, and finds that it is over."""
    ended = release.model_copy(
        update={
            "state": state,
            "ended_at": found.now,
            "why": why[:MAX_TEXT],
            "task_token": None,
        }
    )
    words = {"cancelled": "Release cancelled", "turned_down": "Release turned down"}[state]
    if not change_release(ports, found, ended, f"{words}: {why}", by):
        return False
    if release.task_token is not None:
        # Nobody waits any more: it timed out just now, and finds the release over when it asks.
        with suppress(ApprovalGoneError):
            ports.release_executions.approve(release.task_token, {"outcome": state})
    return True


def _was_turned_down(standing: Standing) -> bool:
    """Whether the no of a person stands: of this hold, not of one before."""
    release = standing.release
    if release is None or release.state != "turned_down" or release.ended_at is None:
        return False
    return standing.since is None or standing.since <= release.ended_at


def _check_has_a_say(found: DunningContext, by: str) -> None:
    approvers = {address for role in release_roles(found) for address in role.approvers}
    people = {*approvers, *release_policy(found).escalate_to, found.policy.reply_to}
    if by.casefold() not in {address.casefold() for address in people}:
        raise ReleaseRefusedError(
            "not_an_approver",
            f"{by} approves nothing about holds.",
            f"Ask one of {name_some(sorted(people))}.",
        )


def _check_can_be_asked(found: DunningContext) -> None:
    standing, settlement = found.standing, settlement_now(found)
    release = standing.release
    if not standing.state.on_hold:
        raise ReleaseRefusedError(
            "not_on_hold",
            f"{found.account.account} is not on hold but in {standing.state}.",
            "There is nothing to end.",
        )
    if release is not None and release.under_way and release.state != "left_to_person":
        raise ReleaseRefusedError(
            "already_asked",
            f"Release {release.release} is under way since {release.asked_at:%Y-%m-%d}.",
            "Wait for the approvals, or turn it down first.",
        )
    if not settlement.settled:
        raise ReleaseRefusedError(
            "not_settled",
            f"{found.account.account} is not settled: {what_is_missing(found, settlement)}.",
            "It is asked for when the payment has come, or no sooner than that.",
        )
