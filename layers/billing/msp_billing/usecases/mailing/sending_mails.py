"""Sending one mail: claimed, tried once, and its fate is kept."""

from __future__ import annotations

import logging
from collections.abc import Callable
from datetime import timedelta
from typing import TYPE_CHECKING

from msp_billing.domain.outbox import MailId, MailKind, MailState, OutboxMail
from msp_billing.usecases.errors import (
    DEFECTS,
    MailOutcomeUnknownError,
    MailRefusedForNowError,
    MailRejectedError,
    MailSetupError,
)

if TYPE_CHECKING:
    from msp_billing.domain.cycles import CycleId
    from msp_billing.domain.policy import ProviderPolicy
    from msp_billing.usecases.ports import Ports

_LONGEST_ATTEMPT = timedelta(minutes=15)
"""No Lambda lives longer, so that a claim older than this was left behind by a dead one."""

_LOGGER = logging.getLogger(__name__)

Compose = Callable[[OutboxMail], bytes]


def send_once(
    ports: Ports,
    policy: ProviderPolicy,
    mail_id: MailId,
    compose: Compose,
    known: OutboxMail | None = None,
    *,
    keep: Callable[[bytes], object] | None = None,
) -> MailState:
    """Claim a READY mail, try it once, and keep what became of it.

    The claim comes before the attempt because SES has no idempotency key: whoever finds a claim
    must not send again. The mail is made before it is claimed, because a claim that is left behind
    counts as perhaps sent. Returns the state that the mail is in afterwards.

    Args:
        keep: is given the bytes of the one attempt, after it, by whoever made it.

    Raises:
        MailSetupError: when SES takes no mail at all as it is set up; the mail stays READY.
    """
    mail = known or ports.outbox.find_many([mail_id])[mail_id]
    if mail.state is not MailState.READY:
        return mail.state
    try:
        content = compose(mail)
    except DEFECTS as error:  # one mail that cannot be made must not hold up the others
        _LOGGER.exception("composing %s failed", mail_id)
        return give_up(ports, mail, f"the mail could not be made: {type(error).__name__}: {error}")
    now = ports.clock.now()
    if not ports.outbox.move(mail_id, MailState.READY, MailState.SENDING, at=now):
        return ports.outbox.find_many([mail_id])[mail_id].state
    try:
        message_id = ports.mailer.send(content, policy.mail_from, mail)
    except MailSetupError as error:
        _after(ports, mail_id, MailState.READY, note=str(error))
        raise
    except (MailRefusedForNowError, MailRejectedError, MailOutcomeUnknownError) as error:
        state = _after(ports, mail_id, _STATE_AFTER[type(error)], note=str(error))
    else:
        state = _after(ports, mail_id, MailState.SENT, message_id=message_id)
    if keep is not None and state is not MailState.READY:
        keep(content)
    return state


_STATE_AFTER: dict[type[Exception], MailState] = {
    MailRefusedForNowError: MailState.READY,
    MailRejectedError: MailState.REJECTED,
    MailOutcomeUnknownError: MailState.UNKNOWN,
}


def give_up(ports: Ports, mail: OutboxMail, note: str) -> MailState:
    """Leave a mail to a person; the cycle's summary counts it among those that did not go out."""
    if ports.outbox.move(mail.id, mail.state, MailState.REJECTED, at=ports.clock.now(), note=note):
        return MailState.REJECTED
    return ports.outbox.find_many([mail.id])[mail.id].state


def send_to_provider(
    ports: Ports, policy: ProviderPolicy, mail_id: MailId, compose: Compose
) -> None:
    """Send a mail to the provider's own people.

    Raises:
        MailRefusedForNowError: when SES did not take it for now; the state machine comes again,
            because nothing else would.
    """
    if send_once(ports, policy, mail_id, compose) is MailState.READY:
        note = ports.outbox.find_many([mail_id])[mail_id].note
        raise MailRefusedForNowError(f"{mail_id}: {note}")


def _after(
    ports: Ports,
    mail_id: MailId,
    state: MailState,
    *,
    note: str | None = None,
    message_id: str | None = None,
) -> MailState:
    """Move on from SENDING; an event of SES may have been faster, and then what it said stands."""
    now = ports.clock.now()
    if ports.outbox.move(
        mail_id, MailState.SENDING, state, at=now, note=note, message_id=message_id
    ):
        return state
    return ports.outbox.find_many([mail_id])[mail_id].state


def settle_left_behind(ports: Ports, mail: OutboxMail) -> MailState:
    """A claim whose owner died: whether SES has the mail is unknown (docs/faults.md, 9)."""
    claimed_at = mail.moved_at
    if claimed_at is None or ports.clock.now() - claimed_at < _LONGEST_ATTEMPT:
        return MailState.SENDING
    note = "the attempt was cut off before it could say whether SES took the mail"
    return _after(ports, mail.id, MailState.UNKNOWN, note=note)


def provider_mail_id(cycle: CycleId, kind: MailKind, attempt: int = 1) -> MailId:
    """A mail to the provider's own people about a cycle.

    Args:
        attempt: of the cycle, for mails that each attempt sends anew: whoever rejected a run is
            asked again when it was started again.
    """
    return MailId(
        provider=cycle.provider,
        run=cycle.run,
        period=cycle.period,
        account=cycle.provider,
        part="all" if attempt == 1 else f"attempt-{attempt}",
        kind=kind,
    )
