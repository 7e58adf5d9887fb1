"""The time detail of an invoice: who did what, when, and for how long (KR-05)."""

from __future__ import annotations

from typing import Any
from zoneinfo import ZoneInfo

from msp_billing.adapters.formatting import format_day, format_moment, format_quantity
from msp_billing.adapters.invoice_pdf.printable_text import printable
from msp_billing.domain.invoices import Invoice
from msp_billing.domain.work.work_done import WorkDone, WorkSpan

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
        "title": "Time in detail",
        "zone": f"Times are local ({zone.key}). Hours are as billed, rounded once per entry.",
        "rows": [
            {
                "line": str(line.line),
                "who": printable(f"{work.engineer}, {work.role}", 400),
                "what": printable(_what(work), 500),
                "note": printable(work.note, _MAX_NOTE) if work.note else None,
                "approval": printable(_sentence(work.approval), 500),
                "kind": "After hours" if work.after_hours else "Business hours",
                "spans": [_span(span, zone) for span in work.spans],
                "hours": format_quantity(line.quantity),
            }
            for line, work in details
        ],
    }


def _what(work: WorkDone) -> str:
    ticket = f", {work.ticket}" if work.ticket else ""
    return f"{work.work}{ticket} (entry {work.entry})"


def _span(span: WorkSpan, zone: ZoneInfo) -> str:
    """``2 Nov 2026, 16:00 to 17:00``; the day is said again where it is another one."""
    starts, ends = span.starts_at.astimezone(zone), span.ends_at.astimezone(zone)
    day = format_day(starts.date())
    if starts.date() == ends.date() and starts.utcoffset() == ends.utcoffset():
        return f"{day}, {starts:%H:%M} to {ends:%H:%M}"
    return f"{format_moment(starts, zone)} to {format_moment(ends, zone)}"


def _sentence(text: str) -> str:
    return text[:1].upper() + text[1:]
