"""What questions about releases say to the provider's people, as finished text."""

from __future__ import annotations

from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

from msp_billing.adapters.dunning_letters.letter_sentences import listed, method_word
from msp_billing.adapters.formatting import format_day, format_moment, format_money
from msp_billing.adapters.language import _
from msp_billing.adapters.mails.mail_text import one_line
from msp_billing.adapters.mails.mail_views import Entry, Fact
from msp_billing.domain.dunning.standing import AccountState

if TYPE_CHECKING:
    from msp_billing.domain.dunning.letters import KeyToTurn, ReleaseQuestion, SettledPayment

__all__ = [
    "STATE_WORDS",
    "keys",
    "listed",
    "owed_then",
    "paid_since",
    "paid_words",
    "release_facts",
    "state_words",
]

MAX_DOCUMENTS = 24
"""Documents and payments that a question lists."""

# For the command line, which is in English.
STATE_WORDS = {
    AccountState.GOOD_STANDING: "in good standing",
    AccountState.DUE: "overdue",
    AccountState.CREDIT_HOLD: "on credit hold",
    AccountState.SERVICE_HOLD: "on service hold",
}


def state_words(state: AccountState) -> str:
    """How an account stands, in the language that is being written."""
    return {
        AccountState.GOOD_STANDING: _("in good standing"),
        AccountState.DUE: _("overdue"),
        AccountState.CREDIT_HOLD: _("on credit hold"),
        AccountState.SERVICE_HOLD: _("on service hold"),
    }[state]


def paid_words(state: AccountState) -> str:
    """That an account has paid; the name goes where ``{account}`` stands."""
    return {
        AccountState.GOOD_STANDING: _("{account} is in good standing and has paid"),
        AccountState.DUE: _("{account} is overdue and has paid"),
        AccountState.CREDIT_HOLD: _("{account} is on credit hold and has paid"),
        AccountState.SERVICE_HOLD: _("{account} is on service hold and has paid"),
    }[state]


# --- To the provider's people --------------------------------------------------------------------


def release_facts(question: ReleaseQuestion, zone: ZoneInfo) -> tuple[Fact, ...]:
    """What an approver has to know about the account."""
    since = _("{state} since {moment}").format(
        state=state_words(question.state), moment=format_moment(question.held_since, zone)
    )
    facts = [
        Fact(_("Account"), f"{one_line(question.account_name)} ({question.account})"),
        Fact(_("Is"), since),
        Fact(_("Because"), one_line(question.why, 500)),
        Fact(_("Open now"), format_money(question.outstanding, question.currency)),
    ]
    if question.disputed:
        facts.append(Fact(_("Of it disputed"), format_money(question.disputed, question.currency)))
    if question.credit:
        facts.append(Fact(_("Credit"), format_money(question.credit, question.currency)))
    return tuple(facts)


def owed_then(question: ReleaseQuestion) -> tuple[Entry, ...]:
    """What the hold was for."""
    return tuple(
        Entry(
            what=one_line(entry.document),
            amount=format_money(entry.open, question.currency),
            detail=_("was due {due}").format(due=format_day(entry.due_on)),
        )
        for entry in question.was_owed[:MAX_DOCUMENTS]
    )


def paid_since(question: ReleaseQuestion) -> tuple[Entry, ...]:
    """What was paid, when and how."""
    return tuple(
        Entry(
            what=_("{method} on {day}").format(
                method=method_word(one_line(entry.method, 40)), day=format_day(entry.received_on)
            ),
            amount=format_money(entry.amount, question.currency),
            detail=_payment(entry),
        )
        for entry in question.paid[:MAX_DOCUMENTS]
    )


def _payment(entry: SettledPayment) -> str:
    name = one_line(entry.payment)
    if entry.settled_on is None:
        return name
    text = _("{payment}, settled {day}")
    return text.format(payment=name, day=format_day(entry.settled_on))


def keys(question: ReleaseQuestion, zone: ZoneInfo) -> tuple[Fact, ...]:
    """Every role, and what it said."""
    return tuple(Fact(one_line(key.title), _key(key, zone)) for key in question.roles)


def _key(key: KeyToTurn, zone: ZoneInfo) -> str:
    if key.approved_by is None or key.approved_at is None:
        return _("has not answered yet")
    text = _("approved by {person}, {moment}").format(
        person=one_line(key.approved_by), moment=format_moment(key.approved_at, zone)
    )
    return f"{text}: {one_line(key.why, 300)}" if key.why else text
