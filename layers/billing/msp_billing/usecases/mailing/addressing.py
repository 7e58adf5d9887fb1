"""Whom a mail goes to now: flagged contacts are left out, and the next ones take their place."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

from msp_billing.domain.contacts import contact_key
from msp_billing.domain.outbox import MailState, OutboxMail
from msp_billing.usecases.mailing.contact_alerts import nobody_alert
from msp_billing.usecases.mailing.mail_copies import chain_of, next_contact
from msp_billing.usecases.mailing.mail_queue import tell_of_queue_if_possible

if TYPE_CHECKING:
    from msp_billing.domain.policy import ProviderPolicy
    from msp_billing.usecases.ports import Ports


def flagged_among(ports: Ports, provider: str, mails: Iterable[OutboxMail]) -> frozenset[str]:
    """Of everybody whom mails are for, the keys of those who are flagged; read at once."""
    wanted = [address for mail in mails for address in mail.recipients]
    found = ports.contacts.find_many(provider, wanted) if wanted else {}
    return frozenset(key for key, contact in found.items() if contact.is_flagged)


def addressed(
    ports: Ports, policy: ProviderPolicy, mail: OutboxMail, flagged: frozenset[str]
) -> OutboxMail | None:
    """A READY mail with the recipients that it may go to; None when it cannot go to anybody.

    A copy that a person asked for goes where they said. A mail that nobody is left for is given up,
    and the provider's people are told.

    Args:
        flagged: see ``flagged_among``.
    """
    if mail.requested_by is not None:
        return mail
    kept = tuple(entry for entry in mail.recipients if contact_key(entry) not in flagged)
    if len(kept) == len(mail.recipients):
        return mail
    now = ports.clock.now()
    left_out = sorted(set(mail.recipients) - set(kept))
    if not kept:
        entry = ports.book.find(mail.id.provider, mail.id.account)
        chain = chain_of(ports, mail.original)
        another = None if entry is None else next_contact(ports, entry.account, chain)
        if another is None:
            note = "every contact of the account is flagged: nobody is left to mail it to"
            # The alert first: a mail that is given up is never looked at again.
            ports.outbox.enqueue(nobody_alert(policy, mail.original))
            ports.outbox.move(mail.id, MailState.READY, MailState.REJECTED, at=now, note=note)
            tell_of_queue_if_possible(ports, mail.id.provider)
            return None
        kept = (another,)
    note = f"not to {', '.join(left_out)}: flagged"[:500]
    after = mail.model_copy(update={"recipients": kept, "note": note})
    if ports.outbox.change(mail, after):
        return after
    return ports.outbox.find_many([mail.id])[mail.id]  # somebody was faster: it goes on from there
