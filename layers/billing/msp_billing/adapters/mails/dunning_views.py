"""What letters about unpaid invoices say, as finished text for their templates."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from zoneinfo import ZoneInfo

from msp_billing.adapters.formatting import format_day, format_moment, format_money, format_quantity
from msp_billing.adapters.mails.mail_text import counted, one_line
from msp_billing.adapters.mails.mail_views import Entry, Fact
from msp_billing.domain.dunning.dunning_policy import LateFee, ProtectedService
from msp_billing.domain.dunning.letters import (
    ComingStep,
    DunningLetter,
    KeyToTurn,
    LetterDocument,
    ReleaseQuestion,
)
from msp_billing.domain.dunning.standing import AccountState
from msp_billing.domain.payments.payment_policy import PaymentPolicy

MAX_DOCUMENTS = 24
"""Open documents that a letter lists; the rest is one line, with its sum."""

STATE_WORDS = {
    AccountState.GOOD_STANDING: "in good standing",
    AccountState.DUE: "overdue",
    AccountState.CREDIT_HOLD: "on credit hold",
    AccountState.SERVICE_HOLD: "on service hold",
}


@dataclass(frozen=True)
class Dated:
    """Something that happens on a day."""

    on: str
    what: str
    detail: str


def listed(names: Sequence[str]) -> str:
    """Names as people list them: ``a``, ``a and b``, ``a, b and c``."""
    if len(names) < 2:
        return "".join(names)
    return f"{', '.join(names[:-1])} and {names[-1]}"


# --- What is open --------------------------------------------------------------------------------


def open_documents(letter: DunningLetter) -> tuple[Entry, ...]:
    """Every open document, the oldest due date first."""
    shown = [_document(letter, entry) for entry in letter.documents[:MAX_DOCUMENTS]]
    rest = letter.documents[MAX_DOCUMENTS:]
    if rest:
        summed = sum((entry.open for entry in rest), Decimal(0))
        more = counted(len(rest), "further document")
        shown.append(Entry(what=more, amount=format_money(summed, letter.currency)))
    return tuple(shown)


def _document(letter: DunningLetter, entry: LetterDocument) -> Entry:
    details = [_due(entry, letter.on)]
    if entry.open != entry.amount:
        details.append(f"what is left of {format_money(entry.amount, letter.currency)}")
    if entry.disputed:
        details.append(f"{format_money(entry.disputed, letter.currency)} of it disputed")
    if entry.promised:
        details.append(f"{format_money(entry.promised, letter.currency)} of it promised")
    if entry.paused_until is not None:
        details.append(f"put aside until {format_day(entry.paused_until)}")
    title = one_line(entry.title)
    number = one_line(entry.document)
    return Entry(
        what=title if number in title else f"{number}, {title}",
        amount=format_money(entry.open, letter.currency),
        detail=", ".join(details),
    )


def _due(entry: LetterDocument, on: date) -> str:
    days, due = entry.days_overdue(on), format_day(entry.due_on)
    if days > 0:
        return f"was due {due}, {counted(days, 'day')} ago"
    return f"due {due}" if days else f"due today, {due}"


def amount_facts(letter: DunningLetter) -> tuple[Fact, ...]:
    """What the amounts come to, as far as they say more than the list."""
    return tuple(_amount_facts(letter))


def _amount_facts(letter: DunningLetter) -> Iterator[Fact]:
    def money(amount: Decimal) -> str:
        return format_money(amount, letter.currency)

    if letter.overdue:
        yield Fact("Overdue", money(letter.overdue))
    if letter.outstanding != letter.overdue and letter.outstanding:
        yield Fact("Everything open", f"{money(letter.outstanding)}, with what is not due yet")
    if letter.disputed:
        yield Fact("Disputed", f"{money(letter.disputed)}, put aside until that is clear")
    if letter.promised:
        yield Fact("Promised", money(letter.promised))
    if letter.late_fee is not None:
        fee = one_line(letter.late_fee.document)
        yield Fact("Late fee added", f"{money(letter.late_fee.amount)} ({fee})")
    if letter.credit:
        yield Fact("Your credit with us", money(letter.credit))


# --- What it means -------------------------------------------------------------------------------


def right_now(letter: DunningLetter) -> tuple[str, ...]:
    """What is allowed and what is not, a sentence each."""
    if letter.state is AccountState.SERVICE_HOLD:
        return tuple(_service_hold_words(letter.services, letter.protected_services, now=True))
    if letter.state is AccountState.CREDIT_HOLD:
        return (
            "New orders are not accepted.",
            "Support, and everything that runs for you, goes on as usual.",
        )
    return ("Orders, support and everything that runs for you go on as usual.",)


def _service_hold_words(
    services: Sequence[str], protected: Sequence[ProtectedService], *, now: bool
) -> Iterator[str]:
    off = listed([one_line(name, 60) for name in services])
    if now:
        yield "New orders and requests for support are not accepted."
        yield f"Switched off: {off}." if off else "No service of yours is switched off."
    else:
        yield "New orders and requests for support are not accepted from then on."
        if off:
            yield f"Switched off: {off}."
    for entry in protected:
        until = "" if entry.until is None else f", until {format_day(entry.until)}"
        reason = one_line(entry.reason, 300).rstrip(".")
        yield f"Stays on: {one_line(entry.service, 60)} ({reason}{until})."


def coming_steps(letter: DunningLetter) -> tuple[Dated, ...]:
    """What happens on which day, if nothing is paid."""
    return tuple(
        Dated(
            format_day(step.on),
            _name_of(step),
            _meaning(letter, step) + _fee(letter, step.late_fee),
        )
        for step in letter.coming
    )


def _name_of(step: ComingStep) -> str:
    """A notice's title tells of what comes after it: without this word it would be read as that."""
    title = one_line(step.title)
    return title if step.kind in {"credit_hold", "service_hold"} else f"Letter: {title}"


