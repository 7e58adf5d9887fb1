"""Approvals: two keys by two people, and the last one lets the account out (KR-16, DUN-06)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

from pydantic import Field

from msp_billing.domain.base import Frozen, Identifier, Text
from msp_billing.domain.dunning.letters import ReleaseQuestion
from msp_billing.domain.dunning.standing import (
    AccountState,
    Release,
    ReleaseApproval,
    ReleaseKey,
)
from msp_billing.domain.problems import name_some
from msp_billing.usecases.dunning.context import (
    MAX_TRIES,
    DunningContext,
    UnknownAccountError,
    load_account,
)
from msp_billing.usecases.dunning.release import RejectRequest, reject_release
from msp_billing.usecases.dunning.release_ending import restore_without_execution
from msp_billing.usecases.dunning.release_keys import KeyRequest, find_key, forged_key
from msp_billing.usecases.dunning.release_letters import release_question
from msp_billing.usecases.dunning.release_situation import (
    ConcurrentStandingError,
    ReleaseRefusedError,
    change_release,
    missing_roles,
    release_roles,
    release_under_way,
)
from msp_billing.usecases.errors import ApprovalGoneError, UnknownProviderError

if TYPE_CHECKING:
    from msp_billing.domain.dunning.dunning_policy import ReleaseRole
    from msp_billing.usecases.ports import Ports


class ApprovalRequest(Frozen):
    """One person's yes for one role."""

    provider: Identifier
    account: Identifier
    release: int | None = Field(default=None, description="The one under way, if left out.")
    role: Identifier
    by: Text
    why: Text


class ReleaseResult(Frozen):
    """How far a release is."""

    release: int
    state: Literal["settled", "asking", "approved", "cancelled", "turned_down", "left_to_person"]
    approved: tuple[ReleaseApproval, ...] = ()
    missing: tuple[Text, ...] = Field(default=(), description="Titles of the roles.")
    account_state: AccountState
    changed: bool = Field(description="False when it had been said before.")


def approve_release(ports: Ports, request: ApprovalRequest) -> ReleaseResult:
    """Keep an approval with who, when and why; the last one lets the account out.

    The same person may say the same again: nothing changes then, but what stood still goes on.

    Raises:
        LookupError: when there is no such account.
        ReleaseRefusedError: for a role or person that has no say, a person who turned another key,
            a role that approved already, or a release that is over.
        ConcurrentStandingError: when others kept changing the standing first.
    """
    for _ in range(MAX_TRIES):
        found = load_account(ports, request.provider, request.account)
        release = release_under_way(found, request.release)
        role = _role(found, request.role)
        changed = not _said_before(release, request)
        if changed:
            _check_person(release, role, request)
            approval = ReleaseApproval(
                role=request.role, by=request.by, at=found.now, why=request.why
            )
            release = _with(found, release, approval)
            what = f"{role.title} approved the end of the hold: {request.why}"
            if not change_release(ports, found, release, what, request.by):
                continue
        if release.state == "approved":
            _go_on(ports, found, release)
        return _result(load_account(ports, request.provider, request.account), changed)
    raise ConcurrentStandingError(request.provider, request.account)


def approve_by_key(ports: Ports, request: KeyRequest) -> ReleaseResult:
    """The approval of whoever holds this link.

    Raises:
        ReleaseRefusedError: as :func:`approve_release`, and for a link that was never given.
    """
    _, key = _opened(ports, request)
    return approve_release(
        ports,
        ApprovalRequest(
            provider=request.provider,
            account=request.account,
            release=request.release,
            role=key.role,
            by=key.approver,
            why=request.why,
        ),
    )


def reject_by_key(ports: Ports, request: KeyRequest) -> ReleaseResult:
    """The no of whoever holds this link; ``why`` is what they said.

    Raises:
        ReleaseRefusedError: when the release is over, or for a link that was never given.
    """
    _, key = _opened(ports, request)
    reject_release(
        ports,
        RejectRequest(
            provider=request.provider,
            account=request.account,
            release=request.release,
            by=key.approver,
            why=request.why,
        ),
    )
    return _result(load_account(ports, request.provider, request.account), changed=True)


