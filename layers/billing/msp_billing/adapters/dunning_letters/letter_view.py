"""A letter about unpaid invoices as finished text: its mail and its document show the same.

Whoever shows it only lays it out. The words of the provider (title, letter, clause) stay as the
provider wrote them; everything else is in the language that is being written.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Decimal
from typing import TYPE_CHECKING

from msp_billing.adapters.composed_texts import title_in_words
from msp_billing.adapters.dunning_letters import letter_sentences as sentences
from msp_billing.adapters.formatting import format_day, format_money, format_quantity
from msp_billing.adapters.language import _, ngettext
from msp_billing.adapters.mails.mail_text import one_line

if TYPE_CHECKING:
    from msp_billing.domain.dunning.letters import DunningLetter, LetterDocument
    from msp_billing.domain.policy import ProviderPolicy

_MOST_WORDS = 500


@dataclass(frozen=True)
class LabelledValue:
    """A label and its value."""

    label: str
    value: str


@dataclass(frozen=True)
class Dated:
    """Something that happens on a day."""

    on: str
    what: str
    detail: str


@dataclass(frozen=True)
class OpenDocument:
    """An open document: as a row of a table, and as one line of text.

    Attributes:
        due: the due date alone.
        late: days overdue; empty while it is not.
        notes: what is left of what, disputed, promised: a few words each.
        what: number and title in one.
        detail: since when, and the notes, in one.
    """

    number: str
    title: str
    due: str
    late: str
    amount: str
    notes: tuple[str, ...]
    what: str
    detail: str


@dataclass(frozen=True)
class LetterHeadings:
    """The headings of the parts, the same in mail and document; None: the part has none."""

    now: str
    open: str
    coming: str
    way_out: str
    pay: str
    objections: str | None


@dataclass(frozen=True)
class LetterView:
    """Everything that a letter tells, in its order.

    Attributes:
        subject: what, how much, until when, for whom; the document prints its title.
        asks: whether something is to be paid.
        ask: what the amount is: "Please pay".
        by: until when, as a sentence; empty where nothing is to be paid.
        until: the last day alone, or None when that is as soon as possible.
        objections: what to do when it is paid already or not right; None where nothing is asked.
    """

    kind: str
    title: str
    account: str
    on: str
    subject: str
    words: str
    because: str | None
    asks: bool
    ask: str
    amount: str
    by: str
    until: str | None
    headings: LetterHeadings
    now: tuple[str, ...]
    entries: tuple[OpenDocument, ...]
    facts: tuple[LabelledValue, ...]
    coming: tuple[Dated, ...]
    way_out: tuple[str, ...]
    reference: str
    remittance: tuple[str, ...]
    objections: str | None
    clause: LabelledValue | None


def letter_view(letter: DunningLetter, policy: ProviderPolicy) -> LetterView:
    """The letter in the language that is being written.

    A reminder is light: what falls due and how to pay it, and nothing of what could follow.
    """
    light, over = letter.kind == "reminder", letter.kind == "released"
    until = None if letter.pay_by is None else format_day(letter.pay_by)
    amount = format_money(letter.to_pay, letter.currency)
    asks = letter.to_pay > 0
    return LetterView(
        kind=letter.kind,
        title=one_line(title_in_words(letter.title)),
        account=one_line(letter.account_name),
        on=format_day(letter.on),
        subject=_subject(letter, amount, until),
        words=one_line(letter.letter, _MOST_WORDS),
        because=one_line(title_in_words(letter.because), _MOST_WORDS) if letter.because else None,
        asks=asks,
        ask=_("Falls due") if light else _("Please pay"),
        amount=amount,
        by=_by(until, asks=asks, light=light),
        until=until,
        headings=_headings(light=light),
        now=() if light else sentences.right_now(letter),
        entries=tuple(_open_document(letter, entry) for entry in letter.documents),
        facts=() if light else tuple(_amounts(letter)),
        coming=()
        if light or over
        else tuple(
            Dated(
                format_day(step.on),
                sentences.step_name(step),
                sentences.step_meaning(letter, step),
            )
            for step in letter.coming
        ),
        way_out=() if light or over else sentences.way_out(letter, policy.payments),
        reference=sentences.reference(letter),
        remittance=tuple(one_line(line, 200) for line in policy.remittance),
        objections=_objections(light=light) if asks else None,
        clause=None
        if light
        else LabelledValue(one_line(letter.clause_title), one_line(letter.clause_text, 500)),
    )


def _headings(*, light: bool) -> LetterHeadings:
    return LetterHeadings(
        now=_("As it is now"),
        open=_("What is open"),
        coming=_("What happens next, if nothing is paid"),
        way_out=_("How to sort it out"),
        pay=_("How to pay"),
        objections=None if light else _("Paid already, or is something not right?"),
    )


def _by(until: str | None, *, asks: bool, light: bool) -> str:
    if not asks:
        return ""
    if until is None:
        return _("As soon as you can.")
    if light:
        return _("Please pay by {day}.").format(day=until)
    return _("By {day}.").format(day=until)


def _objections(*, light: bool) -> str:
    if light:
        return _("If you have paid already, thank you: nothing else is needed.")
    return _(
        "If your payment is on its way, thank you: tell us, and we look for it. If you do not "
        "agree with an invoice, tell us which part: while that is being cleared up, that part is "
        "put aside. If you need more time, tell us by when you can pay."
    )


def _subject(letter: DunningLetter, amount: str, until: str | None) -> str:
    parts = [one_line(title_in_words(letter.title), 70)]
    if letter.kind == "reminder":
        parts.append(_("{amount} due {day}").format(amount=amount, day=until) if until else amount)
    elif letter.kind != "released":
        parts.append(_("{amount} to pay").format(amount=amount))
        parts.append(_("please pay by {day}").format(day=until) if until else _("please pay now"))
    return " · ".join((*parts, one_line(letter.account_name, 60)))


# --- What is open --------------------------------------------------------------------------------


def further_documents(letter: DunningLetter, shown: int) -> LabelledValue | None:
    """How many documents there are beyond the first few, and what they come to."""
    rest = letter.documents[shown:]
    if not rest:
        return None
    summed = sum((entry.open for entry in rest), Decimal(0))
    more = ngettext("{number} further document", "{number} further documents", len(rest))
    return LabelledValue(
        more.format(number=format_quantity(len(rest))), format_money(summed, letter.currency)
    )


def _open_document(letter: DunningLetter, entry: LetterDocument) -> OpenDocument:
    notes = tuple(_notes(letter, entry))
    title, number = one_line(title_in_words(entry.title)), one_line(entry.document)
    days = entry.days_overdue(letter.on)
    return OpenDocument(
        number=number,
        title=title,
        due=format_day(entry.due_on),
        late=format_quantity(days) if days > 0 else "",
        amount=format_money(entry.open, letter.currency),
        notes=notes,
        what=title if number in title else f"{number}, {title}",
        detail=", ".join((_due(days, format_day(entry.due_on)), *notes)),
    )


def _due(days: int, due: str) -> str:
    if days > 0:
        return ngettext(
            "was due {due}, {days} day ago", "was due {due}, {days} days ago", days
        ).format(due=due, days=format_quantity(days))
    if days == 0:
        return _("due today, {due}").format(due=due)
    return _("due {due}").format(due=due)


def _notes(letter: DunningLetter, entry: LetterDocument) -> Iterator[str]:
    def money(amount: Decimal) -> str:
        return format_money(amount, letter.currency)

    if entry.open != entry.amount:
        yield _("what is left of {amount}").format(amount=money(entry.amount))
    if entry.disputed:
        yield _("{amount} of it disputed").format(amount=money(entry.disputed))
    if entry.promised:
        yield _("{amount} of it promised").format(amount=money(entry.promised))
    if entry.paused_until is not None:
        yield _("put aside until {day}").format(day=format_day(entry.paused_until))


def _amounts(letter: DunningLetter) -> Iterator[LabelledValue]:
    """What the amounts come to, as far as they say more than the list."""

    def money(amount: Decimal) -> str:
        return format_money(amount, letter.currency)

    if letter.overdue:
        yield LabelledValue(_("Overdue"), money(letter.overdue))
    if letter.outstanding != letter.overdue and letter.outstanding:
        amount = money(letter.outstanding)
        yield LabelledValue(
            _("Everything open"), _("{amount}, with what is not due yet").format(amount=amount)
        )
    if letter.disputed:
        amount = money(letter.disputed)
        yield LabelledValue(
            _("Disputed"), _("{amount}, put aside until that is clear").format(amount=amount)
        )
    if letter.promised:
        yield LabelledValue(_("Promised"), money(letter.promised))
    if letter.late_fee is not None:
        fee = one_line(letter.late_fee.document)
        amount = money(letter.late_fee.amount)
        yield LabelledValue(
            _("Late fee added"), _("{amount} ({document})").format(amount=amount, document=fee)
        )
    if letter.credit:
        yield LabelledValue(_("Your credit with us"), money(letter.credit))
