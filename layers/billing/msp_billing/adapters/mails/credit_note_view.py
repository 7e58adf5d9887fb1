"""What the mail that brings a credit note says."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from msp_billing.adapters.composed_texts import description_in_words, reason_in_words
from msp_billing.adapters.formatting import format_day, format_money, format_quantity
from msp_billing.adapters.language import _, ngettext
from msp_billing.adapters.mails.mail_text import one_line
from msp_billing.adapters.mails.mail_views import MAX_LINES, Entry, Fact, attached, money

if TYPE_CHECKING:
    from msp_billing.domain.corrections.credit_notes import CreditNote
    from msp_billing.domain.documents import NamedDocument
    from msp_billing.domain.ledger.credit_use import CreditUse
    from msp_billing.domain.policy import ProviderPolicy


def credit_note_view(
    note: CreditNote, policy: ProviderPolicy, pdf: NamedDocument, use: CreditUse | None = None
) -> dict[str, object]:
    """The values of its templates, with its subject; in the language that is being written."""
    number, invoice = one_line(note.number or ""), one_line(note.invoice_number)
    amount, name = money(note.total), one_line(note.account_name)
    parts = (
        _("Credit note {number}").format(number=number),
        amount,
        _("invoice {number}").format(number=invoice),
        one_line(name, 60),
    )
    reason = one_line(note.reason, 500)
    preview = _("{amount} credited on invoice {number}: {reason}")
    return {
        "subject": " · ".join(parts),
        "preview": preview.format(amount=amount, number=invoice, reason=reason),
        "number": number,
        "invoice": invoice,
        "account": name,
        "amount": amount,
        "reason": reason,
        "meaning": " ".join(_meaning(note, use)),
        "facts": (
            Fact(_("Credited to"), name),
            Fact(_("Date"), format_day(note.issued_on)),
        ),
        "entries": _entries(note),
        "document": attached(pdf, policy.zone),
    }


def _meaning(note: CreditNote, use: CreditUse | None) -> Iterator[str]:
    """The same as its document says (credit_note_presentation)."""
    if note.voids or (use is not None and use.settles):
        yield _("Nothing is left to pay of this invoice.")
        if use is not None and use.held:
            yield _("What you paid of it already stays to your credit.")
    elif use is None:
        yield _(
            "Please pay this invoice less the amount; if you have paid, it stays to your credit."
        )
    else:
        number = one_line(note.invoice_number)
        yield _("Please pay invoice {number} less this amount.").format(number=number)


def _entries(note: CreditNote) -> tuple[Entry, ...]:
    entries = [
        Entry(
            one_line(description_in_words(line.description)),
            money(line.amount),
            one_line(reason_in_words(line.arithmetic)),
        )
        for line in note.lines[:MAX_LINES]
    ]
    rest = note.lines[MAX_LINES:]
    if rest:
        text = ngettext("{number} further line", "{number} further lines", len(rest))
        summed = sum((line.amount.amount for line in rest), note.total.amount * 0)
        what = text.format(number=format_quantity(len(rest)))
        entries.append(Entry(what, format_money(summed, note.currency)))
    return tuple(entries)
