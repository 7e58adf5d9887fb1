"""What SES says happened to a mail, kept with the mail; states only move forward."""

from __future__ import annotations

from typing import TYPE_CHECKING

from msp_billing.domain.base import Frozen
from msp_billing.domain.mail_events import MailEvent, after_event
from msp_billing.domain.outbox import MailState, OutboxMail
from msp_billing.usecases.mailing.mail_follow_up import follow_up

if TYPE_CHECKING:
    from msp_billing.usecases.ports import Ports

__all__ = ["MailEvent", "MailEventResult", "record_mail_event"]

_MAX_TRIES = 8


class MailEventResult(Frozen):
    """Which state the mail is in after the event."""

    state: MailState
    changed: bool


def record_mail_event(ports: Ports, event: MailEvent) -> MailEventResult:
    """Move a mail forward by an event, and do what follows from it.

    Events come twice, late and before the sender has stored SENT; whatever the order, the mail
    ends in the same state. An event settles an UNKNOWN mail. What follows is safe to repeat, so
    that a call that broke off is made good by the next one.

    Raises:
        KeyError: when there is no such mail; the event goes to the dead-letter queue then.
        BusError: when the bus did not take what is told.
    """
    mail, changed = _kept(ports, event)
    follow_up(ports, mail, event)
    return MailEventResult(state=mail.state, changed=changed)


def _kept(ports: Ports, event: MailEvent) -> tuple[OutboxMail, bool]:
    for _ in range(_MAX_TRIES):
        before = ports.outbox.find_many([event.mail])[event.mail]
        after = after_event(before, event, ports.clock.now())
        if after == before:
            return before, False
        if ports.outbox.change(before, after):
            return after, True
    raise RuntimeError(f"{event.mail} changed {_MAX_TRIES} times while an event was recorded")
