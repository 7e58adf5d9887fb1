"""What SES says happened to a mail, kept with the mail; states only move forward."""

from __future__ import annotations

from msp_billing.domain.base import Frozen
from msp_billing.domain.outbox import MailId, MailState, may_become
from msp_billing.usecases.ports import Ports

_MAX_TRIES = 5


class MailEvent(Frozen):
    """One event of SES about one mail."""

    mail: MailId
    state: MailState
    message_id: str
    note: str = ""


class MailEventResult(Frozen):
    """Which state the mail is in after the event."""

    state: MailState
    changed: bool


def record_mail_event(ports: Ports, event: MailEvent) -> MailEventResult:
    """Move a mail forward by an event.

    Events come twice, late and before the sender has stored SENT; whatever the order, the mail
    ends in the furthest state. An event settles an UNKNOWN mail.

    Raises:
        KeyError: when there is no such mail; the event goes to the dead-letter queue then.
    """
    for _ in range(_MAX_TRIES):
        state = ports.outbox.find_many([event.mail])[event.mail].state
        if not may_become(state, event.state):
            return MailEventResult(state=state, changed=False)
        if ports.outbox.move(
            event.mail,
            state,
            event.state,
            at=ports.clock.now(),
            message_id=event.message_id,
            note=event.note or None,
        ):
            return MailEventResult(state=event.state, changed=True)
    raise RuntimeError(f"the state of {event.mail} changed {_MAX_TRIES} times while recording")
