"""Copies of a mail: for whom its earlier ones did not reach, each with the same sealed documents.

A mail, and the copies of it in the order of their numbers, are its chain. A contact is tried once
in it, so that it comes to an end; only a person sends something to a contact again.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING

from msp_billing.domain.contacts import contact_key, contacts_in_turn
from msp_billing.domain.outbox import MailId, MailState, OutboxMail

if TYPE_CHECKING:
    from msp_billing.domain.accounts import Account
    from msp_billing.usecases.ports import Ports

MAX_COPIES = 99
_READ_AT_ONCE = 10
_REACHED_NOBODY = frozenset({MailState.BOUNCED, MailState.REJECTED})


def copy_id(original: MailId, number: int) -> MailId:
    """The id of a mail's copy; the first copy is number 2."""
    return original.model_copy(update={"part": f"{original.part}-copy-{number}"})


def chain_of(ports: Ports, original: MailId) -> tuple[OutboxMail, ...]:
    """A mail and its copies, oldest first; nothing when there is no such mail."""
    found: list[OutboxMail] = list(ports.outbox.find_many([original]).values())
    for first in range(2, MAX_COPIES + 1, _READ_AT_ONCE):
        ids = [copy_id(original, number) for number in range(first, first + _READ_AT_ONCE)]
        # An agreement may be called what a copy is: its mail is no copy.
        copies = [m for m in ports.outbox.find_many(ids).values() if m.copy_of == original.part]
        found += copies
        if len(copies) < _READ_AT_ONCE:
            break
    return tuple(found)


def reached_nobody(chain: Sequence[OutboxMail]) -> bool:
    """Whether it is known of every mail of a chain that nobody got it."""
    return all(mail.state in _REACHED_NOBODY for mail in chain)


def next_contact(ports: Ports, account: Account, chain: Sequence[OutboxMail]) -> str | None:
    """The next contact of the account to try, or None when nobody is left."""
    tried = {contact_key(address) for mail in chain for address in mail.recipients}
    first = chain[0].id
    candidates = [
        address
        for address in contacts_in_turn(account, first.kind)
        if contact_key(address) not in tried
    ]
    return next(iter(reachable(ports, first.provider, candidates)), None)


def reachable(ports: Ports, provider: str, addresses: Iterable[str]) -> tuple[str, ...]:
    """Those of the addresses that are not flagged, in their order."""
    wanted = tuple(addresses)
    known = ports.contacts.find_many(provider, wanted)
    return tuple(
        address
        for address in wanted
        if (found := known.get(contact_key(address))) is None or not found.is_flagged
    )


def add_copy(
    ports: Ports,
    chain: Sequence[OutboxMail],
    recipients: tuple[str, ...],
    note: str,
    requested_by: str | None = None,
) -> OutboxMail | None:
    """Put the next copy into the queue; None when another one took its number first."""
    original, last = chain[0], chain[-1]
    copy = OutboxMail(
        id=copy_id(original.id, _number(last) + 1),
        state=MailState.READY,
        recipients=recipients,
        attachments=original.attachments,
        note=note[:500],
        copy_of=original.id.part,
        requested_by=requested_by,
    )
    return copy if ports.outbox.enqueue(copy) else None


def _number(mail: OutboxMail) -> int:
    return 1 if mail.copy_of is None else int(mail.id.part.rpartition("-")[2])
