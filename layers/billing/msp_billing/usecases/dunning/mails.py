"""Mails of dunning: put into the outbox with the change that they tell of, then sent once.

Which mails a case has follows from the standing, so that whoever comes next can send what was left
behind. None is sent twice: the outbox's claim sees to it (docs/adr/0005-outbox.md).
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import date, datetime
from typing import TYPE_CHECKING

from msp_billing.domain.dunning.letters import (
    DunningLetter,
    ProviderAlert,
    notice_undeliverable,
)
from msp_billing.domain.outbox import MailId, MailKind, MailState, OutboxMail
from msp_billing.domain.periods import Period
from msp_billing.usecases.dunning.contacts import letter_recipients
from msp_billing.usecases.dunning.kept_letters import LetterMail, keep_mail
from msp_billing.usecases.dunning.letters import (
    about_a_hold,
    payment_returned,
    reinstated_letter,
    step_letter,
)
from msp_billing.usecases.mailing.sending_mails import Compose, send_once

if TYPE_CHECKING:
    from msp_billing.domain.dunning.dunning_policy import DunningPolicy, DunningStep
    from msp_billing.domain.dunning.standing import Standing, StepTaken
    from msp_billing.usecases.dunning.context import DunningContext

RUN = "dunning"
"""In place of the name of a run in mails of dunning; the period is the month they were made in."""


@dataclass(frozen=True)
class Errand:
    """A mail that a case has, how to make it, and how to keep what was sent."""

    mail: MailId
    compose: Compose
    keep: Callable[[bytes], object]


def dunning_mail_id(
    context: DunningContext, part: str, day: date, kind: MailKind = "dunning"
) -> MailId:
    """A mail about an account, of a day's month."""
    return MailId(
        provider=context.policy.provider,
        run=RUN,
        period=Period.of(day),
        account=context.account.account,
        part=part,
        kind=kind,
    )


# --- Making them ---------------------------------------------------------------------------------


def letter_mail(context: DunningContext, step: str, attempt: int, recipient: str) -> OutboxMail:
    """A letter of a step to one contact."""
    assert context.standing.open_case is not None, "only an open case sends letters"
    part = f"c{context.standing.open_case.case}-{step}-{attempt}"
    return OutboxMail(
        id=dunning_mail_id(context, part, context.today),
        state=MailState.READY,
        recipients=(recipient,),
    )


def copy_mail(step: DunningStep, letter: MailId) -> OutboxMail | None:
    """The copy of a step's first letter to the provider's own people, where the step has any.

    A mail of its own: whether the account got its letter must not depend on theirs.
    """
    if not step.copy_to:
        return None
    return OutboxMail(
        id=letter.model_copy(update={"kind": "dunning-alert"}),
        state=MailState.READY,
        recipients=step.copy_to,
    )


def alert_mail(context: DunningContext, dunning: DunningPolicy, taken: StepTaken) -> OutboxMail:
    """The mail that tells the provider's people that a notice reached nobody."""
    assert context.standing.open_case is not None, "only an open case has notices"
    part = f"c{context.standing.open_case.case}-{taken.step}-told-{len(taken.attempts)}"
    day = context.local_day(taken.told_at or context.now)
    return OutboxMail(
        id=dunning_mail_id(context, part, day, "dunning-alert"),
        state=MailState.READY,
        recipients=_people(context, dunning),
    )


def returned_mails(
    context: DunningContext, dunning: DunningPolicy, standing: Standing
) -> tuple[OutboxMail, ...]:
    """The mails about a case that goes on: to the provider, and to an account that is held again.

    Args:
        standing: as it is after the case was reopened.
    """
    at = standing.since or context.now
    mails = [
        OutboxMail(
            id=_returned_id(context, standing, at, "dunning-alert"),
            state=MailState.READY,
            recipients=_people(context, dunning),
        )
    ]
    if standing.state.on_hold:
        mails.append(
            OutboxMail(
                id=_returned_id(context, standing, at, "dunning"),
                state=MailState.READY,
                recipients=letter_recipients(context)[:1],
            )
        )
    return tuple(mails)


def _returned_id(
    context: DunningContext, standing: Standing, at: datetime, kind: MailKind
) -> MailId:
    assert standing.case is not None, "the case that goes on"
    local = at.astimezone(context.policy.zone)
    part = f"c{standing.case.case}-returned-{local:%Y%m%d%H%M%S%f}"
    return dunning_mail_id(context, part, local.date(), kind)


def _people(context: DunningContext, dunning: DunningPolicy) -> tuple[str, ...]:
    return dunning.release.escalate_to or (context.policy.reply_to,)


# --- Sending them --------------------------------------------------------------------------------


