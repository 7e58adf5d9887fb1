"""What the provider's own people are told about contacts that mails do not reach."""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING

from msp_billing.domain.contacts import Contact, ContactFlag, FlagReason
from msp_billing.domain.dunning.letters import AlertFact, ProviderAlert
from msp_billing.domain.outbox import MailId, MailState, OutboxMail
from msp_billing.domain.periods import Period
from msp_billing.usecases.mailing.mail_copies import chain_of

if TYPE_CHECKING:
    from msp_billing.domain.policy import ProviderPolicy
    from msp_billing.usecases.ports import Ports

RUN = "contacts"
"""In place of the name of a run in alerts about contacts; the period is the month of the flag."""

_HASH_LENGTH = 12
_UNKNOWN = "-unknown"


def flag_alert(policy: ProviderPolicy, contact: Contact, flag: ContactFlag) -> OutboxMail:
    """The mail that tells of a flagged contact: one per contact and reason, until it is cleared."""
    digest = hashlib.sha256(contact.address.encode()).hexdigest()[:_HASH_LENGTH]
    day = flag.since.astimezone(policy.zone).date()
    return OutboxMail(
        id=MailId(
            provider=policy.provider,
            run=RUN,
            period=Period.of(day),
            account=flag.mail.account,
            part=f"{digest}-{flag.reason}-{flag.number}",
            kind="contact-alert",
        ),
        state=MailState.READY,
        recipients=provider_people(policy),
        about=contact.address,
    )


def nobody_alert(policy: ProviderPolicy, original: MailId) -> OutboxMail:
    """The mail that tells that another one reached nobody: one per mail."""
    kind = original.kind.replace("_", "-")
    part = original.part if kind == "invoice" else f"{original.part}-{kind}"
    return OutboxMail(
        id=original.model_copy(update={"part": part[:60].rstrip("-"), "kind": "contact-alert"}),
        state=MailState.READY,
        recipients=provider_people(policy),
        about=str(original),
    )


def unknown_alert(policy: ProviderPolicy, mail: MailId) -> OutboxMail:
    """The mail that tells of another one of which nobody knows whether it was sent."""
    nobody = nobody_alert(policy, mail)
    part = f"{nobody.id.part[: 60 - len(_UNKNOWN)]}{_UNKNOWN}"
    return nobody.model_copy(update={"id": nobody.id.model_copy(update={"part": part})})


def provider_people(policy: ProviderPolicy) -> tuple[str, ...]:
    """Who is told what only a person can go on with."""
    people = policy.dunning.release.escalate_to if policy.dunning is not None else ()
    return people or (policy.reply_to,)


def compose_alert(ports: Ports, policy: ProviderPolicy, mail: OutboxMail) -> bytes:
    """The alert, by what is stored now."""
    found = ports.book.find(policy.provider, mail.id.account)
    name = mail.id.account if found is None else found.account.name
    alert = (
        _about_a_contact(ports, policy, mail, name)
        if mail.id.run == RUN
        else _about_a_mail(ports, policy, mail, name)
    )
    return ports.composer.dunning_alert(alert, policy, mail.recipients, mail.id, ports.clock.now())


def _about_a_contact(
    ports: Ports, policy: ProviderPolicy, mail: OutboxMail, name: str
) -> ProviderAlert:
    address = mail.about or ""
    contact = ports.contacts.find_many(policy.provider, [address])[address]
    reason = FlagReason(mail.id.part.split("-")[-2])
    change = next(
        entry
        for entry in reversed(contact.history)
        if entry.what == "flagged" and entry.mail and entry.reason is reason
    )
    assert change.mail is not None, "a flag names its mail"
    return ProviderAlert(
        kind="other",
        account=mail.id.account,
        account_name=name,
        title=f"Contact {address} gets no more mail",
        what=f"{address} was flagged: {reason.words}.",
        consequence="Mails to the account leave this contact out and go to its other contacts, "
        "until somebody clears the flag.",
        facts=(
            AlertFact(label="Contact", value=address),
            AlertFact(label="What was said", value=change.why),
            AlertFact(label="Mail", value=str(change.mail)),
        ),
        what_to_do=(
            "Ask the account for another address, and mend its contacts in its account file.",
            "Is the address right after all? Then clear the flag, and say why:",
        ),
        commands=(
            f"mspbill contact clear {address} --provider {policy.provider} --by NAME "
            '--why "the mailbox works again"',
        ),
    )


def _about_a_mail(
    ports: Ports, policy: ProviderPolicy, mail: OutboxMail, name: str
) -> ProviderAlert:
    original = MailId.parse(mail.about or "")
    chain = chain_of(ports, original)
    what = _WHAT.get(original.kind, "report")
    named = chain[0].attachments[0].file_name.rpartition(".")[0] if chain[0].attachments else ""
    if mail.id.part.endswith(_UNKNOWN):
        return _about_an_unknown(policy, chain[0], f"{what} {named}".rstrip(), name)
    facts = [
        AlertFact(label=address, value=_fate(entry, address))
        for entry in chain
        for address in entry.recipients
    ]
    return ProviderAlert(
        kind="other",
        account=mail.id.account,
        account_name=name,
        title=f"{what.capitalize()} {named}".rstrip() + " reached nobody",
        what=f"The mail with the {f'{what} {named}'.rstrip()} could not be delivered to any "
        "contact.",
        consequence="It stays as it is: an invoice stays due on its day. Nobody else is tried.",
        facts=tuple(facts),
        what_to_do=_REACH if original.kind == "dunning" else (*_REACH, _SEND_AGAIN),
        commands=()
        if original.kind == "dunning"
        else (
            f"mspbill outbox resend {named or original} --provider {policy.provider} --to ADDRESS "
            '--by NAME --why "new address"',
        ),
    )


def _about_an_unknown(
    policy: ProviderPolicy, mail: OutboxMail, what: str, name: str
) -> ProviderAlert:
    return ProviderAlert(
        kind="other",
        account=mail.id.account,
        account_name=name,
        title=f"{what[0].upper()}{what[1:]}: nobody knows whether it was sent",
        what=f"SES's answer was lost when the mail with the {what} was sent, and nothing was heard "
        "of it since.",
        consequence="It is not sent again by itself, because the account might get it twice.",
        facts=tuple(
            AlertFact(label=address, value=_fate(mail, address)) for address in mail.recipients
        ),
        what_to_do=("Ask the account whether it came, and say so:",),
        commands=(
            f"mspbill outbox settle {mail.id} --as not-sent --provider {policy.provider} --by NAME "
            '--why "they have not got it"',
        ),
    )


_WHAT = {
    "invoice": "invoice",
    "comparison": "comparison",
    "credit-note": "credit note",
    "statement": "statement",
    "dunning": "letter about unpaid invoices",
}
_REACH = ("Reach the account another way, and mend its contacts in its account file.",)
_SEND_AGAIN = "Then send it again, to an address that works:"


def _fate(mail: OutboxMail, address: str) -> str:
    known = mail.outcome_of(address)
    said = None if known is None else known.bounce or known.fate
    return (said or mail.note or str(mail.state))[:500]
