"""What questions about releases say to the provider's people, as finished text."""

from __future__ import annotations

from zoneinfo import ZoneInfo

from msp_billing.adapters.dunning_letters.letter_sentences import listed, method_word
from msp_billing.adapters.formatting import format_day, format_moment, format_money
from msp_billing.adapters.mails.mail_text import one_line
from msp_billing.adapters.mails.mail_views import Entry, Fact
from msp_billing.domain.dunning.letters import KeyToTurn, ReleaseQuestion
from msp_billing.domain.dunning.standing import AccountState

__all__ = ["STATE_WORDS", "keys", "listed", "owed_then", "paid_since", "release_facts"]

MAX_DOCUMENTS = 24
"""Documents and payments that a question lists."""

STATE_WORDS = {
    AccountState.GOOD_STANDING: "in good standing",
    AccountState.DUE: "overdue",
    AccountState.CREDIT_HOLD: "on credit hold",
    AccountState.SERVICE_HOLD: "on service hold",
}


# --- To the provider's people --------------------------------------------------------------------


def release_facts(question: ReleaseQuestion, zone: ZoneInfo) -> tuple[Fact, ...]:
    """What an approver has to know about the account."""
    facts = [
        Fact("Account", f"{one_line(question.account_name)} ({question.account})"),
        Fact(
            "Is", f"{STATE_WORDS[question.state]} since {format_moment(question.held_since, zone)}"
        ),
        Fact("Because", one_line(question.why, 500)),
        Fact("Open now", format_money(question.outstanding, question.currency)),
    ]
    if question.disputed:
        facts.append(Fact("Of it disputed", format_money(question.disputed, question.currency)))
    if question.credit:
        facts.append(Fact("Credit", format_money(question.credit, question.currency)))
    return tuple(facts)


def owed_then(question: ReleaseQuestion) -> tuple[Entry, ...]:
    """What the hold was for."""
    return tuple(
        Entry(
            what=one_line(entry.document),
            amount=format_money(entry.open, question.currency),
            detail=f"was due {format_day(entry.due_on)}",
        )
        for entry in question.was_owed[:MAX_DOCUMENTS]
    )


def paid_since(question: ReleaseQuestion) -> tuple[Entry, ...]:
    """What was paid, when and how."""
    return tuple(
        Entry(
            what=f"{method_word(one_line(entry.method, 40))} on {format_day(entry.received_on)}",
            amount=format_money(entry.amount, question.currency),
            detail=one_line(entry.payment)
            + ("" if entry.settled_on is None else f", settled {format_day(entry.settled_on)}"),
        )
        for entry in question.paid[:MAX_DOCUMENTS]
    )


def keys(question: ReleaseQuestion, zone: ZoneInfo) -> tuple[Fact, ...]:
    """Every role, and what it said."""
    return tuple(Fact(one_line(key.title), _key(key, zone)) for key in question.roles)


def _key(key: KeyToTurn, zone: ZoneInfo) -> str:
    if key.approved_by is None or key.approved_at is None:
        return "has not answered yet"
    why = f": {one_line(key.why, 300)}" if key.why else ""
    return f"approved by {one_line(key.approved_by)}, {format_moment(key.approved_at, zone)}{why}"
