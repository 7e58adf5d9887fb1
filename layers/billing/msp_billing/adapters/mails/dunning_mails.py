"""Mails about unpaid invoices: letters to accounts, and questions to the provider's people."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from decimal import Decimal

from msp_billing.adapters.formatting import format_day, format_moment, format_money
from msp_billing.adapters.mails import dunning_views as views
from msp_billing.adapters.mails.mail_builder import MailFamily
from msp_billing.adapters.mails.mail_text import one_line
from msp_billing.adapters.mails.mail_views import Fact
from msp_billing.domain.dunning.letters import DunningLetter, ProviderAlert, ReleaseQuestion
from msp_billing.domain.outbox import MailId
from msp_billing.domain.policy import ProviderPolicy


class DunningMails(MailFamily):
    """The part of the port ``Composer`` that is about accounts that do not pay."""

    def dunning_letter(
        self,
        letter: DunningLetter,
        policy: ProviderPolicy,
        recipients: Sequence[str],
        mail_id: MailId,
        made_at: datetime,
    ) -> bytes:
        """The letter of a step, of a hold that ended, or of one that is back.

        A reminder is light: what falls due and how to pay it, and nothing of what could follow. To
        the provider's own people (kind ``dunning-alert``) it goes as a copy, and says so.

        Raises:
            MailTooLargeError: above SES's size.
            RecipientCountError: for no recipient, or more than SES takes.
        """
        reminder, over = letter.kind == "reminder", letter.kind == "released"
        copied = mail_id.kind == "dunning-alert"
        return self._build(
            "dunning",
            f"Copy: {_subject(letter)}" if copied else _subject(letter),
            policy,
            recipients,
            mail_id,
            made_at,
            (),
            kind=letter.kind,
            copied=copied,
            title=one_line(letter.title),
            account=one_line(letter.account_name),
            on=format_day(letter.on),
            words=one_line(letter.letter, 500),
            because=one_line(letter.because, 500) if letter.because else None,
            amount=format_money(_asked(letter), letter.currency),
            asks=_asked(letter) > 0,
            until=_until(letter),
            facts=() if reminder else views.amount_facts(letter),
            entries=views.open_documents(letter),
            now=() if reminder else views.right_now(letter),
            coming=() if reminder or over else views.coming_steps(letter),
            way_out=() if reminder or over else views.way_out(letter, policy.payments),
            reference=views.reference(letter),
            remittance=[one_line(line, 200) for line in policy.remittance],
            clause=None
            if reminder
            else Fact(one_line(letter.clause_title), one_line(letter.clause_text, 500)),
        )

    def release_mail(
        self,
        question: ReleaseQuestion,
        policy: ProviderPolicy,
        recipients: Sequence[str],
        mail_id: MailId,
        made_at: datetime,
    ) -> bytes:
        """The mail that asks one approver to let an account out of a hold."""
        name = one_line(question.account_name)
        until = format_moment(question.answer_by, policy.zone) if question.answer_by else None
        again = f"Reminder {question.reminder}: please" if question.reminder else "Please"
        by = f" by {until}" if until else ""
        hold = views.STATE_WORDS[question.state]
        return self._build(
            "release",
            f"{again} approve{by}: end of hold · {one_line(name, 60)} is {hold} and has paid",
            policy,
            recipients,
            mail_id,
            made_at,
            (),
            account=name,
            hold=hold,
            until=until,
            role=next(
                (one_line(key.title) for key in question.roles if key.role == question.asked_role),
                question.asked_role,
            ),
            facts=views.release_facts(question, policy.zone),
            owed=views.owed_then(question),
            paid=views.paid_since(question),
            keys=views.keys(question, policy.zone),
            link=question.link,
            command=one_line(question.command, 300) if question.command else None,
            clause=Fact(one_line(question.clause_title), one_line(question.clause_text, 500)),
        )

    def dunning_alert(
        self,
        alert: ProviderAlert,
        policy: ProviderPolicy,
        recipients: Sequence[str],
        mail_id: MailId,
        made_at: datetime,
    ) -> bytes:
        """The mail that tells the provider's people what only a person can go on with."""
        name, title = one_line(alert.account_name), one_line(alert.title)
        return self._build(
            "dunning-alert",
            f"For a person: {title} · {one_line(name, 60)}",
            policy,
            recipients,
            mail_id,
            made_at,
            (),
            title=title,
            account=name,
            what=one_line(alert.what, 500),
            consequence=one_line(alert.consequence, 500),
            facts=[Fact(one_line(f.label), one_line(f.value, 400)) for f in alert.facts],
            to_do=[one_line(line, 500) for line in alert.what_to_do],
            commands=[one_line(line, 500) for line in alert.commands],
        )


def _asked(letter: DunningLetter) -> Decimal:
    """What the letter asks to be paid: all that falls due, or what clears it."""
    return letter.outstanding if letter.kind == "reminder" else letter.to_pay


def _until(letter: DunningLetter) -> str | None:
    return None if letter.pay_by is None else format_day(letter.pay_by)


def _subject(letter: DunningLetter) -> str:
    """What, how much, until when, for whom."""
    amount, until = format_money(_asked(letter), letter.currency), _until(letter)
    parts = [one_line(letter.title, 70)]
    if letter.kind == "reminder":
        parts.append(f"{amount} due {until}" if until else amount)
    elif letter.kind != "released":
        parts.append(f"{amount} to pay")
        parts.append(f"please pay by {until}" if until else "please pay now")
    return " · ".join((*parts, one_line(letter.account_name, 60)))
