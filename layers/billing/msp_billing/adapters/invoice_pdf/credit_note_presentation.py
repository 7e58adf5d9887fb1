"""From a credit note to what stands on its pages: text only, ready to print.

    facts   [[label, value], ...]: number, day, of which invoice and service month
    reason  {title, text}: why, in the words of who asked for it
    lines   {title, head [word, ...], total [label, amount],
            rows [{line, description, section, arithmetic, amount}]}; the line is the invoice's
    use     {title, rows [[label, amount], ...], text} or null: what became of the amount

The rest is as in :mod:`invoice_presentation`.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

from msp_billing.adapters.account_documents.amount_panel import amount_panel
from msp_billing.adapters.composed_texts import description_in_words, reason_in_words
from msp_billing.adapters.formatting import format_day, format_money, format_month
from msp_billing.adapters.invoice_pdf.document_frame import document_frame, provider_block
from msp_billing.adapters.invoice_pdf.printable_text import printable
from msp_billing.adapters.language import _
from msp_billing.domain.paper_sizes import usual_paper

if TYPE_CHECKING:
    from msp_billing.domain.corrections.credit_notes import CreditLine, CreditNote
    from msp_billing.domain.ledger.credit_use import CreditUse
    from msp_billing.domain.policy import ProviderPolicy

Json = dict[str, Any]

_ALL_LEFT = re.compile(r"all that is left of (-?[0-9.]+)")
_PART = re.compile(r"(-?[0-9.]+) of (-?[0-9.]+)")


def present_credit_note(
    note: CreditNote,
    policy: ProviderPolicy,
    use: CreditUse | None = None,
    sections: Mapping[str, str] = MappingProxyType({}),
) -> Json:
    """All that is printed of a credit note, in the language that is being written.

    Args:
        use: what became of the amount; None where it was not entered.
        sections: titles of the invoice's sections, by subscriber.
    """
    heading = _("Credit note")
    number = printable(note.number or _("given when it is issued"))
    label = _("Amount credited in {currency}").format(currency=note.currency)
    reference = _("Draft credit note")
    if note.number is not None:
        reference = _("Credit note {number}").format(number=number)
    frame = document_frame(
        policy,
        heading=heading,
        reference=reference,
        account_name=note.account_name,
        dated_on=note.issued_on,
        currency=note.currency,
        paper=note.paper or usual_paper(note.country),
    )
    return {
        **frame,
        "words": {**frame["words"], "bill_to": _("Credited to")},
        "draft": note.number is None,
        "provider": provider_block(policy),
        "heading": heading,
        "bill_to": [printable(line) for line in note.bill_to],
        "facts": list(_facts(note, number)),
        **amount_panel(
            label,
            _money(note),
            _("Nothing to pay"),
            _("What this means"),
            _meaning(note, use),
        ),
        "reason": {
            "title": _("Why it is credited"),
            "text": printable(note.reason, 500, unbroken=64),
        },
        "lines": _lines(note, sections),
        "use": None if use is None else _use(note, use),
        "note": policy.invoice_note and printable(policy.invoice_note, 500, unbroken=64),
    }


def _facts(note: CreditNote, number: str) -> Iterator[list[str]]:
    yield [_("Credit note number"), number]
    yield [_("Date"), format_day(note.issued_on)]
    yield [_("Of invoice"), printable(note.invoice_number)]
    yield [_("Service month"), format_month(note.invoice.period)]
    named: tuple[tuple[str, str | None], ...] = (
        (_("Your reference"), note.buyer.reference),
        (_("Your VAT number"), note.buyer.vat_id),
        (_("Your registration"), note.buyer.registration_id),
    )
    for label, value in named:
        if value is not None:
            yield [label, printable(value)]


def _meaning(note: CreditNote, use: CreditUse | None) -> Iterator[str]:
    invoice = printable(note.invoice_number)
    # More than was open of it came off it: then nothing is.
    if note.voids or (use is not None and use.settles):
        yield _("Nothing is left to pay of invoice {number}.").format(number=invoice)
    else:
        yield _("Please pay invoice {number} less this amount.").format(number=invoice)
    if use is None or use.held:
        yield _("What you paid of it already stays to your credit.")


def _lines(note: CreditNote, sections: Mapping[str, str]) -> Json:
    return {
        "title": _("What is credited"),
        "head": [_("Line"), _("Description"), _("Worked out"), _("Amount")],
        "rows": [
            {
                "line": str(entry.invoice_line),
                "description": printable(description_in_words(entry.description)),
                "section": entry.subscriber
                and printable(sections.get(entry.subscriber, entry.subscriber)),
                "arithmetic": printable(_worked_out(entry, note.currency)),
                "amount": format_money(entry.amount.amount, note.currency),
            }
            for entry in note.lines
        ],
        "total": [_("Total credited"), _money(note)],
    }


def _worked_out(entry: CreditLine, currency: str) -> str:
    """How the amount was worked out; the note keeps it in English, as it was made."""
    if found := _ALL_LEFT.fullmatch(entry.arithmetic):
        amount = format_money(found[1], currency)
        return _("all that is left of {amount}").format(amount=amount)
    if found := _PART.fullmatch(entry.arithmetic):
        part, whole = (format_money(text, currency) for text in found.groups())
        return _("{part} of {whole}").format(part=part, whole=whole)
    return reason_in_words(entry.arithmetic)


def _use(note: CreditNote, use: CreditUse) -> Json:
    invoice = printable(note.invoice_number)
    parts = (
        (_("Taken off invoice {number}").format(number=invoice), use.off_invoice),
        (_("Taken off what had been written off of it"), use.off_loss),
        (_("Held as your credit"), use.held),
    )
    text = _("Your credit is used for what is open, the oldest first, and then for what falls due.")
    return {
        "title": _("What happens with the amount"),
        "rows": [[label, format_money(amount, note.currency)] for label, amount in parts if amount],
        "text": text if use.held else None,
    }


def _money(note: CreditNote) -> str:
    return format_money(note.total.amount, note.currency)
