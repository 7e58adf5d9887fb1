"""From a letter about unpaid invoices to what stands on its pages: text only, ready to print.

What it says is that of the mail that brings it (:mod:`..dunning_letters.letter_view`); a letter on
paper has an address, a salutation and a closing beside it. Nobody signs it: no person wrote it.

    recipient   [line, ...]
    facts       [[label, value], ...]
    subject, salutation, closing, sender, unsigned
    paragraphs  [text, ...]
    asks        whether something is to be paid
    due, payment    see amount_panel
    open        {title, head [word, ...], rows [{document, title, notes, due, late, amount}],
                total [label, amount]} or null
    amounts     [[label, value], ...]
    parts       [{title, points [text, ...], dated [{on, what, detail}, ...], text}], in their order
"""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from msp_billing.adapters.account_documents.amount_panel import amount_panel
from msp_billing.adapters.dunning_letters.letter_view import LetterView, letter_view
from msp_billing.adapters.formatting import format_money
from msp_billing.adapters.invoice_pdf.document_frame import document_frame, provider_block
from msp_billing.adapters.invoice_pdf.invoice_payment import bank_rows
from msp_billing.adapters.invoice_pdf.printable_text import printable
from msp_billing.adapters.language import _

if TYPE_CHECKING:
    from msp_billing.domain.dunning.letters import DunningLetter
    from msp_billing.domain.policy import ProviderPolicy

Json = dict[str, Any]

_LONGEST_TEXT = 1_200
_ADDRESS_UNBROKEN = 64  # mail addresses must not get breaks


def present_letter(letter: DunningLetter, policy: ProviderPolicy) -> Json:
    """All that is printed of a letter, in the language that is being written."""
    view = letter_view(letter, policy)
    title = _text(view.title)
    return {
        **document_frame(
            policy,
            heading=view.title,
            reference=view.on,
            account_name=letter.account_name,
            dated_on=letter.on,
            currency=letter.currency,
            paper=letter.paper,
        ),
        "provider": provider_block(policy),
        "recipient": [printable(line) for line in (letter.account_name, *letter.address)],
        "facts": [
            [_("Date"), view.on],
            [_("Our reference"), f"{letter.account} / {letter.on}"],
        ],
        "subject": title,
        "salutation": _("Dear Sir or Madam,"),
        "paragraphs": [_text(text) for text in (view.words, view.because) if text],
        "asks": view.asks,
        **amount_panel(
            view.ask,
            view.amount,
            view.by,
            view.headings.pay,
            (view.reference, *view.remittance),
            bank=bank_rows(policy),
            link=_link(letter, policy),
        ),
        "open": _open(letter, view) if view.entries else None,
        "amounts": [[_text(fact.label), _text(fact.value)] for fact in view.facts],
        "parts": list(_parts(view)),
        "closing": _("Yours faithfully,"),
        "sender": printable(policy.name),
        "unsigned": _("This letter was made by machine and is valid without a signature."),
    }


def _link(letter: DunningLetter, policy: ProviderPolicy) -> str | None:
    """The page to pay on, where the letter asks for one document and for all that is open of it."""
    if len(letter.documents) != 1 or letter.documents[0].open != letter.to_pay:
        return None
    return policy.pay_to.link_for(
        provider=policy.provider,
        account=letter.account,
        number=letter.documents[0].document,
        amount=letter.to_pay,
        currency=letter.currency,
    )


def _open(letter: DunningLetter, view: LetterView) -> Json:
    summed = sum((entry.open for entry in letter.documents), Decimal(0))
    return {
        "title": view.headings.open,
        "head": [_("Document"), _("What it is for"), _("Due"), _("Days overdue"), _("Open")],
        "rows": [
            {
                "document": printable(entry.number),
                "title": printable(entry.title, unbroken=20),
                "notes": [_text(note) for note in entry.notes],
                "due": entry.due,
                "late": entry.late,
                "amount": entry.amount,
            }
            for entry in view.entries
        ],
        "total": [_("Total"), format_money(summed, letter.currency)],
    }


def _parts(view: LetterView) -> Iterator[Json]:
    """What it means, what follows and what to do, under the headings of the mail."""
    headings = view.headings
    if view.now:
        yield _part(headings.now, points=[_text(line) for line in view.now])
    if view.coming:
        dated = [
            {"on": step.on, "what": _text(step.what), "detail": _text(step.detail)}
            for step in view.coming
        ]
        yield _part(headings.coming, dated=dated)
    if view.way_out:
        yield _part(headings.way_out, points=[_text(line) for line in view.way_out])
    if view.clause:
        title = _("Our policy: {title}").format(title=_text(view.clause.label))
        yield _part(title, text=_text(view.clause.value))
    if view.objections:
        yield _part(headings.objections, text=_text(view.objections))


def _part(
    title: str | None,
    *,
    points: list[str] | None = None,
    dated: list[Json] | None = None,
    text: str | None = None,
) -> Json:
    return {"title": title, "points": points or [], "dated": dated or [], "text": text}


def _text(text: str) -> str:
    return printable(text, _LONGEST_TEXT, unbroken=_ADDRESS_UNBROKEN)
