"""What follows from a bounce or a complaint: the contact is flagged, and the next one is tried."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from msp_billing.domain.contacts import Contact, ContactFlag, FlagReason, contact_key, flagged
from msp_billing.domain.mail_events import MailEvent, has_failed, told_recipients
from msp_billing.domain.outbox import TO_ACCOUNTS, MailId, MailState, OutboxMail
from msp_billing.usecases.dunning.context import policy_in_force
from msp_billing.usecases.dunning.letter_copies import goes_to_the_next
from msp_billing.usecases.mailing.contact_alerts import flag_alert, nobody_alert
from msp_billing.usecases.mailing.failed_mails import tell_of_rejected
from msp_billing.usecases.mailing.mail_copies import (
    add_copy,
    chain_of,
    next_contact,
    reached_nobody,
)
from msp_billing.usecases.mailing.mail_queue import tell_of_queue

if TYPE_CHECKING:
    from msp_billing.domain.policy import ProviderPolicy
    from msp_billing.usecases.ports import Ports

_MAX_TRIES = 8


def follow_up(ports: Ports, mail: OutboxMail, event: MailEvent) -> None:
    """Do what an event asks for beyond the mail itself; safe to repeat.

    - a hard bounce, a suppressed address and a complaint flag the contact, and the provider's
      people are told, once per contact and reason;
    - a mail that reached nobody goes to the next contact of the account, as a copy; when nobody is
      left, the provider's people are told;
    - the provider's people are told of a mail that SES took and rejected then;
    - the bus hears of the first two.

    Raises:
        BusError: when the bus did not take what is told.
    """
    if event.kind == "rejected" and mail.state is MailState.REJECTED:
        tell_of_rejected(ports, mail)
    if event.kind not in {"bounced", "complained"} or mail.id.kind not in TO_ACCOUNTS:
        return
    if mail.state in {MailState.WAITING, MailState.READY}:
        return
    policy = policy_in_force(ports, mail.id.provider)
    alerts = [
        _tell_of_flag(ports, policy, contact, flag)
        for contact, flag in _flag_contacts(ports, mail, event)
    ]
    if event.kind == "bounced":
        ports.bus.publish("MailBounced", _bounced(mail, event))
    waiting = [*alerts, *_next_copy(ports, policy, mail)]
    found = ports.outbox.find_many(waiting).values()
    if any(entry.state is MailState.READY for entry in found):
        tell_of_queue(ports, mail.id.provider)


# --- Contacts ------------------------------------------------------------------------------------


def _flag_contacts(
    ports: Ports, mail: OutboxMail, event: MailEvent
) -> Iterator[tuple[Contact, ContactFlag]]:
    """Flag whom the event is about; those that this very mail has flagged, again when repeated."""
    reason = _reason(event)
    if reason is None:
        return
    for told in told_recipients(mail, event):
        said = ": ".join(part for part in (event.note, told.diagnostic) if part)
        contact = _flagged(ports, mail.id, told.address, reason, said)
        flag = contact.flag(reason)
        if flag is not None and flag.mail == mail.id:
            yield contact, flag


def _reason(event: MailEvent) -> FlagReason | None:
    if event.is_suppressed:
        return FlagReason.SUPPRESSED
    if event.kind == "complained":
        return FlagReason.COMPLAINED
    return FlagReason.BOUNCED if event.is_permanent else None


def _flagged(ports: Ports, mail: MailId, address: str, reason: FlagReason, said: str) -> Contact:
    key = contact_key(address)
    for _ in range(_MAX_TRIES):
        known = ports.contacts.find_many(mail.provider, [key]).get(key)
        before = known or Contact(provider=mail.provider, address=key)
        after = flagged(before, reason, said, mail, ports.clock.now())
        if after == before or ports.contacts.put(after):
            return after
    raise RuntimeError(f"{key} changed {_MAX_TRIES} times while it was flagged")


def _tell_of_flag(
    ports: Ports, policy: ProviderPolicy, contact: Contact, flag: ContactFlag
) -> MailId:
    alert = flag_alert(policy, contact, flag)
    ports.outbox.enqueue(alert)
    ports.bus.publish(
        "ContactFlagged",
        {
            "provider": contact.provider,
            "account": flag.mail.account,
            "address": contact.address,
            "reason": flag.reason.value,
            "since": flag.since.isoformat(),
            "why": flag.why,
            "mail": str(flag.mail),
        },
    )
    return alert.id


# --- Copies --------------------------------------------------------------------------------------


def _next_copy(ports: Ports, policy: ProviderPolicy, mail: OutboxMail) -> Iterator[MailId]:
    """The next mail of a chain that reached nobody so far, or the word that nobody is left."""
    if not has_failed(mail):
        return
    if mail.id.kind == "dunning" and not goes_to_the_next(mail.original):
        return  # its case asks the next contact itself, and waits for news (DUN-09)
    chain = chain_of(ports, mail.original)
    if not reached_nobody(chain):
        # A call before this one may have put the copy there and broken off.
        yield from (entry.id for entry in chain if entry.copy_of is not None)
        return
    entry = ports.book.find(mail.id.provider, mail.id.account)
    contact = None if entry is None else next_contact(ports, entry.account, chain)
    if contact is None:
        alert = nobody_alert(policy, mail.original)
        ports.outbox.enqueue(alert)
        yield alert.id
        return
    before = ", ".join(address for tried in chain for address in tried.recipients)
    copy = add_copy(ports, chain, (contact,), f"because it did not reach {before}")
    if copy is not None:
        yield copy.id


def _bounced(mail: OutboxMail, event: MailEvent) -> dict[str, object]:
    """See docs/schemas/events/mail-bounced.v1.json."""
    named = {contact_key(told.address) for told in told_recipients(mail, event)}
    return {
        "provider": mail.id.provider,
        "account": mail.id.account,
        "mail": str(mail.id),
        "kind": mail.id.kind,
        "reached_somebody": mail.state is MailState.DELIVERED,
        "recipients": [
            {"address": entry.recipient, "permanent": entry.is_permanent, "why": entry.bounce or ""}
            for entry in mail.outcomes
            if contact_key(entry.recipient) in named and entry.bounced_at is not None
        ],
    }
