"""Mails about unpaid invoices: letters to accounts, and questions to the provider's people."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import TYPE_CHECKING

from msp_billing.adapters.dunning_letters.letter_view import further_documents, letter_view
from msp_billing.adapters.formatting import format_moment
from msp_billing.adapters.language import _, in_language
from msp_billing.adapters.mails import dunning_views as views
from msp_billing.adapters.mails.mail_builder import MailFamily
from msp_billing.adapters.mails.mail_text import on_a_stack, one_line
from msp_billing.adapters.mails.mail_views import Fact, attached

if TYPE_CHECKING:
    from msp_billing.domain.documents import NamedDocument
    from msp_billing.domain.dunning.letters import DunningLetter, ProviderAlert, ReleaseQuestion
    from msp_billing.domain.outbox import MailId
    from msp_billing.domain.policy import ProviderPolicy

MAX_DOCUMENTS = 24
"""Open documents that a mail lists; the letter itself lists all."""


class DunningMails(MailFamily):
    """The part of the port ``Composer`` that is about accounts that do not pay."""

    def dunning_letter(
        self,
        letter: DunningLetter,
        policy: ProviderPolicy,
        recipients: Sequence[str],
        mail_id: MailId,
        made_at: datetime,
        document: NamedDocument | None = None,
    ) -> bytes:
        """The letter of a step, of a hold that ended, or of one that is back.

        Its words are those of the document that it brings (``adapters.dunning_letters``). To the
        provider's own people (kind ``dunning-alert``) it goes as a copy, in their language.

        Args:
            document: the letter as PDF; the mail says the same where there is none.

        Raises:
            MailTooLargeError: above SES's size.
            RecipientCountError: for no recipient, or more than SES takes.
        """
        copied = mail_id.kind == "dunning-alert"
        with in_language(policy.locale if copied else letter.locale):
            view = letter_view(letter, policy)
            further = further_documents(letter, MAX_DOCUMENTS)
            return self._build(
                "dunning",
                _("Copy: {subject}").format(subject=view.subject) if copied else view.subject,
                policy,
                recipients,
                mail_id,
                made_at,
                () if document is None else (document,),
                {
                    "preview": view.words,
                    "pay_link": _pay_link(letter, policy),
                    "copied": copied,
                    "letter": view,
                    "entries": view.entries[:MAX_DOCUMENTS],
                    "further": further,
                    "attached": None if document is None else attached(document, policy.zone),
                },
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
        with in_language(policy.locale):
            return self._build(
                "release",
                _release_subject(question, policy),
                policy,
                recipients,
                mail_id,
                made_at,
                (),
                _release_values(question, policy),
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
        with in_language(policy.locale):
            first = _("For a person: {title}").format(title=title)
            return self._build(
                "dunning-alert",
                f"{first} · {one_line(name, 60)}",
                policy,
                recipients,
                mail_id,
                made_at,
                (),
                {
                    "preview": one_line(alert.what, 500),
                    "title": title,
                    "account": name,
                    "what": one_line(alert.what, 500),
                    "consequence": one_line(alert.consequence, 500),
                    "facts": [Fact(one_line(f.label), one_line(f.value, 400)) for f in alert.facts],
                    "to_do": [one_line(line, 500) for line in alert.what_to_do],
                    "commands": [on_a_stack(line, self._stack) for line in alert.commands],
                },
            )


def _pay_link(letter: DunningLetter, policy: ProviderPolicy) -> str | None:
    """The page to pay on, where one invoice is all that is asked for."""
    if letter.to_pay <= 0 or len(letter.documents) != 1:
        return None
    return policy.pay_to.link_for(
        provider=policy.provider,
        account=letter.account,
        number=one_line(letter.documents[0].document),
        amount=letter.to_pay,
        currency=letter.currency,
    )


def _release_subject(question: ReleaseQuestion, policy: ProviderPolicy) -> str:
    until = _answer_by(question, policy)
    if question.reminder:
        text = (
            _("Reminder {number}: please approve by {moment}: end of hold")
            if until
            else _("Reminder {number}: please approve: end of hold")
        )
    else:
        text = (
            _("Please approve by {moment}: end of hold")
            if until
            else _("Please approve: end of hold")
        )
    about = views.paid_words(question.state).format(account=one_line(question.account_name, 60))
    return f"{text.format(number=question.reminder, moment=until)} · {about}"


def _answer_by(question: ReleaseQuestion, policy: ProviderPolicy) -> str | None:
    return format_moment(question.answer_by, policy.zone) if question.answer_by else None


def _release_values(question: ReleaseQuestion, policy: ProviderPolicy) -> dict[str, object]:
    name = one_line(question.account_name)
    about = views.paid_words(question.state).format(account=name)
    return {
        "preview": _("{what}. Your approval is needed to end the hold.").format(what=about),
        "account": name,
        "until": _answer_by(question, policy),
        "role": next(
            (one_line(key.title) for key in question.roles if key.role == question.asked_role),
            question.asked_role,
        ),
        "facts": views.release_facts(question, policy.zone),
        "owed": views.owed_then(question),
        "paid": views.paid_since(question),
        "keys": views.keys(question, policy.zone),
        "link": question.link,
        "command": one_line(question.command, 300) if question.command else None,
        "clause": Fact(one_line(question.clause_title), one_line(question.clause_text, 500)),
    }
