"""The time detail of an invoice: who did what, when, and for how long (KR-05)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

from msp_billing.adapters.composed_texts import reason_in_words
from msp_billing.adapters.formatting import format_quantity
from msp_billing.adapters.invoice_pdf.printable_text import printable
from msp_billing.adapters.language import _
from msp_billing.adapters.work_words import hours_in_words, span_in_words, work_in_words

if TYPE_CHECKING:
    from msp_billing.domain.invoices import Invoice

Json = dict[str, Any]

_MAX_NOTE = 2_000


def present_time(invoice: Invoice, zone: ZoneInfo) -> Json | None:
    """Every line that bills work, with the engineer's time behind it; None without any.

    Shape: ``{title, zone, rows: [{line, who, what, note, approval, kind, spans: [text], hours}]}``,
    ``note`` may be None.
    """
    details = invoice.time_details
    if not details:
        return None
    return {
        "title": _("Time in detail"),
        "zone": _("Times are local ({zone}). Hours are as billed, rounded once per entry.").format(
            zone=zone.key
        ),
        "rows": [
            {
                "line": str(line.line),
                "who": printable(f"{work.engineer}, {work.role}", 400),
                "what": printable(work_in_words(work), 500),
                "note": printable(work.note, _MAX_NOTE) if work.note else None,
                "approval": printable(_sentence(reason_in_words(work.approval)), 500),
                "kind": hours_in_words(work),
                "spans": [span_in_words(span, zone) for span in work.spans],
                "hours": format_quantity(line.quantity),
            }
            for line, work in details
        ],
    }


def _sentence(text: str) -> str:
    return text[:1].upper() + text[1:]
