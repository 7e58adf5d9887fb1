"""From a credit note to what stands on its pages: text only, ready to print.

    rows    [{line, description, section, arithmetic, amount}]; the line is the invoice's
    reason  why, in the words of who asked for it
    total   [label, amount]

The rest is as in :mod:`invoice_presentation`.
"""

from __future__ import annotations

from typing import Any

from msp_billing.adapters.formatting import format_day, format_money
from msp_billing.adapters.invoice_pdf.document_frame import document_frame, provider_block
from msp_billing.adapters.invoice_pdf.printable_text import printable
from msp_billing.domain.corrections.credit_notes import CreditNote
from msp_billing.domain.policy import ProviderPolicy

_HEADING = "Credit note"
_WORDS = {
    "amount": "Amount",
    "bill_to": "Credited to",
    "credited": "What is credited",
    "description": "Description",
    "draft": "Draft",
    "invoice_line": "Line",
    "of": "of",
    "page": "Page",
    "reason": "Reason",
    "worked_out": "Worked out",
}


def present_credit_note(note: CreditNote, policy: ProviderPolicy) -> dict[str, Any]:
    """All that is printed of a credit note, in the order and wording in which it is printed."""
    number = printable(note.number or "given when it is issued")
    return {
        **document_frame(
            policy,
            heading=_HEADING,
            reference=f"{_HEADING} {number}",
            account_name=note.account_name,
            dated_on=note.issued_on,
            currency=note.currency,
        ),
        "words": _WORDS,
        "draft": note.number is None,
        "informational": False,
        "provider": provider_block(policy),
        "heading": _HEADING,
        "bill_to": [printable(line) for line in note.bill_to],
        "facts": [
            ["Credit note number", number],
            ["Date", format_day(note.issued_on)],
            ["Of invoice", printable(note.invoice_number)],
        ],
        "due": {
            "label": f"Amount credited in {note.currency}",
            "amount": format_money(note.total.amount, note.currency),
            "by": "Nothing to pay",
        },
        "payment": {"title": "What this means", "lines": list(_meaning(note))},
        "reason": printable(note.reason, 500, unbroken=64),
        "rows": [
            {
                "line": str(entry.invoice_line),
                "description": printable(entry.description),
                "section": entry.subscriber and printable(entry.subscriber),
                "arithmetic": printable(entry.arithmetic),
                "amount": format_money(entry.amount.amount, note.currency),
            }
            for entry in note.lines
        ],
        "total": ["Total credited", format_money(note.total.amount, note.currency)],
        "note": policy.invoice_note and printable(policy.invoice_note, 500, unbroken=64),
    }


def _meaning(note: CreditNote) -> list[str]:
    invoice = printable(note.invoice_number)
    if note.voids:
        return [
            f"Nothing is left to pay of invoice {invoice}.",
            "What you paid on it stays to your credit.",
        ]
    return [
        f"Please pay invoice {invoice} less this amount.",
        "If you have paid it already, the amount stays to your credit.",
    ]
