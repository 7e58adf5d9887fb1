"""Keys: each approver gets a link of their own, and turns it once.

Only the hash of a link's secret is stored: who reads the table cannot approve. The links of earlier
mails stay good, so that it does not matter which of them somebody opens.
"""

from __future__ import annotations

import hashlib
import hmac
import secrets
from contextlib import suppress
from typing import TYPE_CHECKING
from urllib.parse import urlencode

from pydantic import Field

from msp_billing.domain.base import Frozen, Identifier, Text
from msp_billing.domain.dunning.standing import Release, ReleaseKey
from msp_billing.domain.outbox import MailId, MailState, OutboxMail
from msp_billing.usecases.dunning.carried import Carried
from msp_billing.usecases.dunning.context import MAX_TRIES, DunningContext, load_account
from msp_billing.usecases.dunning.release_letters import release_mail_id, release_question
from msp_billing.usecases.dunning.release_situation import (
    ConcurrentStandingError,
    ReleaseRefusedError,
    change_release,
    missing_roles,
)
from msp_billing.usecases.errors import ApprovalGoneError, MailRefusedForNowError
from msp_billing.usecases.mailing.sending_mails import send_once

if TYPE_CHECKING:
    from msp_billing.domain.dunning.dunning_policy import ReleaseRole
    from msp_billing.domain.dunning.letters import ReleaseQuestion
    from msp_billing.usecases.ports import Ports

_SECRET_BYTES = 32
_LONGEST_ROLE = 20
_TO_SEND = {MailState.WAITING, MailState.READY}


class AskRequest(Carried):
    """What the waiting task gives."""

    provider: Identifier
    account: Identifier
    release: int = Field(ge=1)
    asking: int = Field(ge=0, description="0 at first, then the number of the reminder.")
    task_token: str = Field(min_length=1, max_length=2048)


class AskResult(Frozen):
    """Who was asked; nobody, when the release was over."""

    asked: tuple[str, ...] = ()


class _Question(Frozen):
    """One approver's mail of this asking."""

    mail: MailId
    role: Identifier
    approver: Text
    secret: str


def ask_for_release(ports: Ports, request: AskRequest) -> AskResult:
    """Keep the task's token, and mail a link to every approver of a role that has not approved.

    Safe to repeat: who was mailed already is not mailed again. A release that is over, or approved
    by everybody, lets its task go on at once.

    Raises:
        ConcurrentStandingError: when others kept changing the standing first.
        MailRefusedForNowError: when a mail was not taken for now; those that were are not repeated.
    """
    for _ in range(MAX_TRIES):
        found = load_account(ports, request.provider, request.account)
        release = found.standing.release
        if (
            release is None
            or release.release != request.release
            or release.state not in {"settled", "asking"}
        ):
            with suppress(ApprovalGoneError):  # it timed out meanwhile, and asks again
                ports.release_executions.approve(request.task_token, {"outcome": "over"})
            return AskResult()
        questions = _questions(ports, found, release, request.asking)
        asking = _with_keys(release, request, questions)
        asked = ", ".join(entry.approver for entry in questions) or "nobody new"
        again = f", reminder {request.asking}" if request.asking else ""
        if change_release(ports, found, asking, f"Asked {asked}{again}", "dunning"):
            _mail_all(ports, found, asking, questions)
            return AskResult(asked=tuple(entry.approver for entry in questions))
    raise ConcurrentStandingError(request.provider, request.account)


def _questions(
    ports: Ports, found: DunningContext, release: Release, asking: int
) -> tuple[_Question, ...]:
    """A mail for each approver who has none of this asking yet, with a new secret."""
    wanted = [
        (_mail_id(found, release, role, n, asking), role.role, approver)
        for role in missing_roles(found, release)
        for n, approver in enumerate(role.approvers, start=1)
    ]
    known = ports.outbox.find_many([mail for mail, _, _ in wanted])
    return tuple(
        _Question(
            mail=mail, role=role, approver=approver, secret=secrets.token_urlsafe(_SECRET_BYTES)
        )
        for mail, role, approver in wanted
        if mail not in known or known[mail].state in _TO_SEND
    )


def _mail_id(
    found: DunningContext, release: Release, role: ReleaseRole, n: int, asking: int
) -> MailId:
    name = role.role
    if len(name) > _LONGEST_ROLE:
        name = f"{name[:11].rstrip('-')}-{hashlib.sha256(name.encode()).hexdigest()[:8]}"
    return release_mail_id(found, release, f"{name}-{n}-{asking}", "release")


def _with_keys(release: Release, request: AskRequest, questions: tuple[_Question, ...]) -> Release:
    keys = tuple(
        ReleaseKey(role=entry.role, approver=entry.approver, secret_sha256=_hash_of(entry.secret))
        for entry in questions
    )
    return release.model_copy(
        update={
            "state": "asking",
            "task_token": request.task_token,
            "reminded": request.asking,
            "keys": (*release.keys, *keys),
        }
    )


def _mail_all(
    ports: Ports, found: DunningContext, release: Release, questions: tuple[_Question, ...]
) -> None:
    """Each mail once; what SES refuses for now is tried by the next call, with another secret."""
    refused = []
    for entry in questions:
        link = _link(ports, found, release, entry.secret)
        question = release_question(ports, found, release, entry.role, link)

        def compose(claimed: OutboxMail, asked: ReleaseQuestion = question) -> bytes:
            return ports.composer.release_mail(
                asked, found.policy, claimed.recipients, claimed.id, found.now
            )

        ports.outbox.put(
            OutboxMail(id=entry.mail, state=MailState.READY, recipients=(entry.approver,))
        )
        if send_once(ports, found.policy, entry.mail, compose) is MailState.READY:
            refused.append(entry.approver)
    if refused:
        raise MailRefusedForNowError(f"the mails to {', '.join(refused)} were not taken for now")


def _link(ports: Ports, found: DunningContext, release: Release, secret: str) -> str:
    place = f"{found.policy.provider}/{found.account.account}/{release.release}"
    return f"{ports.api_url}/releases/{place}?{urlencode({'key': secret})}"


def _hash_of(secret: str) -> str:
    return hashlib.sha256(secret.encode()).hexdigest()


# --- Opening a link ------------------------------------------------------------------------------


class KeyRequest(Frozen):
    """A link that somebody opened, and what they say."""

    provider: Identifier
    account: Identifier
    release: int = Field(ge=1)
    key: str = Field(min_length=1, max_length=200)
    why: Text = "approved by link"


def find_key(found: DunningContext, request: KeyRequest) -> ReleaseKey:
    """Whose link it is, compared in constant time with every key there is.

    Raises:
        ReleaseRefusedError: for a link that was never given, or of a release before the last one.
            It says the same in all cases, so that nobody learns which accounts there are.
    """
    release = found.standing.release
    wanted = _hash_of(request.key)
    keys = release.keys if release is not None and release.release == request.release else ()
    matching = [key for key in keys if hmac.compare_digest(key.secret_sha256, wanted)]
    if not matching:
        raise forged_key()
    return matching[0]


def forged_key() -> ReleaseRefusedError:
    """What somebody reads who opens a link that is none."""
    return ReleaseRefusedError(
        "unknown_key",
        "This link opens nothing.",
        "Open the link of the newest mail, whole, as it is written there.",
    )
