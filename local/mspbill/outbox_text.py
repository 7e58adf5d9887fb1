"""Mails and contacts for a person: what a mail is, what became of it, and who gets none."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from zoneinfo import ZoneInfo

from rich.console import Console
from rich.markup import escape

from msp_billing.adapters.formatting import format_moment
from msp_billing.adapters.mails.mail_text import counted
from msp_billing.domain.contacts import Contact
from msp_billing.domain.outbox import TO_ACCOUNTS, MailId, MailState, OutboxMail
from msp_billing.usecases.mailing.listing_mails import FAILED
from mspbill.suggesting import suggested, tell

_NUMBERED = frozenset({"invoice", "credit-note"})
"""Mails whose first document is named by its number."""

_WORDS = {
    "approval": "question for approval",
    "contact-alert": "alert",
    "dunning": "letter about unpaid invoices",
    "dunning-alert": "alert",
    "release": "question for the end of a hold",
    "summary": "summary of a run",
}
"""What people call a kind of mail, where the kind's own name says it to nobody else."""

_NOT_SENT_YET = frozenset({MailState.WAITING, MailState.READY, MailState.SENDING})


def print_counts(mails: Sequence[OutboxMail], months: int, console: Console) -> None:
    """How many there are of each state, and how to see those in trouble."""
    counts = Counter(mail.state for mail in mails)
    console.print(f"{counted(len(mails), 'mail')} of the last {counted(months, 'month')}")
    width = len(str(max(counts.values())))
    for state, number in sorted(counts.items(), key=lambda entry: (-entry[1], entry[0])):
        console.print(f"  {number:>{width}} {state}")
    if counts.keys() & FAILED:
        failed = suggested("outbox list --failed")
        tell(f"Those that came back or were rejected: {failed}", console)
    if MailState.UNKNOWN in counts:
        unknown = suggested("outbox list --unknown")
        tell(f"Those of which nobody knows: {unknown}", console)


def print_mail(mail: OutboxMail, zone: ZoneInfo, console: Console) -> None:
    """What it is, its name for other commands, and what became of it with each recipient."""
    at = "" if mail.moved_at is None else f" since {format_moment(mail.moved_at, zone)}"
    title = mail_words(mail.id, _number(mail))
    title = title[0].upper() + title[1:]
    console.print(f"[bold]{escape(title)}[/bold]: {mail.state}{at}", soft_wrap=False)
    console.print(f"  [dim]{mail.id}[/dim]", soft_wrap=True)
    if mail.requested_by is not None:
        tell(f"wanted by {mail.requested_by}", console, indent=2)
    if mail.note:
        tell(mail.note, console, indent=2)
    for address in mail.recipients:
        known = mail.outcome_of(address)
        said = "" if known is None else known.bounce or known.delay or ""
        unknown = "not sent yet" if mail.state in _NOT_SENT_YET else "nothing is known yet"
        fate = unknown if known is None else known.fate
        tell(f"{address}: {fate}{f' ({said})' if said else ''}", console, indent=2)


def print_next(mails: Sequence[OutboxMail], console: Console) -> None:
    """What a person does about those in trouble."""
    states = {mail.state for mail in mails}
    if MailState.UNKNOWN in states:
        settle = suggested("outbox settle MAIL --as not-sent --by NAME --why WHY")
        tell(f"Ask whether it came, and say so (--as sent, if it did): {settle}", console)
    if states & FAILED:
        resend = suggested("outbox resend MAIL --to ADDRESS --by NAME --why WHY")
        tell(f"Send one again, to an address that works: {resend}", console)


def print_contact(contact: Contact, zone: ZoneInfo, console: Console) -> None:
    """Since when and why an address gets no mails, and which mail brought it to light."""
    if not contact.is_flagged:
        console.print(f"{escape(contact.address)}: not flagged any more", soft_wrap=False)
    for flag in contact.flags:
        told = f"{flag.reason.words}, since {format_moment(flag.since, zone)}: {flag.why}"
        console.print(f"[bold]{escape(contact.address)}[/bold]: {escape(told)}", soft_wrap=False)
        tell(f"by the {mail_words(flag.mail)}", console, indent=2)


def mail_words(mail: MailId, number: str = "") -> str:
    """``invoice KRG-000014 to white-pine, 2026-12``; ``digest to your own people, 2026-12``.

    Of an alert it says which account it is about.
    """
    kind = _WORDS.get(mail.kind, mail.kind.replace("-", " ").replace("_", " "))
    what = f"{kind} {number}".rstrip()
    if mail.kind in TO_ACCOUNTS:
        return f"{what} to {mail.account}, {mail.period}"
    about = "" if mail.account == mail.provider else f" about {mail.account}"
    return f"{what} to your own people{about}, {mail.period}"


def _number(mail: OutboxMail) -> str:
    if mail.id.kind not in _NUMBERED or not mail.attachments:
        return ""
    return mail.attachments[0].file_name.rpartition(".")[0]
