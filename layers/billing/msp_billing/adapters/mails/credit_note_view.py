"""What the mail that brings a credit note says."""

from __future__ import annotations

from typing import Any

from msp_billing.adapters.formatting import format_day
from msp_billing.adapters.mails.mail_text import one_line
from msp_billing.adapters.mails.mail_views import MAX_LINES, Entry, Fact, attached, money
from msp_billing.domain.corrections.credit_notes import CreditNote
from msp_billing.domain.documents import NamedDocument


def credit_note_view(note: CreditNote, pdf: NamedDocument) -> dict[str, Any]:
    """The values of its templates, finished text."""
    return {
        "number": one_line(note.number or ""),
        "invoice": one_line(note.invoice_number),
        "amount": money(note.total),
        "reason": one_line(note.reason, 500),
        "meaning": (
            "Nothing is left to pay of this invoice."
            if note.voids
            else "Please pay this invoice less the amount; if you have paid, it stays to your "
            "credit."
        ),
        "facts": [
            Fact("Credited to", one_line(note.account_name)),
            Fact("Date", format_day(note.issued_on)),
        ],
        "entries": [
            Entry(one_line(line.description), money(line.amount), one_line(line.arithmetic))
            for line in note.lines[:MAX_LINES]
        ],
        "document": attached(pdf),
    }