class KeyView(Frozen):
    """What the page behind a link shows; opening it decides nothing."""

    approver: Text
    question: ReleaseQuestion
    result: ReleaseResult
    over: Text | None = Field(default=None, description="How it ended, when it is over.")


def view_by_key(ports: Ports, request: KeyRequest) -> KeyView:
    """What an approver is asked, as it stands now.

    Raises:
        ReleaseRefusedError: for a link that was never given.
    """
    found, key = _opened(ports, request)
    release = found.standing.release
    assert release is not None, "a key is of a release"
    return KeyView(
        approver=key.approver,
        question=release_question(ports, found, release, key.role, "this page"),
        result=_result(found, changed=False),
        over=None if release.under_way else release.why or release.state,
    )


def _opened(ports: Ports, request: KeyRequest) -> tuple[DunningContext, ReleaseKey]:
    try:
        found = load_account(ports, request.provider, request.account)
    except (UnknownAccountError, UnknownProviderError) as error:
        raise forged_key() from error
    return found, find_key(found, request)


def _role(found: DunningContext, name: str) -> ReleaseRole:
    roles = release_roles(found)
    for role in roles:
        if role.role == name:
            return role
    raise ReleaseRefusedError(
        "unknown_role",
        f"No role '{name}' ends a hold of {found.policy.provider}.",
        f"The roles are {name_some([role.role for role in roles])}.",
    )


def _said_before(release: Release, request: ApprovalRequest) -> bool:
    return any(
        entry.role == request.role and _same(entry.by, request.by) for entry in release.approvals
    )


def _check_person(release: Release, role: ReleaseRole, request: ApprovalRequest) -> None:
    """Raises ReleaseRefusedError when this person cannot turn this key."""
    if not any(_same(approver, request.by) for approver in role.approvers):
        raise ReleaseRefusedError(
            "not_an_approver",
            f"{request.by} does not approve as {role.title}.",
            f"Ask one of {name_some(role.approvers)}.",
        )
    for entry in release.approvals:
        if entry.role == role.role:
            raise ReleaseRefusedError(
                "already_approved",
                f"{entry.by} approved as {role.title} on {entry.at:%Y-%m-%d}.",
                "Nothing more is needed of this role.",
            )
        if _same(entry.by, request.by):
            raise ReleaseRefusedError(
                "two_keys",
                f"{request.by} approved for '{entry.role}' already: one person turns one key.",
                "Ask another approver of the role.",
            )


def _same(one: str, other: str) -> bool:
    return one.strip().casefold() == other.strip().casefold()


def _with(found: DunningContext, release: Release, approval: ReleaseApproval) -> Release:
    turned = release.model_copy(update={"approvals": (*release.approvals, approval)})
    if missing_roles(found, turned):
        return turned
    return turned.model_copy(update={"state": "approved"})


def _go_on(ports: Ports, found: DunningContext, release: Release) -> None:
    """Let the waiting execution restore the account; where none waits, do it here.

    Then nobody waits because it was left to a person, or because the answer to the same call was
    lost: restoring happens once, whoever does it.
    """
    if release.task_token is not None:
        try:
            ports.release_executions.approve(release.task_token, {"outcome": "approved"})
        except ApprovalGoneError:
            pass  # restored below
        else:
            return
    restore_without_execution(ports, found, release)


def _result(found: DunningContext, changed: bool) -> ReleaseResult:
    release = found.standing.release
    assert release is not None, "the caller has seen it"
    return ReleaseResult(
        release=release.release,
        state=release.state,
        approved=release.approvals,
        missing=tuple(role.title for role in missing_roles(found, release)),
        account_state=found.standing.state,
        changed=changed,
    )
