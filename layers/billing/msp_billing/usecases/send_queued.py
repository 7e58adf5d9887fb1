"""Sending what waits in the queue: copies of mails, and alerts about contacts."""

from __future__ import annotations

from datetime import timedelta

from pydantic import Field

from msp_billing.domain.base import Frozen, Identifier
from msp_billing.domain.cycles import CycleId
from msp_billing.domain.outbox import MailState, OutboxMail
from msp_billing.usecases.addressing import addressed, flagged_among
from msp_billing.usecases.composing_mails import AccountMails
from msp_billing.usecases.contact_alerts import compose_alert
from msp_billing.usecases.context import pinned
from msp_billing.usecases.dunning.context import policy_in_force
from msp_billing.usecases.mail_round import MailRound
from msp_billing.usecases.ports import Ports
from msp_billing.usecases.sending_mails import send_once, settle_left_behind

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
    left: int = Field(default=0, description="That still wait, or are being sent by another call.")
    why_left: str = ""


def send_queued(
    ports: Ports, request: QueueRequest, remaining: timedelta | None = None
) -> QueueResult:
    """Send every READY mail of the queue once; whatever was tried leaves the queue.

    Args:
        remaining: how long this call may still take.

    Raises:
        MailSetupError: when SES takes no mail at all as it is set up.
    """
    wanted = request.provider
    providers = [wanted] if wanted is not None else list(ports.policies.providers())
    sending = MailRound(ports, _ONE_OF, remaining)
    states: list[MailState] = []
    for provider in providers:
        for mail_id in list(ports.outbox.queued(provider)):
            found = ports.outbox.find_many([mail_id]).get(mail_id)
            state = None if found is None else _advance(ports, found, sending)
            if state is not None:
                states.append(state)
            if state not in _STAY:
                ports.outbox.leave_queue(mail_id)
    return QueueResult(
        sent=sum(state in _TAKEN for state in states),
        rejected=states.count(MailState.REJECTED),
        unknown=states.count(MailState.UNKNOWN),
        left=sum(state in _STAY for state in states),
        why_left=sending.over,
    )


_STAY = frozenset({MailState.READY, MailState.SENDING})
_TAKEN = frozenset({MailState.SENT, MailState.DELIVERED, MailState.BOUNCED, MailState.COMPLAINED})


def _advance(ports: Ports, mail: OutboxMail, sending: MailRound) -> MailState:
    """Send a mail of the queue if it may go now; the state that it is in afterwards."""
    if mail.state is MailState.SENDING:
        return settle_left_behind(ports, mail)
    if mail.state is not MailState.READY:
        return mail.state
    provider = mail.id.provider
    if mail.id.kind == "contact-alert":
        policy = policy_in_force(ports, provider)
        if not sending.admits(len(mail.recipients)):
            return MailState.READY
        state = send_once(
            ports, policy, mail.id, lambda claimed: compose_alert(ports, policy, claimed), mail
        )
    else:
        cycle = ports.cycles.find(
            CycleId(provider=provider, run=mail.id.run, period=mail.id.period)
        )
        if cycle is None:
            raise LookupError(f"{mail.id} is of no cycle")
        context = pinned(ports, cycle)
        going = addressed(ports, context.policy, mail, flagged_among(ports, provider, [mail]))
        if going is None:
            return MailState.REJECTED
        if not sending.admits(len(going.recipients)):
            return MailState.READY
        compose = AccountMails(ports, context, [mail.id.account]).compose
        state = send_once(ports, context.policy, going.id, compose, going)
    if state is MailState.READY:
        sending.end("SES takes no mail for now")
    return state