def _fee(letter: DunningLetter, fee: LateFee | None) -> str:
    if fee is None:
        return ""
    if fee.amount is not None:
        return f" A late fee of {format_money(fee.amount, letter.currency)} is added."
    return f" A late fee of {format_quantity(fee.percent or 0)}% of what is overdue is added."


def _meaning(letter: DunningLetter, step: ComingStep) -> str:
    if step.kind == "credit_hold":
        return "New orders are not accepted; support and your services go on."
    if step.kind == "service_hold":
        words = _service_hold_words(letter.services, letter.protected_services, now=False)
        return " ".join(words)
    return "Nothing changes on that day."


def way_out(letter: DunningLetter, payments: PaymentPolicy) -> tuple[str, ...]:
    """What payment clears it, and what it takes beside the payment."""
    amount = format_money(letter.to_pay, letter.currency)
    if not letter.state.on_hold:
        return (f"Pay {amount}, and nothing of the above happens.",) if letter.coming else ()
    lines = [f"Pay {amount}. That settles what this hold is for."]
    if letter.release_by:
        people = listed([one_line(title, 60) for title in letter.release_by])
        agreed = "agree" if len(letter.release_by) > 1 else "agrees"
        lines.append(f"The hold ends when {people} then {agreed}; we ask them at once.")
    lines.extend(_settling(payments))
    return tuple(lines)


def _settling(payments: PaymentPolicy) -> Iterator[str]:
    """Payments that the bank may take back count for leaving a hold only later."""
    for method, days in sorted(payments.settled_after_business_days.items()):
        if days:
            yield (
                f"A payment by {method_word(method)} counts here after "
                f"{counted(days, 'business day')}, when the bank takes it back no more."
            )


def method_word(method: str) -> str:
    """How a payment came, as people write it."""
    return method.upper() if method == "ach" else method


def reference(letter: DunningLetter) -> str:
    """What to give with a payment."""
    numbers = [one_line(entry.document, 60) for entry in letter.documents]
    if len(numbers) == 1:
        return f"Please give the number {numbers[0]} with your payment."
    return (
        "Please give the numbers that you pay with your payment; without any, it pays the "
        "oldest first."
    )


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