def send_waiting(context: DunningContext, dunning: DunningPolicy) -> bool:
    """Send every mail of the open case that waits; False when SES takes none for now.

    Raises:
        MailSetupError: when SES takes no mail at all as it is set up.
    """
    errands = {entry.mail: entry for entry in _errands(context, dunning)}
    for mail in context.ports.outbox.find_many(list(errands)).values():
        if mail.state is not MailState.READY:
            continue
        errand = errands[mail.id]
        state = send_once(
            context.ports, context.policy, mail.id, errand.compose, mail, keep=errand.keep
        )
        if state is MailState.READY:
            return False
    return True


def mails_wait(context: DunningContext, dunning: DunningPolicy) -> bool:
    """Whether a mail of the account's case is still to be sent."""
    mails = [entry.mail for entry in _errands(context, dunning)]
    found = context.ports.outbox.find_many(mails).values()
    return any(mail.state is MailState.READY for mail in found)


def withdraw_waiting(context: DunningContext, dunning: DunningPolicy) -> None:
    """Keep the mails of a case that is over from going out: what they say is not true any more."""
    mails = [entry.mail for entry in _errands(context, dunning)]
    for mail in context.ports.outbox.find_many(mails).values():
        if mail.state is MailState.READY:
            context.ports.outbox.move(
                mail.id,
                MailState.READY,
                MailState.REJECTED,
                at=context.now,
                note="the case was over before the mail went out",
            )


def send_mail(context: DunningContext, mail: MailId, letter: DunningLetter) -> bool:
    """Send one letter that belongs to no case; False when SES does not take it for now."""
    errand = _letter_errand(context, mail, lambda: letter)
    state = send_once(context.ports, context.policy, mail, errand.compose, keep=errand.keep)
    return state is not MailState.READY


def _errands(context: DunningContext, dunning: DunningPolicy) -> Iterator[Errand]:
    """Every mail that the account's case has, sent or not."""
    case = context.standing.case
    if case is None:
        return
    for taken in case.steps:
        step = dunning.step(taken.step)
        for attempt in taken.attempts:
            yield _step_errand(context, dunning, step, attempt.mail)
        if step.copy_to and taken.attempts:
            copied = taken.attempts[0].mail.model_copy(update={"kind": "dunning-alert"})
            yield _step_errand(context, dunning, step, copied)
        if taken.told_at is not None and case is context.standing.open_case:
            mail = alert_mail(context, dunning, taken).id
            yield _alert_errand(context, mail, _undelivered(context, dunning, taken))
    yield from _returned_errands(context, dunning)


def _returned_errands(context: DunningContext, dunning: DunningPolicy) -> Iterator[Errand]:
    standing = context.standing
    case, since = standing.open_case, standing.since
    if case is None or since is None:
        return
    begun_at = case.opened_at
    hold = None
    if standing.state.on_hold:
        hold = next(s for s in dunning.case_steps if s.kind == standing.state)
        begun_at = next(taken.taken_at for taken in case.steps if taken.step == hold.step)
    if since <= begun_at:  # it got there by its step, not because a payment was returned
        return
    told = _returned_id(context, standing, since, "dunning-alert")
    yield _alert_errand(context, told, lambda: payment_returned(context))
    if hold is not None:
        letter = reinstated_letter(context, dunning, hold)
        mail = _returned_id(context, standing, since, "dunning")
        yield _letter_errand(context, mail, lambda: letter)


def _step_errand(
    context: DunningContext, dunning: DunningPolicy, step: DunningStep, mail: MailId
) -> Errand:
    return _letter_errand(context, mail, lambda: step_letter(context, dunning, step))


def _letter_errand(
    context: DunningContext, mail: MailId, letter: Callable[[], DunningLetter]
) -> Errand:
    made = LetterMail(context.ports, context.policy, mail, letter, context.now)
    return Errand(mail, made.compose, made.keep)


def _undelivered(
    context: DunningContext, dunning: DunningPolicy, taken: StepTaken
) -> Callable[[], ProviderAlert]:
    steps = dunning.case_steps
    step = dunning.step(taken.step)
    following = steps[steps.index(step) + 1 :]

    def alert() -> ProviderAlert:
        told = notice_undeliverable(
            context.policy.provider,
            context.account.account,
            context.account.name,
            step.step,
            step.title,
            taken.attempts,
            following[0].title if following else None,
        )
        return about_a_hold(told) if step.is_hold else told

    return alert


def _alert_errand(
    context: DunningContext, mail: MailId, alert: Callable[[], ProviderAlert]
) -> Errand:
    def compose(claimed: OutboxMail) -> bytes:
        return context.ports.composer.dunning_alert(
            alert(), context.policy, claimed.recipients, claimed.id, context.now
        )

    return Errand(mail, compose, keep_mail(context.ports, mail))
