"""Letters of a dunning case: whom the next one goes to, and whether one was received (DUN-09)."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

from msp_billing.domain.dunning.move_kinds import (
    CompleteLetter,
    FailLetter,
    Look,
    SendLetter,
    TellProvider,
)
from msp_billing.domain.outbox import MailState, OutboxMail

if TYPE_CHECKING:
    from msp_billing.domain.dunning.dunning_policy import AccountDunning, DunningStep
    from msp_billing.domain.dunning.standing import NoticeAttempt, StepTaken

_LOOKS_BEFORE_TELLING = 3
"""How often one looks for news of a letter before the provider's people are told of its silence."""


def news_of_letters(look: Look) -> CompleteLetter | FailLetter | None:
    """What the outbox knows of letters and the case does not yet."""
    for taken in look.case.steps:
        for attempt in taken.attempts:
            mail = look.mails.get(attempt.mail)
            if mail is None or attempt.failed is not None:
                continue
            if mail.state in _FAILED:
                came_back = mail.state is MailState.BOUNCED and _may_be_taken_back(look, taken)
                if attempt.delivered_at is None or came_back:
                    return FailLetter(
                        step=taken.step, attempt=attempt.attempt, why=_why_failed(mail)
                    )
            elif mail.state is MailState.DELIVERED and attempt.delivered_at is None:
                at = mail.moved_at or look.now
                return CompleteLetter(step=taken.step, attempt=attempt.attempt, delivered_at=at)
    return None


_FAILED = frozenset({MailState.BOUNCED, MailState.REJECTED, MailState.COMPLAINED})


def _may_be_taken_back(look: Look, taken: StepTaken) -> bool:
    """A server may take a letter and send it back later (not so a complaint: that one was read).

    After the next step it is too late for that: the account knew when it was taken.
    """
    return look.case.steps[-1] is taken and not look.policy.step(taken.step).is_hold


def _why_failed(mail: OutboxMail) -> str:
    return (mail.note or f"The letter was {mail.state}.")[:500]


def _contacts(step: DunningStep, account: AccountDunning) -> tuple[str, ...]:
    """Whom a letter goes to, one after the other."""
    first = account.escalation_contacts if step.recipients == "escalation_contacts" else ()
    return (*first, *account.contacts)


def next_letter(
    look: Look, step: DunningStep, taken: StepTaken | None
) -> SendLetter | TellProvider | None:
    """The next letter of a step, or the word that there is nobody left; None while one is out."""
    attempts = () if taken is None else taken.attempts
    out = next((entry for entry in attempts if entry.failed is None), None)
    told = taken is not None and taken.told_at is not None
    if out is not None:
        if out.delivered_at is None and not told and _silent(look, out):
            return TellProvider(
                step=step.step, why=f"Nothing is known of the letter to {out.recipient}."
            )
        return None
    tried = {entry.recipient.casefold() for entry in attempts}
    for contact in _contacts(step, look.account):
        if contact.casefold() not in tried:
            return SendLetter(step=step.step, attempt=len(attempts) + 1, recipient=contact)
    return None if told else TellProvider(step=step.step, why=_why_nobody(attempts))


def _silent(look: Look, attempt: NoticeAttempt) -> bool:
    patience = timedelta(hours=look.policy.recheck_hours * _LOOKS_BEFORE_TELLING)
    return look.now >= attempt.sent_at + patience


def _why_nobody(attempts: tuple[NoticeAttempt, ...]) -> str:
    if not attempts:
        return "The account has no contact that the letter could go to."
    return f"The letter reached nobody: all {len(attempts)} contacts were tried."


def letter_of_a_hold(look: Look) -> SendLetter | TellProvider | None:
    """The letter that tells of a hold follows it, and holds nothing up."""
    taken = _last_hold(look)
    if taken is None or taken.delivered_at is not None:
        return None
    return next_letter(look, look.policy.step(taken.step), taken)


def _last_hold(look: Look) -> StepTaken | None:
    """The hold that is in force; None when later steps were taken, or there is none."""
    last = look.case.steps[-1] if look.case.steps else None
    if last is None or not look.policy.step(last.step).is_hold:
        return None
    return last


def hold_letter_is_out(look: Look) -> bool:
    """Whether news of the letter about the hold in force is waited for."""
    taken = _last_hold(look)
    if taken is None or taken.told_at is not None:
        return False
    return any(a.failed is None and a.delivered_at is None for a in taken.attempts)
