"""Mails that a person has to look at, where no cycle is left whose summary would name them."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

from msp_billing.domain.outbox import TO_ACCOUNTS, OutboxMail
from msp_billing.usecases.dunning.context import load_account, policy_in_force
from msp_billing.usecases.dunning.letter_copies import goes_to_the_next, why_withdrawn
from msp_billing.usecases.mailing.contact_alerts import nobody_alert, unknown_alert
from msp_billing.usecases.mailing.mail_copies import chain_of, reached_nobody
from msp_billing.usecases.mailing.mail_queue import tell_of_queue_if_possible

if TYPE_CHECKING:
    from msp_billing.usecases.ports import Ports

_EVENTS_COME_WITHIN = timedelta(hours=1)


def tell_of_rejected(ports: Ports, mail: OutboxMail) -> None:
    """Have the provider's people told of a REJECTED mail that nobody else got; once.

    Nobody is told of a letter that its case sees through, or that is not true any more.
    """
    if mail.id.kind not in TO_ACCOUNTS or _is_seen_to(ports, mail):
        return
    about = mail.original if mail.requested_by is None else mail.id
    if mail.requested_by is None and not reached_nobody(chain_of(ports, about)):
        return
    _tell(ports, nobody_alert(policy_in_force(ports, mail.id.provider), about))


def told_of_unknown(ports: Ports, mail: OutboxMail) -> bool:
    """Whether an UNKNOWN mail needs no further look: its event had time to come, and did not.

    The provider's people are told then; only a person can find out.
    """
    if mail.id.kind not in TO_ACCOUNTS:
        return True
    if mail.moved_at is not None and ports.clock.now() - mail.moved_at < _EVENTS_COME_WITHIN:
        return False
    _tell(ports, unknown_alert(policy_in_force(ports, mail.id.provider), mail.id))
    return True


def _is_seen_to(ports: Ports, mail: OutboxMail) -> bool:
    if mail.id.kind != "dunning":
        return False
    if not goes_to_the_next(mail.original):
        return True
    return (
        why_withdrawn(load_account(ports, mail.id.provider, mail.id.account), mail.id) is not None
    )


def _tell(ports: Ports, alert: OutboxMail) -> None:
    if ports.outbox.enqueue(alert):
        tell_of_queue_if_possible(ports, alert.id.provider)
