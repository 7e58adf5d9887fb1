"""How a mail address of an account stands: whether mails may go there, and why not.

An address is flagged when a mail to it came back for good, when its owner complained, or when SES
keeps it on the list of addresses that it sends nothing to. A person clears the flag, with a reason.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import datetime
from enum import StrEnum
from typing import TYPE_CHECKING, Literal

from pydantic import Field

from msp_billing.domain.base import EmailAddress, Frozen, Identifier, Text
from msp_billing.domain.outbox import AccountMailKind, MailId, MailKind
from msp_billing.domain.reports.report_policy import REPORT_KINDS

if TYPE_CHECKING:
    from msp_billing.domain.accounts import Account

MAX_HISTORY = 100


class FlagReason(StrEnum):
    """Why no mail goes to an address."""

    BOUNCED = "bounced"
    SUPPRESSED = "suppressed"
    COMPLAINED = "complained"

    @property
    def words(self) -> str:
        """As people read it."""
        return _WORDS[self]


_WORDS = {
    FlagReason.BOUNCED: "a mail came back for good",
    FlagReason.SUPPRESSED: "on the suppression list",
    FlagReason.COMPLAINED: "a mail was reported as unwanted",
}


class ContactFlag(Frozen):
    """Why an address gets no mails."""

    reason: FlagReason
    number: int = Field(ge=1, description="How often the address was flagged, with this time.")
    since: datetime
    why: Text = Field(description="What the other server, or SES, said.")
    mail: MailId = Field(description="The mail that brought it to light.")


class ContactChange(Frozen):
    """A flag that was set, or all of them cleared."""

    at: datetime
    what: Literal["flagged", "cleared"]
    reason: FlagReason | None = None
    why: Text
    mail: MailId | None = None
    by: Text | None = Field(default=None, description="The person who cleared it.")


class Contact(Frozen):
    """An address of one provider's accounts. Nobody wrote it down before it was first flagged."""

    provider: Identifier
    address: EmailAddress = Field(description="In lower case: it is the same mailbox.")
    version: int = Field(default=0, ge=0, description="0: nothing is stored.")
    flags: tuple[ContactFlag, ...] = Field(default=(), description="One per reason, oldest first.")
    history: tuple[ContactChange, ...] = Field(default=(), description="The oldest first.")

    @property
    def is_flagged(self) -> bool:
        """Whether mails leave it out."""
        return bool(self.flags)

    def flag(self, reason: FlagReason) -> ContactFlag | None:
        """The flag for a reason, if it is set."""
        return next((entry for entry in self.flags if entry.reason is reason), None)


def contact_key(address: str) -> str:
    """An address as it is compared: case makes no other mailbox."""
    return address.casefold()


def flagged(contact: Contact, reason: FlagReason, why: str, mail: MailId, at: datetime) -> Contact:
    """The contact with a flag; the same contact when the flag, or this mail's part in it, is known.

    SES tells the same twice, and late: what a mail had brought to light before somebody cleared it
    does not count once more.
    """
    known = any(entry.mail == mail and entry.reason is reason for entry in contact.history)
    if known or contact.flag(reason) is not None:
        return contact
    number = 1 + sum(entry.what == "flagged" for entry in contact.history)
    words = why.strip()[:500] or reason.words
    change = ContactChange(at=at, what="flagged", reason=reason, why=words, mail=mail)
    flag = ContactFlag(reason=reason, number=number, since=at, why=words, mail=mail)
    return _changed(contact, (*contact.flags, flag), change)


def cleared(contact: Contact, why: str, by: str, at: datetime) -> Contact:
    """The contact without flags."""
    return _changed(contact, (), ContactChange(at=at, what="cleared", why=why, by=by))


def _changed(contact: Contact, flags: tuple[ContactFlag, ...], change: ContactChange) -> Contact:
    return contact.model_copy(
        update={
            "version": contact.version + 1,
            "flags": flags,
            "history": (*contact.history, change)[-MAX_HISTORY:],
        }
    )


def contacts_in_turn(account: Account, kind: MailKind) -> tuple[str, ...]:
    """Everybody of an account whom a mail may be tried with, one after the other.

    First those who get this kind of mail, then the billing contacts, those of other kinds, and
    those for unpaid invoices, who come first for a letter about those.
    """
    others = (address for group in account.contacts_by_kind.values() for address in group)
    dunning = (*account.dunning.contacts, *account.dunning.escalation_contacts)
    own = dunning if kind == "dunning" else account.recipients(_account_kind(kind))
    return tuple(without_repeats((*own, *account.billing_contacts, *others, *dunning)))


def _account_kind(kind: MailKind) -> AccountMailKind:
    """A credit note goes where its invoice went."""
    if kind == "comparison" or kind in REPORT_KINDS:
        return kind
    return "invoice"


def without_repeats(addresses: Iterable[str]) -> Iterator[str]:
    """Addresses in their order, each once."""
    seen: set[str] = set()
    for address in addresses:
        if contact_key(address) not in seen:
            seen.add(contact_key(address))
            yield address
