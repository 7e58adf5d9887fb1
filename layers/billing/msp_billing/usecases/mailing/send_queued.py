"""Sending what waits in the queue: copies of mails, statements, and alerts about contacts."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from typing import TYPE_CHECKING

from pydantic import Field

from msp_billing.domain.base import Frozen, Identifier
from msp_billing.domain.cycles import CycleId
from msp_billing.domain.outbox import MailState, OutboxMail
from msp_billing.usecases.context import pinned
from msp_billing.usecases.dunning.context import load_account, policy_in_force
from msp_billing.usecases.dunning.kept_letters import keep_mail
from msp_billing.usecases.dunning.letter_copies import readdressed_letter, why_withdrawn
from msp_billing.usecases.errors import (
    DEFECTS,
    MailRefusedForNowError,
    MailSetupError,
    SealBrokenError,
)
from msp_billing.usecases.mailing.addressing import addressed, flagged_among
from msp_billing.usecases.mailing.composing_mails import AccountMails
from msp_billing.usecases.mailing.contact_alerts import compose_alert
from msp_billing.usecases.mailing.failed_mails import tell_of_rejected, told_of_unknown
from msp_billing.usecases.mailing.mail_round import MailRound
from msp_billing.usecases.mailing.sending_mails import (
    Compose,
    give_up,
    send_once,
    settle_left_behind,
)
from msp_billing.usecases.receivables.statement_documents import compose_statement

if TYPE_CHECKING:
    from msp_billing.domain.policy import ProviderPolicy
    from msp_billing.usecases.ports import Ports

_LOGGER = logging.getLogger(__name__)
_ONE_OF = 2
"""The queue leaves half of the rate to a cycle that may be sending at the same time."""


class QueueRequest(Frozen):
    """Whose queue to send."""

    provider: Identifier | None = Field(default=None, description="Everybody's, if left out.")


class QueueResult(Frozen):
    """What became of the queue."""

    sent: int = 0
    rejected: int = 0
    unknown: int = 0
    left: int = Field(default=0, description="That are being sent by another call.")


def send_queued(
    ports: Ports, request: QueueRequest, remaining_ms: int | None = None
) -> QueueResult:
    """Send every READY mail of the queue once; whatever was tried leaves the queue.

    Args:
        remaining_ms: how long this call may still take.

    Raises:
        MailSetupError: when SES takes no mail at all as it is set up.
        MailRefusedForNowError: when SES did not take all of them for now; Lambda comes again, and
            the daily look after that.
    """
    wanted = request.provider
    providers = [wanted] if wanted is not None else list(ports.policies.providers())
    sending = MailRound(ports, _ONE_OF, remaining_ms)
    states: list[MailState] = []
    wrong: list[MailSetupError] = []
    for provider in providers:
        try:
            states += _send_all_of(ports, provider, sending)
        except MailSetupError as error:  # it may be this provider's address that is not verified
            _LOGGER.exception("SES takes no mail of %s", provider)
            wrong.append(error)
    if wrong:
        raise wrong[0]
    if MailState.READY in states:
        raise MailRefusedForNowError(f"mails are left in the queue: {sending.over}")
    return QueueResult(
        sent=sum(state in _TAKEN for state in states),
        rejected=states.count(MailState.REJECTED),
        unknown=states.count(MailState.UNKNOWN),
        left=states.count(MailState.SENDING),
    )


def _send_all_of(ports: Ports, provider: str, sending: MailRound) -> Iterator[MailState]:
    for mail_id in list(ports.outbox.queued(provider)):
        found = ports.outbox.find_many([mail_id]).get(mail_id)
        if found is not None:
            yield _advance_or_give_up(ports, found, sending)
            found = ports.outbox.find_many([mail_id])[mail_id]
        if found is None or _may_leave(ports, found):
            ports.outbox.leave_queue(mail_id)


def _may_leave(ports: Ports, mail: OutboxMail) -> bool:
    """Whether nothing more is to be done about a mail; whoever has to know of it is told."""
    if mail.state is MailState.REJECTED:
        tell_of_rejected(ports, mail)
    if mail.state is MailState.UNKNOWN:
        return told_of_unknown(ports, mail)
    return mail.state not in _STAY


_STAY = frozenset({MailState.READY, MailState.SENDING})
_TAKEN = frozenset({MailState.SENT, MailState.DELIVERED, MailState.BOUNCED, MailState.COMPLAINED})


def _advance_or_give_up(ports: Ports, mail: OutboxMail, sending: MailRound) -> MailState:
    """The same as below; one mail with a defect must not hold up those behind it."""
    try:
        return _advance(ports, mail, sending)
    except (*DEFECTS, SealBrokenError) as error:
        _LOGGER.exception("sending %s failed", mail.id)
        return give_up(ports, mail, f"it could not be sent: {type(error).__name__}: {error}")


def _advance(ports: Ports, mail: OutboxMail, sending: MailRound) -> MailState:
    """Send a mail of the queue if it may go now; the state that it is in afterwards."""
    if mail.state is MailState.SENDING:
        return settle_left_behind(ports, mail)
    if mail.state is not MailState.READY:
        return mail.state
    if mail.id.kind == "contact-alert":
        policy = policy_in_force(ports, mail.id.provider)
        return _send(ports, policy, mail, lambda m: compose_alert(ports, policy, m), sending)
    stale = _why_withdrawn(ports, mail)
    if stale is not None:
        return give_up(ports, mail, stale)
    policy, compose = _to_account(ports, mail)
    flagged = flagged_among(ports, mail.id.provider, [mail])
    going = addressed(ports, policy, mail, flagged)
    return MailState.REJECTED if going is None else _send(ports, policy, going, compose, sending)


def _send(
    ports: Ports, policy: ProviderPolicy, mail: OutboxMail, compose: Compose, sending: MailRound
) -> MailState:
    if not sending.admits(len(mail.recipients)):
        return MailState.READY
    keep = keep_mail(ports, mail.id) if mail.id.kind == "dunning" else None
    state = send_once(ports, policy, mail.id, compose, mail, keep=keep)
    if state is MailState.READY:
        sending.end("SES takes no mail for now")
    return state


def _why_withdrawn(ports: Ports, mail: OutboxMail) -> str | None:
    """Why a letter about unpaid invoices should not go out any more."""
    if mail.id.kind != "dunning":
        return None
    return why_withdrawn(load_account(ports, mail.id.provider, mail.id.account), mail.id)


def _to_account(ports: Ports, mail: OutboxMail) -> tuple[ProviderPolicy, Compose]:
    """By which policy a mail to an account goes, and how it is made."""
    provider = mail.id.provider
    if mail.id.kind == "statement":  # of no cycle: a person sends it
        policy = policy_in_force(ports, provider)
        return policy, lambda claimed: compose_statement(ports, policy, claimed)
    if mail.id.kind == "dunning":
        policy = policy_in_force(ports, provider)
        return policy, lambda claimed: readdressed_letter(ports, claimed)
    cycle = ports.cycles.find(CycleId(provider=provider, run=mail.id.run, period=mail.id.period))
    if cycle is None:
        raise LookupError(f"{mail.id} is of no cycle")
    context = pinned(ports, cycle)
    return context.policy, AccountMails(ports, context, [mail.id.account]).compose
