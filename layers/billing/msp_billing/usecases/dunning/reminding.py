"""Reminders before the due date: one letter per account and day (DUN-02)."""

from __future__ import annotations

from typing import Literal

from msp_billing.domain.dunning.dunning_policy import DunningPolicy
from msp_billing.domain.dunning.moves import dunning_of
from msp_billing.domain.dunning.reminders import Reminder, reminded, reminder_due
from msp_billing.domain.outbox import MailId, MailState, OutboxMail
from msp_billing.usecases.dunning.context import DunningContext
from msp_billing.usecases.dunning.letters import reminder_letter
from msp_billing.usecases.dunning.mails import dunning_mail_id, send_mail

Reminded = Literal["sent", "waits", "raced"]
"""It was sent or tried; SES takes none for now; or the account changed since it was read."""


def remind(context: DunningContext, dunning: DunningPolicy) -> Reminded | None:
    """Send the reminder that is due today to all contacts of the account; None without one.

    It is marked as sent in one change with its place in the outbox, conditional on the ledger, so
    that it is sent once and not about what was just paid. One that waits because SES took none is
    sent by the next sweep of the day.
    """
    reminder = reminder_due(
        dunning, context.standing, context.position, context.today, context.calendar
    )
    mail = _mail_id(context)
    if reminder is None:
        return _left_behind(context, dunning, mail)
    after = reminded(context.standing, reminder, context.position)
    step = dunning.step(reminder.step)
    told = context.history(
        after,
        f"{step.title}: {', '.join(reminder.documents)}",
        step=step.step,
        clause=step.clause,
    )
    waiting = OutboxMail(
        id=mail, state=MailState.READY, recipients=dunning_of(context.account).contacts
    )
    if not context.ports.standings.change(
        context.standing, after, [told], position=context.position, mails=[waiting]
    ):
        return "raced"
    return _send(context, dunning, reminder, mail)


def _send(
    context: DunningContext, dunning: DunningPolicy, reminder: Reminder, mail: MailId
) -> Reminded:
    letter = reminder_letter(context, dunning, reminder)
    return "sent" if send_mail(context, mail, letter) else "waits"


def _left_behind(context: DunningContext, dunning: DunningPolicy, mail: MailId) -> Reminded | None:
    """Send today's reminder if an earlier sweep put it into the outbox and went no further."""
    if not context.standing.reminded:
        return None
    found = context.ports.outbox.find_many([mail]).get(mail)
    if found is None or found.state is not MailState.READY:
        return None
    documents = {
        item.document for item in context.position.open_items if item.due_on >= context.today
    }
    marked = {
        (step, document)
        for step in dunning.reminders
        for document in documents
        if f"{step.step}:{document}" in context.standing.reminded
    }
    if not marked:  # all of it was paid meanwhile
        return None
    last = max((step for step, _ in marked), key=lambda step: (step.days, step.step))
    names = tuple(sorted({document for _, document in marked}))
    return _send(context, dunning, Reminder(step=last.step, documents=names, marks=()), mail)


def _mail_id(context: DunningContext) -> MailId:
    return dunning_mail_id(context, f"reminder-{context.today:%Y%m%d}", context.today)
