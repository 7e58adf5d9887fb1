"""Reminders before the due date: one letter per account and day (DUN-02)."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Literal

from msp_billing.domain.cycles import CycleId
from msp_billing.domain.dunning.reminders import Reminder, reminded, reminder_due
from msp_billing.domain.outbox import MailId, MailState, OutboxMail
from msp_billing.domain.periods import Period
from msp_billing.usecases.dunning.contacts import letter_recipients
from msp_billing.usecases.dunning.letters import reminder_letter
from msp_billing.usecases.dunning.mails import RUN, dunning_mail_id, send_mail

if TYPE_CHECKING:
    from msp_billing.domain.dunning.dunning_policy import DunningPolicy
    from msp_billing.domain.policy import ProviderPolicy
    from msp_billing.usecases.dunning.context import DunningContext
    from msp_billing.usecases.ports import Ports

Reminded = Literal["sent", "waits", "raced"]
"""It was sent or tried; SES takes none for now; or the account changed since it was read."""

_PART = "reminder-"


def remind(context: DunningContext, dunning: DunningPolicy) -> Reminded | None:
    """Send the reminder that is due today to all contacts of the account; None without one.

    It is marked as sent in one change with its place in the outbox, conditional on the ledger, so
    that it is sent once and not about what was just paid. One that SES does not take for now waits
    there for the next sweep: see ``send_left_behind``.
    """
    context = _under_the_policy_in_force(context)
    reminder = reminder_due(
        dunning, context.standing, context.position, context.today, context.calendar
    )
    if reminder is None:
        return None
    mail = _mail_id(context)
    after = reminded(context.standing, reminder, context.position)
    step = dunning.step(reminder.step)
    told = context.history(
        after,
        f"{step.title}: {', '.join(reminder.documents)}",
        step=step.step,
        clause=step.clause,
    )
    waiting = OutboxMail(id=mail, state=MailState.READY, recipients=letter_recipients(context))
    if not context.ports.standings.change(
        context.standing, after, [told], position=context.position, mails=[waiting]
    ):
        return "raced"
    return _send(context, dunning, reminder, mail)


def _under_the_policy_in_force(context: DunningContext) -> DunningContext:
    """Reminders belong to no case: they do not go by the policy that the last one began with."""
    return replace(context, pinned=context.policy)


def _send(
    context: DunningContext, dunning: DunningPolicy, reminder: Reminder, mail: MailId
) -> Reminded:
    letter = reminder_letter(_under_the_policy_in_force(context), dunning, reminder)
    return "sent" if send_mail(context, mail, letter) else "waits"


def reminders_left_behind(ports: Ports, policy: ProviderPolicy) -> dict[str, tuple[MailId, ...]]:
    """By account, reminders that wait in the outbox, oldest first: refused, or never tried.

    None of a provider that follows nothing: they would not be sent.
    """
    if policy.dunning is None:
        return {}
    today = ports.clock.now().astimezone(policy.zone).date()
    found: dict[str, list[MailId]] = {}
    for month in (Period.of(today).shifted(-1), Period.of(today)):
        cycle = CycleId(provider=policy.provider, run=RUN, period=month)
        for mail in ports.outbox.all_of(cycle):
            if mail.copy_of is not None:
                continue  # it has a place in the queue of mails
            if mail.state is MailState.READY and mail.id.part.startswith(_PART):
                found.setdefault(mail.id.account, []).append(mail.id)
    return {account: tuple(sorted(mails, key=_day_of)) for account, mails in found.items()}


def _day_of(mail: MailId) -> str:
    return mail.part.removeprefix(_PART)


def send_left_behind(
    context: DunningContext, dunning: DunningPolicy, mails: tuple[MailId, ...]
) -> Reminded | None:
    """Send reminders that wait, as one letter about what of them is still open and not yet due.

    None when there is nothing left to remind of: all is paid, or an open case has its own letters.
    """
    documents = {
        item.document for item in context.position.open_items if item.due_on >= context.today
    }
    marked = {
        (step, document)
        for step in dunning.reminders
        for document in documents
        if f"{step.step}:{document}" in context.standing.reminded
    }
    if not marked or context.standing.open_case is not None:
        _withdraw(context, mails, "there is nothing left to remind of")
        return None
    _withdraw(context, mails[:-1], "a later reminder lists the same")
    last = max((step for step, _ in marked), key=lambda step: (step.days, step.step))
    names = tuple(sorted({document for _, document in marked}))
    reminder = Reminder(step=last.step, documents=names, marks=())
    return _send(context, dunning, reminder, mails[-1])


def _withdraw(context: DunningContext, mails: tuple[MailId, ...], note: str) -> None:
    for mail in mails:
        context.ports.outbox.move(
            mail, MailState.READY, MailState.REJECTED, at=context.now, note=note
        )


def _mail_id(context: DunningContext) -> MailId:
    return dunning_mail_id(context, f"{_PART}{context.today:%Y%m%d}", context.today)
