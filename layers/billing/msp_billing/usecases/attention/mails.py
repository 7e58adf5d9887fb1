"""Mails and contacts that need a person: unknown, failed, nobody left; sending that stands still.

Mails in trouble are found by the index, so that how many others there are does not matter.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta

from msp_billing.domain.attention import Attention, AttentionKind
from msp_billing.domain.contacts import contact_key, contacts_in_turn
from msp_billing.domain.outbox import TO_ACCOUNTS, MailId, MailState, OutboxMail
from msp_billing.usecases.attention import commands
from msp_billing.usecases.attention.look import Look, at_most, clipped
from msp_billing.usecases.errors import MailRefusedForNowError, MailSetupError
from msp_billing.usecases.mailing.mail_copies import chain_of, reached_nobody

_LOOKED_BACK = timedelta(days=45)
_MOST_READ = 200
_EVENTS_COME_WITHIN = timedelta(hours=1)
_DAY = timedelta(days=1)
_MOST_CONTACTS = 200


def mails(look: Look) -> Iterator[Attention]:
    """Every mail of the last weeks that a person has to do something about."""
    seen: set[MailId] = set()
    since = look.now - _LOOKED_BACK
    for mail in look.ports.outbox.troubled(look.provider, since, _MOST_READ):
        if mail.state is MailState.UNKNOWN:
            if mail.moved_at is None or look.now - mail.moved_at >= _EVENTS_COME_WITHIN:
                yield _unknown(look, mail)
        elif mail.id.kind not in TO_ACCOUNTS:
            yield _own(look, mail)
        elif mail.id.kind != "dunning" and mail.original not in seen:
            # A letter about unpaid invoices is seen through by its case.
            seen.add(mail.original)
            chain = chain_of(look.ports, mail.original)
            if reached_nobody(chain):
                yield _failed(look, mail, chain)


def _unknown(look: Look, mail: OutboxMail) -> Attention:
    return _entry(
        look,
        mail,
        AttentionKind.MAIL_UNKNOWN,
        f"Nobody knows whether the mail ({_named(mail)}) to {', '.join(mail.recipients)} was sent: "
        "the answer of SES was lost. It is not sent again by itself.",
        "Ask whether it came, and say so.",
        commands.settle_mail(mail.id),
    )


def _failed(look: Look, mail: OutboxMail, chain: tuple[OutboxMail, ...]) -> Attention:
    tried = ", ".join(address for entry in chain for address in entry.recipients)
    return _entry(
        look,
        mail,
        AttentionKind.MAIL_FAILED,
        f"The mail ({_named(mail)}) reached nobody, of {tried}: {_said(chain[-1])}",
        "Reach the account another way, mend its contacts in its account file, and send it again.",
        commands.resend_mail(mail.original, _number(chain[0])),
    )


def _own(look: Look, mail: OutboxMail) -> Attention:
    return _entry(
        look,
        mail,
        AttentionKind.MAIL_FAILED,
        f"A mail to your own people ({_named(mail)}) did not reach {', '.join(mail.recipients)}: "
        f"{_said(mail)}",
        "Mend the address in the policy. What the mail told is in this list, too.",
        commands.show_mails(look.provider),
    )


def _entry(
    look: Look, mail: OutboxMail, kind: AttentionKind, what: str, do: str, command: str
) -> Attention:
    known_run = mail.id.run in {run.run for run in look.runs}
    return Attention(
        kind=kind,
        provider=look.provider,
        run=mail.id.run if known_run else None,
        period=mail.id.period,
        account=None if mail.id.account == look.provider else mail.id.account,
        since_at=mail.moved_at,
        what=clipped(what),
        do=do,
        command=command,
    )


def _named(mail: OutboxMail) -> str:
    kind = mail.id.kind.replace("-", " ").replace("_", " ")
    return f"{kind} {_number(mail)}".rstrip()


def _number(mail: OutboxMail) -> str:
    if mail.id.kind != "invoice" or not mail.attachments:
        return ""
    return mail.attachments[0].file_name.rpartition(".")[0]


def _said(mail: OutboxMail) -> str:
    told = next((e.bounce for e in mail.outcomes if e.bounce), None)
    return told or mail.note or mail.state.value


def contacts(look: Look) -> Iterator[Attention]:
    """Accounts of which every contact is flagged, so that no mail reaches them any more."""
    return at_most(_without_contacts(look))


def _without_contacts(look: Look) -> Iterator[Attention]:
    flagged = [entry for entry in look.ports.contacts.all_of(look.provider) if entry.is_flagged]
    keys = {contact_key(entry.address) for entry in flagged}
    known: set[str] = set()
    for contact in flagged:
        account = contact.flags[-1].mail.account
        if account in known or len(known) == _MOST_CONTACTS:
            continue
        known.add(account)
        entry = look.ports.book.find(look.provider, account)
        if entry is None:
            continue
        addresses = contacts_in_turn(entry.account, "invoice")
        if not addresses or any(contact_key(address) not in keys for address in addresses):
            continue
        yield Attention(
            kind=AttentionKind.NOBODY_TO_MAIL,
            provider=look.provider,
            account=account,
            since_at=contact.flags[-1].since,
            what=clipped(
                f"No contact of {entry.account.name} takes mails: {contact.address} "
                f"({contact.flags[-1].reason.words}) was the last."
            ),
            do="Ask the account for another address, and mend its contacts in its account file.",
            command=commands.clear_contact(look.provider, contact.address),
        )


def sending(look: Look) -> Iterator[Attention]:
    """Whether mails can go out at all, and whether some have waited for too long."""
    why = _why_paused(look)
    if why is not None:
        yield Attention(
            kind=AttentionKind.DELIVERY_PAUSED,
            provider=look.provider,
            what=clipped(why),
            do="Look at the account in the console of SES. Mails wait meanwhile and none is lost: "
            "they go out by themselves once SES takes them.",
        )
    waiting = tuple(look.ports.outbox.queued(look.provider))[:_MOST_READ]
    found = look.ports.outbox.find_many(waiting).values()
    refused = [m for m in found if m.state is MailState.READY and _waits_long(look, m)]
    if refused and why is None:
        oldest = min(refused, key=lambda m: m.moved_at or look.now)
        yield Attention(
            kind=AttentionKind.DELIVERY_PAUSED,
            provider=look.provider,
            since_at=oldest.moved_at,
            what=clipped(
                f"{_many(len(refused))} waited for more than a day; of the oldest SES said: "
                f"{oldest.note or 'nothing'}"
            ),
            do="Look at the account in the console of SES. They go out by themselves once SES "
            "takes them.",
        )


def _why_paused(look: Look) -> str | None:
    try:
        allowed = look.ports.mailer.allowance()
    except MailRefusedForNowError as error:
        return f"SES does not say what it allows: {error}"
    except MailSetupError as error:
        return f"SES takes no mail as it is set up: {error}"
    if not allowed.is_enabled:
        return "SES has switched sending off for the account."
    if allowed.left_today(1) == 0:
        return "The day's quota of SES is used up."
    return None


def _many(mails_waiting: int) -> str:
    return "1 mail has" if mails_waiting == 1 else f"{mails_waiting} mails have"


def _waits_long(look: Look, mail: OutboxMail) -> bool:
    return mail.moved_at is not None and look.now - mail.moved_at > _DAY
